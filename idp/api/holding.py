"""Who calls the API, and what for: the token, the second factor, the role at the school, and how long ago they signed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, cast

from flask import current_app, request

from idp.api import problems
from idp.rules.account_types import AccountKind, Strength
from idp.schools.confinement import confine
from idp.schools.permissions import Action, Actor, actor_at, is_operator
from idp.settings import SecondFactorPolicy
from idp.tokens.guard import Bearer, bearer
from idp.web.request import db, now, settings

SELF = "leerid:self"
SCHOOL = "leerid:school"


class Application(Protocol):
    """What this room reads of a registered application."""

    @property
    def client_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def logo(self) -> str: ...
    @property
    def initiate_login_uri(self) -> str: ...
    @property
    def minimum_strength(self) -> Strength | None: ...
    @property
    def dashboard(self) -> bool: ...
    @property
    def schools(self) -> frozenset[int]: ...
    @property
    def first_party(self) -> bool: ...
    @property
    def client_secret_sha256(self) -> str: ...
    @property
    def claims(self) -> Mapping[str, str]: ...


class Register(Protocol):
    """The register of applications, which the protocol's room keeps."""

    def get(self, client_id: str) -> Application | None: ...
    def all(self) -> Iterable[Application]: ...
    def everyone(self) -> Iterable[Application]: ...


def register() -> Register:
    return cast(Register, current_app.extensions["leerid.clients"])


def whoever_holds(*scopes: str) -> Bearer:
    """The bearer of a good token with one of these scopes, given to one of our own portals. Raises Problem."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not value:
        raise problems.no_token()
    holder = bearer(db(), value.strip(), now())
    if holder is None:
        raise problems.bad_token()
    client = register().get(holder.client_id)
    if client is None or not client.first_party or not holder.scope.intersection(scopes):
        raise problems.other_token(" ".join(scopes))
    return holder


def oneself(*, recently: bool = False) -> Bearer:
    """Whoever is signed in at the Leerlingloket, about their own account only. Raises Problem.

    `recently`: signed in within the last `sessions.recent_minutes`, or asked to do so again (RFC 9470 section 3): on a
    tablet that was left open, nobody takes an account over.
    """
    holder = whoever_holds(SELF)
    recent = timedelta(minutes=settings().sessions.recent_minutes)
    if recently and holder.signed_in_at < now() - recent:
        raise problems.sign_in_anew(max_age=int(recent.total_seconds()))
    return holder


def staff(*, recently: bool = False) -> Bearer:
    """A member of staff, with the second factor where it is required. Raises Problem.

    `recently`: signed in within the last `staff.recent_minutes`, or asked to do so again (RFC 9470 section 3).
    """
    holder = whoever_holds(SCHOOL)
    if holder.account.kind is not AccountKind.STAFF:
        raise problems.Problem(403)
    if needs_second_factor() and holder.strength < Strength.TWO_FACTOR:
        raise problems.sign_in_anew(acr="urn:leerid:acr:two-factor")
    recent = timedelta(minutes=settings().staff.recent_minutes)
    if recently and holder.signed_in_at < now() - recent:
        raise problems.sign_in_anew(max_age=int(recent.total_seconds()))
    return holder


def needs_second_factor() -> bool:
    return settings().staff.second_factor == SecondFactorPolicy.REQUIRED


def at_school(number: int, action: Action, *, recently: bool = False) -> Actor:
    """The member of staff at this school, who may do this there; from here on the database shows this school only.

    A school where they have no role isn't there (404, OA-54); what their role doesn't allow is 403. Raises Problem.
    """
    holder = staff(recently=recently)
    actor = actor_at(db(), holder.account.id, number, session_digest=holder.session_digest or "")
    if actor is None:
        raise problems.Problem(404)
    if not actor.may(action):
        raise problems.Problem(403)
    confine(db(), number)
    return actor


@dataclass(frozen=True)
class OperatorAt:
    """Somebody who runs LeerID itself."""

    holder: Bearer


def operator(*, recently: bool = False) -> OperatorAt:
    """Raises Problem: for anybody else there is nothing here."""
    holder = staff(recently=recently)
    if not is_operator(db(), holder.account.id):
        raise problems.Problem(404)
    return OperatorAt(holder)
