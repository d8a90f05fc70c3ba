"""A tablet that goes round a class: the next pupil finds nothing of the previous one, and who walks away is signed out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from idp.authentication.records import BrowserSession
from tests.portals.desks import Desks, open_desks, sign_in
from tests.portals.test_dashboard import come_in_by_browser
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL = 2
LEFT_BEHIND = """async () => ({
  local: localStorage.length,
  session: sessionStorage.length,
  caches: (await caches.keys()).length,
  databases: (await indexedDB.databases()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


@pytest.fixture
def tablet(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="nl-BE", viewport={"width": 800, "height": 1100})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def patient(open_provider: Callable[..., Provider], tmp_path: Path) -> Iterator[Desks]:
    """Access tokens last all day, so that a test may move the provider's clock and not the desk's."""
    with open_desks(open_provider, tmp_path, tokens={"access_seconds": 3600}) as opened:
        yield opened


def two_pupils(desks: Desks) -> tuple[Made, Made]:
    people = desks.provider.people
    people.school(SCHOOL)
    one = people.pupil("basic", school=SCHOOL, given_name="Ardalan", family_name="Bhatti")
    other = people.pupil("basic", school=SCHOOL, given_name="Noor", family_name="Wouters")
    return one, other


def left_alone(desks: Desks, tablet: BrowserContext) -> tuple[str, Page]:
    """Ardalan's dashboard on a tablet whose clock a test may move; and where the desk is."""
    ardalan, _noor = two_pupils(desks)
    tablet.clock.install()
    home, page = desks.leerlingloket.origin, tablet.new_page()
    come_in_by_browser(page, ardalan, home)
    return home, page


def sign_out(page: Page, desks: Desks) -> None:
    """Through the provider's page that says who was told, when an application was opened."""
    page.locator("summary.menu-head").click()
    page.get_by_role("button", name="Afmelden").first.click()
    page.wait_for_url(re.compile("/logged-out|/farewell/"))
    if "/farewell/" in page.url:
        desks.tell_applications()
        page.locator("#farewell-next").click()
    page.wait_for_url("**/logged-out*")


def open_sessions(desks: Desks) -> int:
    with desks.provider.reading() as db:
        return len(db.scalars(select(BrowserSession).where(BrowserSession.ended_at.is_(None))).all())


# Two pupils in a row


def test_CV_15_PR_23_the_next_pupil_finds_nothing_of_the_one_before(
    desks: Desks, tablet: BrowserContext
) -> None:
    ardalan, noor = two_pupils(desks)
    home, page = desks.leerlingloket.origin, tablet.new_page()
    come_in_by_browser(page, ardalan, home)
    page.get_by_role("link", name="Rekenrijk").first.click()
    page.wait_for_url(desks.rekenrijk.origin + "/")
    page.goto(home + "/profile")
    expect(page.get_by_text("Bhatti Ardalan")).to_be_visible()
    sign_out(page, desks)
    assert page.evaluate(LEFT_BEHIND) == dict.fromkeys(
        ("local", "session", "caches", "databases", "workers"), 0
    )
    for _ in range(6):  # the browser's own back button, as often as it goes
        page.go_back()
        assert "Ardalan" not in page.content()
        assert ardalan.username not in page.content()
    page.goto(home + "/login")
    expect(page.locator("#username")).to_have_value("")
    come_in_by_browser(page, noor, home)
    for path in ("/", "/profile", "/applications/rekenrijk"):
        page.goto(home + path)
        expect(page.get_by_text("Wouters Noor")).to_be_visible()
        assert "Ardalan" not in page.content()
        assert "Bhatti" not in page.content()
    page.goto(home + "/")
    page.get_by_role("link", name="Rekenrijk").first.click()
    page.wait_for_url(desks.rekenrijk.origin + "/")
    expect(page.get_by_text("Dag Noor!")).to_be_visible()


@pytest.mark.parametrize("forget", ["the desk", "the provider", "all"])
def test_CV_15_also_when_cookies_were_thrown_away_in_between(
    desks: Desks, tablet: BrowserContext, forget: str
) -> None:
    ardalan, noor = two_pupils(desks)
    home, page = desks.leerlingloket.origin, tablet.new_page()
    come_in_by_browser(page, ardalan, home)
    for cookie in tablet.cookies():
        of_desk = cookie["name"].startswith("leerlingloket")
        if forget == "all" or of_desk is (forget == "the desk"):
            tablet.clear_cookies(name=cookie["name"])
    page.goto(home + "/login")
    if page.locator("#username").count() == 0:  # still signed in at the provider: that is why one signs out
        expect(page.get_by_text("Bhatti Ardalan")).to_be_visible()
        sign_out(page, desks)
    come_in_by_browser(page, noor, home)
    expect(page.get_by_text("Wouters Noor")).to_be_visible()
    assert "Ardalan" not in page.content()
    page.reload()
    assert "Ardalan" not in page.content()


def test_OA_49_every_personal_page_says_that_nobody_keeps_it(desks: Desks, visitor: Visitor) -> None:
    ardalan, _noor = two_pupils(desks)
    sign_in(visitor, ardalan, desks.leerlingloket.origin + "/login")
    for path in ("/", "/profile", "/applications/rekenrijk", "/nergens"):
        page = visitor.get(desks.leerlingloket.origin + path)
        assert page.headers["Cache-Control"] == "no-store", path
        assert "Cookie" in page.headers["Vary"], path


# Who walks away


def test_PR_23_a_minute_before_the_end_a_dialog_asks_and_an_answer_prolongs(
    patient: Desks, tablet: BrowserContext
) -> None:
    _home, page = left_alone(patient, tablet)
    dialog = page.locator("#idle")
    tablet.clock.fast_forward("28:30")
    expect(dialog).to_be_hidden()
    patient.provider.clock.move(minutes=29)
    tablet.clock.fast_forward("00:35")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("alertdialog", name="Ben je er nog?")).to_be_visible()
    expect(page.locator("#still-here")).to_be_focused()
    expect(page.locator("[data-idle-said]")).to_contain_text("seconden")
    page.locator("#still-here").click()
    expect(dialog).to_be_hidden()
    tablet.clock.fast_forward("20:00")
    expect(dialog).to_be_hidden()
    patient.provider.clock.move(minutes=20)
    page.reload()
    expect(page.get_by_text("Bhatti Ardalan")).to_be_visible()


def test_PR_23_escape_is_an_answer_too_and_the_keyboard_stays_in_the_dialog(
    patient: Desks, tablet: BrowserContext
) -> None:
    _home, page = left_alone(patient, tablet)
    tablet.clock.fast_forward("29:05")
    expect(page.locator("#idle")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#idle-out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#idle")).to_be_hidden()


def test_PR_23_without_an_answer_the_tablet_signs_out(patient: Desks, tablet: BrowserContext) -> None:
    home, page = left_alone(patient, tablet)
    assert open_sessions(patient) == 1
    tablet.clock.fast_forward("29:10")
    expect(page.locator("#idle")).to_be_visible()
    tablet.clock.fast_forward("00:50")
    page.wait_for_url(home + "/logged-out*")
    expect(page.get_by_text("Je bent afgemeld")).to_be_visible()
    assert open_sessions(patient) == 0
    page.go_back()
    assert "Ardalan" not in page.content()


def test_PR_23_a_tablet_that_slept_through_it_shows_nothing_when_it_wakes(
    patient: Desks, tablet: BrowserContext
) -> None:
    """The provider has ended the sign-in long ago; the page ends as well."""
    home, page = left_alone(patient, tablet)
    patient.provider.clock.move(hours=1)
    tablet.clock.fast_forward("01:00:00")
    page.wait_for_url(lambda address: address != home + "/")
    page.wait_for_load_state()
    assert "Ardalan" not in page.content()


def test_PR_23_afmelden_in_the_dialog_signs_out_at_once(patient: Desks, tablet: BrowserContext) -> None:
    home, page = left_alone(patient, tablet)
    tablet.clock.fast_forward("29:05")
    page.locator("#idle-out").click()
    page.wait_for_url(home + "/logged-out*")


def test_PR_23_whoever_works_in_one_tab_is_not_asked_in_another(
    patient: Desks, tablet: BrowserContext
) -> None:
    home, one = left_alone(patient, tablet)
    other = tablet.new_page()
    other.goto(home + "/profile")
    tablet.clock.fast_forward("20:00")
    with one.expect_response("**/still-here"):
        one.keyboard.press("Tab")
    other.wait_for_timeout(1000)  # what one tab says, the other hears a moment later
    tablet.clock.fast_forward("15:00")
    expect(one.locator("#idle")).to_be_hidden()
    expect(other.locator("#idle")).to_be_hidden()
    tablet.clock.fast_forward("14:10")
    expect(other.locator("#idle")).to_be_visible()
    other.locator("#still-here").click()
    expect(other.locator("#idle")).to_be_hidden()
    expect(one.locator("#idle")).to_be_hidden()
    assert other.evaluate("localStorage.length + sessionStorage.length") == 0


def test_PR_23_signing_out_in_one_tab_clears_the_other(patient: Desks, tablet: BrowserContext) -> None:
    ardalan, _noor = two_pupils(patient)
    home, one = patient.leerlingloket.origin, tablet.new_page()
    come_in_by_browser(one, ardalan, home)
    other = tablet.new_page()
    other.goto(home + "/profile")
    sign_out(one, patient)
    expect(other.get_by_role("heading", name="Aanmelden")).to_be_visible()
    assert "Ardalan" not in other.content()


def test_PR_23_a_sign_in_that_ended_elsewhere_ends_the_page(patient: Desks, tablet: BrowserContext) -> None:
    """Such as by a new password, or by "Dit was ik niet" on another device."""
    home, page = left_alone(patient, tablet)
    with patient.provider.db() as db:
        for each in db.scalars(select(BrowserSession)):
            each.ended_at = patient.provider.clock()
    tablet.clock.fast_forward("02:00")
    page.mouse.wheel(0, 10)
    page.wait_for_url(lambda address: address != home + "/")
    page.wait_for_load_state()
    assert "Ardalan" not in page.content()


# The call behind it


def test_OA_32_prolonging_takes_the_forms_token(desks: Desks, visitor: Visitor) -> None:
    ardalan, _noor = two_pupils(desks)
    page = sign_in(visitor, ardalan, desks.leerlingloket.origin + "/login")
    address = desks.leerlingloket.origin + "/still-here"
    token = page.form("/logout").fields["csrf_token"]
    assert visitor.http.post(address, data={}).status_code == 403
    json = {"Accept": "application/json"}
    answer = visitor.http.post(address, data={"csrf_token": token}, headers=json)
    assert 29 * 60 < answer.json()["idle_seconds"] <= 30 * 60
    assert visitor.http.post(address, data={"csrf_token": token}, allow_redirects=False).status_code == 303


def test_PR_23_nobody_signed_in_has_nothing_to_prolong(desks: Desks, visitor: Visitor) -> None:
    page = visitor.get(desks.leerlingloket.origin + "/")
    assert 'id="idle"' not in page.html
    token = page.form("/language").fields["csrf_token"]
    answer = visitor.http.post(
        desks.leerlingloket.origin + "/still-here", data={"csrf_token": token}, allow_redirects=False
    )
    assert answer.status_code == 303
    assert "/authorize" in answer.headers["Location"]
