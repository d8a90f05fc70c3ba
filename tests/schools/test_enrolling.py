"""An account follows its pupil's enrolments: kind, last day, subject for life."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.accounts.lookup import folded_address
from idp.accounts.opening import new_person, open_account
from idp.accounts.passwords import choose, hand_out
from idp.accounts.records import Account, Person
from idp.accounts.standing import may_sign_in, standing_of
from idp.database import writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.lifecycle import Standing, temporary_until
from idp.schools.enrolling import enrol, unenrol
from idp.schools.enrolments import current
from idp.schools.opening import open_school
from idp.schools.records import Enrolment, School

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SEPTEMBER, AUGUST = date(2025, 9, 1), date(2026, 8, 31)
NEXT_SEPTEMBER, NEXT_AUGUST = date(2026, 9, 1), date(2027, 8, 31)
SEALED = "v1.key.text"


def a_school(db: Session, number: int = 2) -> School:
    if not db.in_transaction():
        writing(db)
    return open_school(db, number, f"School {number}", NOW)


def a_pupil(db: Session, kind: AccountKind = AccountKind.BASIC) -> Account:
    person = new_person(db, given_name="Abdulghani", family_name="Bogdan", now=NOW)
    account = open_account(db, person, kind, NOW, active_until=AUGUST)
    db.flush()
    return account


def enrolled(
    db: Session,
    school: School,
    person: Person,
    *,
    secondary: bool = False,
    starts: date = SEPTEMBER,
    ends: date = AUGUST,
    number: int = 60351,
    now: datetime = NOW,
) -> Enrolment:
    return enrol(
        db,
        school,
        person,
        pupil_number=number,
        given_name=person.given_name,
        family_name=person.family_name,
        administrative_group="6de leerjaar",
        class_code="6A",
        ordinary_secondary=secondary,
        starts_on=starts,
        ends_on=ends,
        now=now,
    )


@pytest.mark.parametrize(
    ("enrolments", "kind"),
    [
        ([(False, SEPTEMBER, AUGUST)], AccountKind.BASIC),
        ([(True, SEPTEMBER, AUGUST)], AccountKind.ADVANCED),
        # In two schools at once: ordinary secondary education decides.
        ([(False, SEPTEMBER, AUGUST), (True, SEPTEMBER, AUGUST)], AccountKind.ADVANCED),
        # Next year in a secondary school, this year not yet.
        ([(False, SEPTEMBER, AUGUST), (True, NEXT_SEPTEMBER, NEXT_AUGUST)], AccountKind.BASIC),
        ([(True, date(2024, 9, 1), date(2025, 8, 31)), (False, SEPTEMBER, AUGUST)], AccountKind.BASIC),
        # Before the first day, the coming enrolment counts.
        ([(True, NEXT_SEPTEMBER, NEXT_AUGUST)], AccountKind.ADVANCED),
    ],
)
def test_R1_the_kind_of_education_makes_the_kind_of_account(
    db: Session, enrolments: list[tuple[bool, date, date]], kind: AccountKind
) -> None:
    school = a_school(db)
    account = a_pupil(db)
    for number, (secondary, starts, ends) in enumerate(enrolments, start=1):
        enrolled(db, school, account.person, secondary=secondary, starts=starts, ends=ends, number=number)
    assert account.kind is kind


def test_R1_a_picture_password_ends_when_the_pupil_goes_to_secondary_school(db: Session) -> None:
    school = a_school(db)
    account = a_pupil(db)
    enrolled(db, school, account.person)
    hand_out(account, SEALED, SecretKind.PICTURES, NOW)
    in_october = datetime(2026, 10, 5, 10, tzinfo=UTC)
    enrolled(
        db,
        school,
        account.person,
        secondary=True,
        starts=NEXT_SEPTEMBER,
        ends=NEXT_AUGUST,
        number=2,
        now=in_october,
    )
    assert account.kind is AccountKind.ADVANCED
    assert (account.secret_kind, account.sealed_secret) == (SecretKind.TEXT, None)
    assert account.sign_ins_count_from == in_october


def test_R1_R12_a_basic_password_lives_on_for_a_month_to_choose_ones_own_with(db: Session) -> None:
    school = a_school(db)
    account = a_pupil(db)
    enrolled(db, school, account.person)
    hand_out(account, SEALED, SecretKind.TEXT, NOW)
    enrolled(db, a_school(db, 3), account.person, secondary=True)
    assert account.sealed_secret == SEALED
    assert account.temporary_until == temporary_until(NOW)


def test_R17_whoever_becomes_basic_has_no_email_address_any_more(db: Session) -> None:
    school = a_school(db)
    account = a_pupil(db, AccountKind.ADVANCED)
    enrolment = enrolled(db, school, account.person, secondary=True)
    choose(account, SEALED, NOW)
    account.email, account.email_folded, account.email_verified_at = (
        "a@b.example",
        folded_address("a@b.example"),
        NOW,
    )
    enrolled(db, a_school(db, 3), account.person, secondary=False)
    kinds = [account.kind]
    unenrol(db, enrolment, NOW.date() - timedelta(days=1), NOW)
    kinds.append(account.kind)
    assert kinds == [AccountKind.ADVANCED, AccountKind.BASIC]
    assert [account.email, account.email_folded, account.email_verified_at] == [None] * 3
    db.commit()


def test_R27_the_account_ends_with_the_last_enrolment(db: Session) -> None:
    account = a_pupil_of(db, a_school(db), AUGUST)
    assert account.active_until == AUGUST
    assert may_sign_in(account, datetime(2026, 8, 31, 21, 59, tzinfo=UTC))
    assert standing_of(account, datetime(2026, 8, 31, 22, 1, tzinfo=UTC)) is Standing.INACTIVE


def test_R27_PR_06_a_new_enrolment_keeps_the_account_alive(db: Session) -> None:
    school = a_school(db)
    account = a_pupil_of(db, school, AUGUST)
    enrolled(db, school, account.person, starts=NEXT_SEPTEMBER, ends=NEXT_AUGUST, number=2)
    assert account.active_until == NEXT_AUGUST


def test_R27_leaving_early_ends_the_account_early(db: Session) -> None:
    account = a_pupil_of(db, a_school(db), AUGUST)
    enrolment = db.scalars(select(Enrolment)).one()
    unenrol(db, enrolment, date(2026, 3, 13), NOW)
    assert account.active_until == date(2026, 3, 13)


def test_R27_an_enrolment_that_never_began_leaves_nothing_to_sign_in_with(db: Session) -> None:
    school = a_school(db)
    account = a_pupil(db)
    enrolment = enrolled(db, school, account.person, starts=NEXT_SEPTEMBER, ends=NEXT_AUGUST)
    unenrol(db, enrolment, NOW.date(), NOW)
    assert db.scalars(select(Enrolment)).all() == []
    assert standing_of(account, NOW) is Standing.INACTIVE


def test_R28_a_pupil_may_be_enrolled_without_an_account(db: Session) -> None:
    school = a_school(db)
    person = new_person(db, given_name="Pieter-Alexander", family_name="Bogaert", now=NOW)
    db.flush()
    enrolled(db, school, person)
    assert db.scalars(select(Account)).all() == []
    assert [each.administrative_group for each in current(db, person.id, NOW.date())] == ["6de leerjaar"]


def test_R21_two_pupils_of_one_name_have_two_usernames(db: Session) -> None:
    a_school(db)
    first, second = a_pupil(db), a_pupil(db)
    assert (first.username, second.username) == ("abdulghani.bogdan", "abdulghani.bogdan1")


def test_PR_04_moving_school_keeps_account_username_and_subject(db: Session) -> None:
    account = a_pupil_of(db, a_school(db), AUGUST)
    before = (account.id, account.username, account.person.subject)
    enrolled(db, a_school(db, 3), account.person, starts=NEXT_SEPTEMBER, ends=NEXT_AUGUST)
    assert db.scalars(select(Account)).one() is account
    assert (account.id, account.username, account.person.subject) == before


def test_two_schools_at_once_are_both_current(db: Session) -> None:
    account = a_pupil_of(db, a_school(db), AUGUST)
    enrolled(db, a_school(db, 3), account.person, ends=date(2026, 6, 30))
    assert [each.school_number for each in current(db, account.person_id, NOW.date())] == [2, 3]
    assert [each.school_number for each in current(db, account.person_id, date(2026, 7, 1))] == [2]


def test_a_pupil_number_is_unique_within_its_school_only(db: Session) -> None:
    school, other = a_school(db), a_school(db, 3)
    account = a_pupil(db)
    enrolled(db, school, account.person)
    enrolled(db, other, account.person)
    with pytest.raises(IntegrityError):
        enrolled(db, school, a_pupil(db).person)
    db.rollback()


def a_pupil_of(db: Session, school: School, until: date) -> Account:
    account = a_pupil(db)
    enrolled(db, school, account.person, ends=until)
    return account
