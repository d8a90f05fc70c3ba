"""How long to wait after failures."""

from datetime import UTC, datetime, timedelta

import pytest

from idp.rules.belgian_time import BRUSSELS
from idp.rules.sign_in_limits import (
    ACCOUNT_LIMIT,
    ClosedUntil,
    Failures,
    GoAhead,
    SignInLimits,
    TypedStep,
    Verdict,
    WaitUntil,
    Way,
    address_closes,
    is_spraying,
    must_protect,
    verdict,
)

LAST = datetime(2024, 5, 15, 9, 0, tzinfo=UTC)
OWN_WAYS = [Way.DEVICE, Way.CARD]


def asked(way: Way, failures: int, after: timedelta = timedelta(), *, weak: bool = True) -> Verdict:
    counted = Failures(failures, failures, LAST if failures else None)
    return verdict(way, counted, weak=weak, now=LAST + after)


@pytest.mark.parametrize("way", OWN_WAYS)
@pytest.mark.parametrize("failures", range(6))
def test_PW_02_five_failures_are_free_on_the_own_way(way: Way, failures: int) -> None:
    assert asked(way, failures) == GoAhead()


@pytest.mark.parametrize("way", OWN_WAYS)
@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(6, 5), (7, 10), (8, 20), (9, 40), (10, 80), (11, 160), (12, 300), (13, 300), (99, 300)],
)
def test_PW_04_the_own_way_waits_longer_and_longer_but_never_closes(
    way: Way, failures: int, seconds: int
) -> None:
    wait = timedelta(seconds=seconds)
    assert asked(way, failures) == WaitUntil(LAST + wait)
    assert asked(way, failures, wait - timedelta(seconds=1)) == WaitUntil(LAST + wait)
    assert asked(way, failures, wait) == GoAhead()


