"""What an import would change, for whoever has to say yes: counts by school, and a few examples of each kind.

No names: whoever runs LeerID takes enrolments in and sees no pupil. School, stamnummer and line find one in the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, lazyload

from idp.schools.import_records import Change, ImportChange, ImportFault, ImportRow, ImportSchool
from idp.schools.imports.differing import OF_THE_YEAR
from idp.schools.records import Enrolment

EXAMPLES = 5
SHOWN = (
    Change.NEW,
    Change.MOVED,
    Change.CHANGED,
    Change.RETURNED,
    Change.SHORTENED,
    Change.REPLACED,
    Change.LEFT,
)
# How the columns of a feed are called there.
COMPARED = {
    "given_name": "voornaam",
    "family_name": "naam",
    "administrative_group": "administratieve_groep",
    "class_code": "klas",
    "ordinary_secondary": "onderwijs",
    "starts_on": "begin",
    "ends_on": "einde",
}
OFFICIAL = "officiële gegevens"


@dataclass(frozen=True)
class Example:
    """One change; `columns` are those that say something else than before."""

    change: Change
    school_number: int
    pupil_number: int
    line: int | None
    columns: tuple[str, ...]
    until: date | None  # the last day, as it would be


@dataclass(frozen=True)
class Unread:
    """Where nobody leaves, because a line that can't be read may be about them: at these schools, or everywhere."""

    everywhere: bool
    schools: tuple[int, ...]


@dataclass(frozen=True)
class Totals:
    """All schools together."""

    schools: int
    new_schools: int
    rows: int
    unchanged: int
    by_change: dict[Change, int]


def totals(db: Session, import_id: UUID) -> Totals:
    kinds = [func.coalesce(func.sum(column_of(change)), 0) for change in SHOWN]
    new_schools = func.count().filter(ImportSchool.is_new)
    found = db.execute(
        select(func.count(), new_schools, func.coalesce(func.sum(ImportSchool.rows), 0), *kinds).where(
            ImportSchool.import_id == import_id
        )
    ).one()
    schools, new, rows, *counts = found
    by_change = dict(zip(SHOWN, counts, strict=True))
    from_lines = sum(count for change, count in by_change.items() if change is not Change.LEFT)
    return Totals(schools, new, rows, rows - from_lines, by_change)


def column_of(change: Change) -> Any:
    return getattr(ImportSchool, change.value)


def schools_of(db: Session, import_id: UUID, *, first: int, most: int) -> Sequence[ImportSchool]:
    """The schools where something changes: first those where too much would end, then by number."""
    changes = sum((column_of(change) for change in SHOWN[1:]), column_of(SHOWN[0]))
    wanted = select(ImportSchool).where(
        ImportSchool.import_id == import_id, (changes > 0) | ImportSchool.is_new
    )
    order = (ImportSchool.stops.desc(), ImportSchool.school_number)
    return db.scalars(wanted.order_by(*order).offset(first).limit(most)).all()


def how_many_schools(db: Session, import_id: UUID) -> int:
    changes = sum((column_of(change) for change in SHOWN[1:]), column_of(SHOWN[0]))
    wanted = select(func.count()).where(
        ImportSchool.import_id == import_id, (changes > 0) | ImportSchool.is_new
    )
    return db.scalar(wanted) or 0


def unread(db: Session, import_id: UUID) -> Unread:
    found = select(ImportFault.school_number).where(
        ImportFault.import_id == import_id, ImportFault.pupil_number.is_(None)
    )
    numbers = set(db.scalars(found.distinct()))
    return Unread(None in numbers, tuple(sorted(number for number in numbers if number is not None)))


def bad_rows(db: Session, import_id: UUID, most: int | None = None) -> Sequence[ImportFault]:
    wanted = select(ImportFault).where(ImportFault.import_id == import_id).order_by(ImportFault.line)
    return db.scalars(wanted.limit(most)).all()


def examples(db: Session, import_id: UUID) -> list[Example]:
    """The first few of each kind, while they are there: once it was applied only the counts stay."""
    return [each for change in SHOWN for each in examples_of(db, import_id, change)]


def examples_of(db: Session, import_id: UUID, change: Change) -> list[Example]:
    line = and_(
        ImportRow.import_id == ImportChange.import_id,
        ImportRow.school_number == ImportChange.school_number,
        ImportRow.pupil_number == ImportChange.pupil_number,
        ImportRow.line == ImportChange.line,
    )
    found = (
        select(ImportChange, ImportRow, Enrolment)
        .outerjoin(ImportRow, line)
        .outerjoin(Enrolment, Enrolment.id == ImportChange.enrolment_id)
        .options(lazyload(Enrolment.school))  # joined, it would leave out whoever has no enrolment yet
        .where(ImportChange.import_id == import_id, ImportChange.change == change)
        .order_by(ImportChange.position)
        .limit(EXAMPLES)
    )
    return [example_of(*each) for each in db.execute(found)]


def example_of(change: ImportChange, row: ImportRow | None, enrolment: Enrolment | None) -> Example:
    kind = Change(change.change)
    columns: list[str] = []
    if row is not None and enrolment is not None and kind is not Change.REPLACED:
        kept = OF_THE_YEAR if change.waits else ()
        columns = [
            name
            for attribute, name in COMPARED.items()
            if attribute not in kept and getattr(row, attribute) != getattr(enrolment, attribute)
        ]
        if change.tells_official:
            columns.append(OFFICIAL)
    until = row.ends_on if row is not None else None
    return Example(kind, change.school_number, change.pupil_number, change.line, tuple(columns), until)
