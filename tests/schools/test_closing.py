"""CV-07: a school that closed answers for nobody any more."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from idp.accounts.opening import new_person, open_account
from idp.accounts.records import Account
from idp.accounts.standing import standing_of
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.rules.lifecycle import Standing
from idp.schools.appointments import Role, appoint, appointments_of
from idp.schools.enrolling import enrol
from idp.schools.enrolments import current
from idp.schools.opening import close_school, open_school
from idp.schools.records import School

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def a_pupil(db: Session, *schools: School) -> Account:
    person = new_person(db, given_name="Mila", family_name="Janssens", now=NOW)
    account = open_account(db, person, AccountKind.BASIC, NOW)
    db.flush()
    for school in schools:
        enrol(
            db,
            school,
            person,
            pupil_number=1204,
            given_name="Mila",
            family_name="Janssens",
            administrative_group="1ste leerjaar",
            ordinary_secondary=False,
            starts_on=date(2025, 9, 1),
            ends_on=date(2026, 8, 31),
            now=NOW,
        )
    return account


def test_CV_07_its_pupils_can_no_longer_sign_in(db: Session) -> None:
    writing(db)
    school = open_school(db, 2, "Brussel", NOW)
    account = a_pupil(db, school)
    assert standing_of(account, NOW) is Standing.ACTIVE
    close_school(db, school, NOW)
    assert standing_of(account, NOW) is Standing.INACTIVE
    assert current(db, account.person_id, NOW.date()) == []


def test_CV_07_a_pupil_of_another_school_too_goes_on_there(db: Session) -> None:
    writing(db)
    closing, other = open_school(db, 2, "Brussel", NOW), open_school(db, 5, "Mechelen", NOW)
    account = a_pupil(db, closing, other)
    close_school(db, closing, NOW)
    assert standing_of(account, NOW) is Standing.ACTIVE
    assert [each.school_number for each in current(db, account.person_id, NOW.date())] == [5]


def test_CV_07_its_beheerders_are_dismissed(db: Session) -> None:
    writing(db)
    school = open_school(db, 2, "Brussel", NOW)
    person = new_person(db, given_name="Els", family_name="Verstraete", now=NOW)
    account = open_account(db, person, AccountKind.STAFF, NOW)
    appoint(db, account, school, Role.BEHEERDER, NOW)
    close_school(db, school, NOW)
    assert appointments_of(db, account.id) == []
    assert standing_of(account, NOW) is Standing.INACTIVE
