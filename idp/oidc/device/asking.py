"""A device asks for its two codes (RFC 8628 section 3.1).

Which application it runs is proven as at /token, and it gets no more than that application registered.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from authlib.oauth2.rfc6749 import UnauthorizedClientError
from flask import Blueprint, Response, request

from idp.authentication.subjects import of_address
from idp.database import writing
from idp.oidc import answers, response_types, validation
from idp.oidc.answers import as_json
from idp.oidc.client import Client
from idp.oidc.device import guessing, user_codes
from idp.oidc.errors import ClientError
from idp.oidc.parameters import Parameters
from idp.oidc.protocol import API_SCOPES, ErrorCode, GrantType
from idp.oidc.token_endpoints import METHODS, sent, server
from idp.tokens import devices
from idp.web.forms import open_to_other_sites
from idp.web.request import db, now, roll_back, settings, wiring

device_authorization = Blueprint("device_authorization", __name__)
answers.in_json(device_authorization)
answers.open_to_scripts(device_authorization, "ask")

INTERVAL_SECONDS = 5
READ = ("scope", "resource", "dpop_jkt")
# How often a code may be drawn that another device has: with a million of them, once in ten thousand.
MOST_DRAWS = 5


@dataclass(frozen=True)
class Asked:
    """What a device may have of what it asked."""

    scope: tuple[str, ...]
    resource: str | None
    jkt: str | None


@dataclass(frozen=True)
class Codes:
    """What it gets: one code to show, one to keep."""

    user_code: str
    device_code: str = field(repr=False)


@device_authorization.route("/device_authorization", methods=METHODS)
@open_to_other_sites
def ask() -> Response:
    question = sent()
    client = server().authenticate_client(question, ()).client
    if GrantType.DEVICE_CODE not in client.grant_types:
        raise UnauthorizedClientError("the client did not register the device grant")
    asked = checked(Parameters(question.form), client)
    writing(db())
    if not client.confidential and not guessing.may_ask(db(), network(), now()):
        return as_json({"error": ErrorCode.SLOW_DOWN}, 429, [("Retry-After", "60")])
    codes = drawn(client, asked)
    shown, page = user_codes.shown(codes.user_code), f"{settings().issuer}/device"
    return as_json(
        {
            "device_code": codes.device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={shown}",
            "expires_in": settings().tokens.device_minutes * 60,
            "interval": INTERVAL_SECONDS,
        }
    )


@device_authorization.errorhandler(ClientError)
def tell_device(error: ClientError) -> Response:
    roll_back()
    return as_json({"error": error.code, "error_description": error.description}, 400)


def checked(parameters: Parameters, client: Client) -> Asked:
    """By the rules of the authorization endpoint. Raises ClientError.

    Never our own API: whoever talks somebody into typing a code must not get a school's data for it.
    """
    parameters.refuse_too_long(*READ)
    scope = validation.granted_scope(parameters, client)
    return Asked(
        scope=tuple(each for each in scope if each not in API_SCOPES),
        resource=validation.resource(parameters, client, response_types.CODE),
        jkt=validation.dpop_jkt(parameters, client, response_types.CODE),
    )


def drawn(client: Client, asked: Asked) -> Codes:
    """Two codes that no other device has."""
    for _ in range(MOST_DRAWS):
        user_code = user_codes.draw(secrets.choice)
        device_code = devices.start(
            db(),
            user_code=user_codes.digest(wiring().keys.lookup, user_code),
            client_id=client.client_id,
            scope=asked.scope,
            resource=asked.resource,
            jkt=asked.jkt,
            interval=INTERVAL_SECONDS,
            now=now(),
            seconds=settings().tokens.device_minutes * 60,
        )
        if device_code is not None:
            return Codes(user_code, device_code)
    raise RuntimeError("no user code is free")


def network() -> str:
    return of_address(wiring().keys.lookup, request.remote_addr or "")
