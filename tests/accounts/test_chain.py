"""The log can't be changed, and whoever changes it all the same is seen (OA-59)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, event, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from idp.accounts import chain
from idp.accounts.forgetting import forget_some
from idp.accounts.history import note
from idp.accounts.records import AuditEvent, AuditLink
from idp.accounts.verifying import Finding, Wrong, verify
from idp.database import writing
from tests.support.databases import unlocked

KEY = b"k" * 32
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def add(db: Session, how_many: int = 5, *, at: datetime = NOW, what: str = "pupil:viewed") -> None:
    writing(db)
    for number in range(how_many):
        note(
            db,
            what,
            now=at + timedelta(seconds=number),
            request_id=f"REQST-{number:05}",
            account_id=uuid4(),
            actor_id=uuid4(),
            school_number=2,
            pupil_number=number,
            page=number,
        )
    db.commit()


def link(db: Session, at: datetime = NOW + timedelta(minutes=1)) -> int:
    return chain.link(db, KEY, lambda: at)


def wrong(db: Session, head: str | None = None) -> list[tuple[Wrong, int | None]]:
    db.rollback()
    return [(each.wrong, each.position) for each in verify(db, KEY, LATER, head=head)]


@contextmanager
def as_owner(engine: Engine) -> Iterator[Connection]:
    """Somebody who holds the database itself, and takes its locks off."""
    with engine.connect().execution_options(writing=True) as connection:
        with unlocked(connection):
            yield connection
        connection.commit()


@pytest.fixture
def linked(db: Session) -> Session:
    """Five events, each in its place."""
    add(db)
    assert link(db) == 5
    return db


def test_OA_59_every_event_gets_one_place_and_a_whole_log_has_nothing_wrong(linked: Session) -> None:
    assert linked.scalars(select(AuditLink.position).order_by(AuditLink.position)).all() == [1, 2, 3, 4, 5]
    assert len(set(linked.scalars(select(AuditLink.hash)))) == 5
    assert wrong(linked) == []
    assert link(linked) == 0


def test_an_empty_log_is_whole(db: Session) -> None:
    assert link(db) == 0
    assert wrong(db) == []


def test_linking_goes_on_where_it_was(linked: Session) -> None:
    add(linked, 3, at=NOW + timedelta(minutes=2))
    assert link(linked, NOW + timedelta(minutes=3)) == 3
    assert chain.head(linked).position == 8
    assert wrong(linked) == []


def test_many_events_are_linked_in_steps(db: Session) -> None:
    add(db, chain.AT_ONCE * 2 + 1)
    assert link(db, NOW + timedelta(hours=1)) == chain.AT_ONCE * 2 + 1
    assert wrong(db) == []


# Tampering


ALTERATIONS = {
    "what": "what = 'pupils:listed'",
    "actor": "actor_id = account_id",
    "no actor": "actor_id = NULL",
    "account": "account_id = NULL",
    "school": "school_number = 3",
    "pupil": "pupil_number = 77",
    "request": "request_id = 'OTHER-NMBER'",
    "detail": "detail = '{\"page\": 4}'",
    "moment": "at = '2026-03-02 10:00:01.5+00:00'",
}


@pytest.mark.parametrize("change", ALTERATIONS.values(), ids=ALTERATIONS)
def test_OA_59_an_altered_event_is_seen_at_its_place_and_nowhere_else(
    linked: Session, engine: Engine, change: str
) -> None:
    third = linked.scalar(select(AuditLink.event_id).where(AuditLink.position == 3))
    linked.rollback()
    if engine.dialect.name == "sqlite":
        change = change.removesuffix("+00:00'") + "'" * change.endswith("+00:00'")
    with as_owner(engine) as connection:
        connection.execute(text(f"UPDATE audit_events SET {change} WHERE id = {third}"))
    assert wrong(linked) == [(Wrong.ALTERED, 3)]


def test_OA_59_an_event_that_was_taken_out_is_seen(linked: Session, engine: Engine) -> None:
    with as_owner(engine) as connection:
        connection.execute(text("DELETE FROM audit_events WHERE pupil_number = 1"))
    assert wrong(linked) == [(Wrong.REMOVED, 2)]


def test_OA_59_an_event_that_was_taken_out_with_its_link_is_seen(linked: Session, engine: Engine) -> None:
    with as_owner(engine) as connection:
        connection.execute(text("DELETE FROM audit_events WHERE pupil_number IN (1, 2)"))
        connection.execute(text("DELETE FROM audit_links WHERE position IN (2, 3)"))
    assert wrong(linked) == [(Wrong.REMOVED, 2)]


def test_OA_59_a_gap_that_was_closed_is_seen(linked: Session, engine: Engine) -> None:
    """The links after it moved up by one: without the key nobody makes new hashes."""
    with as_owner(engine) as connection:
        connection.execute(text("DELETE FROM audit_events WHERE pupil_number = 1"))
        connection.execute(text("DELETE FROM audit_links WHERE position = 2"))
        for place in (3, 4, 5):
            connection.execute(
                text(f"UPDATE audit_links SET position = {place - 1} WHERE position = {place}")
            )
    assert wrong(linked) == [(Wrong.ALTERED, 2), (Wrong.ALTERED, 3), (Wrong.ALTERED, 4)]


def test_OA_59_a_beginning_that_was_taken_off_is_seen(linked: Session, engine: Engine) -> None:
    with as_owner(engine) as connection:
        connection.execute(text("DELETE FROM audit_events WHERE pupil_number < 2"))
        connection.execute(text("DELETE FROM audit_links WHERE position < 2"))
    assert wrong(linked) == [(Wrong.REMOVED, 1), (Wrong.REMOVED, 2)]


def test_OA_59_an_end_that_was_cut_off_is_seen_by_the_head_that_left_with_the_logs(
    linked: Session, engine: Engine
) -> None:
    told = chain.head(linked).hash
    linked.rollback()
    assert wrong(linked, told) == []
    with as_owner(engine) as connection:
        connection.execute(text("DELETE FROM audit_events WHERE pupil_number = 4"))
        connection.execute(text("DELETE FROM audit_links WHERE position = 5"))
    assert wrong(linked) == []  # what is left is a chain too
    assert wrong(linked, told) == [(Wrong.OTHER_CHAIN, None)]
    add(linked, 2, at=NOW + timedelta(minutes=2))
    link(linked, NOW + timedelta(minutes=3))
    assert wrong(linked, told) == [(Wrong.OTHER_CHAIN, None)]


def test_a_head_of_before_is_in_the_chain_for_ever(linked: Session) -> None:
    told = chain.head(linked).hash
    add(linked, 2, at=NOW + timedelta(minutes=2))
    link(linked, NOW + timedelta(minutes=3))
    assert chain.head(linked).hash != told
    assert wrong(linked, told) == []


def test_OA_59_two_events_that_changed_places_are_seen(linked: Session, engine: Engine) -> None:
    with as_owner(engine) as connection:
        for change in (
            "UPDATE audit_links SET position = 99 WHERE position = 2",
            "UPDATE audit_links SET position = 2 WHERE position = 3",
            "UPDATE audit_links SET position = 3 WHERE position = 99",
        ):
            connection.execute(text(change))
    assert wrong(linked) == [(Wrong.ALTERED, 2), (Wrong.ALTERED, 3), (Wrong.ALTERED, 4)]


def test_OA_59_an_event_that_was_put_in_without_a_place_is_seen(linked: Session) -> None:
    add(linked, 1)
    assert wrong(linked) == [(Wrong.NOT_LINKED, None)]


def test_an_event_of_just_now_may_wait_for_its_place(linked: Session) -> None:
    add(linked, 1, at=LATER - timedelta(seconds=30))
    assert wrong(linked) == []


def test_OA_59_an_event_with_a_place_that_somebody_made_up_is_seen(linked: Session) -> None:
    add(linked, 1, at=NOW + timedelta(minutes=2))
    writing(linked)
    newest = linked.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()))
    linked.add(AuditLink(position=6, event_id=newest, hash="0" * 64, linked_at=NOW + timedelta(minutes=2)))
    linked.commit()
    assert wrong(linked) == [(Wrong.ALTERED, 6)]


def test_OA_59_a_back_dated_event_is_seen(linked: Session) -> None:
    add(linked, 1, at=NOW - timedelta(days=1))
    link(linked, NOW + timedelta(minutes=2))
    assert wrong(linked) == [(Wrong.BACK_DATED, 6)]


def test_OA_59_an_event_from_the_future_is_seen_and_makes_the_next_ones_no_liars(linked: Session) -> None:
    add(linked, 1, at=NOW + timedelta(minutes=30))
    add(linked, 2, at=NOW + timedelta(minutes=2))
    link(linked, NOW + timedelta(minutes=3))
    assert wrong(linked) == [(Wrong.BACK_DATED, 6)]


def test_clocks_and_requests_that_differ_by_a_minute_are_no_tampering(linked: Session) -> None:
    add(linked, 1, at=NOW - timedelta(minutes=4))
    link(linked, NOW + timedelta(minutes=2))
    assert wrong(linked) == []


def test_another_key_fits_nowhere(linked: Session) -> None:
    assert len(verify(linked, b"x" * 32, LATER)) == 5


def test_a_finding_says_where_and_what() -> None:
    assert str(Finding(Wrong.REMOVED, 12, 3)) == "place 3: event 12: removed"
    assert str(Finding(Wrong.OTHER_CHAIN)) == "the given head isn't in this chain"


# The database's own lock


@pytest.mark.parametrize("table", ["audit_events", "audit_links"])
@pytest.mark.parametrize("change", ["UPDATE", "DELETE", "TRUNCATE", "REPLACE"])
def test_OA_59_the_application_cannot_change_or_delete(
    linked: Session, engine: Engine, table: str, change: str
) -> None:
    key, column = ("id", "what") if table == "audit_events" else ("position", "hash")
    sqlite = engine.dialect.name == "sqlite"
    statement = {
        "UPDATE": f"UPDATE {table} SET {column} = 'x'",
        "DELETE": f"DELETE FROM {table}",
        # What each engine has of its own to get around the two above.
        "TRUNCATE": f"DELETE FROM {table} WHERE {key} > 0" if sqlite else f"TRUNCATE {table} CASCADE",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        if sqlite
        else f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = 'x'",
    }[change]
    with engine.connect().execution_options(writing=True) as connection:
        with pytest.raises(DBAPIError, match="what is in the log stays there"):
            connection.execute(text(statement))
        connection.rollback()
    assert wrong(linked) == []


def test_OA_59_a_link_cannot_be_replaced_by_its_event_either(linked: Session, engine: Engine) -> None:
    again = {
        "sqlite": "INSERT OR REPLACE INTO audit_links SELECT 99, event_id, hash, linked_at FROM audit_links",
        "postgresql": "INSERT INTO audit_links SELECT position + 90, event_id, hash, linked_at FROM audit_links"
        " ON CONFLICT (event_id) DO UPDATE SET hash = 'x'",
    }[engine.dialect.name]
    with engine.connect().execution_options(writing=True) as connection:
        with pytest.raises(DBAPIError, match="what is in the log stays there"):
            connection.execute(text(again))
        connection.rollback()
    assert wrong(linked) == []


# Several at once, and what goes wrong in between


def test_two_linkers_at_once_make_one_chain(db: Session, engine: Engine) -> None:
    add(db, 1200)
    together = Barrier(2)

    def work() -> int:
        together.wait()
        with Session(engine) as own:
            return chain.link(own, KEY, lambda: NOW + timedelta(minutes=30))

    with ThreadPoolExecutor(2) as threads:
        linked = sum(each.result() for each in [threads.submit(work) for _ in range(2)])
    linked += chain.link(db, KEY, lambda: NOW + timedelta(minutes=30))  # one gave way to the other
    assert linked == 1200
    assert chain.head(db).position == 1200
    assert wrong(db) == []


def test_a_linker_that_is_killed_leaves_nothing_half_done(db: Session, engine: Engine) -> None:
    add(db)

    def die(session: Session) -> None:
        if session.scalar(select(AuditLink.position)) is not None:
            raise KeyboardInterrupt

    with Session(engine) as dying:
        event.listen(dying, "before_commit", die)
        with pytest.raises(KeyboardInterrupt):
            chain.link(dying, KEY, lambda: NOW)
    assert chain.head(db) == chain.BEGINNING
    assert link(db) == 5
    assert wrong(db) == []


def test_an_event_that_is_committed_late_comes_later_in_the_chain(db: Session) -> None:
    """Numbers are given before the commit, so a lower one may come after a higher one."""
    for number, at in ((10, NOW + timedelta(seconds=2)), (7, NOW)):
        writing(db)
        db.add(AuditEvent(id=number, at=at, what="a:b", request_id="-", detail={}))
        db.commit()
        assert link(db) == 1
    assert db.scalars(select(AuditLink.event_id).order_by(AuditLink.position)).all() == [10, 7]
    assert wrong(db) == []


def test_an_event_that_is_committed_very_late_is_found_by_a_thorough_look(db: Session) -> None:
    for number in (chain.LOOK_BACK + 10, 7):
        writing(db)
        db.add(AuditEvent(id=number, at=NOW, what="a:b", request_id="-", detail={}))
        db.commit()
        link(db)
    assert chain.head(db).position == 1
    assert chain.link(db, KEY, lambda: NOW, thoroughly=True) == 1
    assert wrong(db) == []


def test_a_transaction_under_way_keeps_no_linker_waiting(
    db: Session, engine: Engine, database_kind: str
) -> None:
    """On SQLite there is none: who writes is alone."""
    if database_kind == "sqlite":
        add(db, 2)
        assert link(db) == 2
        return
    with Session(engine) as slow:
        writing(slow)
        note(slow, "pupil:viewed", now=NOW, request_id="-")
        slow.flush()
        add(db, 2)
        assert link(db) == 2
        slow.commit()
    assert link(db) == 1
    assert wrong(db) == []


# The head


def heads(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(record.position, record.hash) for record in caplog.records if record.message == "audit:head"]  # type: ignore[attr-defined]


def test_OA_59_the_head_leaves_with_the_logs_at_most_once_a_minute(
    db: Session, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: seconds)
    linker = chain.Linker()
    with caplog.at_level(logging.INFO, logger="leerid.audit"):
        add(db)
        linker.go_round(db, KEY, lambda: NOW)
        first = chain.head(db)
        assert heads(caplog) == [(5, first.hash)]
        add(db, 1)
        seconds += 30
        linker.go_round(db, KEY, lambda: NOW)
        assert chain.head(db).position == 6
        assert len(heads(caplog)) == 1
        seconds += 31
        linker.go_round(db, KEY, lambda: NOW)
        assert heads(caplog)[1:] == [(6, chain.head(db).hash)]
        seconds += 100
        linker.go_round(db, KEY, lambda: NOW)  # nothing new, nothing said
        assert len(heads(caplog)) == 2


# What is forgotten


def old_and_new(db: Session) -> datetime:
    """Three events of three years ago and two of now; answers now, by the database's own clock."""
    now = datetime.now(UTC).replace(microsecond=0)
    add(db, 3, at=now - timedelta(days=1100))
    chain.link(db, KEY, lambda: now - timedelta(days=1100))
    add(db, 2, at=now - timedelta(minutes=1))
    chain.link(db, KEY, lambda: now)
    return now


