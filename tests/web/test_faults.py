"""Each page with a foutnummer leaves a trace by which the number can be looked up, and never who saw the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import abort
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from idp.accounts.faults import keep
from idp.accounts.records import Fault
from idp.clearing import clear_expired
from idp.web.errors import ShownError
from idp.web.faults import MOST_A_MINUTE, Trace, Traces, traces
from tests.support.browser import Page, Visitor
from tests.support.provider import Provider


def kept(provider: Provider) -> list[Fault]:
    with provider.reading() as db:
        return list(db.scalars(select(Fault).order_by(Fault.at)))


def number_on(page: Page) -> str:
    number = str(page.headers["X-Request-Id"])
    assert number in page.text
    return number


@contextmanager
def failing(provider: Provider, beginning: str, error: Exception) -> Iterator[list[str]]:
    """Each statement that begins so goes wrong; answers those that were tried."""
    tried: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(beginning):
            tried.append(statement)
            raise error

    event.listen(provider.engine, "before_cursor_execute", fail)
    try:
        yield tried
    finally:
        event.remove(provider.engine, "before_cursor_execute", fail)


AWAY = OperationalError("", {}, Exception("connection refused"))


def test_a_page_that_is_not_there_leaves_its_number_and_not_its_address(
    provider: Provider, visitor: Visitor
) -> None:
    number = number_on(visitor.get("/geheim?naam=amelie"))
    (fault,) = kept(provider)
    assert (fault.request_id, fault.application, fault.status) == (number, "leerid", 404)
    assert (fault.reason, fault.route) == ("not-found", "-")
    assert fault.at.replace(microsecond=0) <= provider.clock()


def test_an_address_is_kept_as_its_pattern(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/static/geheim.css?code=geheim")
    (fault,) = kept(provider)
    assert fault.route == "/static/<path:name>"


@pytest.mark.parametrize(
    ("raised", "status", "reason"),
    [
        (ShownError(403, "form-expired", "amelie"), 403, "form-expired"),
        (RuntimeError("amelie"), 500, "fault"),
    ],
)
def test_a_refusal_and_a_fault_leave_what_the_page_said(
    provider: Provider, visitor: Visitor, raised: Exception, status: int, reason: str
) -> None:
    def refuse() -> str:
        raise raised

    provider.app.add_url_rule("/refuse", view_func=refuse)
    number = number_on(visitor.get("/refuse"))
    (fault,) = kept(provider)
    assert (fault.request_id, fault.status, fault.reason, fault.route) == (number, status, reason, "/refuse")
    assert "amelie" not in str(vars(fault))


def test_an_answer_of_a_page_leaves_nothing(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/login")
    visitor.get("/healthz")
    assert [fault.status for fault in kept(provider) if fault.status < 400] == []


def test_the_api_leaves_its_own_faults_and_not_its_refusals(provider: Provider) -> None:
    """Whoever asked shows a page of its own for a refusal, and reports that."""
    client = provider.app.test_client()
    told = client.get("/api/me", headers={"Authorization": f"Bearer {43 * 'A'}"}, base_url=provider.issuer)
    assert told.status_code == 401
    assert kept(provider) == []
    with failing(provider, "SELECT", RuntimeError("amelie")):
        told = client.get(
            "/api/me", headers={"Authorization": f"Bearer {43 * 'A'}"}, base_url=provider.issuer
        )
    assert told.status_code == 500
    (fault,) = kept(provider)
    assert (fault.request_id, fault.route) == (told.get_json()["foutnummer"], "/api/me")


# The database doesn't want to


def test_FT_03_what_went_wrong_while_the_database_was_away_is_kept_once_it_is_back(
    provider: Provider, visitor: Visitor
) -> None:
    def away() -> str:
        raise AWAY

    provider.app.add_url_rule("/away", view_func=away)
    with failing(provider, "INSERT INTO faults", AWAY) as tried:
        page = visitor.get("/away")
        assert page.status == 503
    assert tried == []  # it was known to be away: nobody waited for it once more
    assert kept(provider) == []
    other = visitor.get("/nergens")
    assert {fault.request_id for fault in kept(provider)} == {number_on(page), number_on(other)}


def test_FT_05_a_trace_that_cannot_be_written_changes_nothing_about_the_page(
    provider: Provider, visitor: Visitor
) -> None:
    with failing(provider, "INSERT INTO faults", AWAY) as tried:
        pages = [visitor.get(f"/nergens/{number}") for number in range(3)]
        assert [page.status for page in pages] == [404, 404, 404]
        assert len({number_on(page) for page in pages}) == 3
        assert len(tried) == 1  # and then it is left alone for a while
    with provider.app.app_context():
        traces().write_waiting()  # as the worker does
    assert {fault.request_id for fault in kept(provider)} == {number_on(page) for page in pages}


def test_a_bug_in_the_keeping_changes_nothing_about_the_page(provider: Provider, visitor: Visitor) -> None:
    with failing(provider, "INSERT INTO faults", RuntimeError("a bug")):
        assert visitor.get("/nergens").status == 404


def test_a_request_that_held_the_database_leaves_its_trace(provider: Provider, visitor: Visitor) -> None:
    """SQLite has one writer: what the request held is given back first."""

    def hold() -> str:
        from idp.database import writing
        from idp.web.request import db

        writing(db())
        abort(403)

    provider.app.add_url_rule("/hold", view_func=hold)
    number = number_on(visitor.get("/hold"))
    assert [fault.request_id for fault in kept(provider)] == [number]


# Not too many, and not for ever


def trace(provider: Provider, number: int, status: int) -> Trace:
    return Trace(f"N{status}-{number}", provider.clock(), "leerid", status, "x" * 300, "/" + "y" * 300)


def test_OA_47_nobody_fills_the_disk_with_errors_or_hides_ours_among_them(provider: Provider) -> None:
    with provider.app.app_context():
        book = Traces(keep)
        for number in range(MOST_A_MINUTE + 30):
            book.leave(trace(provider, number, 404), database_away=True)
        book.leave(trace(provider, 1, 500))
    found = kept(provider)
    assert len(found) == MOST_A_MINUTE
    assert [fault.request_id for fault in found if fault.status == 500] == ["N500-1"]
    assert {(len(fault.reason), len(fault.route)) for fault in found} == {(60, 200)}


def test_each_minute_has_room_again(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    at = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: at)
    with provider.app.app_context():
        book = Traces(keep)
        for number in range(MOST_A_MINUTE + 1):
            book.leave(trace(provider, number, 404), database_away=True)
        at += 61
        book.leave(trace(provider, 999, 404))
    assert "N404-999" in {fault.request_id for fault in kept(provider)}


def test_PR_08_a_trace_goes_after_a_month(provider: Provider, visitor: Visitor) -> None:
    visitor.get("/nergens")
    later = provider.clock() + timedelta(days=29)
    with provider.reading() as db:
        assert "faults" not in clear_expired(db, provider.settings, lambda: later)
        assert clear_expired(db, provider.settings, lambda: later + timedelta(days=2)).get("faults") == 1
