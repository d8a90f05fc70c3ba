"""Makes the database what the feed says, in short steps: a process that is killed loses nothing, and another one goes on.

Nobody who stays enrolled is cut off meanwhile. First come all enrolments that are new or different, then those that end, and
only then do accounts follow (R1, R27): a pupil who moves is at both schools for a moment, never at none.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.history import note
from idp.database import writing
from idp.schools.import_records import Import, ImportChange, ImportPerson, ImportSchool
from idp.schools.imports.changing import change_some
from idp.schools.imports.following import find_people, settle_some
from idp.schools.imports.rows import Refusal
from idp.schools.imports.staging import forget
from idp.schools.records import School

# An import that nobody worked at for so long was given up: another feed may go on from where the database is now.
GIVEN_UP_AFTER = timedelta(minutes=5)


class SomebodyElsesTurn(Exception):
    """Another import is being applied right now."""


def begin(db: Session, found: Import, now: datetime) -> None:
    """Takes the turn and opens the schools that are new. Raises SomebodyElsesTurn. The caller commits."""
    others = select(Import).where(Import.turn.is_not(None), Import.id != found.id).with_for_update()
    for other in db.scalars(others).all():
        if other.worked_at is None or other.worked_at > now - GIVEN_UP_AFTER:
            raise SomebodyElsesTurn
        other.turn = None
        db.flush()
    found.turn, found.worked_at = 1, now
    new = select(ImportSchool).where(ImportSchool.import_id == found.id, ImportSchool.is_new)
    for each in db.scalars(new).all():
        if db.get(School, each.school_number) is None:
            db.add(School(number=each.school_number, name=each.name, created_at=now))
    db.flush()


def work(
    db: Session, import_id: UUID, now: Callable[[], datetime], request_id: str, enough: Callable[[], bool]
) -> None:
    """Goes on with the import until it is done or `enough`."""
    while step(db, import_id, now(), request_id) and not enough():
        pass


def step(db: Session, import_id: UUID, now: datetime, request_id: str) -> bool:
    """One transaction's worth of work; False when there is no more. Two who do it at once take turns."""
    writing(db)
    found = db.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None or found.turn is None or found.compared_for is None:
        db.rollback()
        return False
    found.worked_at = now
    if is_lost(db, found):
        found.turn, found.refused_at, found.refusal = None, now, Refusal.LOST
    elif found.changes_done < found.changes:
        change_some(db, found, found.compared_for, now)
    elif found.people is None:
        found.people = find_people(db, found.id, found.compared_for)
    elif found.people_done < found.people:
        settle_some(db, found, now)
    else:
        finish(db, found, now, request_id)
    goes_on = found.turn is not None
    db.commit()
    db.expunge_all()
    if not goes_on:
        forget(db, import_id)
    return goes_on


def is_lost(db: Session, found: Import) -> bool:
    """After a crash of PostgreSQL the tables that it doesn't log are empty."""
    if found.changes_done < found.changes:
        return db.get(ImportChange, (found.id, found.changes)) is None
    if found.people is not None and found.people_done < found.people:
        return db.get(ImportPerson, (found.id, found.people)) is None
    return False


def finish(db: Session, found: Import, now: datetime, request_id: str) -> None:
    found.turn, found.applied_at = None, now
    note(
        db,
        "import:applied",
        now=now,
        request_id=request_id,
        actor_id=found.confirmed_by or found.received_by,
        digest=found.digest,
        rows=found.rows,
        bad_rows=found.bad_rows,
        changes=found.changes,
        ended=found.ended,
        accounts=found.people,
    )
