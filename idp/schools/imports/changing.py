"""Some changes at a time: people, then their enrolments, and last those that end."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from idp.schools.import_records import Change, Import
from idp.schools.imports.differing import OF_THE_YEAR, OFFICIAL
from idp.schools.imports.tables import changes, enrolments, people, rows

# How much one transaction does: SQLite keeps every other writer waiting meanwhile.
STEP = {"postgresql": 10_000, "sqlite": 2_000}
MADE = (str(Change.NEW), str(Change.MOVED))
IDENTITY = ("school_number", "pupil_number")
ENROLLED_AS = ("given_name", "family_name", "list_name")
# A change that has a line, with what the line says.
OF_ITS_LINE = and_(
    rows.c.import_id == changes.c.import_id,
    rows.c.school_number == changes.c.school_number,
    rows.c.pupil_number == changes.c.pupil_number,
    rows.c.line == changes.c.line,
)


def change_some(db: Session, found: Import, today: date, now: datetime) -> None:
    upto = min(found.changes_done + STEP[db.get_bind().dialect.name], found.changes)
    some = and_(
        changes.c.import_id == found.id,
        changes.c.position > found.changes_done,
        changes.c.position <= upto,
    )
    make_people(db, some, now)
    change_people(db, some, now)
    make_enrolments(db, some)
    change_enrolments(db, some)
    end_enrolments(db, some, today)
    found.changes_done = upto


def make_people(db: Session, some: ColumnElement[bool], now: datetime) -> None:
    moment = literal(now, people.c.created_at.type)
    made: dict[str, Any] = {
        "id": changes.c.person_id,
        "subject": rows.c.subject,
        "given_name": rows.c.given_name,
        "family_name": rows.c.family_name,
        **{name: rows.c[name] for name in OFFICIAL},
        "other_claims": literal({}, people.c.other_claims.type),
        "registry_key": rows.c.registry_key,
        "created_at": moment,
        "updated_at": moment,
    }
    new = select(*made.values()).join_from(changes, rows, OF_ITS_LINE).where(some, changes.c.makes_person)
    db.execute(insert(people).from_select(list(made), new))


def change_people(db: Session, some: ColumnElement[bool], now: datetime) -> None:
    theirs = and_(some, OF_ITS_LINE, people.c.id == changes.c.person_id)
    names = {"given_name": rows.c.given_name, "family_name": rows.c.family_name}
    official = {name: func.coalesce(rows.c[name], people.c[name]) for name in OFFICIAL}
    key = {"registry_key": rows.c.registry_key}
    has_other_key = and_(
        rows.c.registry_key.is_not(None), people.c.registry_key.is_distinct_from(rows.c.registry_key)
    )
    for condition, values in (
        (changes.c.renames, names),
        (changes.c.tells_official, official),
        (has_other_key, key),
    ):
        db.execute(update(people).where(theirs, condition).values(**values, updated_at=now))


def make_enrolments(db: Session, some: ColumnElement[bool]) -> None:
    said = (*IDENTITY, *ENROLLED_AS, *OF_THE_YEAR, "ends_on")
    made = {
        "id": rows.c.enrolment_id,
        "person_id": changes.c.person_id,
        **{name: rows.c[name] for name in said},
    }
    new = select(*made.values()).join_from(changes, rows, OF_ITS_LINE).where(some, changes.c.change.in_(MADE))
    db.execute(insert(enrolments).from_select(list(made), new))


def change_enrolments(db: Session, some: ColumnElement[bool]) -> None:
    """What is about next school year only prolongs; the rest of it waits until it begins."""
    of_the_year = {
        name: case((changes.c.waits, enrolments.c[name]), else_=rows.c[name]) for name in OF_THE_YEAR
    }
    values = {
        "person_id": changes.c.person_id,
        **{name: rows.c[name] for name in ENROLLED_AS},
        **of_the_year,
        "ends_on": rows.c.ends_on,
    }
    theirs = and_(some, OF_ITS_LINE, enrolments.c.id == changes.c.enrolment_id)
    db.execute(update(enrolments).where(theirs).values(values))


def end_enrolments(db: Session, some: ColumnElement[bool], today: date) -> None:
    """Today is the last day; what hasn't begun never was."""
    theirs = enrolments.c.id.in_(select(changes.c.enrolment_id).where(some, changes.c.change == Change.LEFT))
    db.execute(update(enrolments).where(theirs, enrolments.c.starts_on <= today).values(ends_on=today))
    db.execute(delete(enrolments).where(theirs, enrolments.c.starts_on > today))
