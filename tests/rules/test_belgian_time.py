"""Which day it is at school."""

from datetime import UTC, date, datetime

import pytest

from idp.rules.belgian_time import BRUSSELS, in_utc, next_midnight, school_day


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2023, 8, 31, 21, 59, tzinfo=UTC), date(2023, 8, 31)),
        (datetime(2023, 8, 31, 22, 0, tzinfo=UTC), date(2023, 9, 1)),
        (datetime(2023, 12, 31, 22, 59, tzinfo=UTC), date(2023, 12, 31)),
        (datetime(2023, 12, 31, 23, 0, tzinfo=UTC), date(2024, 1, 1)),
    ],
)
def test_the_school_day_is_a_brussels_day(moment: datetime, day: date) -> None:
    assert school_day(moment) == day


@pytest.mark.parametrize(
    ("moment", "midnight"),
    [
        (datetime(2024, 3, 30, 12, tzinfo=UTC), datetime(2024, 3, 30, 23, tzinfo=UTC)),
        (datetime(2024, 3, 31, 12, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC)),  # a day of 23 hours
        (datetime(2024, 10, 27, 12, tzinfo=UTC), datetime(2024, 10, 27, 23, tzinfo=UTC)),  # a day of 25 hours
        (datetime(2024, 5, 1, 22, 0, tzinfo=UTC), datetime(2024, 5, 2, 22, tzinfo=UTC)),
    ],
)
def test_midnight_moves_with_summer_time(moment: datetime, midnight: datetime) -> None:
    assert next_midnight(moment) == midnight


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    first = datetime(2024, 10, 27, 2, 30, tzinfo=BRUSSELS, fold=0)
    second = datetime(2024, 10, 27, 2, 30, tzinfo=BRUSSELS, fold=1)
    assert (in_utc(second) - in_utc(first)).total_seconds() == 3600


def test_a_moment_without_a_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="time zone"):
        school_day(datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None))
