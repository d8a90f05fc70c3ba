"""Log lines: JSON, one line each, bounded, and silent about secrets (OA-60)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from idp.web.logs import LONGEST, JsonLines
from tests.support.browser import Visitor
from tests.support.provider import Provider

NASTY = [
    "a\r\nb",
    'a"}\n{"level": "INFO"',
    "\x1b[31mred\x1b[0m",
    "a\u2028b\u2029c\x85d",
    "\udcff\udcfe",
    "\x00\x07",
    "x" * 1_000_000,
    "\u202egnirts",
    "'; DROP TABLE people; --",
]


class Kept(logging.Handler):
    """Keeps the lines as they would go to stderr."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def events(self, logger: str = "leerid") -> list[dict[str, Any]]:
        return [line for text in self.lines if (line := json.loads(text))["logger"].startswith(logger)]


@pytest.fixture
def log() -> Iterator[Kept]:
    handler, logger = Kept(), logging.getLogger("leerid")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_OA_60_whatever_is_logged_is_one_bounded_line_of_json(text: str) -> None:
    said = {"name": "leerid.test", "levelname": "WARNING", "msg": "said %s", "args": (text,)}
    line = JsonLines().format(logging.makeLogRecord({**said, "username": text, "list": [text]}))
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 8 * LONGEST * 3
    read = json.loads(line)
    assert read["username"] == text[:LONGEST]
    assert read["level"] == "WARNING"


@pytest.mark.parametrize("key", ["level", "event", "request_id", "at", "logger"])
def test_OA_60_an_extra_cannot_pass_for_a_line_s_own_field(key: str) -> None:
    record = logging.makeLogRecord({"name": "leerid.test", "levelname": "INFO", "msg": "true"})
    if key != "request_id":
        setattr(record, key, "forged")
    assert "forged" not in json.loads(JsonLines().format(record)).values()


def test_a_fault_is_logged_by_its_places_and_not_by_its_text(log: Kept) -> None:
    try:
        int("wachtwoord van Amélie")
    except ValueError:
        logging.getLogger("leerid.test").exception("fault")
    (line,) = log.lines
    assert "wachtwoord" not in line
    kind, place = json.loads(line)["fault"]
    assert kind == "ValueError"
    assert place.startswith("web/test_logs.py:")
    assert place.endswith(" test_a_fault_is_logged_by_its_places_and_not_by_its_text")


def test_OA_44_a_request_is_logged_by_its_route_and_not_by_its_address(
    log: Kept, provider: Provider, visitor: Visitor
) -> None:
    visitor.get("/static/geheim.css?code=geheim")
    visitor.get(
        "/geheim?access_token=geheim", headers={"Referer": "http://geheim.example", "Cookie": "a=geheim"}
    )
    assert not [line for line in log.lines if "geheim" in line]
    assert [line["route"] for line in log.events("leerid.access")] == ["/static/<path:name>", "-"]


def test_a_request_is_logged_with_the_number_that_its_answer_carries(
    log: Kept, provider: Provider, visitor: Visitor
) -> None:
    page = visitor.get("/healthz")
    (line,) = log.events("leerid.access")
    assert line["request_id"] == page.headers["X-Request-Id"]
    assert line["method"] == "GET"
    assert line["status"] == 200
    assert line["ms"] >= 0


def test_each_request_has_a_number_of_its_own(provider: Provider, visitor: Visitor) -> None:
    assert len({visitor.get("/healthz").headers["X-Request-Id"] for _ in range(5)}) == 5


def test_a_caller_cannot_choose_the_number_of_its_request(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/healthz", headers={"X-Request-Id": "AAAAA-AAAAA"})
    assert page.headers["X-Request-Id"] != "AAAAA-AAAAA"
