"""A class signs in on its board: two browsers, one without a keyboard; each page in every look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from idp.oidc.device import guessing
from tests.journeys import looks
from tests.oidc.boards import Board, on_board, start
from tests.support.people import Made
from tests.support.provider import Provider


@pytest.fixture
def room(chromium: Browser) -> Iterator[Page]:
    """The screen in front of the class."""
    with chromium.new_context(locale="nl-BE", viewport=looks.WIDE, reduced_motion="reduce") as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def tablet(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(locale="nl-BE", viewport=looks.WIDE, reduced_motion="reduce") as context:
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def board(provider: Provider) -> Board:
    return start(on_board(provider, description="Spelen en leren met de hele klas."))


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", given_name="Noor")


def show(room: Page, board: Board) -> None:
    room.goto(f"{board.page}/board?user_code={board.user_code}")


def to_the_question(tablet: Page, board: Board, pupil: Made) -> None:
    tablet.goto(board.page)
    tablet.fill("#user_code", board.user_code.lower())
    tablet.click("#device-next")
    tablet.fill("#username", pupil.username)
    tablet.click("#login-next")
    tablet.fill("#password", pupil.password)
    tablet.click("#login-submit")
    expect(tablet.locator("#device-code")).to_have_text(board.user_code)


def press(tablet: Page, button: str) -> None:
    """The question takes an answer once it has been in sight for half a second: no double click answers it."""
    expect(tablet.locator("#device-allow")).not_to_have_attribute("aria-disabled", "true")
    tablet.click(button)


def test_a_class_signs_in_on_its_board(room: Page, tablet: Page, board: Board, pupil: Made) -> None:
    show(room, board)
    expect(room.locator("#device-code")).to_have_text(board.user_code)
    to_the_question(tablet, board, pupil)
    press(tablet, "#device-allow")
    expect(tablet.locator("h1")).to_have_text("Gelukt! Kijk op het toestel")
    expect(room.locator("h1")).to_have_text("Gelukt!")  # by itself
    assert board.ask().status_code == 200


def test_the_code_and_the_square_are_seen_from_the_last_row(room: Page, board: Board) -> None:
    """Without scrolling, on the screen of a board and on that of a laptop."""
    for size in ({"width": 1920, "height": 1080}, {"width": 1366, "height": 768}):
        room.set_viewport_size(size)  # type: ignore[arg-type]
        show(room, board)
        for seen in ("#device-code", ".board-qr", ".board-steps"):
            expect(room.locator(seen)).to_be_in_viewport(ratio=1)
        box = room.locator("#device-code").bounding_box()
        assert box is not None
        assert box["height"] > size["height"] / 10


def test_PR_16_the_pages_for_who_types_a_code_are_sound(tablet: Page, board: Board, pupil: Made) -> None:
    tablet.goto(board.page)
    looks.assert_sound(tablet)
    tablet.set_viewport_size(looks.WIDE)
    tablet.fill("#user_code", "BCDF-GHJK")
    tablet.click("#device-next")
    expect(tablet.locator("#user_code-error")).to_be_visible()
    assert tablet.title().startswith("Fout: ")
    looks.assert_sound(tablet)
    tablet.set_viewport_size(looks.WIDE)
    to_the_question(tablet, board, pupil)
    expect(tablet.locator("#device-allow")).not_to_have_attribute("aria-disabled", "true")
    looks.assert_sound(tablet)
    tablet.set_viewport_size(looks.WIDE)
    press(tablet, "#device-allow")
    expect(tablet.locator("h1")).to_contain_text("Gelukt")
    looks.assert_sound(tablet)


def test_PR_16_the_pages_for_who_says_no_or_guesses_are_sound(
    tablet: Page, board: Board, pupil: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_the_question(tablet, board, pupil)
    press(tablet, "#device-deny")
    expect(tablet.locator("h1")).to_contain_text("mag niet verder")
    looks.assert_sound(tablet)
    tablet.set_viewport_size(looks.WIDE)
    tablet.context.clear_cookies()
    monkeypatch.setattr(guessing, "FOR_NETWORK", 0)
    tablet.goto(f"{board.page}?user_code=BCDF-GHJK")
    tablet.goto(f"{board.page}?user_code=BCDF-GHJK")
    expect(tablet.locator("#device-sign-in")).to_be_visible()
    looks.assert_sound(tablet)


def test_PR_16_the_page_for_who_may_not_is_sound(provider: Provider, tablet: Page, pupil: Made) -> None:
    elsewhere = start(on_board(provider, schools=[111111]))
    tablet.goto(elsewhere.page_with_code)
    tablet.fill("#username", pupil.username)
    tablet.click("#login-next")
    tablet.fill("#password", pupil.password)
    tablet.click("#login-submit")
    expect(tablet.locator("h1")).to_contain_text("Je school gebruikt")
    looks.assert_sound(tablet)


@pytest.mark.parametrize("state", ["waiting", "expired", "unknown"])
def test_PR_16_the_board_is_sound(provider: Provider, room: Page, board: Board, state: str) -> None:
    if state == "expired":
        provider.clock.move(minutes=16)
    room.goto(f"{board.page}/board?user_code={'BCDF-GHJK' if state == 'unknown' else board.user_code}")
    looks.assert_sound(room)
