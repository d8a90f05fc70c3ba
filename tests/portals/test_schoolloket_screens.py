"""New passwords and the logbook in a real browser: for every eye, and with the scripts that make them nicer."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.portals.desks import Desks
from tests.portals.test_wcag import LOOKS, assert_accessible, come_in

SCHOOL = 2


def test_wcag_new_passwords_and_the_logbook(desks: Desks, chromium: Browser) -> None:
    people = desks.provider.people
    staff = people.staff(school=SCHOOL)
    for kind in ("advanced", "basic", "pictures"):
        people.pupil(kind, school=SCHOOL)
    people.pupil("advanced", school=SCHOOL, email="tulpenbos@ond.vlaanderen.be")
    people.enrolled_only(school=SCHOOL)
    home = f"{desks.schoolloket.origin}/schools/{SCHOOL}"
    wrong: list[str] = []
    for width, scheme in LOOKS:
        context = chromium.new_context(
            viewport={"width": width, "height": 640}, color_scheme=scheme, locale="nl-BE"
        )
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        come_in(page, staff, desks.schoolloket.origin + "/login")
        page.wait_for_url(home)
        page.locator("#select-everybody").click()
        page.locator("#renew").click()
        page.wait_for_url("**/renewals/*")
        assert_accessible(page)
        first = page.locator("input[name=pupil]").first
        first.uncheck()
        expect(page.locator("#ticked-count")).to_have_text("Aangevinkt: 2 van 3")
        expect(page.locator("tbody th").first).to_have_css("text-decoration-line", "line-through")
        assert_accessible(page)
        page.locator("#save-renewal").click()
        page.locator("#download-cards").wait_for()
        assert_accessible(page)
        with page.expect_download() as cards:
            page.locator("#download-cards").click()
        assert cards.value.suggested_filename.endswith(".pdf")
        page.locator("#all-handed-out").click()
        page.get_by_text("Genoteerd").wait_for()
        page.goto(f"{home}/log?fault=x&from=x")
        assert_accessible(page)
        assert wrong == []
        page.goto(f"{home}/renewals/3f0f5a1e-3c1c-4df3-a0f9-3a2b1c5d7e9f")
        assert_accessible(page)
        wrong.clear()  # Chromium says that this page wasn't there
        context.close()


def test_a_long_save_goes_on_by_itself_and_may_be_left_and_come_back_to(
    desks: Desks, chromium: Browser
) -> None:
    people = desks.provider.people
    staff = people.staff(school=SCHOOL)
    people.many(600, school=SCHOOL)
    home = f"{desks.schoolloket.origin}/schools/{SCHOOL}"
    context = chromium.new_context(viewport={"width": 1280, "height": 640}, locale="nl-BE")
    page = context.new_page()
    come_in(page, staff, desks.schoolloket.origin + "/login")
    page.wait_for_url(home)
    page.locator("#select-everybody").click()
    page.locator("#renew").click()
    page.wait_for_url("**/renewals/*")
    saving = page.url
    # As without script: the page that comes after the first step stays as it is, to be looked at.
    context.route("**/progress*", lambda route: route.abort())
    page.locator("#save-renewal").click()
    expect(page.locator(".progress-words")).to_contain_text(re.compile(r"\d+ van 600"))
    assert_accessible(page)
    page.goto(home)
    context.unroute("**/progress*")
    page.goto(saving)
    page.locator("#download-cards").wait_for(timeout=20_000)
    assert page.get_by_role("heading", name="600 LeerID's hebben een nieuw wachtwoord").is_visible()
    page.reload()
    page.locator("#download-cards").wait_for()
    context.close()
