"""An import from end to end: received, read, compared, judged, and when nothing stops it or somebody confirmed, applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import IO
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.accounts.history import note
from idp.database import writing
from idp.rules.belgian_time import school_day
from idp.schools.import_records import Import, ImportChange, ImportFault, ImportRow, ImportSchool
from idp.schools.imports import applying, reading
from idp.schools.imports.applying import SomebodyElsesTurn
from idp.schools.imports.comparing import compare
from idp.schools.imports.judging import judge
from idp.schools.imports.rows import FeedRefused, Refusal
from idp.schools.imports.staging import forget, stage
from idp.settings import Imports

Tell = Callable[[], None]
LONGEST_NAME = 100
READ_WITHIN = timedelta(hours=1)


class State(StrEnum):
    """Where an import is, told from its moments."""

    READING = "reading"
    REFUSED = "refused"
    READY = "ready"
    STOPPED = "stopped"  # it waits for somebody to confirm it
    APPLYING = "applying"
    APPLIED = "applied"


class NotNow(Exception):
    """It can't be applied as things stand: `state` says why."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


@dataclass(frozen=True)
class Sender:
    """Who sends a feed: a member of staff, or the command line; in which request."""

    actor_id: UUID | None = None
    request_id: str = "-"


def state_of(found: Import) -> State:
    if found.refused_at is not None:
        return State.REFUSED
    if found.applied_at is not None:
        return State.APPLIED
    if found.turn is not None:
        return State.APPLYING
    if found.compared_at is None:
        return State.READING
    return State.STOPPED if found.stopped_at is not None and found.confirmed_at is None else State.READY


def receive(
    db: Session,
    file: IO[bytes],
    *,
    name: str,
    largest: int,
    limits: Imports,
    key: bytes,
    now: datetime,
    sender: Sender,
    wanted: reading.Format | None = None,
    tell: Tell = lambda: None,
) -> UUID:
    """Reads a feed and compares it; answers its id. What is wrong with it is written down: ask `state_of`.

    The same file that waits already is taken away first: only the newest comparison counts.
    """
    feed = reading.received(file)
    for older in waiting_with(db, feed.digest, now):
        drop(db, older)
    writing(db)
    found = Import(
        digest=feed.digest,
        name="".join(filter(str.isprintable, name))[:LONGEST_NAME],
        size=feed.size,
        received_at=now,
        received_by=sender.actor_id,
    )
    db.add(found)
    db.flush()
    import_id = found.id
    noted(db, "import:received", found, now, sender)
    db.commit()
    try:
        good, bad = stage(db, import_id, reading.rows(feed, wanted, largest), key, tell)
    except FeedRefused as refused:
        refuse(db, import_id, refused, now)
        return import_id
    except BaseException:  # broken off, or a bug: nothing that a pupil is called stays behind
        db.rollback()
        drop(db, import_id)
        raise
    writing(db)
    found = db.get_one(Import, import_id)
    found.rows, found.bad_rows, found.read_at = good, bad, now
    compare_and_judge(db, found, limits, now)
    db.commit()
    return import_id


def refuse(db: Session, import_id: UUID, refused: FeedRefused, now: datetime) -> None:
    db.rollback()
    forget(db, import_id)
    writing(db)
    found = db.get_one(Import, import_id)
    found.refused_at, found.refusal = now, str(refused.refusal)
    found.refusal_line, found.refusal_part = refused.line, refused.part[:LONGEST_NAME]
    db.commit()


def compare_and_judge(db: Session, found: Import, limits: Imports, now: datetime) -> None:
    """Within the caller's transaction. What somebody confirmed before was another comparison."""
    today = school_day(now)
    compare(db, found.id, today)
    found.enrolled, found.ended, too_much = judge(db, found.id, limits, today)
    found.compared_at, found.compared_for = now, today
    found.changes_done, found.people, found.people_done = 0, None, 0
    found.stopped_at = now if too_much else None
    found.confirmed_at = found.confirmed_by = None
    last = select(func.max(ImportChange.position)).where(ImportChange.import_id == found.id)
    found.changes = db.scalar(last) or 0
    found.bad_rows = db.scalar(select(func.count()).where(ImportFault.import_id == found.id)) or 0
    db.flush()


