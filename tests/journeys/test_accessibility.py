"""Every page in every state that a browser reaches: readable, reachable and alone with LeerID, in every look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import looks, school_states, states, walks
from tests.journeys.conftest import Town, running_town
from tests.journeys.overheard import Overheard
from tests.support.databases import postgresql_cluster


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A demonstration of our own, on one kind of database: pages don't know which one is behind them."""
    folder = tmp_path_factory.mktemp("demo")
    wanted = os.environ.get("LEERID_TEST_DATABASE") or request.config.getoption("--database")
    with ExitStack() as standing:
        url = standing.enter_context(postgresql_cluster()) if wanted == "postgresql" else ""
        town = standing.enter_context(running_town(folder, url))
        for guest in states.GUESTS:
            guest.move_in(town)
        yield town


@pytest.fixture
def overheard() -> Overheard:
    return Overheard()


@pytest.fixture
def screen(chromium: Browser, overheard: Overheard) -> Iterator[Page]:
    with chromium.new_context(locale="nl-BE", viewport=looks.WIDE, reduced_motion="reduce") as context:
        context.set_default_timeout(10_000)
        page = context.new_page()
        overheard.listen(page)
        yield page


@pytest.mark.parametrize("state", school_states.with_the_pupils_pages())
def test_wcag_PR_16_a_page_is_sound_in_every_look(
    town: Town, screen: Page, overheard: Overheard, state: str
) -> None:
    states.WAYS[state](screen, town)

    looks.assert_sound(screen, shows_everything=state == "demo design")

    overheard.assert_alone_with(town)


# What a page says when something must be mended


@pytest.mark.parametrize(
    ("state", "wrong"),
    [
        ("provider name left empty", "#username"),
        ("provider password wrong", "#password"),
        ("provider pictures wrong", "#password"),
        ("provider choose a password: too short", "#new_password"),
        ("provider e-mail invalid", "#email"),
    ],
)
def test_wcag_3_3_1_a_mistake_is_told_by_the_title_and_by_the_field(
    town: Town, screen: Page, state: str, wrong: str
) -> None:
    """A screen reader reads the title first, and the error with the field; the cursor is there already."""
    states.WAYS[state](screen, town)
    assert screen.title().startswith("Fout: ")
    field = screen.locator(wrong)
    assert field.get_attribute("aria-invalid") == "true"
    described_by = (field.get_attribute("aria-describedby") or "").split()
    error = next(one for one in described_by if one.endswith("-error"))
    assert screen.locator(f"#{error}").inner_text().strip()
    if "pictures" not in state:  # there the pad is what comes next, and its digits work without the field
        assert screen.evaluate("document.activeElement.matches('[aria-invalid]')") is True


def test_wcag_2_4_2_different_pages_have_different_titles(town: Town, screen: Page) -> None:
    titles = {state: title_of(screen, town, state) for state in PLAIN}
    assert len(set(titles.values())) == len(PLAIN), titles


PLAIN = (
    "demo",
    "demo cards",
    "demo cards of a school",
    "demo design",
    "provider landing",
    "provider accessibility",
    "provider forgotten password",
    "provider error 404",
    "provider nothing to end",
    "provider mail link gone",
    "provider mail link done",
    "provider name",
    "provider password",
    "provider pictures",
    "leerlingloket landing",
    "schoolloket landing",
    "rekenrijk landing",
    "rekenrijk refused",
)


def title_of(page: Page, town: Town, state: str) -> str:
    states.WAYS[state](page, town)
    return page.title()


# Without what not everybody has


def test_wcag_2_1_1_a_pupil_needs_no_mouse_for_an_own_password(town: Town, screen: Page) -> None:
    pupil = states.newcomer(town, 7)
    walks.open_card(screen, town, pupil)
    for place, typed in (("#password", pupil["password"]), ("#new_password", walks.OWN_PASSWORD)):
        expect(screen.locator(place)).to_be_focused()  # each page puts the cursor where it's needed
        screen.keyboard.type(typed)
        screen.keyboard.press("Enter")
    expect(screen.get_by_text("Je wachtwoord is aangepast.")).to_be_visible()


@pytest.mark.parametrize("state", ["provider password wrong", "provider choose a password: too short"])
def test_wcag_2_3_3_nothing_moves_for_who_wants_no_movement(town: Town, screen: Page, state: str) -> None:
    states.WAYS[state](screen, town)
    moving = screen.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length")
    assert moving == 0
