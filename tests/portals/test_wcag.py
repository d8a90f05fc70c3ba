"""The desks' pages in a real browser: WCAG 2.2 AA as far as a machine can tell, on every size, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portals import school_desk
from tests.portals.desks import Desks
from tests.support.axe import assert_axe_finds_nothing
from tests.support.people import Made

Scheme = Literal["light", "dark"]
# Each width and each pair of colours once, as the journeys do.
LOOKS: list[tuple[int, Scheme]] = [(1280, "light"), (320, "dark")]


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def screen(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 640},
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="nl-BE",
        service_workers="block",
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def assert_accessible(page: Page) -> None:
    assert_axe_finds_nothing(page)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url} scrolls sideways by {wider}"


def come_in(page: Page, who: Made, start: str) -> None:
    page.goto(start)
    page.locator("#username").fill(who.username)
    page.locator("#login-next").click()
    page.locator("#password").fill(who.password)
    page.locator("#login-submit").click()


def test_wcag_every_page_of_the_pupils_desk(desks: Desks, screen: Page) -> None:
    home = desks.leerlingloket.origin
    people = desks.provider.people
    people.school(2, "BRUSSEL-STAD - TEST School 2")
    requests_elsewhere: list[str] = []
    known = (home, desks.provider.issuer)
    screen.on(
        "request",
        lambda asked: None if asked.url.startswith(known) else requests_elsewhere.append(asked.url),
    )
    screen.goto(home + "/")
    assert_accessible(screen)
    come_in(screen, people.pupil("basic", school=2), home + "/login")
    screen.wait_for_url(home + "/")
    assert_accessible(screen)
    screen.get_by_role("link", name="Wat krijgt deze toepassing van mij?").click()
    screen.wait_for_url(home + "/applications/rekenrijk")
    assert_accessible(screen)
    screen.clock.install()
    screen.goto(home + "/")
    screen.clock.fast_forward("29:05")
    expect(screen.get_by_role("alertdialog")).to_be_visible()
    assert_accessible(screen)
    screen.keyboard.press("Escape")
    screen.locator("summary.menu-head").click()
    assert_accessible(screen)
    screen.get_by_role("link", name="Mijn LeerID Profiel").click()
    screen.wait_for_url(home + "/profile")
    assert_accessible(screen)
    screen.goto(home + "/nothing")
    assert_accessible(screen)
    screen.goto(home + "/profile")
    screen.locator("summary.menu-head").click()
    screen.get_by_role("button", name="Afmelden").click()
    screen.wait_for_url(home + "/logged-out*")
    assert_accessible(screen)
    assert requests_elsewhere == []


@pytest.mark.parametrize("screen", [(1280, "light"), (320, "dark")], indirect=True)
def test_wcag_the_list_the_pupil_and_the_dialog_of_the_schools_desk(desks: Desks, screen: Page) -> None:
    home, people = desks.schoolloket.origin, desks.provider.people
    people.school(school_desk.SCHOOL, school_desk.SCHOOL_NAME)
    basic, advanced = school_desk.abdulghani(people), school_desk.butrint(people)
    none = school_desk.pieter(people)
    people.many(30, school=school_desk.SCHOOL)
    staff = people.staff(school=school_desk.SCHOOL)
    people.appoint(staff, 31245, "leerkracht", classes=["1A", "2B"])
    screen.goto(home + "/")
    assert_accessible(screen)
    come_in(screen, staff, home + "/login")
    screen.wait_for_url(home + "/schools")
    assert_accessible(screen)
    screen.get_by_role("link", name=school_desk.SCHOOL_NAME).click()
    screen.get_by_label("Selecteer Abdulghani Bogdan").check()
    assert_accessible(screen)
    screen.get_by_text("Excel", exact=True).click()
    assert_accessible(screen)
    screen.goto(f"{home}/schools/2?q=zzz&said=nobody")
    assert_accessible(screen)
    for number in (basic.number, none.pupil_number):
        screen.goto(f"{home}/schools/2/pupils/{number}?said=renamed")
        for remark in screen.locator(".help summary").all():
            remark.click()
        assert_accessible(screen)
    screen.goto(f"{home}/schools/2/pupils/{basic.number}/edit")
    screen.get_by_text("OPMERKING").click()
    screen.locator(".rename summary").click()
    screen.locator("#username").fill(advanced.username)
    screen.get_by_text("Deze gebruikersnaam bestaat al.").wait_for()
    assert_accessible(screen)
    screen.goto(f"{home}/schools/2/pupils/{basic.number}/edit")
    screen.get_by_text("een rij afbeeldingen").click()
    screen.locator("#generate").click()
    screen.wait_for_url("**renewal=*")
    assert_accessible(screen)
    screen.locator("#save").click()
    screen.get_by_text("Het LeerID is succesvol aangepast.").wait_for()
    assert_accessible(screen)
    screen.goto(f"{home}/schools/2/pupils/{advanced.number}/edit")
    screen.locator("#remove-email").click()
    screen.wait_for_url("**renewal=*")
    assert_accessible(screen)


def test_an_application_opens_from_its_tile_and_ends_with_the_desk(desks: Desks, screen: Page) -> None:
    """The whole way in a real browser: its cookies, its content security policies, its redirects after forms."""
    come_in(screen, desks.provider.people.pupil("basic", school=2), desks.leerlingloket.origin + "/login")
    screen.get_by_role("link", name="Rekenrijk").click()
    screen.wait_for_url(desks.rekenrijk.origin + "/")
    assert_accessible(screen)
    screen.locator("#answer").fill("999")
    screen.locator("#check").click()
    screen.get_by_text("Bijna!").wait_for()
    assert_accessible(screen)
    screen.get_by_text("Wat weet Rekenrijk over jou?").click()
    assert_accessible(screen)
    screen.get_by_role("button", name="Afmelden").click()
    screen.wait_for_url(desks.rekenrijk.origin + "/?state=*")
    assert_accessible(screen)
    screen.goto(desks.leerlingloket.origin + "/")
    assert screen.locator("#login-next").count() == 1
