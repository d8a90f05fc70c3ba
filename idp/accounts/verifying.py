"""Whether the log is as it was written: walks the whole chain, and names every place where it isn't (OA-59)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from idp.accounts.chain import BEGINNING, EVENT, hash_of
from idp.accounts.forgetting import KEPT
from idp.accounts.records import AuditEvent, AuditLink

AT_ONCE = 1000
MOST = 1000
# The linker comes by every few seconds.
LINKED_WITHIN = timedelta(minutes=1)
# Requests take seconds and clocks differ by less; an event says when it was written, not when long work began.
NEAR = timedelta(minutes=5)


class Wrong(StrEnum):
    ALTERED = "altered, or moved to another place"
    REMOVED = "removed"
    NOT_LINKED = "has no place in the chain"
    BACK_DATED = "says another moment than its neighbours"
    OTHER_CHAIN = "the given head isn't in this chain"


@dataclass(frozen=True)
class Finding:
    """Something that isn't as it was written."""

    wrong: Wrong
    event_id: int | None = None
    position: int | None = None

    def __str__(self) -> str:
        place = f"place {self.position}: " if self.position is not None else ""
        which = f"event {self.event_id}: " if self.event_id is not None else ""
        return f"{place}{which}{self.wrong}"


def verify(db: Session, key: bytes, now: datetime, *, head: str | None = None) -> tuple[Finding, ...]:
    """All that is wrong, at most a thousand; nothing when the log is whole. `head`: a hash from the logs of before."""
    return tuple(islice(findings(db, key, now, head), MOST))


def findings(db: Session, key: bytes, now: datetime, head: str | None) -> Iterator[Finding]:
    walk = Walk(key, now, head)
    for row in in_order(db):
        yield from walk.step(row)
    yield from walk.end()
    yield from not_linked(db, now)


def in_order(db: Session) -> Iterator[Row[Any]]:
    """Every link with its event, a thousand in memory at a time; one statement, so that it sees one moment."""
    link = (AuditLink.position, AuditLink.event_id, AuditLink.hash, AuditLink.linked_at)
    whole = select(*link, *EVENT).outerjoin(AuditEvent, AuditEvent.id == AuditLink.event_id)
    return iter(db.execute(whole.order_by(AuditLink.position), execution_options={"yield_per": AT_ONCE}))


def not_linked(db: Session, now: datetime) -> Iterator[Finding]:
    loose = select(AuditEvent.id).outerjoin(AuditLink, AuditLink.event_id == AuditEvent.id)
    loose = loose.where(AuditLink.event_id.is_(None), AuditEvent.at < now - LINKED_WITHIN)
    for event_id in db.scalars(loose.order_by(AuditEvent.id), execution_options={"yield_per": AT_ONCE}):
        yield Finding(Wrong.NOT_LINKED, event_id)


class Walk:
    """From the beginning to the end. What is wrong at one place doesn't make the places after it wrong."""

    def __init__(self, key: bytes, now: datetime, head: str | None) -> None:
        self.key = key
        self.now = now
        self.sought = head
        self.position = BEGINNING.position
        self.before: str | None = BEGINNING.hash
        self.newest: datetime | None = None

    def step(self, link: Row[Any]) -> Iterator[Finding]:
        if self.position == BEGINNING.position and self.begins_anew(link):
            self.go_on(link)
            return
        if link.position != self.position + 1:
            yield Finding(Wrong.REMOVED, position=self.position + 1)
            self.before = None  # unknown, so that the place after the gap can't be told
        if link.id is None:
            yield Finding(Wrong.REMOVED, link.event_id, link.position)
        else:
            yield from self.check(link)
        self.go_on(link)

    def begins_anew(self, link: Row[Any]) -> bool:
        """What was kept for its time has gone; the hash of the last of it stays, as the beginning of the rest."""
        return link.position > 1 and link.id is None and link.linked_at < self.now - KEPT

    def check(self, link: Row[Any]) -> Iterator[Finding]:
        if self.before is not None:
            expected = hash_of(link, self.before, link.position, link.linked_at, self.key)
            if expected != link.hash:
                yield Finding(Wrong.ALTERED, link.event_id, link.position)
        before_its_time = self.newest is not None and link.at < self.newest - NEAR
        if before_its_time or link.at > link.linked_at + NEAR:
            yield Finding(Wrong.BACK_DATED, link.event_id, link.position)
        elif self.newest is None or link.at > self.newest:
            self.newest = link.at

    def go_on(self, link: Row[Any]) -> None:
        self.position, self.before = link.position, link.hash
        if link.hash == self.sought:
            self.sought = None

    def end(self) -> Iterator[Finding]:
        if self.sought is not None:
            yield Finding(Wrong.OTHER_CHAIN)
