"""All that is kept about a pupil, and nothing of anybody else (PR-13)."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import JSON, Column, Table, inspect, select
from sqlalchemy.orm import Session

from idp.accounts import history, links
from idp.accounts.links import Purpose
from idp.accounts.records import Account, AuditEvent, Card, OneTimeLink, Person, Username
from idp.api.all_data import About, Data, collect
from idp.api.all_data_pages import laid_out, written
from idp.authentication.records import BrowserSession, KnownDevice
from idp.database import Base, UtcDateTime
from idp.schools.data_paper import pdf
from idp.schools.enrolments import all_of
from idp.schools.records import Enrolment, Favourite, School
from idp.tokens.records import ApplicationUse, Approval, GrantFamily
from tests.api.data_map import COLUMNS, TABLES, At
from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL, ANOTHER = 2, 5
BEGIN = datetime.fromisoformat("2031-01-01T08:00:00+00:00")

# What can't hold just anything.
CHOSEN: dict[str, Any] = {
    "accounts.kind": "advanced",
    "accounts.secret_kind": "text",
    "accounts.language": "fr",
    "people.sex": "X",
    "audit_events.what": "merk:gebeurd",
    "enrolments.starts_on": date(2019, 9, 1),
}
MAPPINGS = {"people.other_claims", "grant_families.claims", "audit_events.detail"}
SAID = {"accounts.kind": "Gevorderd LeerID", "accounts.secret_kind": "Wachtwoord"}


def test_PR_13_PR_17_every_column_is_told_or_has_a_reason_not_to_be() -> None:
    there = {table.name: {column.name for column in table.columns} for table in Base.metadata.sorted_tables}
    assert {name: set(columns) for name, columns in COLUMNS.items()} == {
        name: columns for name, columns in there.items() if name not in TABLES
    }, "say where a new column is told to its pupil, or why it isn't"
    assert set(TABLES) <= set(there)


def test_PR_13_what_is_planted_in_each_column_is_in_the_data_and_in_the_pages(provider: Provider) -> None:
    pupil = provider.people.pupil("advanced", school=SCHOOL)
    with provider.db() as db:
        planted = plant(db, pupil)
    data = collected(provider, pupil)
    pages = text_of(data)
    for place, value in planted.items():
        table, _, column = place.partition(".")
        found = COLUMNS[table][column]
        assert isinstance(found, At)
        expected = SAID.get(place, value)
        told = [*at(data, found.path.split("."))]
        assert any(holds(each, expected) for each in told), (place, expected, told)
        if not isinstance(value, bool):
            assert shown(expected) in pages, place


def plant(db: Session, pupil: Made) -> dict[str, Any]:
    """A value of its own in every column that is told; what each is, by `table.column`."""
    account = db.get_one(Account, pupil.account_id)
    planted: dict[str, Any] = {}
    rows = [
        *(db.get_one(Person, pupil.person_id), account, db.get_one(School, SCHOOL)),
        db.scalars(select(Enrolment).where(Enrolment.person_id == pupil.person_id)).one(),
        *(OneTimeLink(), BrowserSession(), KnownDevice(), AuditEvent(), GrantFamily()),
        *(ApplicationUse(), Approval(), Favourite(), Username(), Card()),
    ]
    for row in rows:
        table = inspect(type(row)).local_table
        assert isinstance(table, Table)
        for number, column in enumerate(table.columns):
            if (value := value_for(table, column, pupil, number)) is None:
                continue
            if row in db and (column.primary_key or column.foreign_keys or column.name == "pupil_number"):
                continue
            setattr(row, column.name, value)
            if isinstance(COLUMNS[table.name][column.name], At):
                planted[f"{table.name}.{column.name}"] = value
        db.add(row)
    return planted


def value_for(table: Table, column: Column[Any], pupil: Made, number: int) -> Any:
    place = f"{table.name}.{column.name}"
    if place in CHOSEN:
        return CHOSEN[place]
    if column.name == "account_id":
        return pupil.account_id
    if column.name in ("person_id", "actor_id", "handed_out_by") or (column.name, table.name) == (
        "id",
        "audit_events",
    ):
        return None
    if column.name == "school_number":
        return SCHOOL
    many = number + 100 * list(COLUMNS).index(table.name)
    kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
    if kind is str:
        return f"merk-{many}"[: getattr(column.type, "length", None)]
    if isinstance(column.type, JSON):
        return {"device": f"merk-{many}"} if place in MAPPINGS else [f"merk-{many}"]
    makes: dict[type, Any] = {
        datetime: BEGIN + timedelta(minutes=many),
        date: BEGIN.date() + timedelta(days=many),
        int: 70_000 + many,
        bool: True,
        UUID: None,
    }
    return makes[kind]


def collected(provider: Provider, pupil: Made) -> Data:
    with provider.app.test_request_context(), provider.reading() as db:
        person, account = db.get_one(Person, pupil.person_id), db.get_one(Account, pupil.account_id)
        about = About(person, account, tuple(all_of(db, person.id)))
        return collect(db, about, provider.clock())


def at(data: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield data
    elif path[0] == "*":
        for each in data:
            yield from at(each, path[1:])
    elif data:
        yield from at(data[path[0]], path[1:])


def holds(told: Any, value: Any) -> bool:
    match value:
        case dict():
            return bool(set(value.values()) <= set(told.values()))
        case list() | bool() | datetime() | date():
            return bool(told == value)
        case _:
            return str(value) in (told if isinstance(told, list) else str(told))


def shown(value: Any) -> str:
    return ", ".join(value.values()) if isinstance(value, dict) else written(value)


def text_of(data: Data) -> str:
    document = laid_out(data)
    lines = [*document.lead]
    for section in document.sections:
        lines += [f"{row.name} {row.value}" for row in section.rows]
        lines += [f"{entry.title} {entry.rest}" for entry in section.entries]
    return "\n".join(lines)


# Over the road


def advanced(provider: Provider) -> Made:
    return provider.people.pupil("advanced", school=SCHOOL, given_name="Amélie", email="amelie@post.example")


def test_PR_13_an_advanced_pupil_takes_everything_along(provider: Provider) -> None:
    pupil = advanced(provider)
    caller = signed_in(provider, pupil, "leerid:self")
    began = time.monotonic()
    answer, pages = caller.get("/api/me/data.json"), caller.get("/api/me/data.pdf")
    assert time.monotonic() - began < 60
    data = answer.json()
    assert data["wie_je_bent"]["voornaam"] == "Amélie"
    assert data["leerid"]["e_mailadres"] == "amelie@post.example"
    assert [each["soort"] for each in data["gebeurtenissen"]][-1] == "account:signed-in"
    for each in (answer, pages):
        assert each.headers["Cache-Control"] == "no-store"
        assert each.headers["Content-Disposition"].startswith('attachment; filename="LeerID-gegevens ')
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pages.content)).pages)
    for words in ("Al mijn gegevens bij LeerID", "amelie@post.example", "Gevorderd LeerID", "Aangemeld"):
        assert words in text
    with provider.reading() as db:
        taken = db.scalars(select(AuditEvent.detail).where(AuditEvent.what == "account:data-taken")).all()
    assert taken == [{"form": "json"}, {"form": "pdf"}]


def test_PR_13_only_after_signing_in_anew(provider: Provider) -> None:
    caller = signed_in(provider, advanced(provider), "leerid:self")
    provider.clock.move(minutes=6)
    for form in ("json", "pdf"):
        answer = caller.get(f"/api/me/data.{form}")
        assert answer.status_code == 401
        assert "insufficient_user_authentication" in answer.headers["WWW-Authenticate"]


def test_PR_13_a_basic_pupil_and_staff_do_not_take_it_alone(provider: Provider) -> None:
    for who in (provider.people.pupil("basic", school=SCHOOL), provider.people.staff(school=SCHOOL)):
        assert signed_in(provider, who, "leerid:self").get("/api/me/data.json").status_code == 403


def test_PR_13_OA_57_no_secret_no_digest_and_nobody_else_is_in_it(provider: Provider) -> None:
    people = provider.people
    pupil, sister = (
        advanced(provider),
        people.pupil("advanced", school=SCHOOL, given_name="Zusje", pupil_number=424242),
    )
    staff = people.staff(school=SCHOOL, given_name="Thomas", family_name="Vermeulen")
    desk = signed_in(provider, staff)
    desk.post(f"/api/schools/{SCHOOL}/selection", {"add": [pupil.number, sister.number]})
    assert desk.get(f"/api/schools/{SCHOOL}/cards.pdf").ok
    assert desk.get(f"/api/schools/{SCHOOL}/pupils/{pupil.number}").ok
    answer = signed_in(provider, pupil, "leerid:self").get("/api/me/data.json")
    for other in ("Zusje", sister.username, "Thomas", "Vermeulen", staff.username, str(sister.number)):
        assert other not in answer.text, other
    assert "een LeerID-beheerder van Basisschool De Vlinder" in answer.text
    with provider.reading() as db:
        account, person = db.get_one(Account, pupil.account_id), db.get_one(Person, pupil.person_id)
        kept = [account.sealed_secret, person.subject, str(account.id), str(person.id)]
        kept += [
            value
            for each in db.scalars(select(BrowserSession).where(BrowserSession.account_id == account.id))
            for value in (each.digest, each.cookie_digest, each.sid_seed)
        ]
        kept += list(db.scalars(select(GrantFamily.sid))) + list(db.scalars(select(KnownDevice.digest)))
    assert not [each for each in kept if each and each in answer.text]


# By the school


def beheerder(provider: Provider) -> Caller:
    return signed_in(provider, provider.people.staff(school=SCHOOL))


def test_PR_13_the_school_hands_out_what_is_kept_about_a_basic_pupil(provider: Provider) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL, given_name="Mila")
    signed_in(provider, pupil, "leerid:self")
    desk = beheerder(provider)
    one = f"/api/schools/{SCHOOL}/pupils/{pupil.number}"
    data = desk.get(f"{one}/data.json").json()
    assert data["wie_je_bent"]["voornaam"] == "Mila"
    assert "account:signed-in" in [each["soort"] for each in data["gebeurtenissen"]], (
        "what has no school, too"
    )
    assert desk.get(f"{one}/data.pdf").content.startswith(b"%PDF-")
    again = desk.get(f"{one}/data.json").json()
    assert [each["soort"] for each in again["gebeurtenissen"]][:2] == ["pupil:data-taken"] * 2
    with provider.reading() as db:
        (event, *_more) = db.scalars(select(AuditEvent).where(AuditEvent.what == "pupil:data-taken"))
        assert (event.pupil_number, event.account_id, event.detail) == (
            pupil.number,
            pupil.account_id,
            {"form": "json"},
        )


def test_PR_13_also_of_a_pupil_without_an_account(provider: Provider) -> None:
    provider.people.school(SCHOOL)
    pupil = provider.people.enrolled_only(school=SCHOOL, given_name="Pieter-Alexander")
    data = beheerder(provider).told(f"/api/schools/{SCHOOL}/pupils/{pupil.pupil_number}/data.json")
    assert data["leerid"] is None
    assert data["inschrijvingen"][0]["voornaam"] == "Pieter-Alexander"


def test_PR_22_what_an_advanced_pupil_has_is_not_the_schools_to_take(provider: Provider) -> None:
    pupil = advanced(provider)
    answer = beheerder(provider).get(f"/api/schools/{SCHOOL}/pupils/{pupil.number}/data.json")
    assert (answer.status_code, answer.json()["reasons"]) == (422, ["takes_it_alone"])
    assert "amelie@post.example" not in answer.text


def test_OA_54_a_school_hands_out_nothing_of_another_school(provider: Provider) -> None:
    people = provider.people
    people.school(ANOTHER, "Andere School")
    pupil = people.pupil("basic", school=SCHOOL)
    with provider.db() as db:
        people.enrol(db, db.get_one(Account, pupil.account_id), ANOTHER, "4Z", date(2099, 6, 30))
    there = provider.reading
    with there() as db:
        (number,) = db.scalars(select(Enrolment.pupil_number).where(Enrolment.school_number == ANOTHER))
    foreign = signed_in(provider, people.staff(school=ANOTHER))
    assert foreign.get(f"/api/schools/{ANOTHER}/pupils/{number}").ok
    answer = beheerder(provider).get(f"/api/schools/{SCHOOL}/pupils/{pupil.number}/data.json")
    assert answer.status_code == 200
    assert "Andere School" not in answer.text
    assert [each["instellingsnummer"] for each in answer.json()["inschrijvingen"]] == [SCHOOL]
    assert "pupil:viewed" not in [each["soort"] for each in answer.json()["gebeurtenissen"]]


def test_OA_54_an_application_of_another_school_does_not_say_where_a_pupil_is_too(provider: Provider) -> None:
    people = provider.people
    pupil = people.pupil("basic", school=SCHOOL)
    for name, schools in (("hier", [SCHOOL]), ("overal", []), ("daar", [ANOTHER])):
        provider.relying_party(name, schools=schools)
    with provider.db() as db:
        people.enrol(db, db.get_one(Account, pupil.account_id), ANOTHER, "4Z", date(2099, 6, 30))
        for name in ("hier", "overal", "daar"):
            keep_all_of(db, pupil, name, provider.clock())
    answer = beheerder(provider).get(f"/api/schools/{SCHOOL}/pupils/{pupil.number}/data.json")
    assert "daar" not in answer.text.lower()
    for told in ("toepassingen", "gezien_of_toegestaan", "favorieten"):
        found = [each["toepassing"] for each in answer.json()[told]]
        assert sorted(found) == ["Hier (hier)", "Overal (overal)"], told


def keep_all_of(db: Session, pupil: Made, client_id: str, at: datetime) -> None:
    """Everything that is kept of one pupil and one application."""
    db.add(
        ApplicationUse(
            account_id=pupil.account_id, client_id=client_id, first_at=at, last_at=at, claims=["class"]
        )
    )
    db.add(
        Approval(account_id=pupil.account_id, client_id=client_id, claims=["class"], scopes=["openid"], at=at)
    )
    db.add(Favourite(account_id=pupil.account_id, client_id=client_id, at=at))
    what, whose = "account:application-ended", pupil.account_id
    history.note(db, what, now=at, request_id="-", account_id=whose, application=client_id)


def test_OA_57_of_an_address_from_before_the_account_was_basic_the_school_sees_a_mask(
    provider: Provider,
) -> None:
    pupil = provider.people.pupil("basic", school=SCHOOL)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        links.make(
            db,
            Purpose.VERIFY_EMAIL,
            account,
            "amelie@post.example",
            provider.clock(),
            timedelta(hours=12),
        )
    answer = beheerder(provider).get(f"/api/schools/{SCHOOL}/pupils/{pupil.number}/data.json")
    assert [each["e_mailadres"] for each in answer.json()["links_in_mails"]] == ["a*****e@post.example"]
    assert "amelie@post.example" not in answer.text


def test_OA_54_who_comes_in_september_is_another_schools_pupil_until_then(provider: Provider) -> None:
    people = provider.people
    pupil = people.pupil("basic", school=ANOTHER)
    begins = provider.clock().date() + timedelta(days=60)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        number = people.enrol(db, account, SCHOOL, "1B", date(2099, 6, 30), starts_on=begins)
    signed_in(provider, pupil, "leerid:self")
    one = f"/api/schools/{SCHOOL}/pupils/{number}/data.json"
    data = beheerder(provider).told(one)
    assert data["leerid"] is None
    assert "aanmeldingen" not in data
    assert "account:signed-in" not in [each["soort"] for each in data["gebeurtenissen"]]
    provider.clock.move(days=61)
    assert beheerder(provider).told(one)["aanmeldingen"] is not None


def test_OA_63_each_pupil_counts_among_what_may_leave_in_an_hour(
    open_provider: Callable[..., Provider],
) -> None:
    provider = open_provider(staff={"exported_pupils_an_hour": 1, "alarm_pupils_an_hour": 1})
    pupil = provider.people.pupil("basic", school=SCHOOL)
    desk = beheerder(provider)
    statuses = [
        desk.get(f"/api/schools/{SCHOOL}/pupils/{pupil.number}/data.pdf").status_code for _ in range(2)
    ]
    assert statuses == [200, 429]


@pytest.mark.parametrize("events", [2000])
def test_PR_13_years_of_events_are_pages_to_read_and_not_a_fault(provider: Provider, events: int) -> None:
    pupil = advanced(provider)
    data = collected(provider, pupil)
    one = {
        "tijdstip": provider.clock(),
        "wat": "Aangemeld",
        "soort": "account:signed-in",
        "door": "\u202e<b>" * 40,
    }
    data["gebeurtenissen"] = [one] * events
    made = pdf(laid_out(data))
    assert len(PdfReader(io.BytesIO(made)).pages) > 20
    assert json.dumps(data, default=str)
