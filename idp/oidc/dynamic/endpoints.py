"""The addresses where applications register themselves and manage that (RFC 7591 section 3, RFC 7592 section 2)."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Flask, Response, current_app, has_request_context, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from idp.database import flask_database, let_go, writing
from idp.oidc import answers, client_keys
from idp.oidc.answers import BearerRefused, as_json
from idp.oidc.client import Client
from idp.oidc.clients import ClientRegister, register
from idp.oidc.dynamic import initial_tokens, logos, registered
from idp.oidc.dynamic import said as metadata
from idp.oidc.dynamic.known import Known
from idp.oidc.dynamic.limits import Limits, limits
from idp.oidc.dynamic.logos import Logo
from idp.oidc.dynamic.registered import Registered
from idp.oidc.dynamic.said import Said
from idp.oidc.fetching import NotFetched
from idp.oidc.protocol import AuthMethod, ErrorCode
from idp.oidc.registration import LOOPBACK, Wrong, bare
from idp.oidc.remembered import remembered
from idp.oidc.sector import fetch_sector
from idp.oidc.token_endpoints import LARGEST_BODY, METHODS, only
from idp.tokens.secrets import digest, new_value
from idp.web import strict_json
from idp.web.forms import open_to_other_sites
from idp.web.request import Wiring, db, now, roll_back, settings

log = logging.getLogger("leerid.clients")

registration_endpoint = Blueprint("registration", __name__)
answers.in_json(registration_endpoint)

BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)")
# RFC 7592 section 2.2: what we say, and who registers may not.
OURS = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@dataclass(frozen=True)
class Shelf:
    """What these views keep with the application."""

    limits: Limits
    known: Known
    fetching: set[str] = field(default_factory=set)
    changing: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def fetching_for(self, whom: str) -> Iterator[None]:
        """One at a time for each: nobody keeps all our threads waiting at a slow address (OA-25)."""
        with self.changing:
            if whom in self.fetching:
                raise TooManyRequests
            self.fetching.add(whom)
        try:
            yield
        finally:
            with self.changing:
                self.fetching.discard(whom)


def install(app: Flask, wiring: Wiring, clients: ClientRegister) -> None:
    """Without the switch nobody registers any more; who did before stays, until an operator removes it."""
    allowed = limits(wiring.settings)

    def look_up(client_id: str) -> Client | None:
        if has_request_context():
            return found_in(db(), client_id, allowed)
        with app.app_context(), Session(flask_database.engine) as own:
            return found_in(own, client_id, allowed)

    def all_of_them() -> list[Client]:
        return [each.client for each in registered.all_of_them(db(), allowed)]

    known = Known(look_up, wiring.settings.clients.reload_seconds)
    app.extensions["leerid.registration"] = Shelf(allowed, known)
    clients.dynamic, clients.all_dynamic = known.get, all_of_them
    if wiring.settings.registration.enabled:
        app.register_blueprint(registration_endpoint)


def found_in(session: Session, client_id: str, allowed: Limits) -> Client | None:
    found = registered.find(session, client_id, allowed)
    return found.client if found else None


@registration_endpoint.route("/register", methods=METHODS)
@open_to_other_sites
def register_itself() -> Response:
    only("POST")
    token = initial_tokens.find(db(), bearer(), now())
    if token is None:
        raise refused_token()
    asked = checked(sent(), registered.new_client_id(), secret="", whom=token.digest, label=token.label)
    management = new_value()
    writing(db())
    if not initial_tokens.spend(db(), token, now()):
        raise refused_token()
    registered.add(db(), asked.client, asked.said, asked.logo, digest(management), token.label, now())
    log.info("registration:made", extra={"client_id": asked.client.client_id, "label": token.label})
    issued_at = int(now().timestamp())
    return as_json(information(asked.client, asked.said, issued_at, management, asked.new_secret), 201)


@registration_endpoint.route("/register/<client_id>", methods=METHODS)
@open_to_other_sites
def manage(client_id: str) -> Response:
    only("GET", "PUT", "DELETE")
    management = bearer()
    found = registered.find(db(), client_id, shelf().limits)
    # One answer for a client that isn't there and for a token of another (RFC 7592 section 2.1).
    if found is None or not found.is_managed_by(management):
        raise refused_token()
    match request.method:
        case "PUT":
            return put(found, management)
        case "DELETE":
            return delete(found)
        case _:
            issued_at = int(found.created_at.timestamp())
            return as_json(information(found.client, found.said, issued_at, management))


def put(found: Registered, management: str) -> Response:
    """Everything anew: what is left out is gone (RFC 7592 section 2.2)."""
    body = sent()
    refuse_what_is_ours(body, found)
    client_id = found.client.client_id
    secret_before = found.client.client_secret_sha256
    asked = checked(body, client_id, secret=secret_before, whom=client_id, label=found.label)
    if asked.client.sector_identifier != found.client.sector_identifier:
        # PR-03: every pupil would become a stranger to it, or be known to another application.
        raise refusal(Wrong("redirect_uris", "would change the sector: register another application"))
    writing(db())
    if not registered.change(db(), asked.client, asked.said, asked.logo, now()):
        raise refused_token()
    db().commit()
    shelf().known.forget(asked.client.client_id)
    log.info("registration:changed", extra={"client_id": asked.client.client_id})
    issued_at = int(found.created_at.timestamp())
    secret = asked.new_secret or body.get("client_secret")
    return as_json(information(asked.client, asked.said, issued_at, management, secret))


def delete(found: Registered) -> Response:
    client_id = found.client.client_id
    writing(db())
    registered.remove(db(), client_id, now())
    db().commit()
    shelf().known.forget(client_id)
    log.info("registration:removed", extra={"client_id": client_id})
    return Response(status=204, headers={"Cache-Control": "no-store"})


def information(
    client: Client, said: Said, issued_at: int, management: str, secret: str | None = None
) -> dict[str, Any]:
    """RFC 7591 section 3.2.1, RFC 7592 section 3. We can't tell a secret again: only its digest is kept."""
    told: dict[str, Any] = {"client_id": client.client_id, "client_id_issued_at": issued_at}
    if metadata.uses_secret(said):
        told |= {} if secret is None else {"client_secret": secret}
        told["client_secret_expires_at"] = 0
    return {
        **told,
        "registration_access_token": management,
        "registration_client_uri": f"{settings().issuer}/register/{client.client_id}",
        **said,
        "scope": " ".join(client.scope),
    }


