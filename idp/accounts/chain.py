"""The chain through the log: each event gets a place, and a keyed hash that covers the event and all before it (OA-59).

Events are noted without a hash, so that a sign-in costs no more. A linker gives them their places a few seconds later, in
the order in which it finds them: an event that is committed late comes later in the chain, and is missed by nobody. The
key is outside the database, so whoever can write there can't make a chain of their own; and each minute the newest hash
leaves with the logs, so that the end of the chain can't be cut off unseen either.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from idp.accounts.records import AuditEvent, AuditLink
from idp.database import Clock, let_go, writing

log = logging.getLogger("leerid.audit")

AT_ONCE = 500
MOST_A_ROUND = 20_000
# An event that is committed while this many others were is found by the next thorough look.
LOOK_BACK = 2_000
LINK_EVERY_SECONDS = 5.0
TELL_EVERY_SECONDS = 60.0
LOOK_THOROUGHLY_EVERY_SECONDS = 3600.0

# Any number, as long as nobody else on this PostgreSQL server uses it for a lock of their own.
POSTGRESQL_LOCK = 7133432


@dataclass(frozen=True)
class Head:
    """Where the chain ends."""

    position: int
    hash: str


BEGINNING = Head(0, "0" * 64)

EVENT = (
    AuditEvent.id,
    AuditEvent.at,
    AuditEvent.what,
    AuditEvent.account_id,
    AuditEvent.actor_id,
    AuditEvent.school_number,
    AuditEvent.pupil_number,
    AuditEvent.request_id,
    AuditEvent.detail,
)


class Linker:
    """The worker's part of it: a look every few seconds, a thorough one every hour, and the head each minute."""

    def __init__(self) -> None:
        self.linked_at = self.looked_thoroughly_at = self.told_at = float("-inf")
        self.told = BEGINNING

    def go_round(self, db: Session, key: bytes, clock: Clock) -> None:
        at = time.monotonic()
        if at - self.linked_at < LINK_EVERY_SECONDS:
            return
        self.linked_at = at
        thoroughly = at - self.looked_thoroughly_at >= LOOK_THOROUGHLY_EVERY_SECONDS
        link(db, key, clock, thoroughly=thoroughly)
        if thoroughly:
            self.looked_thoroughly_at = at
        if at - self.told_at >= TELL_EVERY_SECONDS:
            self.told_at = at
            self.tell(head(db))
            let_go(db)

    def tell(self, found: Head) -> None:
        """The logs leave this machine: whoever rewrites the chain here can't rewrite what was said."""
        if found != self.told:
            self.told = found
            log.info("audit:head", extra={"position": found.position, "hash": found.hash})


def link(db: Session, key: bytes, clock: Clock, *, thoroughly: bool = False) -> int:
    """Gives events without a place theirs, in short steps; answers how many. `thoroughly` looks at all events there are."""
    linked = 0
    while linked < MOST_A_ROUND and (step := link_some(db, key, clock(), thoroughly=thoroughly)):
        linked += step
    return linked


def link_some(db: Session, key: bytes, now: datetime, *, thoroughly: bool = False) -> int:
    """One transaction: all of its links or none. While another linker is at work there is nothing to do."""
    nothing = not waiting(db, 1, thoroughly=thoroughly)
    let_go(db)
    if nothing:  # looked at every few seconds, so without asking for the right to write
        return 0
    writing(db)
    if not alone(db):
        db.rollback()
        return 0
    links = links_after(head(db), waiting(db, AT_ONCE, thoroughly=thoroughly), key, now)
    if links:
        db.execute(insert(AuditLink), links)
    db.commit()
    return len(links)


def alone(db: Session) -> bool:
    """One linker at a time, until the transaction ends. SQLite has one writer anyway; the position is the key on both."""
    if db.get_bind().dialect.name == "sqlite":
        return True
    return bool(db.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": POSTGRESQL_LOCK}))


def head(db: Session) -> Head:
    newest = select(AuditLink.position, AuditLink.hash).order_by(AuditLink.position.desc()).limit(1)
    found = db.execute(newest).first()
    return Head(found.position, found.hash) if found else BEGINNING


def waiting(db: Session, most: int, *, thoroughly: bool) -> Sequence[Row[Any]]:
    """Events without a place, in the order of their numbers."""
    found = select(*EVENT).outerjoin(AuditLink, AuditLink.event_id == AuditEvent.id)
    found = found.where(AuditLink.event_id.is_(None)).order_by(AuditEvent.id).limit(most)
    if not thoroughly:
        newest: int = db.scalar(select(func.max(AuditLink.event_id))) or 0
        found = found.where(AuditEvent.id > newest - LOOK_BACK)
    return db.execute(found).all()


def links_after(last: Head, events: Sequence[Row[Any]], key: bytes, now: datetime) -> list[dict[str, Any]]:
    links = []
    for event in events:
        position = last.position + 1
        last = Head(position, hash_of(event, last.hash, position, now, key))
        links.append({"position": position, "event_id": event.id, "hash": last.hash, "linked_at": now})
    return links


def hash_of(event: Row[Any], before: str, position: int, linked_at: datetime, key: bytes) -> str:
    """Over the hash before it, its place and moment in the chain, and all that the event says."""
    said = {column.key: plain(getattr(event, column.key)) for column in EVENT}
    place = {"position": position, "linked_at": plain(linked_at)}
    content = json.dumps({**said, **place}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hmac.new(key, before.encode() + content.encode(), hashlib.sha256).hexdigest()


def plain(value: Any) -> Any:
    """One way of writing each value, whichever database it came from."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value