def begin(
    db: Session, import_id: UUID, *, confirmed: bool, limits: Imports, now: datetime, sender: Sender
) -> None:
    """Begins to apply it. Raises NotNow: when it stops and isn't confirmed, or when another one is being applied.

    A comparison of another day, or of before another feed was applied, is made anew first, and may stop where the old one
    didn't. `confirmed` says yes to the figures that were shown: to other figures it says nothing.
    """
    writing(db)
    found = db.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None or state_of(found) not in (State.READY, State.STOPPED):
        state = State.REFUSED if found is None else state_of(found)
        db.rollback()
        raise NotNow(state)
    if is_gone(db, found):
        found.refused_at, found.refusal = now, str(Refusal.LOST)
        db.commit()
        raise NotNow(State.REFUSED)
    if is_old(db, found, now):
        ended_before = found.ended
        compare_and_judge(db, found, limits, now)
        confirmed = confirmed and found.ended <= ended_before
    if confirmed and state_of(found) is State.STOPPED:
        found.confirmed_at, found.confirmed_by = now, sender.actor_id
        noted(db, "import:confirmed", found, now, sender)
    if state_of(found) is State.STOPPED:
        db.commit()  # the new comparison stays
        raise NotNow(State.STOPPED)
    try:
        applying.begin(db, found, now)
    except (SomebodyElsesTurn, IntegrityError):
        db.rollback()
        raise NotNow(State.APPLYING) from None
    db.commit()


def is_gone(db: Session, found: Import) -> bool:
    """What a feed says is kept for a week, and on PostgreSQL it doesn't survive a crash."""
    return db.scalar(select(ImportRow.line).where(ImportRow.import_id == found.id).limit(1)) is None


def is_old(db: Session, found: Import, now: datetime) -> bool:
    since = select(Import.id).where(Import.worked_at >= found.compared_at, Import.id != found.id).limit(1)
    return found.compared_for != school_day(now) or db.scalar(since) is not None


def remove(db: Session, import_id: UUID, now: datetime) -> None:
    """Takes an import that isn't being applied, and wasn't, out of the list. Raises NotNow."""
    writing(db)
    found = db.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is not None and (
        state_of(found) in (State.APPLYING, State.APPLIED) or may_be_reading(found, now)
    ):
        db.rollback()
        raise NotNow(state_of(found))
    db.commit()
    drop(db, import_id)


def may_be_reading(found: Import, now: datetime) -> bool:
    """Somebody is sending it right now, unless that began long ago."""
    return state_of(found) is State.READING and found.received_at > now - READ_WITHIN


def drop(db: Session, import_id: UUID) -> None:
    forget(db, import_id)
    writing(db)
    for record in (ImportFault, ImportSchool):
        db.execute(delete(record).where(record.import_id == import_id))
    db.execute(delete(Import).where(Import.id == import_id))
    db.commit()


def waiting_with(db: Session, digest: str, now: datetime) -> list[UUID]:
    """Earlier sendings of the very same file that were never applied."""
    waiting = (Import.digest == digest) & Import.applied_at.is_(None) & Import.turn.is_(None)
    found = db.scalars(select(Import).where(waiting)).all()
    return [each.id for each in found if not may_be_reading(each, now)]


def noted(db: Session, what: str, found: Import, now: datetime, sender: Sender) -> None:
    note(
        db,
        what,
        now=now,
        request_id=sender.request_id,
        actor_id=sender.actor_id,
        digest=found.digest,
        enrolled=found.enrolled,
        ended=found.ended,
    )