# What an application says


@dataclass(frozen=True)
class Asked:
    """A registration in which everything is right."""

    client: Client
    said: Said
    logo: Logo | None
    new_secret: str | None


def checked(body: dict[str, Any], client_id: str, *, secret: str, whom: str, label: str) -> Asked:
    """`secret` is the digest of the one that it has already, `whom` who sent it, `label` for whom its token was made.

    Raises RegistrationRefused.

    What has to be fetched comes last, when nothing else is wrong, and holds no transaction.
    """
    try:
        said = metadata.heard(body, shelf().limits)
        new_secret = new_value() if metadata.uses_secret(said) and not secret else None
        kept = digest(new_secret) if new_secret else secret
        client = metadata.client_of(
            said, client_id, kept if metadata.uses_secret(said) else "", shelf().limits, has_logo=False
        )
        refuse_useless_keys(client)
        refuse_what_is_taken(client, foreign_to(client_id, label))
        let_go(db())
        logo = None
        if "sector_identifier_uri" in said or "logo_uri" in said:
            with shelf().fetching_for(whom):
                refuse_a_foreign_sector(said, client)
                logo = logo_of(said)
    except Wrong as wrong:
        raise refusal(wrong) from None
    return Asked(client, said, logo, new_secret)


def refuse_useless_keys(client: Client) -> None:
    """Said now, and not by an error without a reason when it first wants tokens."""
    alg, bits = client.token_endpoint_auth_signing_alg, client_keys.smallest_rsa_bits(client)
    keys = [each for each in (client.jwks or {}).get("keys", ()) if client_keys.is_public(each)]
    proves = client.token_endpoint_auth_method is AuthMethod.PRIVATE_KEY_JWT and client.jwks is not None
    if proves and not any(client_keys.public_key(client_keys.written(key), alg, bits) for key in keys):
        raise Wrong("jwks", f"holds no public key for {alg} (an RSA key needs {bits} bits)")


