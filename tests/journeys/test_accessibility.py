"""Every page in every state that a browser reaches: readable, reachable and alone with LeerID, in every look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.journeys import states, walks
from tests.journeys.conftest import Town, running_town
from tests.support.databases import postgresql_cluster

EVERYTHING: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# A scheme changes the colours and nothing else.
COLOURS: dict[str, Any] = {
    "runOnly": {"type": "rule", "values": ["color-contrast"]},
    "resultTypes": ["violations"],
}

WIDE: ViewportSize = {"width": 1024, "height": 768}
NARROW: ViewportSize = {"width": 320, "height": 568}
TWICE_AS_LARGE: ViewportSize = {"width": 512, "height": 384}  # what 1024 by 768 shows at 200 %


@dataclass
class Overheard:
    """What the browser asked of whom, and what it complained of."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # A refused page is told in the console as well; that is no complaint about the page.
        page.on(
            "console",
            lambda said: (
                None
                if said.type != "error" or "the server responded with a status" in said.text
                else self.complaints.append(said.text)
            ),
        )


@pytest.fixture(scope="module")
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A demonstration of our own, on one kind of database: pages don't know which one is behind them."""
    folder = tmp_path_factory.mktemp("demo")
    wanted = os.environ.get("LEERID_TEST_DATABASE") or request.config.getoption("--database")
    if wanted == "postgresql":
        with postgresql_cluster() as url:
            yield from guests_moved_in(running_town(folder, {"LEERID_DATABASE_URL": url}))
    else:
        yield from guests_moved_in(running_town(folder, {}))


def guests_moved_in(towns: Iterator[Town]) -> Iterator[Town]:
    for town in towns:
        for guest in states.GUESTS:
            guest.move_in(town)
        yield town


@pytest.fixture
def overheard() -> Overheard:
    return Overheard()


@pytest.fixture
def screen(chromium: Browser, overheard: Overheard) -> Iterator[Page]:
    with chromium.new_context(locale="nl-BE", viewport=WIDE, reduced_motion="reduce") as context:
        context.set_default_timeout(10_000)
        page = context.new_page()
        overheard.listen(page)
        yield page


@pytest.mark.parametrize("state", states.WAYS)
def test_wcag_PR_16_a_page_is_sound_in_every_look(
    town: Town, screen: Page, overheard: Overheard, state: str
) -> None:
    states.WAYS[state](screen, town)

    assert_one_thing_to_do(screen, state)
    assert_axe_finds_nothing(screen, EVERYTHING)
    screen.emulate_media(color_scheme="dark")
    assert_axe_finds_nothing(screen, COLOURS)

    screen.set_viewport_size(TWICE_AS_LARGE)
    assert sideways(screen) == 0
    screen.set_viewport_size(NARROW)
    assert sideways(screen) == 0
    assert too_small(screen) == []
    assert_axe_finds_nothing(screen, EVERYTHING)
    screen.emulate_media(color_scheme="light")
    assert_axe_finds_nothing(screen, COLOURS)

    assert overheard.complaints == []
    ours = (town.issuer, town.leerlingloket, town.schoolloket, town.sample_app)
    assert [
        url for url in overheard.asked if not url.startswith(tuple(f"{origin}/" for origin in ours))
    ] == []


def assert_axe_finds_nothing(page: Page, rules: dict[str, Any]) -> None:
    is_there = page.evaluate("'axe' in window")
    found = (Axe("0") if is_there else Axe()).run(page, options=rules)  # a page reads its half megabyte once
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


def assert_one_thing_to_do(page: Page, state: str) -> None:
    """One heading, and never two buttons that both say: me first. The test sheet of the design shows them all."""
    assert page.locator("h1").count() == 1
    assert page.locator(".button-primary:visible").count() <= 1 or state == "demo design"


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def too_small(page: Page) -> list[str]:
    """What can be tapped, and is smaller than a child's fingertip."""
    small: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(
             'button, .button, summary, select, label.checkbox, footer a,'
             + 'input:not([type=hidden], [type=checkbox], .visually-hidden)')]
           .filter((one) => one.checkVisibility())
           .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
           .filter(([what, box]) => box.height > 1 && (box.height < 43.5 || box.width < 43.5))
           .map(([what, box]) => `${box.width} x ${box.height}: ${what}`)"""
    )
    return small


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