def test_PR_08_what_is_older_than_two_years_goes_and_the_rest_is_a_chain_still(db: Session) -> None:
    now = old_and_new(db)
    told = chain.head(db).hash
    assert forget_some(db, now) == 3
    assert forget_some(db, now) == 0
    assert db.scalars(select(AuditLink.position).order_by(AuditLink.position)).all() == [3, 4, 5]
    assert len(db.scalars(select(AuditEvent.id)).all()) == 2
    assert verify(db, KEY, now, head=told) == ()
    add(db, 1, at=now)
    chain.link(db, KEY, lambda: now)
    assert verify(db, KEY, now) == ()


def test_PR_08_the_newest_event_stays_however_old(db: Session) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1100)
    add(db, 3, at=long_ago)
    chain.link(db, KEY, lambda: long_ago)
    assert forget_some(db, datetime.now(UTC)) == 2
    assert verify(db, KEY, datetime.now(UTC)) == ()


def test_PR_08_nothing_goes_that_is_young_or_has_no_place_yet(db: Session) -> None:
    now = datetime.now(UTC)
    add(db, 3, at=now - timedelta(days=700))
    chain.link(db, KEY, lambda: now - timedelta(days=700))
    add(db, 3, at=now - timedelta(days=1100))
    assert forget_some(db, now) == 0


def test_PR_08_forgetting_once_more_leaves_one_beginning(db: Session) -> None:
    now = old_and_new(db)
    forget_some(db, now)
    much_later = now + timedelta(days=800)
    assert verify(db, KEY, much_later) == ()
    assert forget_some(db, now) == 0


# OA-60


NASTY = ["a\r\nb", '"}\n{"x": "', "\x1b[31m", "\u2028\u2029\x85", "\udcff", "\x00", "x" * 1_000_000, "'; --"]


@pytest.mark.parametrize("typed", NASTY, ids=range(len(NASTY)))
def test_OA_60_whatever_is_in_an_event_has_one_way_of_being_written(db: Session, typed: str) -> None:
    writing(db)
    note(db, "a:b", now=NOW, request_id="-", typed=typed, nested=[1, {"b": None, "a": True}])
    db.commit()
    assert link(db) == 1
    assert wrong(db) == []
    assert json.dumps(db.scalars(select(AuditEvent.detail)).one()["typed"]) == json.dumps(typed)