def refuse_what_is_taken(client: Client, others: Iterable[Client]) -> None:
    """OA-27: not the name of an application that pupils know. PR-03: nor the sector in which it knows them."""
    letters = bare(client.name)
    for other in others:
        if letters and letters == bare(other.name):
            raise Wrong("client_name", "is the name of another application")
        # Who can only put a file on another's site would know its pupils by the same names.
        if client.sector_identifier == other.sector_identifier and client.sector_identifier not in LOOPBACK:
            raise Wrong("sector_identifier_uri", "is of another application: its operator can register yours")


def foreign_to(client_id: str, label: str) -> list[Client]:
    """Every application of somebody else: who was given tokens under one label may have several in one sector."""
    others = registered.all_of_them(db(), shelf().limits)
    foreign = [each.client for each in others if each.label != label and each.client.client_id != client_id]
    return [*register(current_app).all(), *foreign]


def refuse_a_foreign_sector(said: Said, client: Client) -> None:
    """OIDC Registration section 5: only a sector that names this application's addresses as its own."""
    if "sector_identifier_uri" not in said:
        return
    if not client.redirect_uris:  # every list names all of none
        raise Wrong("sector_identifier_uri", "proves nothing without redirect_uris")
    try:
        named = fetch_sector(remembered(current_app).fetcher, said["sector_identifier_uri"])
    except NotFetched:
        raise Wrong("sector_identifier_uri", "no list of addresses could be had there") from None
    if not set(client.redirect_uris) <= set(named):
        raise Wrong("sector_identifier_uri", "does not name each of the redirect_uris")


def logo_of(said: Said) -> Logo | None:
    return logos.fetch(remembered(current_app).fetcher, said["logo_uri"]) if "logo_uri" in said else None


def refuse_what_is_ours(body: dict[str, Any], found: Registered) -> None:
    for member in OURS:
        if member in body:
            raise RegistrationRefused(ErrorCode.INVALID_REQUEST, f"{member} is not for you to say")
    if body.get("client_id") != found.client.client_id:
        raise refusal(Wrong("client_id", "must be the one of this address"))
    secret = body.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and found.has_secret(secret)):
        raise refusal(Wrong("client_secret", "must be the one that you have, or left out"))


# What was sent


def bearer() -> str:
    """From the header alone: addresses and bodies get around."""
    if request.query_string:
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "this address takes no parameters")
    header = request.headers.get("Authorization")
    if header is None or not header.lower().startswith("bearer"):
        raise BearerRefused(401)
    found = BEARER.fullmatch(header)
    if found is None:
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "the Authorization header is malformed")
    return found[1]


def refused_token() -> BearerRefused:
    return BearerRefused(401, ErrorCode.INVALID_TOKEN, "the token is not valid for this")


def sent() -> dict[str, Any]:
    """The one JSON object in the body; a member that is there twice could be read in two ways (OA-09)."""
    if request.mimetype != "application/json":
        raise RegistrationRefused(ErrorCode.INVALID_CLIENT_METADATA, "the body must be application/json")
    request.max_content_length = LARGEST_BODY
    try:
        body = request.get_data().decode("utf-8")  # and no other encoding that a library would guess
        found = strict_json.read(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RegistrationRefused(ErrorCode.INVALID_CLIENT_METADATA, "the body must be one JSON object")
    return found


# Errors


class RegistrationRefused(Exception):
    """RFC 7591 section 3.2.2."""

    def __init__(self, code: ErrorCode, description: str) -> None:
        super().__init__(code)
        self.code = code
        self.description = description


def refusal(wrong: Wrong) -> RegistrationRefused:
    at_fault = wrong.key == "redirect_uris"
    code = ErrorCode.INVALID_REDIRECT_URI if at_fault else ErrorCode.INVALID_CLIENT_METADATA
    return RegistrationRefused(code, str(wrong))


# RFC 6749 section 5.2 has neither in a description.
QUOTES = str.maketrans({'"': "'", "\\": "/"})


@registration_endpoint.errorhandler(RegistrationRefused)
def refuse(refused: RegistrationRefused) -> Response:
    roll_back()
    log.info("registration:refused", extra={"reason": refused.code})
    told = refused.description.translate(QUOTES).encode("ascii", "replace").decode()[:300]
    return as_json({"error": refused.code, "error_description": told}, 400)


def shelf() -> Shelf:
    found: Shelf = current_app.extensions["leerid.registration"]
    return found
