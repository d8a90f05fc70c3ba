"""The tables of an import as its statements name them, and what several of those statements say in the same words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, FromClause, Select, and_, exists, false, func, select

from idp.accounts.records import Account, Person
from idp.schools.import_records import (
    ImportChange,
    ImportFault,
    ImportPerson,
    ImportRow,
    ImportSchool,
    table_of,
)
from idp.schools.records import Enrolment, School

rows = table_of(ImportRow)
faults = table_of(ImportFault)
changes = table_of(ImportChange)
import_schools = table_of(ImportSchool)
import_people = table_of(ImportPerson)
enrolments = table_of(Enrolment)
people = table_of(Person)
accounts = table_of(Account)
schools = table_of(School)

CHANGE_COLUMNS = (
    "import_id", "position", "change", "school_number", "pupil_number", "line", "enrolment_id", "person_id",
    "holder_id", "makes_person", "renames", "tells_official", "waits", "ends",
)  # fmt: skip


def usable(import_id: UUID) -> Select[Any]:
    """The lines of the feed that nothing is wrong with."""
    named = exists().where(faults.c.import_id == import_id, faults.c.line == rows.c.line)
    return select(rows).where(rows.c.import_id == import_id, ~named)


def same_line(line: FromClause, found: FromClause, import_id: UUID) -> ColumnElement[bool]:
    return and_(
        line.c.import_id == import_id,
        line.c.school_number == found.c.school_number,
        line.c.pupil_number == found.c.pupil_number,
        line.c.line == found.c.line,
    )


def no_null(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What isn't known isn't so."""
    return func.coalesce(condition, false(), type_=Boolean())
