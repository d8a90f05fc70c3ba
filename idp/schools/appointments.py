"""Who does what at which school: beheerder of all of it, or leerkracht of some classes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.rules.account_types import AccountKind
from idp.rules.belgian_time import school_day
from idp.schools.records import AppointedClass, Appointment, Operator, School


class Role(StrEnum):
    BEHEERDER = "beheerder"
    LEERKRACHT = "leerkracht"


def appoint(
    db: Session,
    account: Account,
    school: School,
    role: Role,
    now: datetime,
    *,
    classes: Collection[str] = (),
) -> Appointment:
    """Gives the role; who has it already keeps it, a leerkracht with these classes from now on. Only staff has roles."""
    if account.kind is not AccountKind.STAFF:
        raise ValueError("only a staff account can be appointed")
    if (role is Role.LEERKRACHT) is not bool(classes):
        raise ValueError("a leerkracht has classes, and a beheerder the whole school")
    held = [
        each
        for each in appointments_of(db, account.id)
        if (each.school_number, each.role) == (school.number, role)
    ]
    appointment = held[0] if held else Appointment(account_id=account.id, school=school, role=role, since=now)
    known = {each.class_code: each for each in appointment.classes}
    wanted = sorted(set(classes))
    appointment.classes = [known.get(code) or AppointedClass(class_code=code) for code in wanted]
    db.add(appointment)
    account.active_until = None
    db.flush()
    return appointment


def dismiss(db: Session, appointment: Appointment, now: datetime) -> None:
    """Takes the role away at once."""
    appointment.ended_at = now
    db.flush()
    leave(db, db.get_one(Account, appointment.account_id), now)


def leave(db: Session, account: Account, now: datetime) -> None:
    """Every sign-in that began with a role ends with it; after the last role the account is inactive."""
    account.sign_ins_count_from = now
    if not has_role(db, account.id):
        account.active_until = school_day(now) - timedelta(days=1)
    db.flush()


def has_role(db: Session, account_id: UUID) -> bool:
    """At a school, or as an operator of LeerID itself."""
    operator = exists().where(Operator.account_id == account_id, Operator.ended_at.is_(None))
    return bool(appointments_of(db, account_id)) or bool(db.scalar(select(operator)))


def appointments_of(db: Session, account_id: UUID) -> list[Appointment]:
    """The ones that count now: not ended, at schools that are open."""
    found = (
        select(Appointment)
        .join(Appointment.school)
        .where(
            Appointment.account_id == account_id, Appointment.ended_at.is_(None), School.closed_at.is_(None)
        )
        .order_by(School.name, School.number)
    )
    return list(db.scalars(found))


def appointments_at(db: Session, school_number: int) -> list[Appointment]:
    found = select(Appointment).where(
        Appointment.school_number == school_number, Appointment.ended_at.is_(None)
    )
    return list(db.scalars(found.order_by(Appointment.since)))
