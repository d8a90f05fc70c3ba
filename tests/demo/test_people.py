"""The example people: the manuals' own, every kind and state, and enough of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts.credentials import Vault
from idp.accounts.lookup import by_card, by_sign_in_name
from idp.accounts.records import Account, Person
from idp.accounts.secret import Secret
from idp.accounts.standing import standing_of
from idp.demo.book import Entry
from idp.demo.filling import fill, is_filled, school_year
from idp.demo.people import State, pupils
from idp.key_files import SealingRing
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.lifecycle import Standing
from idp.rules.masking import mask_email
from idp.schools.appointments import appointments_of
from idp.schools.enrolments import current
from idp.schools.records import Enrolment
from idp.settings import Hashing
from tests.support.databases import engine_for, make_tables

NOW = datetime(2026, 3, 25, 10, tzinfo=UTC)
VAULT = Vault(SealingRing({"k": bytes(32)}), Hashing(memory_kib=64, time_cost=1))
STANDINGS = {
    "active": Standing.ACTIVE,
    "must-choose": Standing.ACTIVE,
    "temporary-expired": Standing.TEMPORARY_EXPIRED,
    "inactive": Standing.INACTIVE,
    "blocked": Standing.BLOCKED,
    "protected": Standing.PROTECTED,
}


@dataclass(frozen=True)
class Demo:
    db: Session
    entries: dict[str, Entry]

    def account(self, username: str) -> Account:
        found = by_sign_in_name(self.db, username)
        assert found is not None, username
        return found

    def enrolment(self, username: str) -> Enrolment:
        return current(self.db, self.account(username).person_id, NOW.date())[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/leerid.db"
    make_tables(url)
    with engine_for(url) as engine, Session(engine) as db:
        assert not is_filled(db)
        entries = list(fill(db, VAULT, random.Random(1).randrange, NOW, lambda done, total: None))
        db.commit()
        assert is_filled(db)
        yield Demo(db, {entry.username: entry for entry in entries})


def test_R80_the_school_of_the_manuals_has_200_pupils(demo: Demo) -> None:
    counted = select(func.count()).select_from(Enrolment).where(Enrolment.school_number == 2)
    assert demo.db.scalar(counted) == 200


@pytest.mark.parametrize(
    ("username", "number", "group", "sex", "born", "kind"),
    [
        ("abdulghani.bogdan", 60351, "6de leerjaar", "M", date(2010, 11, 7), AccountKind.BASIC),
        (
            "ardalan.bhatti",
            32890,
            "2e lj 3e gr Elektromechanica TSO",
            "M",
            date(2010, 6, 11),
            AccountKind.ADVANCED,
        ),
        (
            "amani.bockstal",
            80240,
            "1e lj 3e gr Sociale en techn. wet. TSO",
            "M",
            date(2007, 6, 3),
            AccountKind.ADVANCED,
        ),
        ("butrint.boeren1", 47727, "2e lj 2e gr Wetenschappen ASO", None, None, AccountKind.ADVANCED),
        ("sezen.beuken", 70246, "1e lj 3e gr Kantoor BSO", None, None, AccountKind.ADVANCED),
    ],
)
def test_the_manuals_pupils_have_their_exact_data(
    demo: Demo, username: str, number: int, group: str, sex: str | None, born: date | None, kind: AccountKind
) -> None:
    account, enrolment = demo.account(username), demo.enrolment(username)
    assert (enrolment.pupil_number, enrolment.administrative_group, account.kind) == (number, group, kind)
    assert enrolment.school.name == "BRUSSEL-STAD - TEST School 2"
    assert enrolment.ends_on == date(2026, 8, 31)
    if born is not None:
        assert (account.person.sex, account.person.birth_date) == (sex, born)


@pytest.mark.parametrize(
    ("username", "password"),
    [("abdulghani.bogdan", "34mij1"), ("ardalan.bhatti", "qxu7Benc"), ("amani.bockstal", "CMixM2ae")],
)
def test_the_manuals_passwords_fit(demo: Demo, username: str, password: str) -> None:
    account = demo.account(username)
    assert VAULT.check(account.sealed_secret, Secret(password), account.id, SecretKind.TEXT).ok


def test_R31_the_manuals_dates_stay_plausible(demo: Demo) -> None:
    assert demo.account("abdulghani.bogdan").created_at.date() == date(2026, 2, 22)
    assert demo.account("abdulghani.bogdan").last_sign_in_at is None
    butrint = demo.account("butrint.boeren1")
    assert butrint.created_at.date() == date(2026, 3, 10)
    assert butrint.last_sign_in_at is not None
    assert butrint.last_sign_in_at.date() == date(2026, 3, 22)


def test_R98_butrints_address_is_masked_as_in_the_manual(demo: Demo) -> None:
    butrint = demo.account("butrint.boeren1")
    assert butrint.email is not None
    assert butrint.email_verified_at is not None
    assert mask_email(butrint.email) == "t*****s@ond.vlaanderen.be"


def test_R28_pieter_alexander_has_no_account_and_no_official_data(demo: Demo) -> None:
    person = demo.db.scalars(select(Person).where(Person.given_name == "Pieter-Alexander")).one()
    assert person.birth_date is None
    assert demo.db.scalar(select(Account).where(Account.person_id == person.id)) is None
    assert current(demo.db, person.id, NOW.date())[0].pupil_number == 93504


def test_every_entry_tells_the_truth(demo: Demo) -> None:
    for entry in demo.entries.values():
        account = demo.account(entry.username)
        assert account.kind.value == entry.kind
        assert (account.secret_kind is SecretKind.PICTURES) == entry.pictures
        assert standing_of(account, NOW) is STANDINGS[entry.state], entry.username
        assert (account.temporary_until is not None) == (entry.state in ("must-choose", "temporary-expired"))
        if entry.handle:
            assert by_card(demo.db, entry.handle) is account


def test_every_password_fits(demo: Demo) -> None:
    for entry in demo.entries.values():
        account = demo.account(entry.username)
        assert VAULT.check(account.sealed_secret, Secret(entry.password), account.id, account.secret_kind).ok


def test_every_kind_and_state_is_there(demo: Demo) -> None:
    counted = Counter((entry.kind, entry.state, entry.pictures) for entry in demo.entries.values())
    for state in State:
        assert any(state == each for _, each, _ in counted), state
    assert counted["basic", "active", True] >= 12
    assert {entry.role for entry in demo.entries.values() if entry.is_staff} == {
        "beheerder",
        "leerkracht",
        "operator",
    }


def test_the_first_beheerder_has_two_schools(demo: Demo) -> None:
    account = demo.account("els.verstraete")
    assert [each.school_number for each in appointments_of(demo.db, account.id)] == [2, 5]


def test_a_class_waits_to_be_activated(demo: Demo) -> None:
    waiting = demo.db.scalars(
        select(Enrolment).where(Enrolment.school_number == 5, Enrolment.class_code == "1B")
    ).all()
    assert len(waiting) >= 5
    people = [each.person_id for each in waiting]
    assert not demo.db.scalars(select(Account).where(Account.person_id.in_(people))).all()


def test_a_pupil_is_enrolled_in_two_schools(demo: Demo) -> None:
    person_id = demo.account("inaya.elidrissi").person_id
    assert {each.school_number for each in current(demo.db, person_id, NOW.date())} == {5, 7}


def test_PR_24_the_same_names_every_time() -> None:
    assert pupils(2025) == pupils(2025)


def test_R112_pupil_numbers_are_unique_within_a_school() -> None:
    counted = Counter((pupil.school.number, pupil.pupil_number) for pupil in pupils(2025))
    assert max(counted.values()) == 1


@pytest.mark.parametrize(
    ("today", "begins", "ends"),
    [
        (date(2026, 8, 31), date(2025, 9, 1), date(2026, 8, 31)),
        (date(2026, 9, 1), date(2026, 9, 1), date(2027, 8, 31)),
        (date(2027, 1, 1), date(2026, 9, 1), date(2027, 8, 31)),
    ],
)
def test_a_school_year_holds_today(today: date, begins: date, ends: date) -> None:
    year = school_year(today)
    assert (year.first_day, year.last_day) == (begins, ends)
