"""The way to what a pupil meets about the own LeerID: the address, a lost password, and what happened.

Only to the states that the journeys of `test_leerlingloket` don't come by: those are looked at there.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from playwright.sync_api import Page, expect

from tests.journeys import pupil, walks
from tests.journeys.conftest import Town
from tests.journeys.states import WAYS, way_to, with_pictures


def grown_up(town: Town, number: int) -> dict[str, Any]:
    """An advanced pupil with a password of their own, and no address."""
    return [each for each in town.users("advanced") if not each.get("email")][number]


def at(path: str, page: Page, town: Town, *, who: int) -> None:
    pupil.come_in(page, town, grown_up(town, who))
    page.goto(town.leerlingloket + path)


# The profile and the address


@way_to("leerlingloket mail on its way")
def mail_on_its_way(page: Page, town: Town) -> None:
    pupil.come_in(page, town, grown_up(town, 2))
    pupil.add_address(page, "adres.dat.lang.is.en.dan.nog.langer@postbus-voor-leerlingen.example")


@way_to("leerlingloket address to remove")
def address_to_remove(page: Page, town: Town) -> None:
    mail_on_its_way(page, town)
    page.goto(f"{town.leerlingloket}/profile/email")
    page.locator("#remove-email").click()
    expect(page.locator("#remove-submit")).to_be_visible()


@way_to("leerlingloket address removed")
def address_removed(page: Page, town: Town) -> None:
    address_to_remove(page, town)
    page.locator("#remove-submit").click()
    expect(page.locator(".notice-good")).to_be_visible()


# A password that is lost


@way_to("provider forgotten password left empty")
def forgotten_left_empty(page: Page, town: Town) -> None:
    page.goto(f"{town.issuer}/forgot")
    page.locator("form").evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
    page.locator("#forgot-submit").click()
    expect(page.locator(".field-error")).to_be_visible()


def ask_for_a_reset(page: Page, town: Town, username: str) -> None:
    page.goto(f"{town.issuer}/forgot")
    page.locator("#username").fill(username)
    page.locator("#forgot-submit").click()
    expect(page.locator("h1")).to_have_text("Kijk in je mailbox")


@way_to("demo mailbox with a link for a new password")
def mailbox_with_a_reset(page: Page, town: Town) -> None:
    """Of the pupil of the manual with an address that is proven. The mail is written a moment later."""
    page.goto(f"{town.issuer}/demo/mailbox")
    before = page.locator("a[href*='/reset/']").count()
    ask_for_a_reset(page, town, "butrint.boeren1")
    page.goto(f"{town.issuer}/demo/mailbox")
    for _ in range(40):
        if page.locator("a[href*='/reset/']").count() > before:  # those of before are good for nothing now
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError("no mail with a link for a new password")


@way_to("provider link for a new password")
def reset(page: Page, town: Town) -> None:
    mailbox_with_a_reset(page, town)
    page.locator("a[href*='/reset/']").first.click()
    expect(page.locator("#new_password")).to_be_visible()


# Another password


@way_to("provider a password of the school")
def password_of_the_school(page: Page, town: Town) -> None:
    pupil.come_in(page, town, with_pictures(town, 12))
    page.goto(f"{town.issuer}/password?client_id=leerlingloket")
    expect(page.locator("#password-next")).to_be_visible()


# What happened


@way_to("leerlingloket activity")
def activity(page: Page, town: Town) -> None:
    pupil.come_in(page, town, with_pictures(town, 13))
    walks.open_rekenrijk(page)
    expect(page.locator("#answer")).to_be_visible()
    page.goto(f"{town.leerlingloket}/activity")
    page.locator("summary").filter(has_text="Wat kreeg").first.click()


@way_to("leerlingloket earlier than there is anything")
def earlier(page: Page, town: Town) -> None:
    pupil.come_in(page, town, with_pictures(town, 13))
    page.goto(f"{town.leerlingloket}/activity/earlier?before=1")


WAYS["leerlingloket all data"] = partial(at, "/activity/data", who=5)


@way_to("leerlingloket this was not me, done by a child")
def not_me_done_by_a_child(page: Page, town: Town) -> None:
    pupil.come_in(page, town, with_pictures(town, 17))
    page.goto(f"{town.leerlingloket}/activity/not-me")
    page.locator("#not-me-confirm").click()
    expect(page.locator("h1")).to_have_text("Je bent overal afgemeld")


def every_state() -> list[str]:
    """What is said of by now, here and in the modules that fill the same table."""
    return list(WAYS)
