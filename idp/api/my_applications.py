"""The tiles of the dashboard: favourites first, then in the school's order; and what each application gets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.api.describing import FLAG, TEXT, URI, described, or_null, several, thing
from idp.api.holding import SELF, Application, oneself, register, whoever_holds
from idp.api.problems import Problem
from idp.api.room import api
from idp.database import insert_into, writing
from idp.rules.account_types import AccountKind, SecretKind, Strength, strength_of
from idp.rules.belgian_time import school_day
from idp.schools.applications import UNDECIDED, Decisions, decided_by, may_use, meant_for
from idp.schools.enrolments import current
from idp.schools.records import Favourite
from idp.tokens.guard import Bearer
from idp.web.request import db, now, settings

APPLICATION = thing(
    client_id=TEXT,
    name=TEXT,
    description=TEXT,
    logo=or_null(URI),
    open_url=URI,
    favourite=FLAG,
    claims=several(thing(claim=TEXT, purpose=TEXT)),
)
APPLICATIONS = thing(applications=several(APPLICATION))


@api.get("/me/applications")
@described("The applications on the dashboard", APPLICATIONS, scopes=(SELF,))
def applications() -> Response:
    """R50."""
    holder = whoever_holds(SELF)
    return jsonify(applications=[told(tile, settings().issuer) for tile in tiles_for(holder)])


@api.put("/me/applications/<client_id>/favourite")
@described("Put an application first", None, scopes=(SELF,), status=204)
def add_favourite(client_id: str) -> Response:
    holder = oneself()
    if client_id not in {tile.application.client_id for tile in tiles_for(holder)}:
        raise Problem(404)
    writing(db())
    row = insert_into(db(), Favourite).values(account_id=holder.account.id, client_id=client_id, at=now())
    db().execute(row.on_conflict_do_nothing())
    return Response(status=204)


@api.delete("/me/applications/<client_id>/favourite")
@described("Put an application back among the others", None, scopes=(SELF,), status=204)
def remove_favourite(client_id: str) -> Response:
    """Also one that is no longer on the dashboard, so that nothing of it stays."""
    holder = oneself()
    if register().get(client_id) is None:
        raise Problem(404)
    writing(db())
    own = Favourite.account_id == holder.account.id, Favourite.client_id == client_id
    db().execute(delete(Favourite).where(*own))
    return Response(status=204)


@dataclass(frozen=True)
class Tile:
    """An application on somebody's dashboard, and where it stands there."""

    application: Application
    favourite: bool
    position: float

    @property
    def order(self) -> tuple[bool, float, str]:
        return not self.favourite, self.position, self.application.name.casefold()


def tiles_for(holder: Bearer) -> list[Tile]:
    """On the dashboard, in use at one of the pupil's schools, and within reach of the pupil's kind of account."""
    if holder.account.kind is AccountKind.STAFF:
        return []
    schools = {each.school_number for each in current(db(), holder.person.id, school_day(now()))}
    decisions = decided_by(db(), schools) if schools else {}
    reach, favourites = own_choice(db(), holder.account.id)
    tiles = [
        Tile(client, client.client_id in favourites, position_of(client, schools, decisions))
        for client in register().all()
        if is_tile(client, reach) and in_use(client, schools, decisions)
    ]
    return sorted(tiles, key=lambda tile: tile.order)


def is_tile(client: Application, reach: Strength) -> bool:
    within = client.minimum_strength is None or client.minimum_strength <= reach
    return client.dashboard and bool(client.initiate_login_uri) and within


def in_use(client: Application, schools: set[int], decisions: Decisions) -> bool:
    off = {number for number in schools if decisions.get((number, client.client_id), UNDECIDED).off}
    return may_use(client.schools, schools, off)


def position_of(client: Application, schools: Iterable[int], decisions: Decisions) -> float:
    """Of several schools the one that puts it first decides; one that switched it off says nothing."""
    decided = [
        decisions.get((number, client.client_id), UNDECIDED) for number in meant_for(client.schools, schools)
    ]
    return min((each.position for each in decided if each.position and not each.off), default=math.inf)


def own_choice(session: Session, account_id: UUID) -> tuple[Strength, set[str]]:
    """How strongly this pupil can sign in at best, and what is put first; one question."""
    rows = session.execute(
        select(Account.kind, Account.secret_kind, Favourite.client_id)
        .outerjoin(Favourite, Favourite.account_id == Account.id)
        .where(Account.id == account_id)
    ).all()
    reach = strength_of(AccountKind(rows[0].kind), SecretKind(rows[0].secret_kind), temporary=False)
    return reach, {row.client_id for row in rows if row.client_id is not None}


def told(tile: Tile, issuer: str) -> dict[str, Any]:
    client = tile.application
    return {
        "client_id": client.client_id,
        "name": client.name,
        "description": client.description,
        "logo": logo_of(client, issuer),
        "open_url": opening(client.initiate_login_uri, issuer),
        "favourite": tile.favourite,
        "claims": claims_of(client),
    }


def logo_of(client: Application, issuer: str) -> str | None:
    return issuer + client.logo if client.logo else None


def claims_of(client: Application) -> list[dict[str, str]]:
    """What it registered that it gets, and what for."""
    return [{"claim": claim, "purpose": purpose} for claim, purpose in client.claims.items()]


def opening(address: str, issuer: str) -> str:
    """Third-party-initiated login (OIDC Core section 4): the application begins, and knows with whom."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'iss': issuer})}"
