"""The applications of a school: what each gets, which ones its pupils have, and in which order."""

from __future__ import annotations

import math
from typing import Any

from flask import Response, current_app, jsonify

from idp.api.asking import the_body
from idp.api.describing import FLAG, TEXT, URI, described, or_null, several, text, thing
from idp.api.holding import SCHOOL, Application, at_school, register
from idp.api.my_applications import claims_of, logo_of
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import writing
from idp.schools import applications
from idp.schools.applications import UNDECIDED, Decided
from idp.schools.permissions import Action, Actor
from idp.schools.switched_off import switched_off
from idp.schools.witnessing import witness
from idp.tokens import switching_off
from idp.web.request import db, now, request_id, settings

MOST = 1000
APPLICATION = thing(
    client_id=TEXT,
    name=TEXT,
    description=TEXT,
    logo=or_null(URI),
    on=FLAG,
    on_dashboard=FLAG,
    claims=several(thing(claim=TEXT, purpose=TEXT)),
)


@api.get("/schools/<int:school>/applications")
@described(
    "The applications that this school's pupils may have",
    thing(applications=several(APPLICATION)),
    scopes=(SCHOOL,),
)
def school_applications(school: int) -> Response:
    """In the order of the dashboard; tells nothing of any pupil."""
    at_school(school, Action.MANAGE_APPLICATIONS)
    return jsonify(applications=[told(client, decided) for client, decided in listed(school)])


@api.put("/schools/<int:school>/applications")
@described(
    "The order of the dashboard",
    None,
    scopes=(SCHOOL,),
    status=204,
    body=thing(applications=several(text(100, 1), MOST)),
    refusals=(422,),
)
def order_applications(school: int) -> Response:
    """The first one first. One that isn't named comes after them, by name."""
    actor = at_school(school, Action.MANAGE_APPLICATIONS)
    wanted: list[str] = the_body()["applications"]
    known = {client.client_id for client in open_to(school)}
    if not known.issuperset(wanted):
        raise Problem(422, reasons=["unknown"])
    if len(set(wanted)) != len(wanted):
        raise Problem(422, reasons=["twice"])
    writing(db())
    applications.arrange(db(), school, wanted)
    note(actor, applications.ORDERED)
    return Response(status=204)


@api.put("/schools/<int:school>/applications/<client_id>")
@described(
    "Switch an application on or off",
    thing(on=FLAG),
    scopes=(SCHOOL,),
    body=thing(on=FLAG),
)
def switch_application(school: int, client_id: str) -> Response:
    """Off: pupils with no other school for it lose it at once. Not said how many: that would tell who uses what (PR-21)."""
    actor = at_school(school, Action.MANAGE_APPLICATIONS)
    client = next((each for each in open_to(school) if each.client_id == client_id), None)
    if client is None:
        raise Problem(404)
    on: bool = the_body()["on"]
    writing(db())
    if applications.switch(db(), actor, client_id, on=on, now=now()):
        if not on:
            switching_off.end_at_school(db(), client_id, client.schools, school, now())
        note(actor, applications.SWITCHED_ON if on else applications.SWITCHED_OFF, application=client_id)
        switched_off(current_app).forget()
    return jsonify(on=on)


def open_to(school: int) -> list[Application]:
    """Meant for this school or for every one. Our own desks aren't a school's to switch off."""
    return [
        client
        for client in register().everyone()
        if not client.first_party and applications.meant_for(client.schools, [school])
    ]


def listed(school: int) -> list[tuple[Application, Decided]]:
    decisions = applications.decided_by(db(), [school])
    found = [(client, decisions.get((school, client.client_id), UNDECIDED)) for client in open_to(school)]
    return sorted(found, key=lambda each: (each[1].position or math.inf, each[0].name.casefold()))


def told(client: Application, decided: Decided) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "name": client.name,
        "description": client.description,
        "logo": logo_of(client, settings().issuer),
        "on": not decided.off,
        "on_dashboard": client.dashboard and bool(client.initiate_login_uri),
        "claims": claims_of(client),
    }


def note(actor: Actor, what: str, **detail: Any) -> None:
    witness(db(), actor, what, now=now(), request_id=request_id(), **detail)
