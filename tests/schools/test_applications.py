"""Which applications a school uses, in which order, and what it means for pupils of several schools."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts import opening
from idp.accounts.records import Account
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.schools.applications import (
    Decided,
    arrange,
    decided_by,
    left_without,
    may_use,
    switch,
)
from idp.schools.appointments import Role
from idp.schools.permissions import MAY, Action, Actor
from idp.schools.records import Enrolment, School, SchoolApplication
from idp.schools.switched_off import REREAD_SECONDS, SwitchedOff

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
TODAY = date(2026, 10, 5)
A, B, C = 2, 31245, 77
ELSE: frozenset[int] = frozenset()


def beheerder(school: int = A) -> Actor:
    return Actor(uuid4(), "session", school, Role.BEHEERDER, None)


@pytest.fixture
def schools(db: Session) -> Session:
    writing(db)
    for number in (A, B, C):
        db.add(School(number=number, name=f"School {number}", created_at=NOW))
    db.flush()
    return db


def pupil_of(db: Session, *schools: int, until: date = date(2027, 8, 31)) -> UUID:
    person = opening.new_person(db, given_name="Bram", family_name="Maes", now=NOW)
    account = opening.open_account(db, person, AccountKind.BASIC, NOW, active_until=date(2027, 8, 31))
    for school in schools:
        db.add(
            Enrolment(
                school_number=school,
                person_id=person.id,
                pupil_number=int(account.id.int % 1_000_000_000),
                given_name="Bram",
                family_name="Maes",
                administrative_group="1A",
                ordinary_secondary=False,
                starts_on=date(2026, 9, 1),
                ends_on=until,
            )
        )
    db.flush()
    return account.id


def off(db: Session, client_id: str, *schools: int) -> None:
    for school in schools:
        switch(db, beheerder(school), client_id, on=False, now=NOW)


def left(db: Session, school: int, only_for: Collection[int] = ELSE, client_id: str = "zon") -> set[UUID]:
    return set(db.scalars(left_without(client_id, only_for, school, NOW)))


@pytest.mark.parametrize(
    ("only_for", "schools", "off", "may"),
    [
        ((), (A,), (), True),
        ((), (A,), (A,), False),
        ((), (A,), (B,), True),
        ((), (A, B), (A,), True),
        ((), (A, B), (A, B), False),
        ((), (), (), True),
        ((), (), (A,), True),  # staff, or a pupil between two schools: nobody switched it off for them
        ((A,), (), (), False),
        ((A,), (A,), (), True),
        ((A,), (B,), (), False),
        ((A,), (A, B), (A,), False),  # the other school doesn't have it
        ((A, B), (A, B), (A,), True),
    ],
)
def test_one_school_that_has_it_is_enough(
    only_for: tuple[int, ...], schools: tuple[int, ...], off: tuple[int, ...], may: bool
) -> None:
    assert may_use(only_for, schools, off) is may


def test_without_a_decision_everything_is_on(schools: Session) -> None:
    assert decided_by(schools, [A, B]) == {}


def test_switching_is_told_once(schools: Session) -> None:
    els = beheerder()
    assert not switch(schools, els, "zon", on=True, now=NOW), "it is on from the beginning"
    assert switch(schools, els, "zon", on=False, now=NOW)
    assert not switch(schools, els, "zon", on=False, now=NOW)
    row = schools.scalars(select(SchoolApplication)).one()
    assert (row.off_at, row.off_by) == (NOW, els.account_id)
    assert decided_by(schools, [A, B]) == {(A, "zon"): Decided(off=True)}
    assert switch(schools, els, "zon", on=True, now=NOW)
    assert decided_by(schools, [A]) == {(A, "zon"): Decided()}


def test_an_order_is_whole_each_time_and_leaves_on_and_off_as_they_are(schools: Session) -> None:
    off(schools, "zon", A)
    arrange(schools, A, ["zon", "maan", "ster"])
    arrange(schools, A, ["ster", "zon"])
    arrange(schools, B, ["maan"])
    assert decided_by(schools, [A]) == {
        (A, "ster"): Decided(1),
        (A, "zon"): Decided(2, off=True),
        (A, "maan"): Decided(None),
    }
    arrange(schools, A, [])
    assert {each.position for each in decided_by(schools, [A]).values()} == {None}
    assert decided_by(schools, [B]) == {(B, "maan"): Decided(1)}


def test_who_loses_an_application_and_who_keeps_it_at_another_school(schools: Session) -> None:
    only, both, elsewhere = pupil_of(schools, A), pupil_of(schools, A, B), pupil_of(schools, B)
    off(schools, "zon", A)
    assert left(schools, A) == {only}
    off(schools, "zon", B)
    assert left(schools, A) == {only, both}
    assert left(schools, B) == {both, elsewhere}
    assert left(schools, B, client_id="maan") == {elsewhere}, "the other one is on everywhere"


def test_a_school_that_the_application_is_not_for_keeps_it_for_nobody(schools: Session) -> None:
    both = pupil_of(schools, A, B)
    off(schools, "zon", A)
    assert left(schools, A, only_for=[A, C]) == {both}
    assert left(schools, A, only_for=[A, B]) == set()


def test_only_enrolments_and_schools_of_today_count(schools: Session) -> None:
    gone = pupil_of(schools, B, until=TODAY - timedelta(days=1))
    closed = pupil_of(schools, A, C)
    schools.get_one(School, C).closed_at = NOW
    schools.flush()
    off(schools, "zon", A, B)
    assert left(schools, A) == {closed}
    assert gone not in left(schools, B)
    assert schools.get(Account, gone) is not None


def test_FT_19_what_is_off_is_read_again_after_three_seconds(schools: Session) -> None:
    passed = [100.0]
    known = SwitchedOff(clock=lambda: passed[0])
    assert known.schools(schools, "zon") == ELSE
    off(schools, "zon", A)
    passed[0] += REREAD_SECONDS - 0.1
    assert known.schools(schools, "zon") == ELSE
    passed[0] += 0.1
    assert known.schools(schools, "zon") == {A}
    off(schools, "zon", B)
    known.forget()
    assert known.schools(schools, "zon") == {A, B}
    assert known.schools(schools, "maan") == ELSE
    assert REREAD_SECONDS < 5


def test_a_beheerder_decides_and_a_leerkracht_does_not() -> None:
    assert Action.MANAGE_APPLICATIONS in MAY[Role.BEHEERDER]
    assert Action.MANAGE_APPLICATIONS not in MAY[Role.LEERKRACHT]
