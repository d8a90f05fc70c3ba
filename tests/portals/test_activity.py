"""The pupil's page "Wie deed wat met mijn LeerID?", what hangs on it, and what the school sees of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page as Screen
from sqlalchemy import select

from idp.accounts import history
from idp.accounts.records import Account, AuditEvent
from idp.authentication.records import BrowserSession
from idp.schools.concerning import A_PAGE
from tests.portals.desks import Desks, open_desks, session_cookie, sign_in
from tests.portals.school_desk import going, press, rows
from tests.portals.test_wcag import assert_accessible, come_in, screen
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

__all__ = ["screen"]

SCHOOL = 2
NAME = "BRUSSEL-STAD - TEST School 2"


def ardalan(desks: Desks, kind: str = "advanced") -> Made:
    desks.provider.people.school(SCHOOL, NAME)
    return desks.provider.people.pupil(kind, school=SCHOOL, given_name="Ardalan", family_name="Bhatti")


def at_home(desks: Desks, visitor: Visitor, pupil: Made) -> Page:
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    return visitor.get(desks.leerlingloket.origin + "/activity")


def happened(desks: Desks, pupil: Made, what: str, **about: object) -> None:
    with desks.provider.db() as db:
        history.note(
            db,
            what,
            now=desks.provider.clock(),
            request_id="-",
            account_id=pupil.account_id,
            **about,  # type: ignore[arg-type]
        )


def test_PR_12_from_the_profile_to_the_page_that_tells_everything(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    staff = desks.provider.people.staff(school=SCHOOL, given_name="Thomas", family_name="Vermeulen")
    by_staff = {"actor_id": staff.account_id, "school_number": SCHOOL, "pupil_number": pupil.number}
    happened(desks, pupil, "pupil:viewed", **by_staff)
    happened(desks, pupil, "account:password-renewed", **by_staff)
    happened(desks, pupil, "account:signed-in", way="card", device="ipad", strength=4)
    sign_in(visitor, pupil, desks.leerlingloket.origin + "/login")
    sign_in(visitor, pupil, desks.rekenrijk.origin + "/login")
    profile = visitor.get(desks.leerlingloket.origin + "/profile")
    page = visitor.get(next(url for text, url in profile.links.items() if "Wie deed wat" in text))
    for words in (
        "Wie deed wat met mijn LeerID?",
        "Waar ben je nu aangemeld?",
        "Je toepassingen",
        "Wat gebeurde er?",
        "Vandaag",
        f"Een LeerID-beheerder van {NAME} bekeek je gegevens.",
        f"Een LeerID-beheerder van {NAME} gaf je een nieuw wachtwoord.",
        "Je meldde je aan met je kaartje. iPad",
        "Rekenrijk",
        "Om je te begroeten",
    ):
        assert words in page.text, words
    assert "Vermeulen" not in page.text
    assert staff.username not in page.html


def test_PR_12_every_event_has_a_sentence_of_its_own(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    own = (
        "signed-in", "signed-out", "session-ended", "password-chosen", "password-changed", "recovery-asked",
        "password-reset", "email-asked", "email-verified", "email-dropped", "not-me", "application-ended",
        "data-taken", "protected", "secret-tampered",
    )  # fmt: skip
    for each in own:
        happened(desks, pupil, f"account:{each}")
    page = at_home(desks, visitor, pupil)
    assert page.html.count('class="happened-words"') == len(own) + 1
    assert "Er veranderde iets aan je LeerID." not in page.text
    happened(desks, pupil, "account:something-new")
    assert "Er veranderde iets aan je LeerID." in visitor.get(page.url).text


def test_more_is_a_page_further_until_there_is_no_more(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    for _ in range(A_PAGE + 3):
        happened(desks, pupil, "account:email-asked")
    page = at_home(desks, visitor, pupil)
    seen = page.text.count("Je gaf een e-mailadres op.")
    page = visitor.get(page.links["Toon meer"])
    assert page.title.startswith("Wat gebeurde er vroeger?")
    assert seen + page.text.count("Je gaf een e-mailadres op.") == A_PAGE + 3
    assert "Toon meer" not in page.links
    for mangled in ("", "?before=", "?before=x", "?before=-1", f"?before={'9' * 40}"):
        page = visitor.get(f"{desks.leerlingloket.origin}/activity/earlier{mangled}")
        assert page.url == desks.leerlingloket.origin + "/activity", mangled


# Where I am signed in


def test_one_sign_in_elsewhere_ends_or_all_of_them(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    there = [desks.visitor() for _ in range(3)]
    for other in there:
        sign_in(other, pupil, desks.leerlingloket.origin + "/login")
    page = at_home(desks, visitor, pupil)
    assert page.html.count('class="listed-item"') == 4
    page = visitor.submit(button="end-2")
    assert "Je bent daar afgemeld." in page.text
    with desks.provider.reading() as db:
        assert len(db.scalars(select(BrowserSession).where(BrowserSession.ended_at.is_(None))).all()) == 3
    page = visitor.submit(button="end-others")
    assert "Je bent overal elders afgemeld." in page.text
    assert "Nergens anders. Goed zo!" in page.text
    for other in there:
        page = other.get(desks.leerlingloket.origin + "/profile")
        assert page.url.startswith(desks.provider.issuer), "signs in anew"
        other.close()
    assert visitor.get(desks.leerlingloket.origin + "/profile").status == 200


def test_OA_54_a_sign_in_of_somebody_else_does_not_end(desks: Desks, visitor: Visitor) -> None:
    pupil, bully = ardalan(desks), desks.provider.people.pupil("basic", school=SCHOOL)
    page = at_home(desks, visitor, pupil)
    other = desks.visitor()
    sign_in(other, pupil, desks.leerlingloket.origin + "/login")
    page = visitor.get(page.url)
    (action,) = [form.action for form in page.forms if form.action.endswith("/end")]
    other.close()
    mean = desks.visitor()
    own = at_home(desks, mean, bully)
    token = own.form("/logout").fields["csrf_token"]
    assert mean.post(action, {"csrf_token": token}).url == desks.leerlingloket.origin + "/activity?said=ended"
    with desks.provider.reading() as db:
        theirs = BrowserSession.account_id == pupil.account_id
        assert not any(each.ended_at for each in db.scalars(select(BrowserSession).where(theirs)))
    mean.close()


# Who knows what


def test_PR_20_an_application_ends_after_a_question_and_asks_again(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    sign_in(visitor, pupil, desks.rekenrijk.origin + "/login")
    page = at_home(desks, visitor, pupil)
    page = visitor.get(next(url for text, url in page.links.items() if text.startswith("Stop met delen")))
    for words in ("Stoppen met delen?", "Rekenrijk krijgt dan meteen niets meer", "Je voornaam"):
        assert words in page.text
    assert page.links["Annuleer"] == desks.leerlingloket.origin + "/activity"
    page = visitor.submit(button="end-access")
    assert "Die toepassing krijgt je gegevens niet meer." in page.text
    assert "Krijgt nu niets meer over jou." in page.text
    assert "Je zei dat Rekenrijk niets meer over je mag weten." in page.text
    assert not [text for text in page.links if text.startswith("Stop met delen")]
    for nowhere in ("rekenrijk", "bestaat-niet"):
        asked = visitor.get(f"{desks.leerlingloket.origin}/activity/applications/{nowhere}/end")
        assert asked.status == 404, "nothing (more) to end"


# Dit was ik niet


@pytest.mark.parametrize(
    ("kind", "way_on"),
    [
        ("advanced", "Kies nu een nieuw wachtwoord."),
        ("basic", "Ga nu naar je juf of meester."),
        ("pictures", "Ga nu naar je juf of meester."),
    ],
)
def test_not_me_is_explained_then_done_and_says_what_to_do_next(
    desks: Desks, visitor: Visitor, kind: str, way_on: str
) -> None:
    pupil = ardalan(desks, kind)
    elsewhere = desks.visitor()
    sign_in(elsewhere, pupil, desks.leerlingloket.origin + "/login")
    page = at_home(desks, visitor, pupil)
    page = visitor.get(page.links["Dit was ik niet"])
    assert "We melden je LeerID overal af, ook hier." in page.text
    with desks.provider.reading() as db:
        assert db.get_one(Account, pupil.account_id).not_me_at is None, "looking changes nothing"
    page = visitor.submit(button="not-me-confirm")
    assert "Je bent overal afgemeld" in page.text
    assert way_on in page.text
    assert ("to-forgot" in page.ids) is (kind == "advanced")
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    for browser in (visitor, elsewhere):
        asked = browser.get(desks.leerlingloket.origin + "/profile")
        assert asked.url.startswith(desks.provider.issuer)
        assert "login-next" in asked.ids or "login-submit" in asked.ids
    elsewhere.close()


def test_nobody_who_is_signed_in_is_told_that_they_are_out(desks: Desks, visitor: Visitor) -> None:
    at_home(desks, visitor, ardalan(desks))
    page = visitor.get(desks.leerlingloket.origin + "/not-me/advanced")
    assert page.url == desks.leerlingloket.origin + "/activity"
    assert session_cookie(visitor, "leerlingloket")
    assert visitor.get(desks.leerlingloket.origin + "/not-me/iedereen").status == 404


def test_OA_33_nothing_changes_without_the_form_of_this_desk(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    at_home(desks, visitor, pupil)
    for path in ("not-me", "sign-ins/end-others", "sign-ins/x/end", "applications/rekenrijk/end"):
        answer = visitor.post(f"{desks.leerlingloket.origin}/activity/{path}", {"csrf_token": "made-up"})
        assert answer.status in (400, 403), path
    with desks.provider.reading() as db:
        assert db.get_one(Account, pupil.account_id).not_me_at is None


# All my data


def test_PR_13_the_data_come_as_pages_and_for_a_computer(desks: Desks, visitor: Visitor) -> None:
    at_home(desks, visitor, ardalan(desks))
    page = visitor.get(desks.leerlingloket.origin + "/activity/data")
    file = visitor.http.get(page.links["Download voor een computer (JSON)"])
    assert json.loads(file.content)["wie_je_bent"]["voornaam"] == "Ardalan"
    assert file.headers["Content-Disposition"].startswith('attachment; filename="LeerID-gegevens ')
    file = visitor.http.get(page.links["Download om te lezen (PDF)"])
    assert file.content.startswith(b"%PDF-")


@pytest.fixture
def desks_of_before(open_provider: Callable[..., Provider], tmp_path: Path) -> Iterator[Desks]:
    """Where it is six minutes ago. A desk looks at a clock of its own, so what it holds is good for an hour."""
    hour = {"access_seconds": 3600, "id_token_seconds": 3600}
    with open_desks(open_provider, tmp_path, tokens=hour) as opened:
        opened.provider.clock.move(minutes=-6)
        yield opened


def test_PR_13_the_data_come_after_signing_in_anew(desks_of_before: Desks) -> None:
    """On a tablet that was left open, nobody takes all of it along."""
    desks = desks_of_before
    visitor, pupil = desks.visitor(), ardalan(desks)
    at_home(desks, visitor, pupil)
    desks.provider.clock.move(minutes=6)
    page = visitor.get(desks.leerlingloket.origin + "/activity/data")
    asked = visitor.get(page.links["Download om te lezen (PDF)"])
    assert asked.url.startswith(desks.provider.issuer)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.url == desks.leerlingloket.origin + "/activity/data?said=again"
    assert "Je bent opnieuw aangemeld. Download nu je gegevens." in page.text
    assert visitor.http.get(page.links["Download om te lezen (PDF)"]).content.startswith(b"%PDF-")
    visitor.close()


def test_PR_13_a_basic_pupil_asks_the_teacher(desks: Desks, visitor: Visitor) -> None:
    at_home(desks, visitor, ardalan(desks, "basic"))
    page = visitor.get(desks.leerlingloket.origin + "/activity/data")
    assert "Vraag het aan je juf of meester." in page.text
    assert not [text for text in page.links if "Download" in text]


# At the school


def test_the_school_sees_who_reported_and_settles_it(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks)
    desks.provider.people.many(3, school=SCHOOL)
    with desks.provider.db() as db:
        db.get_one(Account, pupil.account_id).not_me_at = desks.provider.clock()
    staff = desks.provider.people.staff(school=SCHOOL)
    page = sign_in(visitor, staff, desks.schoolloket.origin + "/login")
    assert "Een leerling meldde dat iemand anders het LeerID gebruikt." in page.text
    page = press(visitor, go=going(page, "Toon wie"))
    assert rows(page) == [pupil.number]
    page = visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/{pupil.number}")
    assert "dat iemand anders dit LeerID gebruikt." in page.text
    assert "renew-reported" in page.ids
    page = visitor.submit(button="settle")
    assert "De melding is afgehandeld." in page.text
    assert "settle" not in page.ids
    page = visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}")
    assert "meldde dat iemand anders" not in page.text


def test_a_new_password_is_one_click_away_from_the_report(desks: Desks, visitor: Visitor) -> None:
    pupil = ardalan(desks, "basic")
    with desks.provider.db() as db:
        db.get_one(Account, pupil.account_id).not_me_at = desks.provider.clock()
    sign_in(visitor, desks.provider.people.staff(school=SCHOOL), desks.schoolloket.origin + "/login")
    visitor.get(f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils/{pupil.number}")
    page = visitor.submit(button="renew-reported")
    assert "/renewals/" in page.url
    assert pupil.username in page.text


def test_PR_13_the_beheerder_hands_out_a_basic_pupils_data(desks: Desks, visitor: Visitor) -> None:
    pupil, older = ardalan(desks, "basic"), desks.provider.people.pupil("advanced", school=SCHOOL)
    sign_in(visitor, desks.provider.people.staff(school=SCHOOL), desks.schoolloket.origin + "/login")
    home = f"{desks.schoolloket.origin}/schools/{SCHOOL}/pupils"
    page = visitor.get(f"{home}/{pupil.number}")
    assert visitor.http.get(page.links["Download om te lezen (PDF)"]).content.startswith(b"%PDF-")
    assert "wie_je_bent" in visitor.http.get(page.links["Voor een computer (JSON)"]).json()
    assert "Download om te lezen (PDF)" not in visitor.get(f"{home}/{older.number}").links
    with desks.provider.reading() as db:
        taken = db.scalars(select(AuditEvent.detail).where(AuditEvent.what == "pupil:data-taken")).all()
    assert taken == [{"form": "pdf"}, {"form": "json"}]


# In a real browser


def test_wcag_the_page_and_what_hangs_on_it(desks: Desks, screen: Screen) -> None:
    home, pupil = desks.leerlingloket.origin, ardalan(desks)
    staff = desks.provider.people.staff(school=SCHOOL)
    by_staff = {"actor_id": staff.account_id, "school_number": SCHOOL, "pupil_number": pupil.number}
    for what in ("account:protected", "pupil:viewed", "card:printed"):
        happened(desks, pupil, what, **(by_staff if what != "account:protected" else {}))
    for _ in range(2):
        other = desks.visitor()
        sign_in(other, pupil, desks.rekenrijk.origin + "/login")
        other.close()
    come_in(screen, pupil, home + "/login")
    screen.wait_for_url(home + "/")
    screen.goto(home + "/activity")
    screen.locator(".fold summary").first.click()
    assert_accessible(screen)
    for path in (
        "/activity/earlier?before=1",
        "/activity/applications/rekenrijk/end",
        "/activity/data",
    ):
        screen.goto(home + path)
        assert_accessible(screen)
    screen.goto(home + "/activity")
    screen.locator("#not-me").click()
    assert_accessible(screen)
    screen.locator("#not-me-confirm").click()
    screen.get_by_role("heading", name="Je bent overal afgemeld").wait_for()
    assert_accessible(screen)


@pytest.mark.parametrize("screen", [(1280, "light"), (320, "dark")], indirect=True)
def test_wcag_what_the_school_sees_of_a_report(desks: Desks, screen: Screen) -> None:
    pupil = ardalan(desks, "basic")
    with desks.provider.db() as db:
        db.get_one(Account, pupil.account_id).not_me_at = desks.provider.clock()
    staff, home = desks.provider.people.staff(school=SCHOOL), desks.schoolloket.origin
    come_in(screen, staff, home + "/login")
    screen.wait_for_url(home + f"/schools/{SCHOOL}")
    assert_accessible(screen)
    screen.locator("#show-reported").click()
    screen.wait_for_url("**reported=yes*")
    assert_accessible(screen)
    screen.goto(f"{home}/schools/{SCHOOL}/pupils/{pupil.number}")
    assert_accessible(screen)
