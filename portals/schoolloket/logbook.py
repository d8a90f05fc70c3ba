"""The logbook of a school: who looked at what or changed it, and what was behind a foutnummer (OA-61)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request, url_for

from portals.kit.desk import READABLE, wiring
from portals.kit.files import pass_on
from portals.kit.idp_api import NotThere, Refusal
from portals.kit.pages import come_back_to, render
from portals.schoolloket import schools
from portals.schoolloket.log_api import Fault, LogApi, LogFilter
from portals.schoolloket.pupil_list import pages_around
from portals.schoolloket.schools import AtSchool

# As on each page that says no; people type it with spaces, in small letters or without the line.
FOUTNUMMER = re.compile(f"([{READABLE}]{{5}})([{READABLE}]{{5}})")
EVENT = re.compile("[a-z:-]{1,50}")
LONGEST_WORD = 50
LAST_PAGE = 100_000


def install(app: Flask) -> None:
    app.add_url_rule("/schools/<int:school>/log", "log", show)
    app.add_url_rule("/schools/<int:school>/log.csv", "log_table", table)


@dataclass(frozen=True)
class LogAddress:
    """What somebody looks for in the log, as the address says it, and what in it can't be."""

    which: LogFilter
    page: int
    mistakes: frozenset[str]

    def on_page(self, page: int) -> LogAddress:
        return replace(self, page=page)

    def at(self, view: str, school: int, **said: Any) -> str:
        asked = {**self.which.asked(), **said}
        if view == "log" and self.page > 1:
            asked["page"] = self.page
        address = url_for(view, school=school)
        return f"{address}?{urlencode(asked)}" if asked else address


def show(school: int) -> str:
    visit, address = schools.at(school), log_address(request.args)
    return render(
        "schoolloket/log.html",
        address=address,
        asked=request.args,
        found=calls(visit).page(address.which, address.page),
        pages_around=pages_around,
        lookup=look_up(visit, request.args.get("fault", "")),
        said=request.args.get("said", ""),
    )


def table(school: int) -> Response:
    """What the filter lets through, for a spreadsheet. Who has to sign in again for it comes back to the log."""
    visit, address = schools.at(school), log_address(request.args)
    come_back_to(address.at("log", school, said="table"))
    return pass_on(calls(visit).table(address.which))


def calls(visit: AtSchool) -> LogApi:
    return LogApi(wiring().api, visit.token, visit.school.number)


# A foutnummer


@dataclass(frozen=True)
class Lookup:
    """What somebody typed, and what is known of it; `problem` when nothing is: unreadable, unknown or too_many."""

    typed: str
    fault: Fault | None = None
    problem: str = ""


def look_up(visit: AtSchool, typed: str) -> Lookup | None:
    if not typed.strip():
        return None
    number = foutnummer(typed)
    if number is None:
        return Lookup(typed[:LONGEST_WORD], problem="unreadable")
    try:
        return Lookup(number, calls(visit).fault(number))
    except NotThere:
        return Lookup(number, problem="unknown")
    except Refusal as refusal:
        if refusal.status != 429:
            raise
        return Lookup(number, problem="too_many")


def foutnummer(typed: str) -> str | None:
    """As it was printed, whatever way it was read out and typed."""
    found = FOUTNUMMER.fullmatch(re.sub(r"[\s-]", "", typed).upper())
    return f"{found[1]}-{found[2]}" if found else None


# The filter


def log_address(asked: Mapping[str, str]) -> LogAddress:
    """What can't be is left out, and said beside its field."""
    mistakes = set()

    def read(name: str, value: Any) -> Any:
        if asked.get(name, "").strip() and value is None:
            mistakes.add(name)
        return value

    what, actor = asked.get("what", ""), asked.get("actor", "").strip()
    which = LogFilter(
        first_day=read("from", day(asked.get("from", ""))),
        last_day=read("to", day(asked.get("to", ""))),
        what=what if EVENT.fullmatch(what) else None,
        pupil=read("pupil", whole(asked.get("pupil", ""))),
        actor=actor[:LONGEST_WORD] if actor.isprintable() and actor else None,
    )
    return LogAddress(which, min(max(whole(asked.get("page", "")) or 1, 1), LAST_PAGE), frozenset(mistakes))


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
