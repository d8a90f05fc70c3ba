"""Wrong passwords so far, as rows: a failure is counted before the hash and given back on success.

Counting first is what makes the limit hold when two hundred guesses arrive at once on two nodes (PW-01): each must first
win its place in the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import Session

from idp.authentication.records import FailureCounter
from idp.database import insert_into
from idp.rules.belgian_time import school_day
from idp.rules.sign_in_limits import (
    ClosedUntil,
    Failures,
    GoAhead,
    SignInLimits,
    Verdict,
    WaitUntil,
    Way,
    verdict,
)

ACCOUNT = "account"  # all ways together
NONE_YET = Failures(in_a_row=0, today=0, last_at=None)
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

Rows = Mapping[str, Failures]


@dataclass(frozen=True)
class Bucket:
    """One way in, with a count of its own."""

    way: Way
    key: str


TYPED = Bucket(Way.TYPED, "typed")


def by_card(handle: str) -> Bucket:
    return Bucket(Way.CARD, f"card:{handle}")


def by_device(digest: str) -> Bucket:
    return Bucket(Way.DEVICE, f"device:{digest}")


@dataclass(frozen=True)
class Target:
    """Whose failures are counted, and the ways by which they may come in, the best first."""

    subject: str
    buckets: tuple[Bucket, ...]
    weak: bool
    count_from: datetime = ALWAYS  # what failed before the school renewed or unlocked doesn't count


@dataclass(frozen=True)
class Outlook:
    """How it stands: by which way to go on, whether now or later, and how often that way went wrong."""

    bucket: Bucket
    verdict: Verdict
    failures: int


@dataclass(frozen=True)
class Place:
    """A place to guess, counted as a failure already; `total` is the account's, this one included."""

    target: Target
    bucket: Bucket
    total: int
    exhausted: bool  # the account had its hundred: this guess is not to be checked


def outlook(db: Session, target: Target, now: datetime, limits: SignInLimits) -> Outlook:
    """As it stands, counting nothing."""
    return best_way(target, read(db, target), now, limits)


def reserve(db: Session, target: Target, now: datetime, limits: SignInLimits) -> Place | Outlook:
    """Takes a place, or says how long to wait. The caller has said `writing`, and commits before it hashes."""
    rows = read_locked(db, target, now)
    found = best_way(target, rows, now, limits)
    if not isinstance(found.verdict, GoAhead):
        return found
    total = rows[ACCOUNT].in_a_row
    add_one(db, target, found.bucket, now)
    return Place(target, found.bucket, total=total + 1, exhausted=total >= limits.account_limit)


def give_back(db: Session, place: Place) -> None:
    """It was no guess after all: the hash never ran."""
    one_less = {
        "in_a_row": FailureCounter.in_a_row - 1,
        "today": case((FailureCounter.today > 0, FailureCounter.today - 1), else_=0),
    }
    change(db, of(place.target, place.bucket) & (FailureCounter.in_a_row > 0), one_less)


def clear(db: Session, place: Place) -> None:
    """It was right: the way that it came in by begins anew, and the account's row of failures is broken."""
    change(db, of(place.target, place.bucket), {"in_a_row": 0, "today": 0})


def best_way(target: Target, rows: Rows, now: datetime, limits: SignInLimits) -> Outlook:
    """The first way that is open, else the one that opens first: nobody waits for what another way has counted."""
    ways = [
        Outlook(
            bucket,
            verdict(bucket.way, rows[bucket.key], weak=target.weak, now=now, limits=limits),
            rows[bucket.key].in_a_row,
        )
        for bucket in target.buckets
    ]
    return min(ways, key=lambda way: opens_at(way.verdict, now))


def opens_at(found: Verdict, now: datetime) -> datetime:
    match found:
        case GoAhead():
            return now
        case WaitUntil(moment) | ClosedUntil(moment):
            return moment


def read(db: Session, target: Target) -> Rows:
    """The counts of a target, none missing; what no longer counts reads as nothing."""
    return filled(target, {row.bucket: row for row in db.execute(COUNTS.where(of(target, *target.buckets)))})


def read_locked(db: Session, target: Target, now: datetime) -> Rows:
    """The same, with every row there and held until the transaction ends: the next guess waits for this one."""
    asked = COUNTS.where(of(target, *target.buckets)).order_by(FailureCounter.bucket).with_for_update()
    found = {row.bucket: row for row in db.execute(asked)}
    absent = [key for key in keys_of(target) if key not in found]
    if absent:
        empty = {
            "subject": target.subject,
            "in_a_row": 0,
            "today": 0,
            "day": str(school_day(now)),
            "last_at": now,
        }
        new = insert_into(db, FailureCounter).values([{**empty, "bucket": key} for key in absent])
        db.execute(new.on_conflict_do_nothing())
        found = {row.bucket: row for row in db.execute(asked)}
    return filled(target, found)


COUNTS = select(FailureCounter.bucket, FailureCounter.in_a_row, FailureCounter.today, FailureCounter.last_at)


def filled(target: Target, found: Mapping[str, Any]) -> Rows:
    return {key: failures_in(found.get(key), target.count_from) for key in keys_of(target)}


def failures_in(row: Any, count_from: datetime) -> Failures:
    if row is None or row.last_at <= count_from:
        return NONE_YET
    return Failures(row.in_a_row, row.today, row.last_at)


def add_one(db: Session, target: Target, bucket: Bucket, now: datetime) -> None:
    today = str(school_day(now))
    forgotten = FailureCounter.last_at <= target.count_from
    same_day = (FailureCounter.day == today) & ~forgotten
    one_more = {
        "in_a_row": case((forgotten, 1), else_=FailureCounter.in_a_row + 1),
        "today": case((same_day, FailureCounter.today + 1), else_=1),
        "day": today,
        "last_at": now,
    }
    change(db, of(target, bucket), one_more)


def change(db: Session, which: ColumnElement[bool], values: Mapping[str, Any]) -> None:
    db.execute(
        update(FailureCounter).where(which).values(values).execution_options(synchronize_session=False)
    )


def of(target: Target, *buckets: Bucket) -> ColumnElement[bool]:
    """The rows of these buckets, and the account's own."""
    keys = (ACCOUNT, *(bucket.key for bucket in buckets))
    return (FailureCounter.subject == target.subject) & FailureCounter.bucket.in_(keys)


def keys_of(target: Target) -> tuple[str, ...]:
    return (ACCOUNT, *(bucket.key for bucket in target.buckets))
