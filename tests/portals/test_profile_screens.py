"""The profile and its e-mail address in a real browser: for every eye, with the pop-up over the page, and without script."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from idp.accounts.records import Account
from tests.portals.desks import Desks
from tests.portals.test_profile import ADDRESS, SENT, ardalan
from tests.portals.test_wcag import assert_accessible, come_in, screen
from tests.support.people import Made

__all__ = ["screen"]
LONG = "ardalan.bhatti.met.een.heel.lang.adres@leerlingen.secundair.onderwijs.example.be"


def to_the_form(desks: Desks, page: Page, who: Made) -> str:
    home = desks.leerlingloket.origin
    come_in(page, who, home + "/login")
    page.wait_for_url(home + "/")
    page.goto(home + "/profile/email")
    return home


def test_wcag_the_profile_in_every_state_of_an_address(desks: Desks, screen: Page) -> None:
    pupil = ardalan(desks)
    home = to_the_form(desks, screen, pupil)
    assert_accessible(screen)
    screen.locator("#email").evaluate("field => field.type = 'text'")
    screen.locator("#email").fill("ardalan")
    screen.locator("#email-submit").click()
    expect(screen.get_by_text("In een e-mailadres staat een @.")).to_be_visible()
    assert_accessible(screen)
    screen.locator("#email").fill(LONG)
    screen.locator("#email-submit").click()
    screen.wait_for_url(home + "/profile/email/sent")
    assert_accessible(screen)
    screen.goto(home + "/profile")
    assert_accessible(screen)
    with desks.provider.db() as db:
        proven = update(Account).where(Account.id == pupil.account_id)
        db.execute(proven.values(email_verified_at=desks.provider.clock()))
    screen.goto(home + "/profile/email")
    screen.locator("#email").fill(ADDRESS)
    screen.locator("#email-submit").click()
    screen.wait_for_url(home + "/profile/email/sent")
    screen.goto(home + "/profile")
    assert_accessible(screen)
    screen.goto(home + "/profile/email/remove")
    assert_accessible(screen)
    screen.locator("#remove-submit").click()
    expect(screen.get_by_text("Je e-mailadres is verwijderd.")).to_be_visible()
    assert_accessible(screen)


def test_R68_the_pop_up_lies_over_the_page_and_every_way_out_is_the_profile(desks: Desks, page: Page) -> None:
    home = to_the_form(desks, page, ardalan(desks))
    page.locator("#email").fill(ADDRESS)
    page.keyboard.press("Enter")
    page.wait_for_url(home + "/profile/email/sent")
    dialog = page.get_by_role("dialog", name="Pas je e-mailadres aan")
    expect(dialog).to_contain_text(SENT)
    assert dialog.evaluate("dialog => dialog.matches(':modal') && dialog.contains(document.activeElement)")
    for way in ("Sluit", "Ga terug naar je profiel"):
        dialog.get_by_role("link", name=way).click()
        page.wait_for_url(home + "/profile")
        expect(page.get_by_role("dialog", name="Pas je e-mailadres aan")).to_have_count(0)
        page.go_back()
        page.wait_for_url(home + "/profile/email/sent")
    page.reload()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Pas je e-mailadres aan")).to_have_count(0)
    expect(page.get_by_role("heading", name="LeerID-accountgegevens")).to_be_visible()


def test_R67_R68_the_address_is_added_without_script(desks: Desks, chromium: Browser) -> None:
    """The pop-up is in sight, also without script, and nothing of it lies off the screen of a small phone."""
    context = chromium.new_context(
        viewport={"width": 320, "height": 568}, locale="nl-BE", java_script_enabled=False
    )
    page, home = context.new_page(), desks.leerlingloket.origin
    come_in(page, ardalan(desks), home + "/login")
    page.goto(home + "/profile/email")
    page.locator("#email").fill(ADDRESS)
    page.locator("#email-submit").click()
    page.wait_for_url(home + "/profile/email/sent")
    expect(page.locator("#email-sent")).to_be_in_viewport(ratio=1)
    page.locator("#back-to-profile").click()
    page.wait_for_url(re.compile(r"/profile$"))
    expect(page.locator("#email-sent")).to_have_count(0)
    context.close()
