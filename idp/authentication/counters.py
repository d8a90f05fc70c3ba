"""Wrong passwords so far, as rows: a failure is counted before the hash and given back on success.

Counting first is what makes the limit hold when two hundred guesses arrive at once on two nodes (PW-01): each must first
win its place in the rows, and the account's row is the door that all of them go through.

Each way in has a row of its own. Besides, all ways together have one (a hundred failures in a row protect the account), and
the card and the known devices have one together (a short password has a day's worth of guesses there). A success empties
the row that it came by, and takes from the shared rows only what that row held: a bully's failures stay counted while
their victim signs in elsewhere.

A protected account (PW-07) refuses whoever types its name, the right password included, until the school renews or
unlocks. A known device and the card go on, or ten thousand guesses from far away would shut the owner out (PW-05); but each
of the two may fail ten times more in total, however many devices there are and whatever succeeds in between. So nobody
ever gets more than a hundred guesses in a row at an account, and twenty after that with its card and its device in hand.

The second factor of staff has a row and an allowance of its own. The right password doesn't empty that row: who has stolen
a password and guesses codes waits longer and longer, and is stopped by the same hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, case, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.orm import Session

from idp.authentication.records import FailureCounter
from idp.database import UtcDateTime, insert_for, insert_into
from idp.rules.belgian_time import school_day
from idp.rules.sign_in_limits import (
    NO_FAILURES,
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
OWN_WAYS = "own"  # the card and the known devices together
# What failed since the protection.
ALLOWANCES = {Way.CARD: "protected:card", Way.DEVICE: "protected:device", Way.FACTOR: "protected:factor"}
LASTING = (
    ACCOUNT,
    *ALLOWANCES.values(),
)  # kept until a year has gone by without a failure; the others for a month
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)

Rows = Mapping[str, Failures]
row = FailureCounter


@dataclass(frozen=True)
class Bucket:
    """One way in, with a count of its own."""

    way: Way
    key: str

    @property
    def is_own(self) -> bool:
        """Whether it takes something that only the owner should have."""
        return self.way is not Way.TYPED


TYPED = Bucket(Way.TYPED, "typed")
FACTOR = Bucket(Way.FACTOR, "factor")


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
    protected: bool = False


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
    exhausted: bool  # the account had its hundred, or the way its allowance: this guess is not to be checked


def outlook(db: Session, target: Target, now: datetime, limits: SignInLimits) -> Outlook:
    """As it stands, counting nothing."""
    return best_way(target, read(db, target), now, limits)


def reserve(db: Session, target: Target, now: datetime, limits: SignInLimits) -> Place | Outlook:
    """Takes a place, or says how long to wait. The caller has said `writing`, and commits before it hashes."""
    rows = read_locked(db, target, now)
    found = best_way(target, rows, now, limits)
    if not isinstance(found.verdict, GoAhead):
        return found
    add_one(db, target, found.bucket, now)
    exhausted = is_exhausted(target, found.bucket, rows, limits)
    return Place(target, found.bucket, total=rows[ACCOUNT].in_a_row + 1, exhausted=exhausted)


def give_back(db: Session, place: Place) -> None:
    """It was no guess after all: the hash never ran."""
    lock_account(db, place.target)
    db.connection().execute(TAKE_ONE, about(place.target, touched(place.target, place.bucket)))


def clear(db: Session, place: Place) -> None:
    """It was right: the way that it came in by begins anew, and only what that way had counted is forgiven."""
    target, own = place.target, place.bucket.key
    lock_account(db, target)
    held = db.connection().execute(COUNTS, about(target, [own])).one_or_none()
    if held is None:
        return
    forgiven = {"own": own, "in_own": held.in_a_row, "today_in_own": held.today, "day_of_own": held.day}
    db.connection().execute(FORGIVE, about(target, touched(target, place.bucket)) | forgiven)


# Which way


def best_way(target: Target, rows: Rows, now: datetime, limits: SignInLimits) -> Outlook:
    """The first way that is open, else the one that opens first: nobody waits for what another way has counted."""
    ways = [
        Outlook(
            bucket,
            verdict(
                bucket.way,
                rows[bucket.key],
                weak=target.weak,
                now=now,
                limits=limits,
                own_ways=rows.get(OWN_WAYS, NO_FAILURES),
            ),
            rows[bucket.key].in_a_row,
        )
        for bucket in worth_trying(target, rows, limits)
    ]
    return min(ways, key=lambda way: opens_at(way.verdict, now))


def worth_trying(target: Target, rows: Rows, limits: SignInLimits) -> tuple[Bucket, ...]:
    """Not a way that refuses whatever is typed, unless there is no other: the pages must not tell that it does."""
    hopeful = tuple(each for each in target.buckets if not is_exhausted(target, each, rows, limits))
    return hopeful or target.buckets


def is_exhausted(target: Target, bucket: Bucket, rows: Rows, limits: SignInLimits) -> bool:
    if not target.protected:
        return rows[ACCOUNT].in_a_row >= limits.account_limit
    return not bucket.is_own or rows[ALLOWANCES[bucket.way]].in_a_row >= limits.protected_allowance


def opens_at(found: Verdict, now: datetime) -> datetime:
    match found:
        case GoAhead():
            return now
        case WaitUntil(moment) | ClosedUntil(moment):
            return moment


# The rows


def read(db: Session, target: Target) -> Rows:
    """The counts of a target; what isn't there, or no longer counts, reads as nothing."""
    keys = keys_of(target)
    found = {each.bucket: each for each in db.connection().execute(COUNTS, about(target, keys))}
    return {key: failures_in(found.get(key), target.count_from) for key in keys}


