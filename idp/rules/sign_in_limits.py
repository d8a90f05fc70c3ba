"""Failures so far -> go ahead, or wait until.

Three ways in, each with its own count, so that nobody shuts a pupil out by failing in their name; and a count for the
second factor of staff, which comes after the right password only.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from idp.rules.belgian_time import in_utc, next_midnight, school_day

ACCOUNT_LIMIT = 100
ADDRESS_DISTINCT_NAMES = 15
ADDRESS_WINDOW = timedelta(minutes=10)
ADDRESS_CLOSED_FOR = timedelta(minutes=15)
SPRAY_ACCOUNTS = 20
SPRAY_WINDOW = timedelta(minutes=10)


class Way(StrEnum):
    DEVICE = "device"  # a browser this account signed in with before
    CARD = "card"  # the QR code or personal address
    TYPED = "typed"  # a name that anybody can type
    FACTOR = "factor"  # the second factor, asked after the right password


@dataclass(frozen=True)
class Failures:
    """What one bucket has counted. `today` is the Brussels day of `last_at`."""

    in_a_row: int
    today: int
    last_at: datetime | None


@dataclass(frozen=True)
class GoAhead:
    pass


@dataclass(frozen=True)
class WaitUntil:
    moment: datetime


@dataclass(frozen=True)
class ClosedUntil:
    moment: datetime


Verdict = GoAhead | WaitUntil | ClosedUntil


@dataclass(frozen=True)
class TypedStep:
    failures: int
    wait: timedelta


@dataclass(frozen=True)
class SignInLimits:
    free_failures: int = 5
    waits: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (5, 10, 20, 40, 80, 160, 300))
    typed_steps: tuple[TypedStep, ...] = (  # fewest failures first
        TypedStep(failures=5, wait=timedelta(minutes=1)),
        TypedStep(failures=8, wait=timedelta(minutes=15)),
    )
    typed_weak_a_day: int = 10
    own_weak_a_day: int = 30  # the card and known devices together
    account_limit: int = ACCOUNT_LIMIT
    protected_allowance: int = 10  # for the card, and for known devices, when the account is protected
    address_distinct_names: int = ADDRESS_DISTINCT_NAMES
    address_window: timedelta = ADDRESS_WINDOW
    address_closed_for: timedelta = ADDRESS_CLOSED_FOR
    spray_accounts: int = SPRAY_ACCOUNTS
    spray_window: timedelta = SPRAY_WINDOW


DEFAULT_LIMITS = SignInLimits()


NO_FAILURES = Failures(in_a_row=0, today=0, last_at=None)


def verdict(
    way: Way,
    failures: Failures,
    *,
    weak: bool,
    now: datetime,
    limits: SignInLimits = DEFAULT_LIMITS,
    own_ways: Failures = NO_FAILURES,
) -> Verdict:
    """May this way be tried now? `weak`: the secret is a picture or a basic password.

    `own_ways` is what the card and the known devices counted together: somebody who holds the card of a classmate, at a
    tablet that the class shares, gets one day's worth of guesses and not two.
    """
    match way:
        case Way.DEVICE | Way.CARD:
            if weak and _failed_today(own_ways, now) >= limits.own_weak_a_day:
                return ClosedUntil(next_midnight(now))
            return _after(_own_wait(failures.in_a_row, limits), failures, now)
        case Way.FACTOR:
            return _after(_own_wait(failures.in_a_row, limits), failures, now)
        case Way.TYPED:
            if weak and _failed_today(failures, now) >= limits.typed_weak_a_day:
                return ClosedUntil(next_midnight(now))
            return _after(_typed_wait(failures.in_a_row, limits), failures, now)
        case _:
            assert_never(way)


def must_protect(in_a_row: int, limits: SignInLimits = DEFAULT_LIMITS) -> bool:
    """All ways together: from here on nobody guesses by typing a name, until the school renews or unlocks."""
    return in_a_row >= limits.account_limit


def address_closes(distinct_names: int, limits: SignInLimits = DEFAULT_LIMITS) -> bool:
    """Only typed picture sign-in closes, never the address itself: a whole school is one address."""
    return distinct_names > limits.address_distinct_names


def is_spraying(accounts_with_same_guess: int, limits: SignInLimits = DEFAULT_LIMITS) -> bool:
    return accounts_with_same_guess > limits.spray_accounts


def _own_wait(in_a_row: int, limits: SignInLimits) -> timedelta:
    """Five failures are free; the sixth costs the first wait."""
    paid = in_a_row - limits.free_failures
    return limits.waits[min(paid, len(limits.waits)) - 1] if paid > 0 and limits.waits else timedelta()


def _typed_wait(in_a_row: int, limits: SignInLimits) -> timedelta:
    return max((step.wait for step in limits.typed_steps if in_a_row >= step.failures), default=timedelta())


def _after(wait: timedelta, failures: Failures, now: datetime) -> Verdict:
    current = in_utc(now)
    # A failure "in the future" means that a clock was set back: nobody waits longer than the wait itself.
    last = min(in_utc(failures.last_at), current) if failures.last_at is not None else current
    return WaitUntil(last + wait) if current < last + wait else GoAhead()


def _failed_today(failures: Failures, now: datetime) -> int:
    """A count of yesterday closes nothing today, whether or not somebody has reset it."""
    if failures.last_at is not None and school_day(failures.last_at) < school_day(now):
        return 0
    return failures.today
