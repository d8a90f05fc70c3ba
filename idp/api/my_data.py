"""All that is kept about one pupil, as JSON and as a PDF to read (PR-13).

An advanced pupil takes it alone, after signing in anew. For a basic pupil the school does, and hands it to pupil or parents:
of a password that the whole class may have seen, nobody's history hangs.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask import Response

from idp.accounts import history
from idp.accounts.records import Account, Person
from idp.api.all_data import About, Data, collect
from idp.api.all_data_pages import laid_out
from idp.api.describing import File, described
from idp.api.holding import SCHOOL, SELF, at_school, oneself
from idp.api.one_pupil import seen
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import let_go, writing
from idp.rules.account_types import AccountKind
from idp.rules.belgian_time import school_day
from idp.schools.confinement import everywhere
from idp.schools.data_paper import pdf
from idp.schools.enrolments import all_of, current
from idp.schools.exports import spend
from idp.schools.permissions import Action, Actor
from idp.schools.roster import Pupil
from idp.schools.witnessing import witness
from idp.tokens.guard import Bearer
from idp.web.request import db, now, request_id, settings

PDF = "application/pdf"
JSON = "application/json"
DATA = {"type": "object"}


@api.get("/me/data.json")
@described("Everything that is kept about me", DATA, scopes=(SELF,))
def my_data_json() -> Response:
    return as_json(my_data("json"))


@api.get("/me/data.pdf")
@described("The same, to read", File(PDF), scopes=(SELF,))
def my_data_pdf() -> Response:
    return as_pdf(my_data("pdf"))


@api.get("/schools/<int:school>/pupils/<int:number>/data.json")
@described(
    "Everything that is kept about a pupil, for the pupil or the parents",
    DATA,
    scopes=(SCHOOL,),
    refusals=(422, 429),
)
def pupil_data_json(school: int, number: int) -> Response:
    return as_json(pupil_data(school, number, "json"))


@api.get("/schools/<int:school>/pupils/<int:number>/data.pdf")
@described("The same, to read", File(PDF), scopes=(SCHOOL,), refusals=(422, 429))
def pupil_data_pdf(school: int, number: int) -> Response:
    return as_pdf(pupil_data(school, number, "pdf"))


# By the pupil


def my_data(form: str) -> Data:
    holder = oneself(recently=True)
    if holder.account.kind is not AccountKind.ADVANCED:
        raise Problem(403)
    found = collect(db(), about_oneself(holder), now())
    writing(db())
    history.note(
        db(),
        "account:data-taken",
        now=now(),
        request_id=request_id(),
        account_id=holder.account.id,
        form=form,
    )
    return found


def about_oneself(holder: Bearer) -> About:
    person, account = db().get_one(Person, holder.person.id), db().get_one(Account, holder.account.id)
    return About(person, account, tuple(all_of(db(), person.id)))


# By the school


def pupil_data(school: int, number: int, form: str) -> Data:
    actor = at_school(school, Action.EXPORT, recently=True)
    found = seen(actor, number)
    if found.account is not None and found.account.kind is AccountKind.ADVANCED:
        raise Problem(422, reasons=["takes_it_alone"])
    data = collected_for(actor, found)
    writing(db())
    if not spend(db(), actor, 1, now(), settings().staff, request_id=request_id()):
        raise Problem(429)
    witness(
        db(),
        actor,
        "pupil:data-taken",
        now=now(),
        request_id=request_id(),
        pupil_number=number,
        account_id=found.account.id if found.account else None,
        form=form,
    )
    return data


def collected_for(actor: Actor, found: Pupil) -> Data:
    """What the pupil did has no school, so this one question isn't confined to one; nothing of another school is in it."""
    with everywhere(db()):
        account = None if is_elsewhere_until_then(found) else found.account
        return collect(db(), About(found.person, account, (found.enrolment,), actor.school_number), now())


def is_elsewhere_until_then(found: Pupil) -> bool:
    """Who only comes in September is another school's pupil, and what they did there is none of ours yet (OA-54)."""
    today = school_day(now())
    return found.enrolment.starts_on > today and bool(current(db(), found.person.id, today))


# As a file


def as_json(data: Data) -> Response:
    return file(json.dumps(data, ensure_ascii=False, indent=2, default=said).encode(), JSON, "json")


def as_pdf(data: Data) -> Response:
    """Making it takes a while, in which nobody waits for the database."""
    let_go(db())
    return file(pdf(laid_out(data)), PDF, "pdf")


def said(value: Any) -> str:
    assert isinstance(value, date), "a day or a moment"
    return value.isoformat()


def file(content: bytes, media_type: str, ending: str) -> Response:
    response = Response(content, mimetype=media_type)
    name = f"LeerID-gegevens {school_day(now()).isoformat()}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
