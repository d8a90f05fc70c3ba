"""The work behind the pages goes on by itself, and one fault doesn't stop it."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from idp.accounts.history import note
from idp.accounts.records import AuditLink
from idp.accounts.verifying import verify
from idp.authentication.records import LoginAttempt
from idp.worker import BackgroundWork
from tests.support.provider import Provider


def add_expired_attempt(provider: Provider) -> None:
    now = provider.clock()
    with provider.db() as db:
        db.add(
            LoginAttempt(
                digest="0" * 64,
                browser="b",
                step="name",
                requirement={},
                created_at=now - timedelta(days=2),
                expires_at=now - timedelta(days=2),
            )
        )


def attempts(provider: Provider) -> int:
    with provider.reading() as db:
        return db.scalar(select(func.count()).select_from(LoginAttempt)) or 0


def test_it_clears_away_what_has_expired_and_stops_when_told(provider: Provider) -> None:
    add_expired_attempt(provider)
    work = BackgroundWork(provider.app)
    work.start()
    try:
        deadline = time.monotonic() + 30
        while attempts(provider) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert attempts(provider) == 0
    finally:
        work.stop()
    assert not work.thread.is_alive()


def test_a_fault_in_one_kind_of_work_leaves_the_others_going(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    work = BackgroundWork(provider.app)
    done = []

    def fail() -> None:
        raise RuntimeError("the mail server speaks nonsense")

    with caplog.at_level(logging.ERROR, logger="leerid.worker"):
        work.attempt("mail", fail)
        work.attempt("notices", lambda: done.append("notices"))
    assert done == ["notices"]
    assert [record.message for record in caplog.records] == ["worker:fault"]


def test_OA_59_it_gives_each_event_its_place_in_the_log(provider: Provider) -> None:
    with provider.db() as db:
        note(db, "pupil:viewed", now=provider.clock(), request_id="-")
    work = BackgroundWork(provider.app)
    with provider.app.app_context():
        work.go_round()
    with provider.reading() as db:
        assert db.scalars(select(AuditLink.position)).all() == [1]
        assert verify(db, provider.keys.audit, provider.clock()) == ()