@pytest.mark.parametrize(("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 1), (7, 1), (8, 15), (9, 15)])
@pytest.mark.parametrize("weak", [True, False])
def test_a_typed_name_waits_after_five_and_after_eight(failures: int, minutes: int, weak: bool) -> None:
    wait = timedelta(minutes=minutes)
    expected = WaitUntil(LAST + wait) if minutes else GoAhead()
    assert asked(Way.TYPED, failures, weak=weak) == expected
    assert asked(Way.TYPED, failures, wait, weak=weak) == GoAhead()


def test_ten_failures_in_a_day_close_the_typed_way_for_weak_secrets_until_midnight() -> None:
    midnight = datetime(2024, 5, 16, 0, 0, tzinfo=BRUSSELS)
    assert asked(Way.TYPED, 10) == ClosedUntil(midnight)
    assert asked(Way.TYPED, 10, timedelta(hours=5)) == ClosedUntil(midnight)
    assert asked(Way.TYPED, 10, timedelta(hours=13)) == GoAhead()


def test_ten_failures_in_a_day_count_also_when_not_in_a_row() -> None:
    counted = Failures(in_a_row=1, today=10, last_at=LAST)
    assert isinstance(verdict(Way.TYPED, counted, weak=True, now=LAST), ClosedUntil)
    assert verdict(Way.TYPED, counted, weak=False, now=LAST) == GoAhead()


def test_an_own_password_is_never_closed_for_the_day() -> None:
    assert asked(Way.TYPED, 40, weak=False) == WaitUntil(LAST + timedelta(minutes=15))


@pytest.mark.parametrize("way", OWN_WAYS)
def test_the_card_and_the_device_stay_open_when_the_typed_way_is_closed(way: Way) -> None:
    assert verdict(way, Failures(0, 0, None), weak=True, now=LAST) == GoAhead()
    assert not isinstance(verdict(way, Failures(10, 10, LAST), weak=True, now=LAST), ClosedUntil)


@pytest.mark.parametrize("way", OWN_WAYS)
def test_thirty_failures_in_a_day_close_the_own_ways_together_for_weak_secrets(way: Way) -> None:
    def now(together: int, *, weak: bool = True, later: timedelta = timedelta()) -> Verdict:
        nothing, counted = Failures(0, 0, None), Failures(together, together, LAST)
        return verdict(way, nothing, weak=weak, now=LAST + later, own_ways=counted)

    assert now(29) == GoAhead()
    assert now(30) == ClosedUntil(datetime(2024, 5, 16, 0, 0, tzinfo=BRUSSELS))
    assert now(30, later=timedelta(hours=13)) == GoAhead()
    assert now(300, weak=False) == GoAhead()


@pytest.mark.parametrize(
    ("last_at", "midnight"),
    [
        (datetime(2024, 3, 31, 1, 30, tzinfo=BRUSSELS), datetime(2024, 3, 31, 22, 0, tzinfo=UTC)),
        (datetime(2024, 10, 27, 1, 30, tzinfo=BRUSSELS), datetime(2024, 10, 27, 23, 0, tzinfo=UTC)),
        (datetime(2024, 5, 15, 22, 30, tzinfo=UTC), datetime(2024, 5, 16, 22, 0, tzinfo=UTC)),
    ],
)
def test_FT_13_the_day_ends_at_midnight_in_brussels(last_at: datetime, midnight: datetime) -> None:
    counted = Failures(10, 10, last_at)
    assert verdict(Way.TYPED, counted, weak=True, now=last_at) == ClosedUntil(midnight)


def test_FT_13_a_wait_over_the_change_of_the_clock_is_not_an_hour_longer() -> None:
    last_at = datetime(2024, 10, 27, 2, 59, 30, tzinfo=BRUSSELS, fold=0)
    now = datetime(2024, 10, 27, 2, 0, 40, tzinfo=BRUSSELS, fold=1)  # seventy seconds later
    assert verdict(Way.TYPED, Failures(5, 5, last_at), weak=True, now=now) == GoAhead()


def test_FT_13_a_clock_set_back_lengthens_no_wait() -> None:
    now = LAST - timedelta(hours=1)
    assert verdict(Way.CARD, Failures(6, 6, LAST), weak=True, now=now) == WaitUntil(
        now + timedelta(seconds=5)
    )


def test_a_count_without_a_moment_waits_from_now() -> None:
    assert verdict(Way.CARD, Failures(6, 6, None), weak=True, now=LAST) == WaitUntil(
        LAST + timedelta(seconds=5)
    )


def test_PW_07_a_hundred_failures_in_a_row_protect_the_account() -> None:
    assert ACCOUNT_LIMIT == 100
    assert not must_protect(99)
    assert must_protect(100)
    assert must_protect(101)


def test_PW_03_more_than_fifteen_names_close_typed_pictures_for_an_address() -> None:
    assert not address_closes(15)
    assert address_closes(16)
    assert SignInLimits().address_window == timedelta(minutes=10)
    assert SignInLimits().address_closed_for == timedelta(minutes=15)


def test_PW_08_one_guess_on_more_than_twenty_accounts_is_spraying() -> None:
    assert not is_spraying(20)
    assert is_spraying(21)


def test_6_1_1_every_number_can_be_configured() -> None:
    limits = SignInLimits(
        free_failures=1,
        waits=(timedelta(seconds=2),),
        typed_steps=(TypedStep(2, timedelta(minutes=3)),),
        typed_weak_a_day=3,
        account_limit=7,
    )

    def now(way: Way, failures: int) -> Verdict:
        return verdict(way, Failures(failures, failures, LAST), weak=True, now=LAST, limits=limits)

    assert now(Way.DEVICE, 1) == GoAhead()
    assert now(Way.DEVICE, 5) == WaitUntil(LAST + timedelta(seconds=2))
    assert now(Way.TYPED, 2) == WaitUntil(LAST + timedelta(minutes=3))
    assert isinstance(now(Way.TYPED, 3), ClosedUntil)
    assert must_protect(7, limits)
