"""Accounts follow the enrolments: their last day (R27) and their kind (R1)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Integer, Select, Uuid, and_, case, exists, func, insert, literal, or_, select, union
from sqlalchemy.orm import Session

from idp.rules.account_types import AccountKind
from idp.schools.enrolling import settle_all
from idp.schools.import_records import Import
from idp.schools.imports.tables import accounts, changes, enrolments, import_people, schools

# Accounts are records with rules, and somebody may be signing in to one.
PEOPLE_A_STEP = 1_000
# What an enrolment of today says about the kind of account; of several the highest decides.
NONE, OTHER, SECONDARY = 0, 1, 2
OF_A_PUPIL = accounts.c.kind != AccountKind.STAFF


def find_people(db: Session, import_id: UUID, today: date) -> int:
    """Notes everybody whose account isn't what the enrolments say; answers how many.

    Found by looking, not by remembering what was changed: an account also turns when a school year begins (R1), and what a
    broken-off import left behind is made good.
    """
    everybody = union(misfits(today), left_with_nothing(import_id)).subquery()
    position = func.row_number().over(order_by=everybody.c.person_id)
    found = select(literal(import_id, Uuid()), position, everybody.c.person_id)
    db.execute(insert(import_people).from_select(["import_id", "position", "person_id"], found))
    return db.scalar(select(func.count()).where(import_people.c.import_id == import_id)) or 0


def misfits(today: date) -> Select[tuple[UUID]]:
    """Another last day than that of the last enrolment, or another kind than today's enrolments make. What closed counts
    no more: whoever was there followed when it closed."""
    runs = and_(enrolments.c.starts_on <= today, enrolments.c.ends_on >= today)
    secondary = and_(runs, enrolments.c.ordinary_secondary)
    strongest = func.max(case((secondary, SECONDARY), (runs, OTHER), else_=NONE), type_=Integer())
    enrolled = (
        select(
            enrolments.c.person_id,
            func.max(enrolments.c.ends_on).label("until"),
            strongest.label("education"),
        )
        .join_from(enrolments, schools, schools.c.number == enrolments.c.school_number)
        .where(schools.c.closed_at.is_(None))
        .group_by(enrolments.c.person_id)
        .subquery()
    )
    misfit = or_(
        accounts.c.active_until.is_distinct_from(enrolled.c.until),
        and_(enrolled.c.education == SECONDARY, accounts.c.kind != AccountKind.ADVANCED),
        and_(enrolled.c.education == OTHER, accounts.c.kind != AccountKind.BASIC),
    )
    found = select(accounts.c.person_id).join(enrolled, enrolled.c.person_id == accounts.c.person_id)
    return found.where(OF_A_PUPIL, misfit)


def left_with_nothing(import_id: UUID) -> Select[tuple[UUID]]:
    """Whose only enrolment never began, or is somebody else's now."""
    found = select(accounts.c.person_id).join(changes, changes.c.holder_id == accounts.c.person_id)
    enrolled = exists().where(enrolments.c.person_id == accounts.c.person_id)
    return found.where(changes.c.import_id == import_id, changes.c.ends, OF_A_PUPIL, ~enrolled)


def settle_some(db: Session, found: Import, now: datetime) -> None:
    upto = min(found.people_done + PEOPLE_A_STEP, found.people or 0)
    some = select(import_people.c.person_id).where(
        import_people.c.import_id == found.id,
        import_people.c.position > found.people_done,
        import_people.c.position <= upto,
    )
    settle_all(db, db.scalars(some).all(), now)
    found.people_done = upto
