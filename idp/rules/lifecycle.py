"""Where an account stands in its life, told from the moments that were written down."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from idp.rules.belgian_time import in_utc, school_day

# "1 month" (R12) is thirty times 24 hours, so that it depends neither on the month nor on summer time.
TEMPORARY_LIFE = timedelta(hours=30 * 24)
TEMPORARY_WARNING_AFTER = timedelta(hours=21 * 24)


class Standing(StrEnum):
    NO_ACCOUNT = "no_account"  # "Geen account" (R28)
    ACTIVE = "active"
    INACTIVE = "inactive"  # the enrolment ended (R27)
    BLOCKED = "blocked"  # by a person
    PROTECTED = "protected"  # by a hundred failures in a row
    TEMPORARY_EXPIRED = "temporary_expired"  # no own password was chosen in time (R12)


@dataclass(frozen=True)
class LifeMoments:
    active_until: date | None = None  # None: no end is known
    blocked_at: datetime | None = None
    protected_at: datetime | None = None
    temporary_until: datetime | None = None  # None: the password is not a temporary one


def standing(moments: LifeMoments | None, now: datetime) -> Standing:
    """The first reason that holds: a person's decision comes first, so that a date never hides it."""
    if moments is None:
        return Standing.NO_ACCOUNT
    if moments.blocked_at is not None:
        return Standing.BLOCKED
    if moments.active_until is not None and school_day(now) > moments.active_until:
        return Standing.INACTIVE
    if moments.protected_at is not None:
        return Standing.PROTECTED
    if moments.temporary_until is not None and in_utc(now) >= in_utc(moments.temporary_until):
        return Standing.TEMPORARY_EXPIRED
    return Standing.ACTIVE


def may_sign_in(standing: Standing) -> bool:
    return standing is Standing.ACTIVE


def temporary_until(given_at: datetime) -> datetime:
    return in_utc(given_at) + TEMPORARY_LIFE


def temporary_warning_from(given_at: datetime) -> datetime:
    """The school is warned from day 21 on."""
    return in_utc(given_at) + TEMPORARY_WARNING_AFTER
