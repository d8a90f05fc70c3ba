"""Where an account stands in its life."""

from datetime import UTC, date, datetime, timedelta

import pytest

from idp.rules.belgian_time import BRUSSELS
from idp.rules.lifecycle import (
    LifeMoments,
    Standing,
    may_sign_in,
    standing,
    temporary_until,
    temporary_warning_from,
)

NOW = datetime(2023, 3, 22, 9, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        (None, Standing.NO_ACCOUNT),
        (LifeMoments(), Standing.ACTIVE),
        (LifeMoments(active_until=date(2023, 8, 31), temporary_until=LATER), Standing.ACTIVE),
        (LifeMoments(blocked_at=EARLIER), Standing.BLOCKED),
        (LifeMoments(active_until=date(2023, 3, 21)), Standing.INACTIVE),
        (LifeMoments(protected_at=EARLIER), Standing.PROTECTED),
        (LifeMoments(temporary_until=EARLIER), Standing.TEMPORARY_EXPIRED),
    ],
)
def test_R28_every_standing(moments: LifeMoments | None, expected: Standing) -> None:
    assert standing(moments, NOW) is expected


def test_a_block_is_never_hidden_by_another_reason() -> None:
    everything = LifeMoments(
        active_until=date(2022, 8, 31), blocked_at=EARLIER, protected_at=EARLIER, temporary_until=EARLIER
    )
    assert standing(everything, NOW) is Standing.BLOCKED


def test_only_an_active_account_may_sign_in() -> None:
    assert [each for each in Standing if may_sign_in(each)] == [Standing.ACTIVE]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2023, 8, 31, 0, 0, tzinfo=BRUSSELS), Standing.ACTIVE),
        (datetime(2023, 8, 31, 23, 59, 59, tzinfo=BRUSSELS), Standing.ACTIVE),
        (datetime(2023, 9, 1, 0, 0, tzinfo=BRUSSELS), Standing.INACTIVE),
        (datetime(2023, 8, 31, 21, 59, 59, tzinfo=UTC), Standing.ACTIVE),
        (datetime(2023, 8, 31, 22, 0, tzinfo=UTC), Standing.INACTIVE),
    ],
)
def test_R27_PR_06_the_last_day_counts_whole_in_brussels(now: datetime, expected: Standing) -> None:
    assert standing(LifeMoments(active_until=date(2023, 8, 31)), now) is expected


GIVEN = [
    datetime(2023, 2, 22, 10, 0, tzinfo=UTC),
    datetime(2024, 2, 1, 10, 0, tzinfo=BRUSSELS),  # a leap February
    datetime(2024, 3, 15, 10, 0, tzinfo=BRUSSELS),  # over the start of summer time
    datetime(2024, 10, 10, 10, 0, tzinfo=BRUSSELS),  # over its end
    datetime(2024, 9, 27, 2, 30, tzinfo=BRUSSELS),  # ends in the hour that comes twice
]


@pytest.mark.parametrize("given_at", GIVEN)
@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(days=29, hours=23, minutes=59), Standing.ACTIVE),
        (timedelta(days=30), Standing.TEMPORARY_EXPIRED),
        (timedelta(days=30, minutes=1), Standing.TEMPORARY_EXPIRED),
    ],
)
def test_R12_PW_24_a_temporary_password_lives_thirty_days(
    given_at: datetime, age: timedelta, expected: Standing
) -> None:
    moments = LifeMoments(temporary_until=temporary_until(given_at))
    now = given_at.astimezone(UTC) + age
    assert standing(moments, now) is expected
    assert standing(moments, now.astimezone(BRUSSELS)) is expected


@pytest.mark.parametrize("given_at", GIVEN)
def test_R12_the_school_is_warned_from_day_21(given_at: datetime) -> None:
    assert temporary_warning_from(given_at) == given_at.astimezone(UTC) + timedelta(days=21)
    assert temporary_warning_from(given_at) < temporary_until(given_at)
