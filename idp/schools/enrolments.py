"""Which enrolments a person has, and until which day each counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.rules.belgian_time import school_day
from idp.schools.records import Enrolment


def all_of(db: Session, person_id: UUID) -> list[Enrolment]:
    """Past, present and future, the one that ends last first."""
    found = select(Enrolment).where(Enrolment.person_id == person_id)
    return list(db.scalars(found.order_by(Enrolment.ends_on.desc(), Enrolment.school_number)))


def current(db: Session, person_id: UUID, today: date) -> list[Enrolment]:
    """The ones of today; a pupil may have several at once."""
    return [enrolment for enrolment in all_of(db, person_id) if counts_on(enrolment, today)]


def pupils_at(db: Session, school_numbers: Iterable[int], day: date) -> dict[int, int]:
    """How many pupils each of these schools has that day; a school without any isn't there."""
    counted = (
        select(Enrolment.school_number, func.count(Enrolment.person_id.distinct()).label("pupils"))
        .where(
            Enrolment.school_number.in_(school_numbers), Enrolment.starts_on <= day, Enrolment.ends_on >= day
        )
        .group_by(Enrolment.school_number)
    )
    return {row.school_number: row.pupils for row in db.execute(counted)}


def counts_on(enrolment: Enrolment, day: date) -> bool:
    return enrolment.starts_on <= day <= last_day(enrolment)


def last_day(enrolment: Enrolment) -> date:
    """Its own end, or the day before its school closed."""
    if enrolment.school.closed_at is None:
        return enrolment.ends_on
    return min(enrolment.ends_on, school_day(enrolment.school.closed_at) - timedelta(days=1))


def end_of(enrolments: Iterable[Enrolment]) -> date | None:
    """The last day of the last one: then the account becomes inactive by itself (R27, PR-06)."""
    return max(map(last_day, enrolments), default=None)
