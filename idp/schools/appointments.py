"""Who does what at which school: beheerder of all of it, or leerkracht."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.rules.account_types import AccountKind
from idp.rules.belgian_time import school_day
from idp.schools.records import Appointment, School


class Role(StrEnum):
    BEHEERDER = "beheerder"
    LEERKRACHT = "leerkracht"


def appoint(db: Session, account: Account, school: School, role: Role, now: datetime) -> Appointment:
    """Gives the role; who has it already keeps it as it is. Only staff accounts have roles."""
    if account.kind is not AccountKind.STAFF:
        raise ValueError("only a staff account can be appointed")
    held = [
        each
        for each in appointments_of(db, account.id)
        if (each.school_number, each.role) == (school.number, role)
    ]
    if held:
        return held[0]
    appointment = Appointment(account_id=account.id, school=school, role=role, since=now)
    db.add(appointment)
    account.active_until = None
    db.flush()
    return appointment


def dismiss(db: Session, appointment: Appointment, now: datetime) -> None:
    """Takes the role away at once, with every sign-in that began with it; after the last role the account is inactive."""
    appointment.ended_at = now
    db.flush()
    account = db.get_one(Account, appointment.account_id)
    account.sign_ins_count_from = now
    if not appointments_of(db, account.id):
        account.active_until = school_day(now) - timedelta(days=1)
    db.flush()


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
