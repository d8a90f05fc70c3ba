"""How a pupil stands in the list: the same in SQL as in Python, whatever happened to the account."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session, lazyload

from idp.accounts import opaque
from idp.accounts.records import Account, Person
from idp.database import writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.pupil_status import OF_A_PUPIL, Status, Type, status_in_sql, status_of, type_in_sql, type_of
from idp.schools.records import Enrolment
from tests.schools.enrolled import NOW, a_school

TODAY = NOW.date()
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
ENDS = (TODAY - A_DAY, TODAY, TODAY + A_DAY)
BLOCKED = PROTECTED = (None, NOW - A_DAY)
LAST_DAYS = (None, TODAY - A_DAY, TODAY, TODAY + A_DAY)
TEMPORARY = (None, NOW - A_MINUTE, NOW, NOW + A_MINUTE)


def enrolment(ends: date = TODAY) -> Enrolment:
    return Enrolment(starts_on=TODAY - 30 * A_DAY, ends_on=ends)


def account(kind: AccountKind = AccountKind.ADVANCED, **moments: datetime | date | None) -> Account:
    return Account(kind=kind, secret_kind=SecretKind.TEXT, **moments)


@pytest.mark.parametrize(
    ("ends", "found", "status", "kind"),
    [
        (TODAY, None, "none", ""),
        (TODAY, account(), "active", "advanced"),
        (TODAY, account(AccountKind.BASIC), "active", "basic"),
        (TODAY, account(temporary_until=NOW + A_MINUTE), "active", "advanced"),
        (TODAY, account(temporary_until=NOW), "expired", "advanced"),
        (TODAY, account(protected_at=NOW, temporary_until=NOW), "protected", "advanced"),
        (TODAY, account(blocked_at=NOW, protected_at=NOW), "blocked", "advanced"),
        (TODAY, account(active_until=TODAY - A_DAY), "inactive", "advanced"),
        # Who left is inactive here, whatever another school makes of the account.
        (TODAY - A_DAY, account(blocked_at=NOW), "inactive", ""),
        (TODAY - A_DAY, account(), "inactive", ""),
        (TODAY - A_DAY, None, "inactive", ""),
    ],
)
def test_R27_R28_R29_R83_what_the_list_says(
    ends: date, found: Account | None, status: str, kind: str
) -> None:
    assert status_of(enrolment(ends), found, NOW) == status
    assert type_of(enrolment(ends), found, NOW) == kind


def test_R28_R29_the_database_says_the_same_in_every_state(db: Session) -> None:
    writing(db)
    a_school(db)
    states = list(product(ENDS, AccountKind, BLOCKED, LAST_DAYS, PROTECTED, TEMPORARY))
    states = [each for each in states if each[1] is not AccountKind.BASIC or each[5] is None]
    fill(db, states)
    asked = (
        select(Enrolment, Account, status_in_sql(NOW), type_in_sql(NOW))
        .select_from(Enrolment)
        .outerjoin(Account, OF_A_PUPIL)
        .options(lazyload(Account.person))
    )
    rows = db.execute(asked).all()
    assert len(rows) == len(states)
    wrong = [
        (said, kind)
        for found, own, said, kind in rows
        if (said, kind) != (status_of(found, own, NOW), type_of(found, own, NOW))
    ]
    assert wrong == []
    assert {each for _, _, each, _ in rows} == set(Status)
    assert {each for _, _, _, each in rows} == set(Type)


def fill(
    db: Session,
    states: list[tuple[date, AccountKind, datetime | None, date | None, datetime | None, datetime | None]],
) -> None:
    """An enrolment for each state. Who works at a school has no pupil's account."""
    people = [
        {
            "subject": opaque.new_value(),
            "given_name": "A",
            "family_name": "B",
            "created_at": NOW,
            "updated_at": NOW,
        }
        for _ in states
    ]
    ids = db.scalars(insert(Person).returning(Person.id), people).all()
    accounts = []
    enrolments = []
    for number, (person_id, state) in enumerate(zip(ids, states, strict=True)):
        ends, kind, blocked_at, active_until, protected_at, temporary_until = state
        enrolments.append(
            {
                "school_number": 2,
                "person_id": person_id,
                "pupil_number": number,
                "given_name": "A",
                "family_name": "B",
                "administrative_group": "",
                "ordinary_secondary": False,
                "starts_on": TODAY - 30 * A_DAY,
                "ends_on": ends,
            }
        )
        accounts.append(
            {
                "person_id": person_id,
                "username": f"n{number}",
                "username_skeleton": f"n{number}",
                "kind": kind,
                "secret_kind": SecretKind.TEXT,
                "blocked_at": blocked_at,
                "active_until": active_until,
                "protected_at": protected_at,
                "temporary_until": temporary_until,
                "sign_ins_count_from": NOW,
                "created_at": NOW,
            }
        )
    db.execute(insert(Account), accounts)
    db.execute(insert(Enrolment), enrolments)
