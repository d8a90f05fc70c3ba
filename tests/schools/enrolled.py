"""Pupils in a school's list, as rows and without passwords: what the tests of lists and lookups need of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from idp.accounts import opening
from idp.accounts.records import Account
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.schools.appointments import Role
from idp.schools.opening import open_school
from idp.schools.permissions import Actor
from idp.schools.records import Enrolment, School

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SEPTEMBER, AUGUST = date(2025, 9, 1), date(2026, 8, 31)


def beheerder(school: int = 2, session: str = "session") -> Actor:
    return Actor(uuid4(), session, school, Role.BEHEERDER, None)


def leerkracht(*classes: str, school: int = 2, session: str = "session") -> Actor:
    return Actor(uuid4(), session, school, Role.LEERKRACHT, frozenset(classes))


def a_school(db: Session, number: int = 2) -> School:
    if not db.in_transaction():
        writing(db)
    return db.get(School, number) or open_school(db, number, f"School {number}", NOW)


def pupil(
    db: Session,
    name: str,
    number: int,
    *,
    school: int = 2,
    group: str = "6de leerjaar",
    class_code: str = "6A",
    kind: AccountKind | None = AccountKind.BASIC,
    starts: date = SEPTEMBER,
    ends: date = AUGUST,
    **of_the_account: Any,
) -> Enrolment:
    """`name` is given name and family name. `kind` None: without an account."""
    given, _, family = name.partition(" ")
    a_school(db, school)
    person = opening.new_person(db, given_name=given, family_name=family, now=NOW)
    if kind is not None:
        account = opening.open_account(
            db, person, kind, NOW, active_until=of_the_account.pop("active_until", ends)
        )
        for what, value in of_the_account.items():
            assert hasattr(Account, what)
            setattr(account, what, value)
    db.flush()
    enrolment = Enrolment(
        school_number=school,
        person_id=person.id,
        pupil_number=number,
        given_name=given,
        family_name=family,
        administrative_group=group,
        class_code=class_code,
        ordinary_secondary=kind is AccountKind.ADVANCED,
        starts_on=starts,
        ends_on=ends,
    )
    db.add(enrolment)
    db.flush()
    return enrolment
