"""No page, header, size or amount of work tells whether somebody has a name (OA-37, OA-38)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event

from idp.authentication.decoys import decoy_for
from tests.authentication.doors import (
    CLOSED,
    WAIT,
    WRONG,
    fail,
    fail_past_waits,
    is_in,
    say_name,
    say_password,
)
from tests.authentication.recovery import change
from tests.support.browser import Page, Visitor
from tests.support.provider import Provider

NewVisitor = Callable[..., Visitor]
# What differs from one visit to the next, whoever it is.
CHANGING = {"Date", "X-Request-Id", "Set-Cookie", "Location"}


def texts(provider: Provider) -> list[str]:
    """Names of one length, of every kind that shows the page for words; the last one is nobody's."""
    people, now = provider.people, provider.clock()
    yesterday = (now - timedelta(days=2)).date()
    pupils = [
        people.pupil("basic", username="een.aaaaaaaa"),
        people.pupil("advanced", username="een.bbbbbbbb"),
        people.pupil("advanced", username="een.cccccccc", email="c@example.org"),
        people.pupil("advanced", username="een.dddddddd", temporary=True),
        people.pupil("basic", username="een.eeeeeeee", active_until=yesterday),
        change(provider, people.pupil("basic", username="een.ffffffff"), blocked_at=now),
        change(provider, people.pupil("advanced", username="een.gggggggg"), protected_at=now),
        change(provider, people.pupil("advanced", username="een.hhhhhhhh"), sealed_secret=None),
        change(
            provider,
            people.pupil("advanced", username="een.iiiiiiii", temporary=True),
            temporary_until=now - timedelta(days=1),
        ),
        people.staff(username="een.jjjjjjjj"),
    ]
    return [pupil.username for pupil in pupils] + [nobody(provider, with_pictures=False)]


def nobody(provider: Provider, *, with_pictures: bool) -> str:
    """A name of the same length that nobody has, and that shows the wanted page."""
    names = (f"een.zzzzzz{one}{two}" for one in "abcdefghij" for two in "abcdefghij")
    return next(
        name for name in names if decoy_for(provider.keys.lookup, name).with_pictures is with_pictures
    )


def seen(page: Page) -> tuple[Any, ...]:
    """Everything that a stranger can compare."""
    answers = [*page.history, page.response]
    return (
        page.url.rsplit("/", 1)[-1],
        [answer.status_code for answer in answers],
        [len(answer.content) for answer in answers],
        [{name for name in answer.headers if name not in CHANGING} for answer in answers],
        [sorted(cookie.name for cookie in answer.cookies) for answer in answers],
        page.title,
    )


def walk(visitor: Visitor, name: str, password: str) -> list[tuple[Any, ...]]:
    pages = [say_name(visitor, name), say_password(visitor, password), say_password(visitor, "4729")]
    return [seen(page) for page in pages]


def test_OA_37_CV_20_every_name_gets_the_same_answers(provider: Provider, new_visitor: NewVisitor) -> None:
    walks = [walk(new_visitor(), name, "fout-wachtwoord") for name in texts(provider)]
    assert all(each == walks[0] for each in walks)


def test_OA_37_CV_20_the_picture_pad_betrays_nothing(provider: Provider, new_visitor: NewVisitor) -> None:
    pupil = provider.people.pupil("pictures", username="een.aaaaaaaa")
    names = [pupil.username, nobody(provider, with_pictures=True)]
    one, other = (walk(new_visitor(), name, "1357") for name in names)
    assert one == other
    assert one[0][0] == "pictures"


