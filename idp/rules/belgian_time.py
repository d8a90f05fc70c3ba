"""Which day it is at school."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BRUSSELS = ZoneInfo("Europe/Brussels")


def in_utc(moment: datetime) -> datetime:
    """The same moment on the one clock without summer time.

    Python adds and compares local times of one zone by the wall clock, so twice a year an hour is lost.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def school_day(moment: datetime) -> date:
    return in_utc(moment).astimezone(BRUSSELS).date()


def next_midnight(moment: datetime) -> datetime:
    tomorrow = school_day(moment) + timedelta(days=1)
    return in_utc(datetime.combine(tomorrow, time.min, tzinfo=BRUSSELS))