def read_locked(db: Session, target: Target, now: datetime) -> Rows:
    """The same, with the account's row held until the transaction ends: the next guess waits for this one."""
    if not lock_account(db, target):
        absent = insert_into(db, FailureCounter).values(new_row(target, ACCOUNT, now, failures=0))
        db.execute(absent.on_conflict_do_nothing())
        lock_account(db, target)
    return read(db, target)


def lock_account(db: Session, target: Target) -> bool:
    """Whoever changes one of a target's rows holds this one, so they follow each other and never lock crosswise."""
    return db.connection().execute(HOLD, about(target, [ACCOUNT])).first() is not None


def failures_in(found: Any, count_from: datetime) -> Failures:
    if found is None or found.last_at <= count_from:
        return NO_FAILURES
    return Failures(found.in_a_row, found.today, found.last_at)


def add_one(db: Session, target: Target, bucket: Bucket, now: datetime) -> None:
    first = [new_row(target, key, now, failures=1) for key in touched(target, bucket)]
    statement = one_more(db.get_bind().dialect.name)
    db.connection().execute(statement, [each | {"counts_from": target.count_from} for each in first])


def new_row(target: Target, key: str, now: datetime, *, failures: int) -> dict[str, Any]:
    return {
        "subject": target.subject,
        "bucket": key,
        "in_a_row": failures,
        "today": failures,
        "day": str(school_day(now)),
        "last_at": now,
    }


def about(target: Target, keys: Iterable[str]) -> dict[str, Any]:
    """The values that the statements below ask for."""
    return {"whose": target.subject, "which": list(keys)}


def keys_of(target: Target) -> tuple[str, ...]:
    """Every row that has a say in what happens to a guess."""
    return tuple(dict.fromkeys(key for bucket in target.buckets for key in touched(target, bucket)))


def touched(target: Target, bucket: Bucket) -> tuple[str, ...]:
    """The rows in which a guess by this way is counted."""
    if not bucket.is_own:
        return (ACCOUNT, bucket.key)
    shared = () if bucket.way is Way.FACTOR else (OWN_WAYS,)
    allowance = (ALLOWANCES[bucket.way],) if target.protected else ()
    return (ACCOUNT, bucket.key, *shared, *allowance)


# The statements, made once: making them costs more than running them


def less(count: Any, by: Any) -> ColumnElement[int]:
    return case((count > by, count - by), else_=0)


THEIRS = (row.subject == bindparam("whose")) & row.bucket.in_(bindparam("which", expanding=True))
COUNTS = select(row.bucket, row.in_a_row, row.today, row.day, row.last_at).where(THEIRS)
HOLD = select(row.subject).where(THEIRS).with_for_update()
TAKE_ONE = update(row).where(THEIRS).values(in_a_row=less(row.in_a_row, 1), today=less(row.today, 1))

IS_OWN = row.bucket == bindparam("own")
FORGIVE = (
    update(row)
    .where(THEIRS)
    .values(
        in_a_row=case(
            (IS_OWN, 0),
            # This guess itself; failures of before stay used up.
            (row.bucket.in_(ALLOWANCES.values()), less(row.in_a_row, 1)),
            else_=less(row.in_a_row, bindparam("in_own", type_=Integer)),
        ),
        today=case(
            (IS_OWN, 0),
            (row.day == bindparam("day_of_own"), less(row.today, bindparam("today_in_own", type_=Integer))),
            else_=row.today,
        ),
    )
)


@cache
def one_more(engine: str) -> Insert:
    """Adds a failure to each of the rows that come with it; `counts_from` is when older ones stopped counting."""
    new = insert_for(engine, FailureCounter)
    forgotten = row.last_at <= bindparam("counts_from", type_=UtcDateTime())
    same_day = (row.day == new.excluded.day) & ~forgotten
    return new.on_conflict_do_update(
        index_elements=["subject", "bucket"],
        set_={
            "in_a_row": case((forgotten, 1), else_=row.in_a_row + 1),
            "today": case((same_day, row.today + 1), else_=1),
            "day": new.excluded.day,
            "last_at": new.excluded.last_at,
        },
    )