def test_OA_37_CV_20_a_name_that_nobody_has_always_looks_the_same(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    for name in ("niemand.eerst", "niemand.tweede", "niemand.derde"):
        urls = {
            say_name(new_visitor(), each).url.rsplit("/", 1)[-1] for each in (name, name.upper(), f" {name} ")
        }
        assert len(urls) == 1


def test_OA_37_some_names_that_nobody_has_show_the_pad() -> None:
    decoys = [decoy_for(b"k" * 32, f"naam{number}") for number in range(400)]
    assert 60 < sum(decoy.with_pictures for decoy in decoys) < 140
    assert 150 < sum(decoy.weak for decoy in decoys) < 250
    assert all(decoy.weak for decoy in decoys if decoy.with_pictures)
    assert not any(decoy_for(b"k" * 32, f"naam{number}@example.org").with_pictures for number in range(50))


@pytest.mark.parametrize("weak", [True, False])
def test_PW_12_the_waits_are_the_same_for_nobody(
    provider: Provider, new_visitor: NewVisitor, weak: bool
) -> None:
    morning = datetime(2026, 3, 2, 9, tzinfo=UTC)
    provider.clock.stop()
    provider.clock.set(morning)
    key = provider.keys.lookup
    pupil = provider.people.pupil("basic" if weak else "advanced", username="een.aaaaaaaa")
    names = (f"een.zzzzzz{one}{two}" for one in "abcdefghij" for two in "abcdefghij")
    unknown = next(n for n in names if decoy_for(key, n).weak is weak and not decoy_for(key, n).with_pictures)
    told = []
    for name in (pupil.username, unknown):
        provider.clock.set(morning + timedelta(minutes=1))
        visitor = new_visitor()
        say_name(visitor, name)
        heard = [fail(visitor, 1, 10 * turn).text.replace(name, "…") for turn in range(5)]
        provider.clock.move(minutes=2)
        heard.append(fail_past_waits(provider, visitor, 3, 60).text.replace(name, "…"))
        say_name(visitor, name)
        heard += [fail_past_waits(provider, visitor, 2, 70).text.replace(name, "…")]
        heard.append(say_password(visitor, "nog-eens").text.replace(name, "…"))
        told.append(heard)
    assert told[0] == told[1]
    assert WAIT in told[0][4]
    assert (CLOSED in told[0][-1]) is weak


def test_OA_37_only_who_shows_the_right_password_learns_that_it_ended(
    provider: Provider, visitor: Visitor
) -> None:
    now = provider.clock()
    ended = provider.people.pupil("basic", active_until=(now - timedelta(days=2)).date())
    expired = change(
        provider, provider.people.pupil("advanced", temporary=True), temporary_until=now - timedelta(days=1)
    )
    for pupil, words in (
        (ended, "Je LeerID is niet meer actief."),
        (expired, "Je tijdelijke wachtwoord is verlopen."),
    ):
        say_name(visitor, pupil.username)
        assert words not in say_password(visitor, "fout").text
        page = say_password(visitor, pupil.password)
        assert words in page.text
        assert visitor.cookie("leerid_session") is None


@pytest.mark.parametrize("column", ["blocked_at", "protected_at"])
def test_who_is_blocked_learns_nothing_even_with_the_right_password(
    provider: Provider, visitor: Visitor, column: str
) -> None:
    pupil = change(provider, provider.people.pupil("basic"), **{column: provider.clock()})
    say_name(visitor, pupil.username)
    page = say_password(visitor, pupil.password)
    assert not is_in(page, provider)
    assert WRONG in page.text


def test_PW_19_OA_38_every_name_costs_one_hash_and_the_same_statements(
    provider: Provider, new_visitor: NewVisitor
) -> None:
    """Work is counted rather than timed: a clock on a busy machine proves nothing."""
    hashes: list[str] = []
    statements: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 (its name there)
            hashes.append(str(hash).rsplit("$", 2)[0])
            return super().verify(hash, password)

    hashing = provider.settings.hashing
    provider.app.extensions["leerid.authentication"].hasher = Counting(
        time_cost=hashing.time_cost, memory_cost=hashing.memory_kib, parallelism=hashing.parallelism
    )

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(" ".join(statement.split())[:60])

    costs = []
    names = texts(provider)
    event.listen(provider.engine, "before_cursor_execute", count)
    try:
        for name in names:
            visitor = new_visitor()
            say_name(visitor, name)
            hashes.clear()
            statements.clear()
            say_password(visitor, "fout-wachtwoord")
            costs.append((tuple(hashes), tuple(statements)))
    finally:
        event.remove(provider.engine, "before_cursor_execute", count)
    assert len(costs[0][0]) == 1
    for name, cost in zip(names, costs, strict=True):
        assert cost == costs[-1], name
