"""The daily feed of enrolments, for whoever runs LeerID: send it, look at what it would change, apply it in steps."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from uuid import UUID

from flask import Response, jsonify, request
from sqlalchemy import select

from idp.accounts.records import Account
from idp.api.asking import the_body, the_query
from idp.api.describing import (
    COUNTED,
    DATE,
    FLAG,
    IDENTIFIER,
    MOMENT,
    NUMBER,
    TEXT,
    described,
    one_of,
    or_null,
    several,
    text,
    thing,
)
from idp.api.holding import SCHOOL, operator
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import let_go
from idp.schools.import_records import Change, Import, ImportFault, ImportSchool
from idp.schools.imports import applying, importing, showing
from idp.schools.imports.importing import NotNow, Sender, State, state_of
from idp.schools.imports.rows import Refusal, Wrong
from idp.schools.imports.showing import Example
from idp.web.request import db, now, request_id, settings, wiring

STEP_SECONDS = 1.0
MEGABYTE = 1_000_000
# A zip file of so many bytes may become so many times larger.
UNPACKED = 10
LISTED = 50
A_PAGE = 100
BAD_ROWS_SHOWN = 100
MEDIA_TYPES = ("text/csv", "application/zip")

COUNTS = {str(each): NUMBER for each in showing.SHOWN}
IMPORT = {
    "id": IDENTIFIER,
    "name": TEXT,
    "digest": TEXT,
    "state": one_of(*State),
    "received_at": MOMENT,
    "received_by": or_null(TEXT),
    "applied_at": or_null(MOMENT),
    "rows": NUMBER,
    "bad_rows": NUMBER,
    "changes": NUMBER,
    "enrolled": NUMBER,
    "ended": NUMBER,
    "done": NUMBER,
    "total": NUMBER,
    "refusal": or_null(thing(reason=one_of(*Refusal), line=or_null(NUMBER), part=TEXT)),
}
DIFFERENCE = thing(
    **IMPORT,
    totals=thing(schools=NUMBER, new_schools=NUMBER, rows=NUMBER, unchanged=NUMBER, **COUNTS),
    schools=several(
        thing(
            number=NUMBER,
            name=TEXT,
            is_new=FLAG,
            rows=NUMBER,
            enrolled=NUMBER,
            ended=NUMBER,
            stops=FLAG,
            **COUNTS,
        )
    ),
    schools_total=NUMBER,
    nobody_leaves=thing(everywhere=FLAG, schools=several(NUMBER)),
    page=NUMBER,
    pages=NUMBER,
    examples=several(
        thing(
            change=one_of(*showing.SHOWN),
            school_number=NUMBER,
            pupil_number=NUMBER,
            line=or_null(NUMBER),
            columns=several(TEXT),
            until=or_null(DATE),
        )
    ),
    bad=several(
        thing(
            line=NUMBER,
            column=TEXT,
            wrong=one_of(*Wrong),
            school_number=or_null(NUMBER),
            pupil_number=or_null(NUMBER),
        )
    ),
)
PROGRESS = thing(state=one_of(*State), done=NUMBER, total=NUMBER)
FILE = {"type": "string", "format": "binary"}


@api.post("/imports")
@described(
    "Send a feed; it is read and compared, and changes nothing yet",
    thing(id=IDENTIFIER, state=one_of(*State)),
    scopes=(SCHOOL,),
    status=201,
    body=FILE,
    query={"name": text(100)},
    refusals=(404,),
    media_type=", ".join(MEDIA_TYPES),
)
def send() -> tuple[Response, int]:
    """R89. What is wrong with the whole file is its state `refused`; what is wrong with a line doesn't stop the rest."""
    sender = Sender(operator().holder.account.id, request_id())
    name = the_query().get("name", "")
    if request.mimetype not in MEDIA_TYPES:
        raise Problem(415)
    let_go(db())
    largest = settings().imports.largest_upload_megabytes * MEGABYTE
    with received(largest) as file:
        made = importing.receive(
            db(),
            file,
            name=name,
            largest=largest * UNPACKED,
            limits=settings().imports,
            key=wiring().keys.lookup,
            now=now(),
            sender=sender,
        )
    return jsonify(id=str(made), state=state_of(db().get_one(Import, made))), 201


@api.get("/imports")
@described(
    "The imports, newest first",
    thing(imports=several(thing(**IMPORT)), largest_megabytes=NUMBER),
    scopes=(SCHOOL,),
    refusals=(404,),
)
def imports() -> Response:
    operator()
    newest = select(Import).order_by(Import.received_at.desc()).limit(LISTED)
    return jsonify(
        imports=[import_of(each) for each in db().scalars(newest).all()],
        largest_megabytes=settings().imports.largest_upload_megabytes,
    )


