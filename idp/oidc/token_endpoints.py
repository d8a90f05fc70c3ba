"""The endpoints that applications call: /token, /userinfo, /revoke, /introspect and /jwks. JSON in every answer.

CORS (OA-45) is one rule that never looks at who asks: any site's scripts may call /token, /userinfo and /jwks, because what
these give depends on what is presented and on no cookie, so credentials are never allowed. The origin `null` (a sandboxed
frame, a local file) gets nothing. Nothing else has CORS.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from idp.oidc import claims
from idp.oidc.clients import register
from idp.oidc.issuing import Issuer
from idp.oidc.keys import key_ring
from idp.oidc.protocol import ErrorCode, Scope
from idp.oidc.server import Reply, Server
from idp.oidc.token_request import TokenRequest
from idp.rules.belgian_time import school_day
from idp.tokens import guard
from idp.web.forms import open_to_other_sites
from idp.web.request import db, now, roll_back, wiring

blueprint = Blueprint("tokens", __name__)
log = logging.getLogger("leerid.oidc")

LARGEST_BODY = 64_000
FORM = "application/x-www-form-urlencoded"
OPEN_TO_SCRIPTS = frozenset({"tokens.token", "tokens.userinfo", "tokens.jwks"})
JWKS_SECONDS = 300
# The router would answer a wrong method with a page.
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9\-._~+/]+=*)")


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
    bearer = guard.bearer(db(), presented_token(), now())
    client = register(current_app).get(bearer.client_id) if bearer else None
    if (
        bearer is None or client is None
    ):  # an application that is registered no more has no tokens either (CV-07)
        raise BearerRefused(401, ErrorCode.INVALID_TOKEN, "the access token is not valid")
    if Scope.OPENID not in bearer.scope:
        raise BearerRefused(403, ErrorCode.INSUFFICIENT_SCOPE, "the access token has no scope openid")
    names = claims.for_userinfo(client, bearer.scope, bearer.claims)
    about = claims.about(db(), bearer.grant, names, school_day(now()))
    return as_json({**about, "sub": server().issuer.subject(client, bearer.grant)})


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
        issuer = Issuer(held.settings, key_ring(current_app), held.keys.pairwise)
        found = current_app.extensions["leerid.tokens"] = Server(issuer, register(current_app))
    return found


# What was sent


def only(*methods: str) -> None:
    if request.method not in methods and not (request.method == "HEAD" and "GET" in methods):
        raise MethodNotAllowed(valid_methods=methods)


def sent() -> TokenRequest:
    """The request's form. What could be read in two ways is read in none (OA-09)."""
    only("POST")
    return TokenRequest(
        form(), request.headers.get("Authorization"), issuer=server().issuer, db=db(), now=now()
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


def presented_token() -> str:
    """The bearer token, from the header or from a form (RFC 6750 section 2). Never from an address: those get around."""
    only("GET", "POST")
    if "access_token" in request.args or (request.method == "POST" and request.query_string):
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "a token does not belong in an address")
    in_form = form().get("access_token") if request.method == "POST" and request.mimetype == FORM else None
    header = request.headers.get("Authorization")
    if header is None:
        if in_form is None:
            raise BearerRefused(401)
        return in_form
    if in_form is not None:
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "the token was sent in two ways")
    if not header.lower().startswith("bearer"):
        raise BearerRefused(401)
    found = BEARER.fullmatch(header)
    if found is None:
        raise BearerRefused(400, ErrorCode.INVALID_REQUEST, "the Authorization header is malformed")
    return found[1]


# What is answered


def answer(reply: Reply) -> Response:
    return as_json(reply.body, reply.status, reply.headers)


def as_json(body: Mapping[str, Any], status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    response = Response(json.dumps(body, separators=(",", ":")), status, mimetype="application/json")
    response.headers.extend(header for header in headers if header[0] != "Content-Type")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.after_request
def let_scripts_in(response: Response) -> Response:
    origin = request.headers.get("Origin")
    if request.endpoint in OPEN_TO_SCRIPTS:
        response.headers.add("Vary", "Origin")
        if origin is not None and origin != "null":
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST"
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
                response.headers["Access-Control-Max-Age"] = "600"
    return response


class BearerRefused(Exception):
    """RFC 6750 section 3: the challenge, with an error only when a token was shown."""

    def __init__(self, status: int, code: ErrorCode | None = None, description: str = "") -> None:
        super().__init__(code or "no token")
        self.status = status
        self.code = code
        self.description = description

    @property
    def challenge(self) -> str:
        error = f', error="{self.code}", error_description="{self.description}"' if self.code else ""
        return f'Bearer realm="LeerID"{error}'


@blueprint.errorhandler(BearerRefused)
def refuse_bearer(error: BearerRefused) -> Response:
    roll_back()
    log.info("bearer:refused", extra={"reason": str(error), "status": error.status})
    told = {"error": error.code, "error_description": error.description} if error.code else {}
    return as_json(told, error.status, [("WWW-Authenticate", error.challenge)])


@blueprint.errorhandler(OAuth2Error)
def refuse(error: OAuth2Error) -> Response:
    """What was wrong before the server was asked."""
    roll_back()
    return answer(Reply(*error(None)))


@blueprint.errorhandler(HTTPException)
def refuse_http(error: HTTPException) -> Response:
    roll_back()
    status = error.code or 500
    code = ErrorCode.INVALID_REQUEST if status < 500 else ErrorCode.SERVER_ERROR
    kept = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return as_json({"error": code, "error_description": error.name}, status, kept)


@blueprint.errorhandler(InterfaceError)
@blueprint.errorhandler(OperationalError)
@blueprint.errorhandler(PoolTimeout)
def unavailable(error: Exception) -> Response:
    """The database is away or busy: the application may try again (FT-03)."""
    roll_back()
    log.error("tokens:unavailable", exc_info=error)
    return as_json({"error": ErrorCode.TEMPORARILY_UNAVAILABLE}, 503, [("Retry-After", "5")])


@blueprint.errorhandler(Exception)
def fault(error: Exception) -> Response:
    roll_back()
    log.error("fault", exc_info=error)
    return as_json({"error": ErrorCode.SERVER_ERROR}, 500)
