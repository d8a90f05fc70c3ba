"""What a pupil does at the Leerlingloket, in a pupil's words."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys import walks
from tests.journeys.conftest import Town


def come_in(tablet: Page, town: Town, who: dict[str, Any]) -> None:
    """By the card, with the password or the pictures that are on it."""
    walks.open_card(tablet, town, who)
    if "digits" in who:
        walks.click_pictures(tablet, who["digits"])
    else:
        walks.type_password(tablet, who["password"])
    past_the_offer(tablet)
    walks.at_the_dashboard(tablet, town)


def past_the_offer(tablet: Page) -> None:
    """An advanced pupil without an address is asked for one, now and then."""
    expect(tablet.locator("#email-skip, .dashboard").first).to_be_visible()
    if tablet.locator("#email-skip").count():
        tablet.locator("#email-skip").click()


def open_profile(tablet: Page) -> None:
    from_menu(tablet, "Mijn LeerID Profiel")
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Mijn LeerID Profiel")


def open_dashboard(tablet: Page, town: Town) -> None:
    from_menu(tablet, "Mijn Dashboard")
    walks.at_the_dashboard(tablet, town)


def from_menu(tablet: Page, entry: str) -> None:
    tablet.locator("header summary").click()
    tablet.locator("header").get_by_role("link", name=entry).click()


def open_activity(tablet: Page) -> None:
    open_profile(tablet)
    tablet.locator("#to-activity").click()
    expect(tablet.get_by_role("heading", level=1)).to_have_text("Wie deed wat met mijn LeerID?")


def add_address(tablet: Page, address: str) -> None:
    """From the profile, until the pop-up says that a mail is on its way."""
    open_profile(tablet)
    tablet.locator("#add-email, #change-email").first.click()
    tablet.locator("#email").fill(address)
    tablet.locator("#email-submit").click()
    expect(tablet.locator("#back-to-profile")).to_be_visible()


def choose_password(tablet: Page, password: str) -> None:
    tablet.locator("#new_password").fill(password)
    tablet.locator("#password-submit").click()


def is_asked_who_it_is(tablet: Page) -> None:
    expect(tablet.locator("#username, #password").first).to_be_visible()


def open_rekenrijk(tablet: Page, town: Town, given_name: str) -> list[str]:
    """Answers the pages that came by."""
    visited: list[str] = []
    tablet.on("framenavigated", lambda frame: visited.append(frame.url))
    walks.open_rekenrijk(tablet)
    expect(tablet.locator("body")).to_contain_text(given_name)
    assert tablet.url.startswith(town.sample_app)
    return visited
