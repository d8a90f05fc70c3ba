"""Who of a school's pupils may get a new password, and who may not and why (R99, R100)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import assert_never
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.records import Account, Person
from idp.schools.permissions import Actor
from idp.schools.possibilities import has_linked_email
from idp.schools.pupil_status import Status
from idp.schools.records import Enrolment
from idp.schools.renewals.purposes import LeftOut, Purpose
from idp.schools.roster import Pupil


def why_not(pupil: Pupil | None, purpose: Purpose) -> LeftOut | None:
    """The reason to leave this pupil out; None when there is none."""
    if pupil is None:
        return LeftOut.NOT_FOUND
    match pupil.status:
        case Status.INACTIVE:
            return LeftOut.INACTIVE
        case Status.NONE:
            return None if purpose is Purpose.ACTIVATION else LeftOut.NO_ACCOUNT
        case _ if purpose is Purpose.ACTIVATION:
            return LeftOut.HAS_ACCOUNT
        case Status.BLOCKED:
            return LeftOut.BLOCKED
        case Status.ACTIVE | Status.PROTECTED | Status.EXPIRED:  # a new password mends the last two
            return why_not_with_this_address(account_of(pupil), purpose)
        case other:
            assert_never(other)


def why_not_with_this_address(account: Account, purpose: Purpose) -> LeftOut | None:
    """R19, PW-25: a linked address goes together with the password, or the password stays.

    One that nobody proved to be theirs keeps nobody from a new password (OA-66).
    """
    if purpose is Purpose.EMAIL_REMOVAL:
        return None if has_linked_email(account) else LeftOut.CHANGED
    return LeftOut.EMAIL if has_linked_email(account) else None


def account_of(pupil: Pupil) -> Account:
    assert pupil.account is not None, "only who has an account can be anything but none or inactive"
    return pupil.account


def hold(db: Session, actor: Actor, pupil_numbers: Collection[int]) -> None:
    """Nobody else opens or changes the accounts of these pupils before this transaction ends. The caller has said `writing`.

    Everybody holds people first and accounts next, each in the order of their ids: nobody waits for one another in a ring.
    """
    people = hold_people(db, actor, pupil_numbers)
    accounts = select(Account.id).where(Account.person_id.in_(people)).order_by(Account.id)
    db.execute(accounts.with_for_update())


def hold_people(db: Session, actor: Actor, pupil_numbers: Collection[int]) -> Sequence[UUID]:
    people = (
        select(Person.id)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.school_number == actor.school_number, Enrolment.pupil_number.in_(pupil_numbers))
        .order_by(Person.id)
    )
    return db.scalars(people.with_for_update(of=Person)).all()
