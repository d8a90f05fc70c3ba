"""A school opens, and a school closes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.schools.appointments import appointments_at, dismiss
from idp.schools.enrolling import settle
from idp.schools.records import Enrolment, School


def open_school(db: Session, number: int, name: str, now: datetime) -> School:
    school = School(number=number, name=name, created_at=now)
    db.add(school)
    db.flush()
    return school


def close_school(db: Session, school: School, now: datetime) -> None:
    """From this day on none of its enrolments counts, and none of its appointments (CV-07).

    A pupil who is enrolled elsewhere as well keeps the account; everybody else's ends with the school.
    """
    school.closed_at = now
    db.flush()
    for appointment in appointments_at(db, school.number):
        dismiss(db, appointment, now)
    pupils = select(Enrolment.person_id).where(Enrolment.school_number == school.number).distinct()
    for person_id in db.scalars(pupils).all():
        settle(db, person_id, now)
