"""The records of an import: the feed, what its lines say, what would change, and what it comes to at each school.

What a feed says is kept until it was applied, and never longer than a week: after that only the counts stay. On PostgreSQL
these tables aren't written to the log that survives a crash: a feed can always be sent again.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, ForeignKey, String, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base


class Change(StrEnum):
    """What a feed does to one enrolment."""

    NEW = "new"  # a pupil whom nobody knew: "Geen account" (R28)
    MOVED = "moved"  # known from another school: the account and its subject stay
    CHANGED = "changed"
    RETURNED = "returned"  # the enrolment had ended
    SHORTENED = "shortened"  # it ends earlier than was known
    REPLACED = "replaced"  # the stamnummer is somebody else's now
    LEFT = "left"  # the school is in the feed, the pupil isn't
    CONFLICT = "conflict"  # left as it is, and named among the bad lines


class Import(Base):
    """One feed. Every state is a moment: received, read, compared, stopped, confirmed, begun, applied; or refused."""

    __tablename__ = "imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # SHA-256 of the file: a confirmation is for that very feed.
    digest: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    received_at: Mapped[datetime]
    # None: from the command line.
    received_by: Mapped[UUID | None]
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(String(20))
    refusal_line: Mapped[int | None]
    refusal_part: Mapped[str | None] = mapped_column(String(100))
    read_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(default=0)
    bad_rows: Mapped[int] = mapped_column(default=0)
    compared_at: Mapped[datetime | None]
    # The day that decides who is enrolled.
    compared_for: Mapped[date | None]
    # Of all schools together: enrolments that run or will, and how many of those the feed would end.
    enrolled: Mapped[int] = mapped_column(default=0)
    ended: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    # 1 while it is being applied: there is one turn, so only one import at a time has it.
    turn: Mapped[int | None] = mapped_column(unique=True)
    worked_at: Mapped[datetime | None]
    changes: Mapped[int] = mapped_column(default=0)
    changes_done: Mapped[int] = mapped_column(default=0)
    # None until every enrolment is right: then it is known whose account must follow.
    people: Mapped[int | None]
    people_done: Mapped[int] = mapped_column(default=0)
    applied_at: Mapped[datetime | None]


class ImportRow(Base):
    """What one line says, with what a pupil whom nobody knows would get."""

    __tablename__ = "import_rows"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    school_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pupil_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_name: Mapped[str | None] = mapped_column(String(200))
    given_name: Mapped[str] = mapped_column(String(200))
    family_name: Mapped[str] = mapped_column(String(200))
    list_name: Mapped[str] = mapped_column(String(420))
    official_given_name: Mapped[str | None] = mapped_column(String(200))
    official_family_name: Mapped[str | None] = mapped_column(String(200))
    sex: Mapped[str | None] = mapped_column(String(1))
    birth_date: Mapped[date | None]
    administrative_group: Mapped[str] = mapped_column(String(200))
    class_code: Mapped[str] = mapped_column(String(50))
    ordinary_secondary: Mapped[bool]
    registry_key: Mapped[str | None] = mapped_column(String(64))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    enrolment_id: Mapped[UUID]
    person_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(String(43))


class ImportFault(Base):
    """A line that isn't used, and why; as far as it could be read, about which pupil."""

    __tablename__ = "import_faults"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    column: Mapped[str] = mapped_column(String(50))
    wrong: Mapped[str] = mapped_column(String(20))
    school_number: Mapped[int | None]
    pupil_number: Mapped[int | None]


class ImportChange(Base):
    """One enrolment that wouldn't stay as it is. `position` is the order in which they are applied."""

    __tablename__ = "import_changes"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    change: Mapped[str] = mapped_column(String(10))
    school_number: Mapped[int]
    pupil_number: Mapped[int]
    line: Mapped[int | None]
    enrolment_id: Mapped[UUID | None]
    # Whose enrolment it becomes, and whose it was.
    person_id: Mapped[UUID | None]
    holder_id: Mapped[UUID | None]
    makes_person: Mapped[bool]
    renames: Mapped[bool]
    tells_official: Mapped[bool]
    # The line is about the next school year: it prolongs now, and the rest waits until it begins.
    waits: Mapped[bool]
    # It takes days away from an enrolment that runs or will.
    ends: Mapped[bool]


class ImportSchool(Base):
    """What the feed comes to at one school."""

    __tablename__ = "import_schools"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), primary_key=True)
    school_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    is_new: Mapped[bool]
    rows: Mapped[int]
    enrolled: Mapped[int]
    new: Mapped[int]
    moved: Mapped[int]
    changed: Mapped[int]
    returned: Mapped[int]
    shortened: Mapped[int]
    replaced: Mapped[int]
    left: Mapped[int]
    ended: Mapped[int]
    # More would end here than a feed may end by itself.
    stops: Mapped[bool]


class ImportPerson(Base):
    """Somebody whose account no longer fits the enrolments."""

    __tablename__ = "import_people"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[UUID]


STAGED: tuple[type[Base], ...] = (ImportRow, ImportChange, ImportPerson)


def leave_out_of_the_log(table: Table, connection: Connection, **_more: Any) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table.name} SET UNLOGGED")


def table_of(record: type[Base]) -> Table:
    """The table itself, for statements about many rows at once."""
    found = record.__table__
    assert isinstance(found, Table)
    return found


for record in STAGED:
    event.listen(table_of(record), "after_create", leave_out_of_the_log)
