"""Lines that only the database can find wrong: a pupil twice, a school that isn't there, a key that is somebody else's."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, Uuid, and_, delete, func, insert, literal, select, true
from sqlalchemy.orm import Session

from idp.schools.import_records import Change
from idp.schools.imports.rows import Wrong
from idp.schools.imports.tables import changes, faults, rows, schools, usable

# What the reader found stays when a feed is compared again.
FOUND_HERE = (Wrong.DUPLICATE, Wrong.UNKNOWN_SCHOOL, Wrong.CLOSED_SCHOOL, Wrong.TWO_PEOPLE)


def sift(db: Session, import_id: UUID) -> None:
    """Before lines are compared: names those that can't be."""
    db.execute(delete(faults).where(faults.c.import_id == import_id, faults.c.wrong.in_(FOUND_HERE)))
    find_duplicates(db, import_id)
    find_unusable_schools(db, import_id)


def find_duplicates(db: Session, import_id: UUID) -> None:
    """The first line about a pupil counts; each further one is named."""
    pupil = (rows.c.school_number, rows.c.pupil_number)
    first = func.min(rows.c.line).over(partition_by=pupil).label("first")
    found = select(rows.c.line, *pupil, first).where(rows.c.import_id == import_id).subquery()
    name_as(db, import_id, Wrong.DUPLICATE, "stamnummer", found, found.c.line > found.c.first)


def find_unusable_schools(db: Session, import_id: UUID) -> None:
    """A school that nobody knows is opened when the feed names it; one that was closed stays closed."""
    fed = (
        select(rows.c.school_number, func.max(rows.c.school_name).label("name"))
        .where(rows.c.import_id == import_id)
        .group_by(rows.c.school_number)
        .subquery()
    )
    nameless = (
        select(fed.c.school_number)
        .outerjoin(schools, schools.c.number == fed.c.school_number)
        .where(schools.c.number.is_(None), fed.c.name.is_(None))
    )
    closed = select(schools.c.number).where(schools.c.closed_at.is_not(None))
    for wrong, which in ((Wrong.UNKNOWN_SCHOOL, nameless), (Wrong.CLOSED_SCHOOL, closed)):
        found = usable(import_id).subquery()
        name_as(db, import_id, wrong, "instellingsnummer", found, found.c.school_number.in_(which))


def name_conflicts(db: Session, import_id: UUID) -> None:
    """After they are compared: two people with an account each are never joined by a feed."""
    of_this = and_(changes.c.import_id == import_id, changes.c.change == Change.CONFLICT)
    found = select(changes).where(of_this).subquery()
    name_as(db, import_id, Wrong.TWO_PEOPLE, "leerling_sleutel", found, true())
    db.execute(delete(changes).where(of_this))


def name_as(
    db: Session, import_id: UUID, wrong: Wrong, column: str, found: Subquery, which: ColumnElement[bool]
) -> None:
    said = select(
        literal(import_id, Uuid()),
        found.c.line,
        literal(column),
        literal(str(wrong)),
        found.c.school_number,
        found.c.pupil_number,
    ).where(which)
    columns = ("import_id", "line", "column", "wrong", "school_number", "pupil_number")
    db.execute(insert(faults).from_select(columns, said))
