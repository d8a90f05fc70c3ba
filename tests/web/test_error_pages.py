"""Saying no on a page: understandable, with a number to ask about, and without a word about the machinery."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from flask import abort
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from idp.database import writing
from idp.schools.records import School
from idp.web.errors import ShownError
from idp.web.request import db
from tests.support.browser import Visitor
from tests.support.provider import Provider


@pytest.mark.parametrize(
    "path", ["/nergens", "/static/nergens.css", "/static/../settings.py", "/a%00", "/a%ff"]
)
def test_what_is_not_there_is_a_page_with_a_foutnummer(
    provider: Provider, visitor: Visitor, path: str
) -> None:
    page = visitor.get(path)
    assert page.status == 404
    assert page.headers["X-Request-Id"] in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_is_refused_with_the_right_ones(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/language")
    assert page.status == 405
    assert "POST" in page.headers["Allow"]
    assert page.headers["X-Request-Id"] in page.text


def test_a_fault_shows_its_number_and_nothing_of_what_went_wrong(
    provider: Provider, visitor: Visitor
) -> None:
    def fault() -> str:
        raise RuntimeError("SELECT wachtwoord FROM accounts")

    provider.app.add_url_rule("/fault", view_func=fault)
    page = visitor.get("/fault")
    assert page.status == 500
    assert page.headers["X-Request-Id"] in page.text
    for telling in ("SELECT", "RuntimeError", "Traceback", "wachtwoord FROM", ".py"):
        assert telling not in page.html


def test_being_busy_says_when_to_come_back(provider: Provider, visitor: Visitor) -> None:
    provider.app.add_url_rule("/busy", view_func=lambda: abort(503))
    page = visitor.get("/busy")
    assert page.status == 503
    assert int(page.headers["Retry-After"]) > 0


def test_the_detail_of_a_refusal_stays_in_the_log(provider: Provider, visitor: Visitor) -> None:
    def refuse() -> str:
        raise ShownError(403, "forbidden", detail="de kaart is ingetrokken")

    provider.app.add_url_rule("/refuse", view_func=refuse)
    page = visitor.get("/refuse")
    assert page.status == 403
    assert "ingetrokken" not in page.html


# Returning commits, raising rolls back


def add_school(number: int) -> None:
    writing(db())
    db().add(School(number=number, name="De Vlinder", created_at=datetime.now(UTC), closed_at=None))
    db().flush()


def is_there(provider: Provider, number: int) -> bool:
    with provider.reading() as session:
        return session.get(School, number) is not None


def test_a_view_that_returns_has_stored_what_it_wrote(provider: Provider, visitor: Visitor) -> None:
    def keep() -> str:
        add_school(1)
        return "ok"

    provider.app.add_url_rule("/keep", view_func=keep)
    assert visitor.get("/keep").status == 200
    assert is_there(provider, 1)


@pytest.mark.parametrize(
    "error", [ShownError(403, "forbidden"), RuntimeError("a fault")], ids=["refusal", "fault"]
)
def test_a_view_that_raises_has_stored_nothing(
    provider: Provider, visitor: Visitor, error: Exception
) -> None:
    def drop() -> str:
        add_school(2)
        raise error

    provider.app.add_url_rule("/drop", view_func=drop)
    assert visitor.get("/drop").status in (403, 500)
    assert not is_there(provider, 2)


def test_a_request_after_a_fault_is_served_as_ever(provider: Provider, visitor: Visitor) -> None:
    def drop() -> str:
        add_school(3)
        raise RuntimeError

    provider.app.add_url_rule("/drop", view_func=drop)
    for _ in range(provider.settings.database.pool_size * 2 + 1):
        assert visitor.get("/drop").status == 500
    assert visitor.get("/readyz").status == 200


# Too large (OA-47)


def raw(provider: Provider, request: bytes) -> bytes:
    """The first bytes that answer a request that is sent as it is."""
    host, _, port = urlsplit(provider.origin).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(4096)


@pytest.mark.parametrize("path", [b"/language", b"/token"])
def test_OA_47_a_body_over_a_megabyte_is_refused_unread(provider: Provider, path: bytes) -> None:
    head = (
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n" % path
    )
    answer = raw(provider, head + b"Content-Length: 1000001\r\n\r\n")  # and nothing after it
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_OA_47_CV_24_a_form_of_very_many_parts_is_refused(provider: Provider, visitor: Visitor) -> None:
    parts = [(f"field{number}", (None, "x")) for number in range(5_000)]
    assert visitor.go("POST", f"{provider.origin}/language", files=parts).status == 413


@pytest.mark.parametrize(
    "bomb", [b"\r" * 900_000, b"\n" + b"a" * 900_000, b"\r\n" * 450_000, b"\r\n--" * 225_000]
)
def test_OA_47_CV_24_a_part_that_is_hard_to_find_the_end_of_costs_nothing(
    provider: Provider, visitor: Visitor, bomb: bytes
) -> None:
    began = time.process_time()  # of this process, however busy the machine is
    page = visitor.go("POST", f"{provider.origin}/language", files={"file": ("x", bomb)})
    assert page.status in (403, 413)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "name",
    [
        "NUL",
        "CON.css",
        "aux",
        "COM1.js",
        "leerid.css/NUL",
        "..%2fbase.html",
        "..%5cbase.html",
        "..%2f..%2f..%2fetc%2fpasswd",
    ],
)
def test_OA_53_CV_24_no_device_and_nothing_outside_is_a_static_file(visitor: Visitor, name: str) -> None:
    assert visitor.get("/static/leerid.css").status == 200
    assert visitor.get(f"/static/{name}").status == 404


def test_OA_47_a_form_of_very_many_fields_is_answered(provider: Provider, visitor: Visitor) -> None:
    page = visitor.post("/language", data="&".join(f"a{number}=1" for number in range(50_000)))
    assert page.status in (403, 413)


def test_OA_47_an_endless_address_is_refused(provider: Provider) -> None:
    answer = raw(provider, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.split(b" ")[1] in (b"404", b"414", b"431")


def test_FT_03_a_commit_that_fails_is_told_as_busy_and_never_as_done(
    provider: Provider, visitor: Visitor
) -> None:
    def store() -> str:
        writing(db())
        db().add(School(number=77, name="Nooit bewaard", created_at=datetime.now(UTC)))
        return "bewaard"

    provider.app.add_url_rule("/store", view_func=store)

    def lost(_session: object) -> None:
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    event.listen(Session, "before_commit", lost)
    try:
        page = visitor.get("/store")
    finally:
        event.remove(Session, "before_commit", lost)
    assert page.status == 503
    assert page.headers["Retry-After"]
    assert "bewaard" not in page.text.casefold()
    with provider.reading() as db_now:
        assert db_now.get(School, 77) is None
