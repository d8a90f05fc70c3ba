"""Whether a feed may be applied by itself: one that would end too much at once is more likely a mistake (FT-24)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from idp.schools.import_records import ImportSchool
from idp.schools.imports.tables import enrolments, import_schools
from idp.settings import Imports


def judge(db: Session, import_id: UUID, limits: Imports, today: date) -> tuple[int, int, bool]:
    """How many enrolments run or will, how many would end, and whether that is too many, at one school or altogether."""
    of_this = import_schools.c.import_id == import_id
    too_many = (
        import_schools.c.ended * 100.0 > import_schools.c.enrolled * limits.stop_school_percent,
        import_schools.c.ended >= limits.stop_fewest_pupils,
    )
    db.execute(update(import_schools).where(of_this, *too_many).values(stops=True))
    some_school = bool(db.scalar(select(exists().where(of_this, import_schools.c.stops))))
    enrolled = db.scalar(select(func.count()).where(enrolments.c.ends_on >= today)) or 0
    ended = db.scalar(select(func.sum(ImportSchool.ended)).where(of_this)) or 0
    return enrolled, ended, some_school or is_too_much(ended, enrolled, limits)


def is_too_much(ended: int, enrolled: int, limits: Imports) -> bool:
    return ended >= limits.stop_fewest_pupils and ended * 100.0 > enrolled * limits.stop_total_percent
