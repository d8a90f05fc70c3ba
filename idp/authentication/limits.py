"""The operator's settings for wrong passwords, as the rules want them."""

from __future__ import annotations

from datetime import timedelta

from idp.rules.sign_in_limits import SignInLimits, TypedStep
from idp.settings import Throttle


def limits_from(throttle: Throttle) -> SignInLimits:
    return SignInLimits(
        free_failures=throttle.free_attempts,
        waits=doubling(throttle.first_wait_seconds, throttle.longest_wait_seconds),
        typed_steps=(
            TypedStep(throttle.typed_first_limit, timedelta(seconds=throttle.typed_first_wait_seconds)),
            TypedStep(throttle.typed_second_limit, timedelta(seconds=throttle.typed_second_wait_seconds)),
        ),
        typed_weak_a_day=throttle.typed_day_limit,
        own_weak_a_day=throttle.own_day_limit,
        account_limit=throttle.account_limit,
        protected_allowance=throttle.protected_attempts,
        address_distinct_names=throttle.address_names,
        address_window=timedelta(seconds=throttle.address_window_seconds),
        address_closed_for=timedelta(seconds=throttle.address_closed_seconds),
        spray_accounts=throttle.spray_accounts,
        spray_window=timedelta(seconds=throttle.spray_window_seconds),
    )


def doubling(first: int, longest: int) -> tuple[timedelta, ...]:
    """5, 10, 20, … up to the longest."""
    waits, seconds = [], first
    while 0 < seconds < longest:
        waits.append(timedelta(seconds=seconds))
        seconds *= 2
    return (*waits, timedelta(seconds=longest))
