"""Bulk export is the breach: so many pupils an hour, with an alarm before that (OA-63)."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from idp.accounts.records import AuditEvent
from idp.database import writing
from idp.schools.appointments import Role
from idp.schools.exports import spend
from idp.schools.permissions import Actor
from idp.schools.records import ExportTally
from idp.schools.witnessing import LONGEST, disguised, witness
from idp.settings import Staff

NOW = datetime(2026, 3, 2, 10, 59, 30, tzinfo=UTC)
STAFF = Staff(exported_pupils_an_hour=100, alarm_pupils_an_hour=60)
BEHEERDER = Actor(UUID(int=1), "session", 31245, Role.BEHEERDER, None)


def export(db: Session, how_many: int, now: datetime = NOW, actor: Actor = BEHEERDER) -> bool:
    """As a view does: what is allowed is stored, what is refused rolls back."""
    writing(db)
    allowed = spend(db, actor, how_many, now, STAFF, request_id="ABCDE-FGHJK")
    if allowed:
        db.commit()
    else:
        db.rollback()
    return allowed


def tallies(db: Session) -> list[int]:
    return list(db.scalars(select(ExportTally.pupils).order_by(ExportTally.hour)))


def events(db: Session) -> list[tuple[str, int]]:
    return [
        (each.what, each.detail["pupils"]) for each in db.scalars(select(AuditEvent).order_by(AuditEvent.id))
    ]


def test_OA_63_what_would_be_too_much_is_refused_and_counts_nothing(db: Session) -> None:
    assert export(db, 40)
    assert not export(db, 61)
    assert tallies(db) == [40]
    assert export(db, 60)
    assert not export(db, 1)
    assert tallies(db) == [100]


def test_OA_63_one_export_of_more_than_an_hour_may_hold_is_refused(db: Session) -> None:
    assert not export(db, 101)
    assert tallies(db) == []


def test_OA_63_the_next_hour_begins_anew(db: Session) -> None:
    assert export(db, 100)
    assert not export(db, 1)
    assert export(db, 100, NOW + timedelta(minutes=1))
    assert tallies(db) == [100, 100]


def test_OA_63_each_member_of_staff_and_each_school_has_a_count_of_its_own(db: Session) -> None:
    colleague = Actor(UUID(int=2), "session", 31245, Role.BEHEERDER, None)
    elsewhere = Actor(UUID(int=1), "session", 2, Role.BEHEERDER, None)
    assert export(db, 100)
    assert export(db, 100, actor=colleague)
    assert export(db, 100, actor=elsewhere)


def test_OA_63_the_alarm_is_raised_once_at_the_line(db: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="leerid.security"):
        assert export(db, 60)
        assert not caplog.records
        assert export(db, 1)
        assert export(db, 10)
    (warning,) = caplog.records
    assert (warning.message, warning.school, warning.pupils) == ("export:alarm", 31245, 61)  # type: ignore[attr-defined]
    assert events(db) == [("export:alarm", 61)]
    (alarm,) = db.scalars(select(AuditEvent))
    assert (alarm.actor_id, alarm.school_number, alarm.request_id) == (UUID(int=1), 31245, "ABCDE-FGHJK")


def test_OA_63_a_refusal_stays_in_the_log_though_its_request_rolls_back(
    db: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="leerid.security"):
        assert not export(db, 101)
    assert [record.message for record in caplog.records] == ["export:refused"]
    assert events(db) == [("export:refused", 101)]


def test_OA_63_ten_exports_at_once_do_not_get_past_the_limit(db: Session, engine: Engine) -> None:
    together = Barrier(10)

    def one() -> bool:
        together.wait()
        with Session(engine) as own:
            return export(own, 30)

    with ThreadPoolExecutor(10) as threads:
        allowed = [each.result() for each in [threads.submit(one) for _ in range(10)]]
    assert sum(allowed) == 3
    assert tallies(db) == [90]


# Witnessing


def test_OA_61_an_event_says_who_where_whom_and_in_which_request(db: Session) -> None:
    writing(db)
    witness(db, BEHEERDER, "pupil:viewed", now=NOW, request_id="ABCDE-FGHJK", pupil_number=7, page=2)
    db.commit()
    (seen,) = db.scalars(select(AuditEvent))
    assert (seen.what, seen.actor_id, seen.school_number, seen.pupil_number, seen.request_id) == (
        "pupil:viewed",
        UUID(int=1),
        31245,
        7,
        "ABCDE-FGHJK",
    )
    assert (seen.at, seen.account_id, seen.detail) == (NOW, None, {"page": 2})


def test_OA_60_no_detail_is_endless(db: Session) -> None:
    writing(db)
    witness(db, BEHEERDER, "pupils:listed", now=NOW, request_id="-", group="x" * 1_000_000)
    db.commit()
    (seen,) = db.scalars(select(AuditEvent))
    assert seen.detail == {"group": "x" * LONGEST}


def test_PR_11_a_search_term_is_kept_as_a_keyed_hash() -> None:
    key, other = b"a" * 32, b"b" * 32
    assert disguised("Élise ", key) == disguised("elise", key)
    assert len({disguised("elise", key), disguised("elise", other), disguised("elisa", key)}) == 3
    assert "elise" not in disguised("elise", key)
