"""The log of a school, for its beheerders; and the numbers on pages that said no: told by the portals, looked up there."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from flask import Response, jsonify
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts import faults
from idp.accounts.records import AuditEvent
from idp.api.asking import the_body, the_query
from idp.api.describing import (
    COUNTED,
    DATE,
    MOMENT,
    NUMBER,
    TEXT,
    File,
    Schema,
    described,
    or_null,
    several,
    text,
    thing,
)
from idp.api.holding import SCHOOL, at_school
from idp.api.portal_itself import the_portal
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import let_go, writing
from idp.schools import log
from idp.schools.log import Asked, Entry, Who
from idp.schools.log_table import as_csv
from idp.schools.permissions import Action, Actor
from idp.schools.witnessing import witness
from idp.web.faults import Trace, traces
from idp.web.request import READABLE, db, now, request_id

LONGEST_TABLE = 50_000
LONGEST_LIST = 100
MISSES_AN_HOUR = 30
MISSED = "fault:not-found"

FOUTNUMMER: Schema = {"type": "string", "pattern": f"^[{READABLE}]{{5}}-[{READABLE}]{{5}}$"}
WHO = thing(username=TEXT, name=TEXT, role=TEXT)
ROW = thing(
    at=MOMENT,
    what=TEXT,
    actor=or_null(WHO),
    pupil=or_null(thing(pupil_number=NUMBER, given_name=TEXT, family_name=TEXT)),
    number=TEXT,
    detail={"type": "object"},
)
LOG = thing(total=NUMBER, page=NUMBER, pages=NUMBER, rows=several(ROW), actors=several(WHO))
FILTER = {
    "from": DATE,
    "to": DATE,
    "what": {"type": "string", "pattern": "^[a-z:-]{1,50}$"},
    "pupil": COUNTED,
    "actor": {"type": "string", "pattern": "^[^\\x00]{1,50}$"},
    "number": FOUTNUMMER,
}
PAGE: Schema = {"type": "integer", "minimum": 1, "maximum": 1_000_000}
FAULT = thing(number=FOUTNUMMER, at=MOMENT, application=TEXT, status=NUMBER, reason=TEXT, route=TEXT)
REPORT = thing(
    number=FOUTNUMMER,
    status={"type": "integer", "minimum": 400, "maximum": 599},
    reason=text(60),
    route=text(200),
)


@api.get("/schools/<int:school>/log")
@described("What staff saw and did at a school", LOG, scopes=(SCHOOL,), query={**FILTER, "page": PAGE})
def read_log(school: int) -> Response:
    actor = at_school(school, Action.READ_LOG)
    wanted = the_query()
    asked, page = asked_for(school, wanted), wanted.get("page", 1)
    total = log.how_many(db(), asked)
    answer = jsonify(
        total=total,
        page=page,
        pages=-(-total // log.A_PAGE),
        rows=[row_of(each) for each in log.page_of(db(), asked, page)],
        actors=[who_of(each) for each in log.staff_of(db(), school, now())],
    )
    note(actor, "log:read", page=page, **chosen(wanted))
    return answer


@api.get("/schools/<int:school>/log.csv")
@described("The same as a table", File("text/csv"), scopes=(SCHOOL,), query=FILTER, refusals=(422,))
def export_log(school: int) -> Response:
    actor = at_school(school, Action.READ_LOG, recently=True)
    wanted = the_query()
    asked = asked_for(school, wanted)
    total = log.how_many(db(), asked)
    if total > LONGEST_TABLE:
        raise Problem(
            422, reasons=["too_many"], detail=f"more than {LONGEST_TABLE} events: choose fewer days"
        )
    table = as_csv(log.all_of(db(), asked))
    note(actor, "log:exported", events=total, **chosen(wanted))
    response = Response(table, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="logboek-{school}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


@api.get("/schools/<int:school>/faults/<number>")
@described("What was behind a foutnummer", FAULT, scopes=(SCHOOL,), refusals=(429,))
def look_up_fault(school: int, number: str) -> Response:
    """For any beheerder: whoever is read a number, of fifty random bits, may know what it stands for. Never who had it."""
    actor = at_school(school, Action.READ_LOG)
    if misses(db(), actor) >= MISSES_AN_HOUR:
        raise Problem(429)
    found = faults.found(db(), number) if re.fullmatch(FOUTNUMMER["pattern"], number) else None
    if found is None:
        note(actor, MISSED)
        let_go(db())  # stored now: raising rolls back
        raise Problem(404)
    told = jsonify(
        number=found.request_id,
        at=found.at.isoformat(timespec="seconds"),
        application=found.application,
        status=found.status,
        reason=found.reason,
        route=found.route,
    )
    note(actor, "fault:looked-up", number=found.request_id)
    return told


@api.post("/faults")
@described("A portal's own page said no", None, scopes=(), status=204, body=REPORT)
def report_fault() -> tuple[str, int]:
    portal, told = the_portal(), the_body()
    traces().leave(
        Trace(told["number"], now(), portal.client_id, told["status"], told["reason"], told["route"])
    )
    return "", 204


def note(actor: Actor, what: str, **detail: Any) -> None:
    writing(db())
    witness(db(), actor, what, now=now(), request_id=request_id(), **detail)


def misses(session: Session, actor: Actor) -> int:
    theirs = (AuditEvent.actor_id == actor.account_id) & (AuditEvent.what == MISSED)
    recent = AuditEvent.at > now() - timedelta(hours=1)
    return session.scalar(select(func.count()).select_from(AuditEvent).where(theirs, recent)) or 0


def asked_for(school: int, wanted: dict[str, Any]) -> Asked:
    return Asked(
        school,
        first_day=day(wanted.get("from")),
        last_day=day(wanted.get("to")),
        what=wanted.get("what"),
        pupil_number=wanted.get("pupil"),
        actor=wanted.get("actor"),
        request_id=wanted.get("number"),
    )


def chosen(wanted: dict[str, Any]) -> dict[str, Any]:
    """What the log was filtered by, for the log: not whose name was typed, which may be anybody's."""
    return {f"by_{name}": value for name, value in wanted.items() if name in ("from", "to", "what", "pupil")}


def day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:  # a year that isn't in our calendar
        raise Problem(400, detail=f"{given}: no day") from None


def row_of(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(timespec="seconds"),
        "what": entry.what,
        "actor": who_of(entry.actor) if entry.actor else None,
        "pupil": vars(entry.pupil) if entry.pupil else None,
        "number": entry.number,
        "detail": {name: counted(value) for name, value in entry.detail.items()},
    }


def counted(value: Any) -> Any:
    """A thousand pupils are told as a number; the table has them all."""
    return len(value) if isinstance(value, list) and len(value) > LONGEST_LIST else value


def who_of(who: Who) -> dict[str, str]:
    return {"username": who.username, "name": who.name, "role": who.role}
