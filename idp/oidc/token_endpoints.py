"""The endpoints that applications call: /token, /userinfo, /revoke, /introspect and /jwks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed

from idp.oidc import answers, claims, dpop
from idp.oidc.answers import BearerRefused, answer, as_json
from idp.oidc.clients import Client, register
from idp.oidc.dpop import DPoPRefused
from idp.oidc.issuing import Issuer
from idp.oidc.keys import key_ring
from idp.oidc.nonces import nonces
from idp.oidc.protocol import ErrorCode, Scope
from idp.oidc.remembered import remembered
from idp.oidc.server import Server
from idp.oidc.still_used import still_used
from idp.oidc.token_request import TokenRequest
from idp.rules.belgian_time import school_day
from idp.schools.switched_off import switched_off
from idp.tokens import guard
from idp.tokens.guard import Bearer
from idp.web.forms import open_to_other_sites
from idp.web.request import db, now, settings, wiring

blueprint = Blueprint("tokens", __name__)
answers.in_json(blueprint)
answers.open_to_scripts(blueprint, "token", "userinfo", "jwks")
answers.give_nonces(blueprint)

LARGEST_BODY = 64_000
FORM = "application/x-www-form-urlencoded"
JWKS_SECONDS = 300
# The router would answer a wrong method with a page.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SCHEMES = re.compile(r"(?i:(bearer|dpop)) +([A-Za-z0-9\-._~+/]+=*)")


@blueprint.route("/token", methods=METHODS)
@open_to_other_sites
def token() -> Response:
    return answer(server().token(sent()))


@blueprint.route("/revoke", methods=METHODS)
@open_to_other_sites
def revoke() -> Response:
    return answer(server().revoke(sent()))


@blueprint.route("/introspect", methods=METHODS)
@open_to_other_sites
def introspect() -> Response:
    return answer(server().introspect(sent()))


@blueprint.route("/userinfo", methods=METHODS)
@open_to_other_sites
def userinfo() -> Response:
    """OIDC Core 5.3: about the person behind an access token, what its application may know."""
    shown = presented()
    bearer = holder_of(shown)
    # An application that is registered no more has no tokens either (CV-07).
    client = register(current_app).get(bearer.client_id) if bearer else None
    if bearer is None or client is None:
        raise not_valid(shown)
    if not still_used(db(), client, bearer.grant, switched_off(current_app), now()):
        raise not_valid(shown)
    if Scope.OPENID not in bearer.scope:
        raise BearerRefused(403, ErrorCode.INSUFFICIENT_SCOPE, "the access token has no scope openid")
    names = claims.for_userinfo(client, bearer.scope, bearer.claims)
    about = claims.about(db(), bearer.grant, names, school_day(now()))
    return told(client, {**about, "sub": server().issuer.subject(client, bearer.grant)})


def told(client: Client, about: Mapping[str, Any]) -> Response:
    """OIDC Core 5.3.2: as JSON, or signed for the application that registered so.

    The type keeps it apart from an ID token, which also says who made it, about whom and for which application (OA-18).
    """
    if client.userinfo_signed_response_alg is None:
        return as_json(about)
    whole = {**about, "iss": settings().issuer, "aud": client.client_id}
    alg = client.userinfo_signed_response_alg
    token = key_ring(current_app).sign(whole, alg=alg, typ="userinfo+jwt", now=now())
    response = Response(token, mimetype="application/jwt")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/jwks", methods=METHODS)
@open_to_other_sites
def jwks() -> Response:
    """The public keys: bytes that were made beforehand, and that others may keep for a while."""
    only("GET")
    document = key_ring(current_app).document(now())
    response = Response(document.body, mimetype="application/jwk-set+json")
    response.set_etag(document.etag)
    response.headers["Cache-Control"] = f"public, max-age={JWKS_SECONDS}"
    response.make_conditional(request)
    return response


def server() -> Server:
    """This application's server, made when the first request needs it: then its register and its keys are there."""
    found: Server | None = current_app.extensions.get("leerid.tokens")
    if found is None:
        held = wiring()
        issuer = Issuer(
            held.settings,
            key_ring(current_app),
            held.keys.pairwise,
            switched_off(current_app),
            nonces(current_app),
        )
        found = Server(issuer, register(current_app), remembered(current_app))
        current_app.extensions["leerid.tokens"] = found
    return found


# What was sent


def only(*methods: str) -> None:
    if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
        raise MethodNotAllowed(valid_methods=methods)


def sent() -> TokenRequest:
    """The request's form. What could be read in two ways is read in none (OA-09)."""
    only("POST")
    return TokenRequest(
        form(),
        request.headers.get("Authorization"),
        proofs=request.headers.getlist(dpop.HEADER),
        path=request.path,
        issuer=server().issuer,
        db=db(),
        now=now(),
    )


def form() -> dict[str, str]:
    """Each parameter once, from the body alone; one without a value counts as left out (RFC 6749 section 3.1)."""
    if request.query_string:
        raise InvalidRequestError("parameters belong in the body")
    if request.mimetype != FORM:
        raise InvalidRequestError(f"the body must be {FORM}")
    request.max_content_length = LARGEST_BODY
    if any(len(values) > 1 for values in request.form.listvalues()):
        raise InvalidRequestError("a parameter was sent more than once")
    return {name: value for name, value in request.form.items() if value}


@dataclass(frozen=True)
class Presented:
    """An access token as it was shown, and whether a proof of its key is to come with it (RFC 9449 section 7.1)."""

    token: str = field(repr=False)
    with_proof: bool


def presented() -> Presented:
    """From the header or from a form (RFC 6750 section 2). Never from an address: those get around."""
    only("GET", "POST")
    if "access_token" in request.args or (request.method == "POST" and request.query_string):
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "a token does not belong in an address")
    in_form = form().get("access_token") if request.method == "POST" and request.mimetype == FORM else None
    header = request.headers.get("Authorization")
    if header is None:
        if in_form is None:
            raise BearerRefused(401)
        return Presented(in_form, with_proof=False)
    if in_form is not None:
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "the token was sent in two ways")
    if not header.lower().startswith(("bearer", "dpop")):
        raise BearerRefused(401)
    found = SCHEMES.fullmatch(header)
    if found is None:
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "the Authorization header is malformed")
    return Presented(found[2], with_proof=found[1].lower() == "dpop")


def not_valid(shown: Presented) -> BearerRefused:
    text = "the access token is not valid"
    return BearerRefused(401, ErrorCode.INVALID_TOKEN, text, with_proof=shown.with_proof)


def holder_of(shown: Presented) -> Bearer | None:
    """Whose token this is, if it is for us and shown as it was given: with a proof when it is bound, and else without."""
    found = guard.holder(db(), shown.token, now())
    if found is None or found.audience is not None or (found.jkt is not None) is not shown.with_proof:
        return None
    if found.jkt is not None:
        prove(shown.token, found.jkt)
    return found


def prove(token: str, jkt: str) -> None:
    address = f"{settings().issuer}{request.path}"
    try:
        dpop.proof(
            request.headers.getlist(dpop.HEADER),
            request.method,
            address,
            access_token=token,
            bound_to=jkt,
            nonces=nonces(current_app),
            db=db(),
            now=now(),
        )
    except DPoPRefused as error:
        raise BearerRefused(401, error.code, error.description, with_proof=True) from None
