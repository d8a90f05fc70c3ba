"""A school's pupils: the list, found, filtered and sorted, and who is ticked in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify

from idp.api.asking import the_body, the_query
from idp.api.describing import COUNTED, FLAG, NUMBER, TEXT, described, one_of, several, text, thing
from idp.api.holding import SCHOOL, at_school
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import writing
from idp.schools import selection
from idp.schools.finding import Filter
from idp.schools.permissions import Action, Actor
from idp.schools.pupil_status import Status, Type
from idp.schools.records import School
from idp.schools.roster import PER_PAGE, Choices, Listed, Page, Wanted, pupils_at
from idp.schools.sorting import Sort
from idp.schools.witnessing import disguised, witness
from idp.web.request import db, now, request_id, wiring

# An empty one narrows nothing.
FILTER = {
    "q": text(100),
    "group": text(200),
    "status": one_of("", *Status),
    "type": one_of(*Type),
    "class": text(50),
    "reported": one_of("", "yes"),
}
LIST = {
    **FILTER,
    "sort": one_of(*Sort),
    "direction": one_of("asc", "desc"),
    "page": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
    "per_page": {"type": "integer", "enum": [25, 50, 100]},
}
ROW = thing(
    pupil_number=NUMBER,
    given_name=TEXT,
    family_name=TEXT,
    group=TEXT,
    **{"class": TEXT},
    status=one_of(*Status),
    type=one_of(*Type),
    reported=FLAG,
    selected=FLAG,
)
PUPILS = thing(
    school=thing(number=NUMBER, name=TEXT),
    role=one_of("beheerder", "leerkracht"),
    total=NUMBER,
    page=NUMBER,
    pages=NUMBER,
    per_page=NUMBER,
    selected_total=NUMBER,
    reported_total=NUMBER,
    rows=several(ROW),
    filters=thing(
        groups=several(TEXT),
        classes=several(TEXT),
        statuses=several(one_of(*Status)),
        types=several(one_of(*Type)),
    ),
)
SELECTION = thing(
    may_have={
        "add": several(COUNTED, selection.MOST),
        "remove": several(COUNTED, selection.MOST),
        "clear": FLAG,
        "all_of": thing(may_have=FILTER),
    }
)


@api.get("/schools/<int:school>/pupils")
@described("A page of the school's pupils", PUPILS, scopes=(SCHOOL,), query=LIST)
def pupils(school: int) -> Response:
    """R77 to R84. Without a status: everybody but those who left."""
    actor = at_school(school, Action.SEE)
    asked = the_query()
    wanted = wanted_of(asked)
    page = pupils_at(db(), actor, wanted, now())
    told = page_of(actor, wanted, page)
    writing(db())
    seen = [row.pupil_number for row in page.rows]
    note_looked(actor, wanted.filter, pupils=seen, page=page.page, total=page.total)
    return jsonify(told)


@api.post("/schools/<int:school>/selection")
@described(
    "Tick pupils, or no longer",
    thing(selected_total=NUMBER),
    scopes=(SCHOOL,),
    body=SELECTION,
    refusals=(422,),
)
def select_pupils(school: int) -> Response:
    """R84: clears, then removes, then adds, then adds all that a filter shows. Who isn't there to see is passed over."""
    actor = at_school(school, Action.SEE)
    asked = the_body()
    all_of = filter_of(asked["all_of"]) if "all_of" in asked else None
    change = selection.Change(
        clear=asked.get("clear", False),
        remove=asked.get("remove", ()),
        add=asked.get("add", ()),
        all_of=all_of,
    )
    writing(db())
    selected = selection.change(db(), actor, change, now())
    if selected is None:
        raise Problem(422, reasons=["too_many"])
    if all_of is not None and all_of.words:
        note_looked(actor, all_of, selected=selected)
    return jsonify(selected_total=selected)


def wanted_of(asked: Mapping[str, Any]) -> Wanted:
    return Wanted(
        filter=filter_of(asked),
        sort=Sort(asked.get("sort", Sort.FAMILY_NAME)),
        descending=asked.get("direction") == "desc",
        page=asked.get("page", 1),
        per_page=asked.get("per_page", PER_PAGE),
    )


def filter_of(asked: Mapping[str, Any]) -> Filter:
    status, kind = asked.get("status", ""), asked.get("type", "")
    return Filter(
        q=asked.get("q", ""),
        group=asked.get("group", ""),
        class_code=asked.get("class", ""),
        status=Status(status) if status else None,
        type=Type(kind) if kind else None,
        reported=asked.get("reported") == "yes",
    )


def note_looked(actor: Actor, through: Filter, **seen: Any) -> None:
    """Who saw whom, and what they chose from lists; what they typed only disguised (PR-11)."""
    chosen = {
        "group": through.group,
        "class": through.class_code,
        "status": through.status,
        "type": through.type,
        "reported": "yes" if through.reported else None,
    }
    detail = {**seen, **{name: str(value) for name, value in chosen.items() if value}}
    if through.words:
        detail["terms"] = disguised(" ".join(sorted(through.words)), wiring().keys.lookup)
    what = "pupils:searched" if through.words else "pupils:listed"
    witness(db(), actor, what, now=now(), request_id=request_id(), **detail)


def page_of(actor: Actor, wanted: Wanted, page: Page) -> dict[str, Any]:
    school = db().get_one(School, actor.school_number)
    return {
        "school": {"number": school.number, "name": school.name},
        "role": actor.role,
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
        "per_page": wanted.per_page,
        "selected_total": page.selected_total,
        "reported_total": page.reported_total,
        "rows": [row_of(row) for row in page.rows],
        "filters": filters_of(page.choices),
    }


def row_of(row: Listed) -> dict[str, Any]:
    return {
        "pupil_number": row.pupil_number,
        "given_name": row.given_name,
        "family_name": row.family_name,
        "group": row.group,
        "class": row.class_code,
        "status": row.status,
        "type": row.type,
        "reported": row.reported,
        "selected": row.selected,
    }


def filters_of(choices: Choices) -> dict[str, Any]:
    return {
        "groups": choices.groups,
        "classes": choices.classes,
        "statuses": choices.statuses,
        "types": choices.types,
    }
