"""Who does what at which school, and that it ends at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts.opening import new_person, open_account
from idp.accounts.records import Account
from idp.accounts.standing import standing_of
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.rules.lifecycle import Standing
from idp.schools.appointments import Role, appoint, appointments_of, dismiss
from idp.schools.opening import open_school
from idp.schools.operators import dismiss_operator, make_operator
from idp.schools.records import Appointment, School

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def somebody(db: Session, kind: AccountKind = AccountKind.STAFF) -> Account:
    if not db.in_transaction():
        writing(db)
    person = new_person(db, given_name="Els", family_name="Verstraete", now=NOW)
    account = open_account(db, person, kind, NOW)
    db.flush()
    return account


def test_R76_one_beheerder_may_have_several_schools(db: Session) -> None:
    account = somebody(db)
    for number, name in ((2, "Brussel"), (5, "Antwerpen")):
        appoint(db, account, open_school(db, number, name, NOW), Role.BEHEERDER, NOW)
    assert [each.school.name for each in appointments_of(db, account.id)] == ["Antwerpen", "Brussel"]


def test_appointing_twice_is_appointing_once(db: Session) -> None:
    account = somebody(db)
    school = open_school(db, 2, "Brussel", NOW)
    first = appoint(db, account, school, Role.BEHEERDER, NOW)
    assert appoint(db, account, school, Role.BEHEERDER, LATER) is first
    assert db.scalar(select(func.count()).select_from(Appointment)) == 1


def test_a_leerkracht_is_one_of_the_classes_that_were_named_last(db: Session) -> None:
    account = somebody(db)
    school = open_school(db, 2, "Brussel", NOW)
    for classes in (["1A", "1B"], ["1B", "2C", "2C"]):
        held = appoint(db, account, school, Role.LEERKRACHT, NOW, classes=classes)
    db.expire_all()
    assert sorted(each.class_code for each in held.classes) == ["1B", "2C"]
    assert db.scalar(select(func.count()).select_from(Appointment)) == 1


@pytest.mark.parametrize(("role", "classes"), [(Role.LEERKRACHT, []), (Role.BEHEERDER, ["1A"])])
def test_a_leerkracht_has_classes_and_a_beheerder_the_whole_school(
    db: Session, role: Role, classes: list[str]
) -> None:
    account = somebody(db)
    school = open_school(db, 2, "Brussel", NOW)
    with pytest.raises(ValueError, match="whole school"):
        appoint(db, account, school, role, NOW, classes=classes)


def test_an_operator_without_a_school_is_active_until_dismissed(db: Session) -> None:
    account = somebody(db)
    for _ in range(2):
        make_operator(db, account, NOW)
        dismiss(db, appoint(db, account, a_school(db), Role.BEHEERDER, NOW), LATER)
        assert standing_of(account, LATER) is Standing.ACTIVE
        assert dismiss_operator(db, account, LATER)
        assert not dismiss_operator(db, account, LATER)
        assert standing_of(account, LATER) is Standing.INACTIVE


def a_school(db: Session) -> School:
    return db.get(School, 2) or open_school(db, 2, "Brussel", NOW)


def test_CV_45_a_pupil_is_never_appointed(db: Session) -> None:
    pupil = somebody(db, AccountKind.ADVANCED)
    school = open_school(db, 2, "Brussel", NOW)
    with pytest.raises(ValueError, match="staff"):
        appoint(db, pupil, school, Role.BEHEERDER, NOW)
    with pytest.raises(ValueError, match="staff"):
        make_operator(db, pupil, NOW)


def test_CV_07_a_dismissed_beheerder_is_signed_out_and_stays_out(db: Session) -> None:
    account = somebody(db)
    appointment = appoint(db, account, open_school(db, 2, "Brussel", NOW), Role.BEHEERDER, NOW)
    dismiss(db, appointment, LATER)
    assert appointments_of(db, account.id) == []
    assert account.sign_ins_count_from == LATER
    assert standing_of(account, LATER) is Standing.INACTIVE


def test_CV_07_who_keeps_another_school_signs_in_anew_and_goes_on(db: Session) -> None:
    account = somebody(db)
    at_first = appoint(db, account, open_school(db, 2, "Brussel", NOW), Role.BEHEERDER, NOW)
    appoint(db, account, open_school(db, 5, "Antwerpen", NOW), Role.LEERKRACHT, NOW, classes=["1A"])
    dismiss(db, at_first, LATER)
    assert account.sign_ins_count_from == LATER
    assert standing_of(account, LATER) is Standing.ACTIVE


def test_appointed_again_the_account_works_again(db: Session) -> None:
    account = somebody(db)
    school = open_school(db, 2, "Brussel", NOW)
    dismiss(db, appoint(db, account, school, Role.BEHEERDER, NOW), NOW)
    appoint(db, account, school, Role.BEHEERDER, LATER)
    assert standing_of(account, LATER) is Standing.ACTIVE
