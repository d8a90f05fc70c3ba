"""The log of a school: its beheerders read it, and reading it is in it (OA-59 to OA-61, PR-11)."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import requests
from sqlalchemy import select, update

from idp.accounts.history import note
from idp.accounts.records import AuditEvent
from idp.api.log import MISSES_AN_HOUR
from idp.rules.belgian_time import school_day
from idp.schools.records import Appointment, Enrolment
from tests.api.staff import Caller, nobody, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL = 31245
LOG = f"/api/schools/{SCHOOL}/log"


@pytest.fixture
def els(provider: Provider) -> Made:
    provider.people.school(SCHOOL, "Basisschool De Vlinder")
    return provider.people.staff(school=SCHOOL, given_name="Els", family_name="Verstraete")


@pytest.fixture
def beheerder(provider: Provider, els: Made) -> Caller:
    return signed_in(provider, els)


def happened(
    provider: Provider, what: str, actor: UUID | None, *, pupil: int | None = None, **more: Any
) -> None:
    """An event as the rooms write it: at the moment that it is."""
    school = more.pop("school", SCHOOL)
    number = more.pop("number", "ABCDE-23456")
    with provider.db() as db:
        note(
            db,
            what,
            now=provider.clock(),
            request_id=number,
            actor_id=actor,
            school_number=school,
            pupil_number=pupil,
            **more,
        )


def whats(told: Any) -> list[str]:
    return [row["what"] for row in told["rows"]]


def events(provider: Provider, what: str) -> list[AuditEvent]:
    with provider.reading() as db:
        return list(db.scalars(select(AuditEvent).where(AuditEvent.what == what).order_by(AuditEvent.id)))


# Reading


def test_PR_11_a_row_says_who_what_whom_when_and_in_which_request(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL, given_name="Daan", family_name="Maes")
    happened(provider, "pupil:renamed", els.account_id, pupil=pupil.number, number="KMNPQ-23456", tried=2)
    told = beheerder.told(LOG)
    assert (told["total"], told["page"], told["pages"]) == (1, 1, 1)
    (row,) = told["rows"]
    assert row.pop("at") == events(provider, "pupil:renamed")[0].at.isoformat(timespec="seconds")
    assert row == {
        "what": "pupil:renamed",
        "actor": {"username": els.username, "name": "Els Verstraete", "role": "beheerder"},
        "pupil": {"pupil_number": pupil.number, "given_name": "Daan", "family_name": "Maes"},
        "number": "KMNPQ-23456",
        "detail": {"tried": 2},
    }
    assert told["actors"] == [{"username": els.username, "name": "Els Verstraete", "role": "beheerder"}]


def test_OA_61_whoever_reads_the_log_is_in_it(provider: Provider, els: Made, beheerder: Caller) -> None:
    answer = beheerder.get(LOG, what="pupil:viewed", actor="somebody.else")
    assert answer.json()["total"] == 0
    (read,) = beheerder.told(LOG)["rows"]
    assert (read["what"], read["actor"]["username"]) == ("log:read", els.username)
    assert read["number"] == answer.headers["X-Request-Id"]
    assert read["detail"] == {"page": 1, "by_what": "pupil:viewed"}, "what was typed may be anybody's name"


def test_the_newest_comes_first_in_pages_of_fifty(provider: Provider, els: Made, beheerder: Caller) -> None:
    for page in range(60):
        happened(provider, "pupils:listed", els.account_id, page=page)
    first = beheerder.told(LOG, what="pupils:listed")
    second = beheerder.told(LOG, what="pupils:listed", page=2)
    assert (first["total"], first["pages"], second["page"]) == (60, 2, 2)
    shown = [row["detail"]["page"] for row in first["rows"] + second["rows"]]
    assert shown == list(reversed(range(60)))
    assert beheerder.told(LOG, what="pupils:listed", page=3)["rows"] == []


def test_the_log_is_filtered(provider: Provider, els: Made, beheerder: Caller) -> None:
    colleague = provider.people.staff(school=SCHOOL)
    happened(provider, "pupil:viewed", els.account_id, pupil=1, number="AAAAA-22222")
    happened(provider, "pupil:viewed", colleague.account_id, pupil=1, number="BBBBB-22222")
    happened(provider, "card:printed", colleague.account_id, pupil=2, number="CCCCC-22222")

    def numbers(**asked: Any) -> list[str]:
        return [row["number"][0] for row in beheerder.told(LOG, **asked)["rows"] if row["what"] != "log:read"]

    today = school_day(provider.clock())
    assert numbers() == ["C", "B", "A"]
    assert numbers(what="pupil:viewed") == ["B", "A"]
    assert numbers(pupil=1) == ["B", "A"]
    assert numbers(actor=colleague.username.upper()) == ["C", "B"]
    assert numbers(actor=colleague.username, pupil=1) == ["B"]
    assert numbers(actor="nobody") == []
    assert numbers(number="CCCCC-22222") == ["C"]
    assert numbers(**{"from": today, "to": today}) == ["C", "B", "A"]
    assert numbers(to=today - timedelta(days=1)) == []
    assert numbers(**{"from": today + timedelta(days=1)}) == []
    assert numbers(**{"from": "0001-01-01", "to": "9999-12-31"}) == ["C", "B", "A"]


NO_FILTER = (
    "from=gisteren",
    "to=2026-02-30",
    "from=0000-01-01",
    "what=%00",
    "what=Pupil",
    "pupil=-1",
    "pupil=jan",
    "actor=a%00b",
    "number=7",
    "page=0",
    "what=a:b&what=c:d",
    "other=1",
)


def test_OA_09_a_filter_that_can_not_be_is_refused(provider: Provider, beheerder: Caller) -> None:
    for asked in NO_FILTER:
        assert beheerder.get(f"{LOG}?{asked}").status_code == 400, asked
    assert events(provider, "log:read") == []


def test_a_pupil_is_shown_by_the_name_of_now_and_by_the_number_when_it_is_gone(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    happened(provider, "pupil:viewed", els.account_id, pupil=pupil.number)
    happened(provider, "pupil:viewed", els.account_id, pupil=9999)
    with provider.db() as db:
        theirs = Enrolment.pupil_number == pupil.number
        db.execute(update(Enrolment).where(theirs).values(given_name="Noor", family_name="Claes"))
    gone, named = (row["pupil"] for row in beheerder.told(LOG)["rows"])
    assert gone == {"pupil_number": 9999, "given_name": "", "family_name": ""}
    assert (named["given_name"], named["family_name"]) == ("Noor", "Claes")


def test_PR_12_staff_are_shown_in_the_role_of_then(provider: Provider, els: Made, beheerder: Caller) -> None:
    changed = provider.people.staff(school=SCHOOL, role="leerkracht")
    happened(provider, "pupil:viewed", changed.account_id)
    provider.clock.move(seconds=5)
    with provider.db() as db:
        theirs = Appointment.account_id == changed.account_id
        db.execute(update(Appointment).where(theirs).values(ended_at=provider.clock()))
    provider.clock.move(seconds=5)
    provider.people.appoint(changed, SCHOOL)
    happened(provider, "pupil:viewed", changed.account_id)
    assert [row["actor"]["role"] for row in beheerder.told(LOG)["rows"]] == ["beheerder", "leerkracht"]


def test_what_nobody_of_the_school_did_has_an_empty_role_or_nobody(
    provider: Provider, beheerder: Caller
) -> None:
    happened(provider, "enrolments:imported", None)
    happened(provider, "pupil:viewed", provider.people.staff().account_id)
    stranger, nobodys = (row["actor"] for row in beheerder.told(LOG)["rows"])
    assert nobodys is None
    assert stranger["role"] == ""


def test_PR_11_what_pupils_do_themselves_is_not_told_to_the_school(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    signed_in(provider, pupil, "leerid:self").get("/api/me")
    with provider.reading() as db:
        assert db.scalar(select(AuditEvent.id).where(AuditEvent.account_id == pupil.account_id))
    assert beheerder.told(LOG)["rows"] == []


# Who may


def test_OA_54_the_log_of_another_school_is_not_there(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    other = provider.people.staff(school=2)
    happened(provider, "pupil:viewed", other.account_id, school=2)
    for path in ("log", "log.csv", "faults/ABCDE-23456"):
        assert beheerder.get(f"/api/schools/2/{path}").status_code == 404
    assert beheerder.told(LOG)["rows"] == []
    both = provider.people.staff(school=SCHOOL)
    provider.people.appoint(both, 2)
    caller = signed_in(provider, both)
    assert whats(caller.told(LOG)) == ["log:read"]
    assert whats(caller.told("/api/schools/2/log")) == ["pupil:viewed"]


def test_PR_11_a_pupil_is_found_in_lists_and_tables_too(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    happened(provider, "pupils:listed", els.account_id, pupils=[1, 17, 170], number="AAAAA-22222")
    happened(provider, "pupils:exported", els.account_id, pupils=list(range(100, 300)), number="BBBBB-22222")
    happened(provider, "renewal:saved", els.account_id, pupils=17, number="CCCCC-22222")
    happened(provider, "pupil:viewed", els.account_id, pupil=17, number="DDDDD-22222")

    def numbers(pupil: int) -> list[str]:
        rows = beheerder.told(LOG, pupil=pupil)["rows"]
        return [row["number"][0] for row in rows if row["what"] != "log:read"]

    assert numbers(17) == ["D", "A"]
    assert numbers(170) == ["B", "A"]
    assert numbers(7) == []
    (exported,) = beheerder.told(LOG, pupil=299)["rows"]
    assert exported["detail"] == {"pupils": 200}, "so many are told as a number"
    assert "298, 299]" in table(beheerder.get(f"{LOG}.csv", what="pupils:exported"))[1][8]


@pytest.mark.parametrize("path", ["log", "log.csv", "faults/ABCDE-23456"])
def test_OA_54_the_log_is_for_beheerders(provider: Provider, els: Made, path: str) -> None:
    teacher = signed_in(provider, provider.people.staff(school=SCHOOL, role="leerkracht"))
    assert teacher.get(f"/api/schools/{SCHOOL}/{path}").status_code == 403
    pupil = signed_in(provider, provider.people.pupil("basic", school=SCHOOL), "leerid:self")
    assert pupil.get(f"/api/schools/{SCHOOL}/{path}").status_code == 403
    assert nobody(provider).get(f"/api/schools/{SCHOOL}/{path}").status_code == 401


# Exporting


def table(answer: requests.Response) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def test_the_log_as_a_table_has_the_same_rows(provider: Provider, els: Made, beheerder: Caller) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL, given_name="Daan", family_name="Maes")
    happened(provider, "card:printed", els.account_id, pupil=pupil.number, cards=1)
    happened(provider, "log:read", els.account_id)
    answer = beheerder.get(f"{LOG}.csv", what="card:printed")
    heads, row = table(answer)
    assert heads == [
        "Tijdstip",
        "Wat",
        "Wie",
        "Gebruikersnaam",
        "Rol",
        "Stamnummer",
        "Leerling",
        "Nummer",
        "Details",
    ]
    assert row[1:] == [
        "card:printed",
        "Els Verstraete",
        els.username,
        "beheerder",
        str(pupil.number),
        "Daan Maes",
        "ABCDE-23456",
        "cards: 1",
    ]
    (exported,) = events(provider, "log:exported")
    assert exported.request_id == answer.headers["X-Request-Id"]
    assert exported.detail == {"events": 1, "by_what": "card:printed"}
    assert exported.actor_id == els.account_id


def test_the_export_asks_for_a_recent_sign_in(open_provider: Callable[..., Provider]) -> None:
    provider = open_provider(tokens={"access_seconds": 3600})
    provider.people.school(SCHOOL)
    caller = signed_in(provider, provider.people.staff(school=SCHOOL))
    assert caller.get(f"{LOG}.csv").status_code == 200
    provider.clock.move(minutes=provider.settings.staff.recent_minutes, seconds=1)
    assert caller.get(LOG).status_code == 200
    answer = caller.get(f"{LOG}.csv")
    assert answer.status_code == 401
    assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    assert len(events(provider, "log:exported")) == 1


HOSTILE = ["=1+1", "+32", "-Ö", "@SUM(A1)", "\t=1", "＝1+1", "'=1", '"=1+1', "|calc", "\x07x"]
HARMLESS = ["'t Hooft", "Élise", "O'Brien", "Van den Bossche", "d’Hondt"]


def test_OA_50_nothing_in_the_table_is_a_formula_and_names_stay_as_they_are(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    for name in HOSTILE + HARMLESS:
        pupil = provider.people.pupil("basic", school=SCHOOL, given_name="X", family_name=name)
        with provider.db() as db:
            theirs = Enrolment.pupil_number == pupil.number
            db.execute(update(Enrolment).where(theirs).values(given_name=name, family_name="Maes"))
        happened(provider, "pupil:viewed", els.account_id, pupil=pupil.number)
    shown = [row[6] for row in table(beheerder.get(f"{LOG}.csv"))[1:]]
    hostile = [f"'{name.strip()} Maes" for name in HOSTILE]
    assert list(reversed(shown)) == hostile + [f"{name} Maes" for name in HARMLESS]


def test_a_long_log_is_told_in_one_table(provider: Provider, els: Made, beheerder: Caller) -> None:
    """More than are in memory at a time."""
    with provider.db() as db:
        for page in range(1050):
            about: dict[str, Any] = {"actor_id": els.account_id, "school_number": SCHOOL, "page": page}
            note(db, "pupils:listed", now=provider.clock(), request_id="-", **about)
    rows = table(beheerder.get(f"{LOG}.csv"))[1:]
    assert [row[8] for row in rows] == [f"page: {page}" for page in reversed(range(1050))]


# A foutnummer


def missing_page(provider: Provider) -> str:
    return requests.get(f"{provider.origin}/geheim?x=geheim", timeout=10).headers["X-Request-Id"]


def look_up(caller: Caller, number: str) -> requests.Response:
    return caller.get(f"/api/schools/{SCHOOL}/faults/{number}")


def test_a_foutnummer_is_looked_up_by_whoever_is_read_it(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    number = missing_page(provider)
    answer = look_up(beheerder, number)
    told = answer.json()
    assert told.pop("at").endswith("+00:00")
    assert told == {
        "number": number,
        "application": "leerid",
        "status": 404,
        "reason": "not-found",
        "route": "-",
    }
    (looked,) = events(provider, "fault:looked-up")
    assert (looked.actor_id, looked.detail) == (els.account_id, {"number": number})


def test_a_number_that_nobody_got_is_not_found(provider: Provider, beheerder: Caller) -> None:
    numbers = ("ABCDE-23456", "ABCDE", "a%00b", "%F0%9F%98%80", "A" * 500)
    for number in numbers:
        assert look_up(beheerder, number).status_code == 404, number
    assert len(events(provider, "fault:not-found")) == len(numbers)


def test_numbers_cannot_be_tried_one_after_the_other(
    provider: Provider, els: Made, beheerder: Caller
) -> None:
    for _ in range(MISSES_AN_HOUR):
        happened(provider, "fault:not-found", els.account_id)
    assert look_up(beheerder, missing_page(provider)).status_code == 429
    colleague = signed_in(provider, provider.people.staff(school=SCHOOL))
    assert look_up(colleague, missing_page(provider)).status_code == 200
    provider.clock.move(minutes=61)
    assert look_up(signed_in(provider, els), missing_page(provider)).status_code == 200


# What a portal reports


@pytest.fixture
def portal(provider: Provider) -> tuple[str, str]:
    desk = provider.relying_party("schoolloket", first_party=True, scope="openid leerid:school")
    assert desk.secret is not None
    return desk.client_id, desk.secret


REPORT = {"number": "KMNPQ-23456", "status": 404, "reason": "not-there", "route": "/schools/<int:school>"}


def report(
    provider: Provider, auth: tuple[str, str] | None, body: Any = REPORT, **headers: str
) -> requests.Response:
    return requests.post(f"{provider.origin}/api/faults", json=body, auth=auth, headers=headers, timeout=10)


def test_what_a_portal_reports_is_found_by_its_number(
    provider: Provider, els: Made, portal: tuple[str, str]
) -> None:
    assert report(provider, portal).status_code == 204
    assert report(provider, portal, {**REPORT, "reason": "another"}).status_code == 204  # the first one stays
    told = look_up(signed_in(provider, els), "KMNPQ-23456").json()
    assert (told["application"], told["status"], told["reason"]) == ("schoolloket", 404, "not-there")
    assert told["route"] == "/schools/<int:school>"


def test_OA_11_only_our_own_portals_report(provider: Provider, portal: tuple[str, str]) -> None:
    stranger = provider.relying_party("oefenapp")
    assert stranger.secret is not None
    client_id, secret = portal
    for auth in (
        None,
        (client_id, secrets.token_urlsafe(32)),
        (client_id, ""),
        ("unknown", secret),
        ("", ""),
        (stranger.client_id, stranger.secret),
    ):
        answer = report(provider, auth)
        assert answer.status_code == 401, auth
        assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert report(provider, None, Authorization="Bearer abc").status_code == 401
    assert report(provider, None, Authorization="Basic !!!").status_code == 401


def test_OA_55_a_report_is_as_described(provider: Provider, portal: tuple[str, str]) -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"number": "abcde-23456"},
        {"number": "x"},
        {"status": 200},
        {"status": "404"},
        {"reason": "x" * 61},
        {"route": "/" * 201},
        {"at": "2026-03-02"},
    )
    for change in changes:
        assert report(provider, portal, {**REPORT, **change}).status_code == 400, change