@api.get("/imports/<uuid:import_id>")
@described("What one import would change, or did", DIFFERENCE, scopes=(SCHOOL,), query={"page": COUNTED})
def difference(import_id: UUID) -> Response:
    """The schools where something changes, a hundred a page; and no pupil's name."""
    operator()
    found, page = import_with(import_id), max(1, the_query().get("page", 1))
    schools = showing.how_many_schools(db(), import_id)
    first = (page - 1) * A_PAGE
    together, unread = showing.totals(db(), import_id), showing.unread(db(), import_id)
    return jsonify(
        **import_of(found),
        totals={
            "schools": together.schools,
            "new_schools": together.new_schools,
            "rows": together.rows,
            "unchanged": together.unchanged,
            **{str(change): count for change, count in together.by_change.items()},
        },
        schools=[school_of(each) for each in showing.schools_of(db(), import_id, first=first, most=A_PAGE)],
        schools_total=schools,
        nobody_leaves={"everywhere": unread.everywhere, "schools": list(unread.schools[:A_PAGE])},
        page=page,
        pages=max(1, -(-schools // A_PAGE)),
        examples=[example_of(each) for each in showing.examples(db(), import_id)],
        bad=[bad_row_of(each) for each in showing.bad_rows(db(), import_id, BAD_ROWS_SHOWN)],
    )


@api.post("/imports/<uuid:import_id>/apply")
@described(
    "Apply an import: about a second's work, to be called again until it is applied",
    PROGRESS,
    scopes=(SCHOOL,),
    body=thing(confirmed=FLAG),
    refusals=(409,),
)
def apply(import_id: UUID) -> Response:
    """FT-24: one that ends too much is applied only when `confirmed`. Once begun it may go on with an older sign-in."""
    operator()
    goes_on = state_of(import_with(import_id)) is State.APPLYING
    holder = operator(recently=not goes_on).holder
    confirmed = the_body()["confirmed"]
    with saying_not_now():
        if not goes_on:
            importing.begin(
                db(),
                import_id,
                confirmed=confirmed,
                limits=settings().imports,
                now=now(),
                sender=Sender(holder.account.id, request_id()),
            )
    until = time.monotonic() + STEP_SECONDS
    applying.work(db(), import_id, wiring().clock, request_id(), lambda: time.monotonic() >= until)
    found = import_with(import_id)
    done, total = how_far(found)
    return jsonify(state=state_of(found), done=done, total=total)


@api.delete("/imports/<uuid:import_id>")
@described(
    "Take an import that wasn't applied out of the list", None, scopes=(SCHOOL,), status=204, refusals=(409,)
)
def remove(import_id: UUID) -> tuple[str, int]:
    operator()
    import_with(import_id)
    with saying_not_now():
        importing.remove(db(), import_id, now())
    return "", 204


# What comes in


@contextmanager
def received(largest: int) -> Iterator[IO[bytes]]:
    """The body in a file of its own: all of it is in before any of it is read, so that no database makes a sender wait."""
    request.max_content_length = largest
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(request.stream, file)
        yield file


def import_with(import_id: UUID) -> Import:
    found = db().get(Import, import_id, populate_existing=True)
    if found is None:
        raise Problem(404)
    return found


@contextmanager
def saying_not_now() -> Iterator[None]:
    try:
        yield
    except NotNow as reason:
        raise Problem(409, reasons=[reason.state]) from None


# What goes out


def import_of(found: Import) -> dict[str, Any]:
    done, total = how_far(found)
    sender = db().get(Account, found.received_by) if found.received_by else None
    refusal = {"reason": found.refusal, "line": found.refusal_line, "part": found.refusal_part or ""}
    return {
        "id": str(found.id),
        "name": found.name,
        "digest": found.digest,
        "state": state_of(found),
        "received_at": found.received_at.isoformat(timespec="seconds"),
        "received_by": sender.username if sender else None,
        "applied_at": found.applied_at.isoformat(timespec="seconds") if found.applied_at else None,
        "rows": found.rows,
        "bad_rows": found.bad_rows,
        "changes": found.changes,
        "enrolled": found.enrolled,
        "ended": found.ended,
        "done": done,
        "total": total,
        "refusal": refusal if found.refusal else None,
    }


def how_far(found: Import) -> tuple[int, int]:
    """Enrolments first, then accounts; how many of those there are is known only then."""
    return found.changes_done + found.people_done, found.changes + (found.people or 0)


def school_of(school: ImportSchool) -> dict[str, Any]:
    counts = {str(change): getattr(school, change.value) for change in showing.SHOWN}
    return {
        "number": school.school_number,
        "name": school.name,
        "is_new": school.is_new,
        "rows": school.rows,
        "enrolled": school.enrolled,
        "ended": school.ended,
        "stops": school.stops,
        **counts,
    }


def example_of(example: Example) -> dict[str, Any]:
    return {
        "change": Change(example.change),
        "school_number": example.school_number,
        "pupil_number": example.pupil_number,
        "line": example.line,
        "columns": list(example.columns),
        "until": example.until.isoformat() if example.until else None,
    }


def bad_row_of(bad: ImportFault) -> dict[str, Any]:
    return {
        "line": bad.line,
        "column": bad.column,
        "wrong": bad.wrong,
        "school_number": bad.school_number,
        "pupil_number": bad.pupil_number,
    }
