"""What a person does in the browser, in a person's words."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Town

OWN_PASSWORD = "Regenboog-slak-42"


def open_card(tablet: Page, town: Town, pupil: dict[str, Any]) -> None:
    """Scans the QR code: a camera does no more than open this address."""
    tablet.goto(str(pupil["card_url"]))


def click_pictures(tablet: Page, digits: str) -> None:
    tablet.wait_for_load_state()  # a click that comes before the script is one without it
    for digit in digits:
        tablet.locator(f"button[data-digit='{digit}']").click()
    tablet.locator("#login-submit").click()


def type_name(tablet: Page, town: Town, username: str) -> None:
    tablet.goto(f"{town.leerlingloket}/")
    tablet.locator("main").get_by_role("link", name="Aanmelden").or_(
        tablet.locator("main").get_by_role("button", name="Aanmelden")
    ).first.click()
    tablet.locator("[name=username]").fill(username)
    tablet.locator("#login-next").click()


def type_password(tablet: Page, password: str) -> None:
    tablet.locator("[name=password]").fill(password)
    tablet.locator("#login-submit").click()


def at_the_dashboard(tablet: Page, town: Town) -> None:
    expect(tablet.get_by_role("heading", level=1)).to_contain_text("Jouw applicaties met LeerID")
    assert tablet.url.startswith(town.leerlingloket)


def open_rekenrijk(tablet: Page) -> None:
    """Its tile; beside it there is a link to what it gets."""
    tablet.locator("a.tile-link", has_text="Rekenrijk").click()


def sign_out(tablet: Page) -> None:
    tablet.locator("header summary").click()
    tablet.locator("header").get_by_role("button", name="Afmelden").click()
