"""Where a member of staff works: the schools to choose from, and what the desk shows beside them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from idp.accounts.factors import has_factor
from idp.api.describing import FLAG, NUMBER, TEXT, URI, described, one_of, or_null, several, thing
from idp.api.holding import SCHOOL, needs_second_factor, staff
from idp.api.room import api
from idp.schools import roster
from idp.schools.permissions import Actor, actors_of, is_operator
from idp.schools.records import School
from idp.tokens.guard import Bearer
from idp.web.request import db, now, settings

ROLE = one_of("beheerder", "leerkracht")
SCHOOLS = thing(
    schools=several(
        thing(number=NUMBER, name=TEXT, role=ROLE, classes=or_null(several(TEXT)), pupils=NUMBER)
    ),
    operator=FLAG,
    second_factor=thing(required=FLAG, enrolled=FLAG, manage_url=URI),
)


@api.get("/schools")
@described("The schools where who is signed in works", SCHOOLS, scopes=(SCHOOL,))
def schools() -> Response:
    """R76: one beheerder may have several. `pupils` counts whom they may see there."""
    holder = staff()
    actors = actors_of(db(), holder.account.id, session_digest=holder.session_digest or "")
    pupils = roster.how_many(db(), list(actors.values()), now())
    return jsonify(
        schools=[school_of(actor, pupils[number]) for number, actor in actors.items()],
        operator=is_operator(db(), holder.account.id),
        second_factor=second_factor_of(holder),
    )


def school_of(actor: Actor, pupils: int) -> dict[str, Any]:
    return {
        "number": actor.school_number,
        "name": db().get_one(School, actor.school_number).name,
        "role": actor.role,
        "classes": None if actor.classes is None else sorted(actor.classes),
        "pupils": pupils,
    }


def second_factor_of(holder: Bearer) -> dict[str, Any]:
    return {
        "required": needs_second_factor(),
        "enrolled": has_factor(db(), holder.account.id),
        "manage_url": f"{settings().issuer}/second-factor",
    }
