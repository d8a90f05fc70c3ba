"""Guessing a second factor is slow, is counted for the account, and one code opens one door."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.authentication.doors import (
    WAIT,
    WRONG,
    account_of,
    counted,
    events,
    is_in,
    say_name,
    say_password,
    sign_in,
)
from tests.authentication.factor_doors import (
    REQUIRED,
    code_of,
    enrol,
    ready_to_send,
    say_code,
    say_recovery_code,
    send_at_once,
    step_of,
    wrong_code,
)
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider

OpenProvider = Callable[..., Provider]
NewVisitor = Callable[..., Visitor]
FACTOR = "factor"


@pytest.fixture
def provider(open_provider: OpenProvider) -> Provider:
    return open_provider(staff=REQUIRED)


def guess(provider: Provider, visitor: Visitor, who: Made, times: int) -> Page:
    code = wrong_code(provider, who)
    for _ in range(times):
        page = say_code(visitor, code)
    return page


def test_five_wrong_codes_are_free_and_then_the_page_says_how_long_to_wait(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    assert WRONG in guess(provider, visitor, els, 5).text
    assert "Wacht nog 5 seconden en probeer opnieuw." in guess(provider, visitor, els, 1).text
    assert WAIT in say_code(visitor, code_of(provider, els)).text  # the right one too
    assert counted(provider, FACTOR) == 6
    provider.clock.move(seconds=5)
    assert "Wacht nog 10 seconden" in guess(provider, visitor, els, 1).text
    provider.clock.move(seconds=10)
    assert is_in(say_code(visitor, code_of(provider, els)), provider)
    assert counted(provider, FACTOR) == 0
    assert events(provider, "factor:refused") == 7


def test_CV_08_recovery_codes_and_codes_of_the_app_share_one_count(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    guess(provider, visitor, els, 3)
    for number in range(3):
        page = say_recovery_code(visitor, f"abcd-efgh-jkm{number}")
    assert WAIT in page.text
    assert "by=recovery" in page.url


def test_OA_62_the_right_password_again_does_not_forget_wrong_codes(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff(totp=True)
    for _ in range(6):
        thief = new_visitor()
        sign_in(thief, els)
        guess(provider, thief, els, 1)
    sign_in(visitor, els)
    assert WAIT in say_code(visitor, code_of(provider, els)).text
    assert counted(provider) == 6


def test_PW_07_CV_08_wrong_codes_count_for_the_accounts_hundred(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = open_provider(staff=REQUIRED, throttle={"account_limit": 8, "protected_attempts": 2})
    els = provider.people.staff(totp=True)
    thief = new_visitor(provider.origin)
    sign_in(thief, els)
    for _ in range(8):
        provider.clock.move(minutes=1)
        guess(provider, thief, els, 1)
    assert account_of(provider, els).protected_at is not None
    assert events(provider, "account:protected") == 1
    stranger = new_visitor(provider.origin)
    assert step_of(sign_in(stranger, els)) == "password"


def test_PW_07_a_protected_account_still_has_two_guesses_for_who_knows_the_password(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = open_provider(staff=REQUIRED, throttle={"account_limit": 8, "protected_attempts": 2})
    els = provider.people.staff(totp=True)
    visitor = new_visitor(provider.origin)
    sign_in(visitor, els)
    for _ in range(10):
        provider.clock.move(minutes=1)
        guess(provider, visitor, els, 1)
    provider.clock.move(minutes=6)
    assert step_of(say_code(visitor, code_of(provider, els))) == "second-factor"


def test_the_owner_goes_on_at_a_known_device_after_others_failed(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = open_provider(staff=REQUIRED, throttle={"account_limit": 8})
    els = provider.people.staff(totp=True)
    own = new_visitor(provider.origin)
    sign_in(own, els)
    assert is_in(say_code(own, code_of(provider, els)), provider)
    far = new_visitor(provider.origin)
    for number in range(8):
        say_name(far, els.username)
        say_password(far, f"fout-{number}")
        provider.clock.move(minutes=16)
    assert account_of(provider, els).protected_at is not None
    assert step_of(sign_in(own, els)) == "second-factor"
    assert is_in(say_code(own, code_of(provider, els)), provider)


def test_a_pupils_counts_know_no_factor(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.pupil("advanced"))
    assert counted(provider, FACTOR) == 0


# At the same time


def test_OA_65_one_code_of_the_app_signs_one_browser_in(provider: Provider, new_visitor: NewVisitor) -> None:
    els = provider.people.staff(totp=True)
    visitors = [new_visitor() for _ in range(8)]
    for visitor in visitors:
        sign_in(visitor, els)
    nodes, code = (provider.origin, provider.another_node()), code_of(provider, els)
    ends = send_at_once([ready_to_send(visitor, code=code) for visitor in visitors], *nodes)
    assert sum(each.startswith(provider.settings.portals.leerlingloket) for each in ends) == 1
    assert events(provider, "factor:used") == 1
    assert events(provider, "account:signed-in") == 1


def test_OA_65_one_recovery_code_signs_one_browser_in(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff()
    sign_in(visitor, els)
    _, codes = enrol(provider, visitor, els)
    sent = []
    for _ in range(8):
        another = new_visitor()
        sign_in(another, els)
        sent.append(ready_to_send(another, code=codes[0]))
    ends = send_at_once(sent, provider.origin, provider.another_node())
    assert sum("/recovery-used" in each for each in ends) == 1
    assert events(provider, "factor:recovery-used") == 1


def test_PW_01_CV_09_many_wrong_codes_at_once_are_each_counted_before_they_are_looked_at(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff(totp=True)
    visitor = new_visitor()
    sign_in(visitor, els)
    sent = [ready_to_send(visitor, code=wrong_code(provider, els))] * 16
    sent.append(ready_to_send(visitor, code=code_of(provider, els)))
    ends = send_at_once(sent[:16], provider.origin, provider.another_node())
    assert sum("notice=wrong" in each for each in ends) == 6
    assert sum("notice=wait" in each for each in ends) == 10
    assert "notice=wait" in send_at_once(sent[16:], provider.origin)[0]
