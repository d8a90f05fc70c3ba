"""No step of a second factor is skipped, entered by its address, or left open for whoever comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from idp.accounts import factors as factors_at_rest
from idp.accounts.records import Account
from idp.authentication.records import BrowserSession, LoginAttempt
from tests.authentication.doors import is_in, say_name, sign_in
from tests.authentication.factor_doors import (
    REQUIRED,
    attempt_in,
    code_of,
    enrol,
    factors,
    ready_to_send,
    recovery_rows,
    say_code,
    secret_on,
    send_at_once,
    step_of,
    wrong_code,
)
from tests.support.browser import Visitor
from tests.support.people import OWN_PASSWORD, Made
from tests.support.provider import Provider

OpenProvider = Callable[..., Provider]
NewVisitor = Callable[..., Visitor]

STEPS = (
    "name",
    "password",
    "second-factor",
    "new-password",
    "new-factor",
    "recovery-codes",
    "email",
    "recovery-used",
)
ANSWERS = {
    "username": "",
    "password": "",
    "code": "",
    "passkey": "",
    "new_password": "Sprinkhaan-Op-Fiets7",
    "email": "",
    "skip": "yes",
}


@pytest.fixture
def provider(open_provider: OpenProvider) -> Provider:
    return open_provider(staff=REQUIRED)


def sessions(provider: Provider) -> int:
    with provider.reading() as db:
        return db.scalar(select(func.count()).select_from(BrowserSession)) or 0


def challenges(provider: Provider) -> list[str | None]:
    with provider.reading() as db:
        return list(db.scalars(select(LoginAttempt.challenge)))


def walk_every_step(visitor: Visitor) -> set[str]:
    """Calls each step of this login by its address, to look and with an empty answer; answers where that led."""
    page = visitor.page
    assert page is not None
    attempt = attempt_in(page.url)
    token = page.form("csrf_token").fields["csrf_token"]
    ends = set()
    for step in STEPS:
        ends.add(step_of(visitor.get(f"/login/{attempt}/{step}")))
        if step != "recovery-used":
            data = {**ANSWERS, "csrf_token": token}
            ends.add(step_of(visitor.post(f"/login/{attempt}/{step}", data)))
    return ends


def at_name(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/login")


def at_password(provider: Provider, visitor: Visitor) -> None:
    say_name(visitor, provider.people.staff(totp=True).username)


def at_factor(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.staff(totp=True, temporary=True, password="tijdelijk-fiets-42"))


def at_new_factor(provider: Provider, visitor: Visitor) -> None:
    sign_in(visitor, provider.people.staff())


@pytest.mark.parametrize(
    ("arrive", "stays"),
    [
        (at_name, {"name"}),
        (at_password, {"name", "password"}),  # the name may be changed from the password's page
        (at_factor, {"second-factor"}),
        (at_new_factor, {"new-factor"}),
    ],
)
def test_OA_62_CV_17_no_step_is_skipped_by_its_address_or_by_an_empty_answer(
    provider: Provider, visitor: Visitor, arrive: Callable[[Provider, Visitor], None], stays: set[str]
) -> None:
    arrive(provider, visitor)
    assert walk_every_step(visitor) <= stays
    assert sessions(provider) == 0


def test_OA_62_recovery_codes_are_kept_by_nothing_but_their_button(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff()
    sign_in(visitor, els)
    enrol(provider, visitor, els)
    page = visitor.page
    assert page is not None
    attempt, token = attempt_in(page.url), page.form("csrf_token").fields["csrf_token"]
    for step in STEPS:
        assert step_of(visitor.get(f"/login/{attempt}/{step}")) == "recovery-codes"
        if step not in ("recovery-codes", "recovery-used"):
            answer = visitor.post(f"/login/{attempt}/{step}", {**ANSWERS, "csrf_token": token})
            assert step_of(answer) == "recovery-codes"
    assert sessions(provider) == 0


@pytest.mark.parametrize("arrive", [at_factor, at_new_factor])
def test_OA_62_anothers_login_is_no_way_in(
    provider: Provider,
    visitor: Visitor,
    new_visitor: NewVisitor,
    arrive: Callable[[Provider, Visitor], None],
) -> None:
    arrive(provider, visitor)
    url = visitor.page.url if visitor.page else ""
    other = new_visitor()
    other.get("/login")
    assert step_of(other.get(url)) == "name"
    token = other.page.form("csrf_token").fields["csrf_token"] if other.page else ""
    assert step_of(other.post(url, {**ANSWERS, "csrf_token": token, "code": "123456"})) == "name"
    assert sessions(provider) == 0


def test_CV_46_adding_one_cannot_be_put_off(provider: Provider, new_visitor: NewVisitor) -> None:
    els = provider.people.staff()
    for _ in range(3):
        assert step_of(sign_in(new_visitor(), els)) == "new-factor"
    assert sessions(provider) == 0


def test_a_proven_login_waits_twenty_minutes_for_its_factor(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    provider.clock.move(minutes=21)
    assert step_of(say_code(visitor, code_of(provider, els))) == "name"
    assert sessions(provider) == 0


# What waits somewhere while something changes elsewhere


def test_CV_46_a_thief_who_waits_to_add_a_factor_is_asked_for_the_owners(
    provider: Provider, visitor: Visitor, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff()
    thief = new_visitor()
    sign_in(thief, els)
    waiting = ready_to_send(thief, code=code_of(provider, with_secret_of(thief, els)))
    sign_in(visitor, els)
    enrol(provider, visitor, els)
    path, url, data, _ = waiting
    assert step_of(thief.post(url, data)) == "second-factor"
    assert step_of(thief.get(path)) == "second-factor"
    assert len(factors(provider, els)) == 1
    assert sessions(provider) == 0


def with_secret_of(visitor: Visitor, who: Made) -> Made:
    assert visitor.page is not None
    return replace(who, totp_secret=secret_on(visitor.page))


def test_CV_46_a_thief_who_waits_to_choose_a_password_is_asked_for_the_owners_factor(
    open_provider: OpenProvider, new_visitor: NewVisitor
) -> None:
    provider = (
        open_provider()
    )  # where it is optional, a temporary password leads straight to a password of one's own
    els = provider.people.staff(temporary=True, password="tijdelijk-fiets-42")
    thief = new_visitor(provider.origin)
    assert step_of(sign_in(thief, els)) == "new-password"
    provider.people.give_app(els)
    page = thief.submit(button="password-submit", new_password=OWN_PASSWORD)
    assert step_of(page) == "second-factor"
    again = new_visitor(provider.origin)
    assert step_of(sign_in(again, els)) == "second-factor"  # with the temporary password still


def test_OA_65_of_two_screens_that_add_a_first_factor_one_does(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    els = provider.people.staff()
    visitors = [new_visitor() for _ in range(6)]
    for visitor in visitors:
        sign_in(visitor, els)
    nodes = (provider.origin, provider.another_node())
    codes = {visitor: code_of(provider, with_secret_of(visitor, els)) for visitor in visitors}
    ends = send_at_once([ready_to_send(visitor, code=code) for visitor, code in codes.items()], *nodes)
    assert sum("/recovery-codes" in each for each in ends) == 1
    assert sum("/second-factor" in each for each in ends) == 5
    assert len(factors(provider, els)) == 1
    assert len(recovery_rows(provider, els)) == 10


def test_CV_07_who_was_dismissed_meanwhile_gets_no_further(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    provider.clock.move(seconds=1)
    with provider.db() as db:
        db.get_one(Account, els.account_id).sign_ins_count_from = provider.clock()
    assert step_of(say_code(visitor, code_of(provider, els))) == "name"


def test_a_login_that_asks_for_a_factor_that_is_gone_begins_again(
    provider: Provider, visitor: Visitor
) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    with provider.db() as db:
        factors_at_rest.remove_all(db, els.account_id)
    assert step_of(say_code(visitor, code_of(provider, els))) == "name"


@pytest.mark.parametrize("arrive", [at_factor, at_new_factor])
def test_CV_15_nobody_finds_it_open_in_the_history(
    provider: Provider, visitor: Visitor, arrive: Callable[[Provider, Visitor], None]
) -> None:
    for leave in (switches, signs_out, signs_in):
        arrive(provider, visitor)
        url = visitor.page.url if visitor.page else ""
        leave(provider, visitor)
        assert step_of(visitor.get(url)) == "name"
        assert [each for each in challenges(provider) if each] == []


def switches(provider: Provider, visitor: Visitor) -> None:
    visitor.submit(button="factor-cancel")


def signs_out(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/end_session")


def signs_in(provider: Provider, visitor: Visitor) -> None:
    assert is_in(sign_in(visitor, provider.people.pupil("basic")), provider)


def test_a_wrong_code_changes_what_a_passkey_would_sign(provider: Provider, visitor: Visitor) -> None:
    els = provider.people.staff(totp=True)
    sign_in(visitor, els)
    before = challenges(provider)
    say_code(visitor, wrong_code(provider, els))
    after = challenges(provider)
    assert len(after) == len(before) == 1
    assert after != before
