"""What applications are answered: JSON that nobody keeps, for errors too, and which scripts may read it.

CORS (OA-45) is one rule that never looks at who asks: scripts of any site may call the endpoints that are open to them,
because what these give depends on what is presented and on no cookie; credentials are never allowed. The origin `null` (a
sandboxed frame, a local file) gets nothing.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from idp.oidc import dpop
from idp.oidc.nonces import nonces
from idp.oidc.protocol import ErrorCode
from idp.oidc.server import Reply
from idp.web.request import now, roll_back

log = logging.getLogger("leerid.oidc")

PREFLIGHT_SECONDS = 600
DPOP_SCHEME = re.compile(r"(?i:dpop)(?: |$)")


def answer(reply: Reply) -> Response:
    return as_json(reply.body, reply.status, reply.headers)


def as_json(body: Mapping[str, Any], status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    response = Response(json.dumps(body, separators=(",", ":")), status, mimetype="application/json")
    response.headers.extend(header for header in headers if header[0] != "Content-Type")
    response.headers["Cache-Control"] = "no-store"
    return response


# Scripts


def open_to_scripts(blueprint: Blueprint, *endpoints: str) -> None:
    """Adds CORS to these endpoints of the blueprint, and to no other."""
    opened = frozenset(f"{blueprint.name}.{endpoint}" for endpoint in endpoints)

    @blueprint.after_request
    def let_scripts_in(response: Response) -> Response:
        return with_cors(response) if request.endpoint in opened else response


def with_cors(response: Response) -> Response:
    origin, headers = request.headers.get("Origin"), response.headers
    headers.add("Vary", "Origin")
    if origin is None or origin == "null":
        return response
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, DPoP-Nonce"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, POST"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, DPoP"
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


# Nonces


def give_nonces(blueprint: Blueprint) -> None:
    """Whoever sends proofs gets the next nonce with each answer, and so never has to ask for one (RFC 9449 section 8.2)."""

    @blueprint.after_request
    def with_nonce(response: Response) -> Response:
        sent = request.environ  # and not `headers`, because nearly nobody sends proofs, and all wait for this
        if "HTTP_DPOP" in sent or DPOP_SCHEME.match(sent.get("HTTP_AUTHORIZATION", "")):
            response.headers[dpop.NONCE_HEADER] = nonces(current_app).fresh(now())
        return response


# Errors


class BearerRefused(Exception):
    """RFC 6750 section 3 and RFC 9449 section 7.1: the challenges, with an error only when a token was shown."""

    def __init__(
        self, status: int, code: ErrorCode | None = None, description: str = "", *, with_proof: bool = False
    ) -> None:
        super().__init__(code or "no token")
        self.status = status
        self.code = code
        self.description = description
        self.with_proof = with_proof

    @property
    def challenges(self) -> list[str]:
        """With an error, that of the way that was tried."""
        error = f', error="{self.code}", error_description="{self.description}"' if self.code else ""
        bearer = f'Bearer realm="LeerID"{error}'
        proving = f'DPoP realm="LeerID"{error}, algs="{" ".join(dpop.ALGS)}"'
        if not self.code:
            return [bearer, proving]
        return [proving if self.with_proof else bearer]


def in_json(blueprint: Blueprint) -> None:
    """Whatever goes wrong in these views is told in JSON; elsewhere it would be a page for a person."""
    blueprint.register_error_handler(BearerRefused, refuse_bearer)
    blueprint.register_error_handler(OAuth2Error, refuse)
    blueprint.register_error_handler(HTTPException, refuse_http)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        blueprint.register_error_handler(away, unavailable)
    blueprint.register_error_handler(Exception, fault)


def refuse_bearer(error: BearerRefused) -> Response:
    roll_back()
    log.info("bearer:refused", extra={"reason": str(error), "status": error.status})
    told = {"error": error.code, "error_description": error.description} if error.code else {}
    return as_json(told, error.status, [("WWW-Authenticate", each) for each in error.challenges])


def refuse(error: OAuth2Error) -> Response:
    """What was wrong before the server was asked."""
    roll_back()
    return answer(Reply(*error(None)))


def refuse_http(error: HTTPException) -> Response:
    roll_back()
    status = error.code or 500
    code = ErrorCode.INVALID_REQUEST if status < 500 else ErrorCode.SERVER_ERROR
    kept = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return as_json({"error": code, "error_description": error.name}, status, kept)


def unavailable(error: Exception) -> Response:
    """The database is away or busy: the application may try again (FT-03)."""
    roll_back()
    log.error("tokens:unavailable", exc_info=error)
    return as_json({"error": ErrorCode.TEMPORARILY_UNAVAILABLE}, 503, [("Retry-After", "5")])


def fault(error: Exception) -> Response:
    roll_back()
    log.error("fault", exc_info=error)
    return as_json({"error": ErrorCode.SERVER_ERROR}, 500)
