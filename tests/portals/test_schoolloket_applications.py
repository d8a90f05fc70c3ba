"""The page on which a beheerder decides which applications pupils have, and in which order."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page as ChromiumPage

from tests.portals.desks import Desks, sign_in
from tests.portals.school_desk import SCHOOL, SCHOOL_NAME, come_in
from tests.portals.test_dashboard import tile
from tests.portals.test_wcag import assert_accessible, screen
from tests.portals.test_wcag import come_in as come_in_by_browser
from tests.support.browser import Page, Visitor

__all__ = ["screen"]


def applications(desks: Desks, visitor: Visitor) -> Page:
    return visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/applications")


def names(page: Page) -> list[str]:
    return re.findall(r"<h3>([^<]+?) <span", page.html)


def press(visitor: Visitor, action: str, **fields: str) -> Page:
    assert visitor.page is not None
    form = visitor.page.form(action)
    return visitor.post(form.action, {"csrf_token": form.fields["csrf_token"], **fields})


def move(visitor: Visitor, **which: str) -> Page:
    return press(visitor, f"/schools/{SCHOOL}/applications/order", **which)


def switch(visitor: Visitor, client_id: str, on: str) -> Page:
    return press(visitor, f"/schools/{SCHOOL}/applications/{client_id}", on=on)


def test_the_menu_leads_to_every_application_with_what_it_gets(desks: Desks, visitor: Visitor) -> None:
    tile(desks, "aap", "Aap", description="Lezen met Aap.")
    desks.provider.relying_party("stil", name="Stil")
    page = come_in(desks, visitor)
    page = visitor.get(page.links["Toepassingen"])
    assert names(page) == ["Aap", "Rekenrijk", "Stil"]
    assert "Niet op het dashboard" in page.text
    assert "Lezen met Aap." in page.text
    assert "Je voornaam" in page.text
    assert "Om je te begroeten" in page.text
    assert "given_name" not in page.html


def test_up_and_down_without_script(desks: Desks, visitor: Visitor) -> None:
    tile(desks, "aap", "Aap")
    tile(desks, "zon", "Zon")
    come_in(desks, visitor)
    assert names(applications(desks, visitor)) == ["Aap", "Rekenrijk", "Zon"]
    assert names(move(visitor, up="zon")) == ["Aap", "Zon", "Rekenrijk"]
    assert names(move(visitor, down="aap")) == ["Zon", "Aap", "Rekenrijk"]
    assert names(move(visitor, up="zon")) == ["Zon", "Aap", "Rekenrijk"], "the first one stays first"
    assert names(move(visitor, down="rekenrijk")) == ["Zon", "Aap", "Rekenrijk"]
    assert move(visitor, up="nergens").status == 400


def test_off_asks_first_says_what_it_did_and_pupils_see_it(desks: Desks, visitor: Visitor) -> None:
    people = desks.provider.people
    people.school(SCHOOL, SCHOOL_NAME)
    pupil = people.pupil("basic", school=SCHOOL)
    child = desks.visitor()
    page = sign_in(child, pupil, desks.leerlingloket.origin + "/login")
    child.get(next(link for text, link in page.links.items() if text.startswith("Rekenrijk")))
    come_in(desks, visitor)
    page = applications(desks, visitor)
    assert "Wie er nu in werkt, kan daar nog verder tot het afmelden." in page.text
    page = switch(visitor, "rekenrijk", "no")
    assert "Rekenrijk staat uit." in page.text
    assert "Rekenrijk" not in child.get(desks.leerlingloket.origin + "/").text
    page = switch(visitor, "rekenrijk", "yes")
    assert "Rekenrijk staat aan." in page.text
    assert "Rekenrijk" in child.get(desks.leerlingloket.origin + "/").text
    child.close()
    log = visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/log").text
    assert "Toepassing uitgezet" in log
    assert "Toepassing aangezet" in log


def test_a_leerkracht_has_no_such_page(desks: Desks, visitor: Visitor) -> None:
    page = come_in(desks, visitor, role="leerkracht", classes=["1A"])
    assert "Toepassingen" not in page.links
    page = applications(desks, visitor)
    assert (page.status, "Dit mag alleen een LeerID-beheerder" in page.text) == (403, True)


def test_OA_58_what_an_address_says_is_shown_only_when_it_is_true(desks: Desks, visitor: Visitor) -> None:
    come_in(desks, visitor)
    for query in (
        "?said=off&about=nergens",
        "?said=off&about=rekenrijk",
        "?said=<b>&about=rekenrijk",
        "?said=off&about=<b>",
    ):
        page = visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/applications{query}")
        assert "staat uit" not in page.text
        assert "<b>&" not in page.html


@pytest.mark.parametrize("screen", [(1280, "light"), (320, "dark")], indirect=True)
def test_wcag_the_page_of_applications(desks: Desks, screen: ChromiumPage) -> None:
    people = desks.provider.people
    people.school(SCHOOL, SCHOOL_NAME)
    for client_id in ("aap", "zon"):
        tile(desks, client_id, client_id.title(), claims={"given_name": "Om je te begroeten"})
    come_in_by_browser(screen, people.staff(school=SCHOOL), desks.schoolloket.origin + "/login")
    screen.wait_for_url("**/schools/2*")
    screen.goto(f"{desks.schoolloket.origin}/schools/{SCHOOL}/applications")
    assert_accessible(screen)
    screen.locator(".fold summary").first.click()
    screen.locator(".switch-off summary").first.click()
    assert_accessible(screen)
    screen.locator("#off-aap").click()
    screen.get_by_text("Aap staat uit.").wait_for()
    assert_accessible(screen)
