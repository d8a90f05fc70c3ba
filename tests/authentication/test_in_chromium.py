"""The pages of a login in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.provider import Provider


@pytest.mark.parametrize("by", ["card", "name", "application"])
def test_R45_the_picture_page_fits_the_smallest_screen(provider: Provider, page: Page, by: str) -> None:
    pupil = provider.people.pupil(
        "pictures", username="abdulghani.bogdan", given_name="Abdulghani", family_name="Bogdan"
    )
    page.set_viewport_size({"width": 320, "height": 568})
    application = provider.relying_party("rekenrijk", name="Rekenrijk") if by == "application" else None
    starts = {"card": pupil.card_path, "name": "/login"}
    page.goto(application.ask().url if application else provider.issuer + starts[by])
    if by != "card":
        page.fill("#username", pupil.username)
        page.click("#login-next")
    expect(page.locator("#login-submit")).to_be_in_viewport()
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert size == [320, 568]


def test_R45_R46_pictures_are_clicked_one_by_one(provider: Provider, page: Page) -> None:
    pupil = provider.people.pupil("pictures", password="4729")
    page.goto(provider.issuer + pupil.card_path)
    for digit in pupil.digits:
        page.locator(f"button[data-digit='{digit}']").click()
    with page.expect_request(lambda request: request.url.startswith(provider.settings.portals.leerlingloket)):
        page.click("#login-submit")


def test_R61_R63_the_checks_are_live(provider: Provider, page: Page) -> None:
    pupil = provider.people.pupil("advanced", temporary=True, username="ardalan.bhatti")
    page.goto(provider.issuer + pupil.card_path)
    page.fill("#password", pupil.password)
    page.click("#login-submit")
    page.fill("#new_password", "fietsen-in-zee-17")
    expect(page.get_by_text("17/12")).to_be_visible()
    expect(page.get_by_text("Sterk bezig!").first).to_be_visible()
    page.fill("#new_password", "ardalan-in-zee-17")
    expect(page.locator("[data-praise]")).to_be_hidden()


def test_OA_32_forms_of_our_own_work_in_a_browser(provider: Provider, page: Page) -> None:
    """A browser hides the origin of a form on a page without a referrer; that must not look like a foreign form."""
    pupil = provider.people.pupil("basic")
    page.goto(provider.issuer + "/login")
    page.fill("#username", pupil.username)
    page.click("#login-next")
    expect(page.locator("#login-submit")).to_be_visible()
