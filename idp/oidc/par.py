"""POST /par: an application brings its authorization request itself, and gets an address for it (RFC 9126)."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, request

from idp.database import writing
from idp.oidc import answers, arriving, dpop, pushed, token_endpoints, validation
from idp.oidc.answers import as_json
from idp.oidc.clients import register
from idp.oidc.device import guessing
from idp.oidc.device.asking import network
from idp.oidc.errors import ClientError
from idp.oidc.keys import key_ring
from idp.oidc.nonces import nonces
from idp.oidc.parameters import Parameters
from idp.oidc.protocol import ErrorCode
from idp.oidc.remembered import remembered
from idp.oidc.request_objects import Opener
from idp.web.errors import ShownError
from idp.web.forms import open_to_other_sites
from idp.web.request import db, now, roll_back, settings

par_endpoint = Blueprint("par", __name__)
answers.in_json(par_endpoint)
answers.give_nonces(par_endpoint)
answers.open_to_scripts(par_endpoint, "push")
log = logging.getLogger("leerid.oidc")


@par_endpoint.route("/par", methods=token_endpoints.METHODS)
@open_to_other_sites
def push() -> Response:
    presented = token_endpoints.sent()
    client = token_endpoints.server().authenticate_client(presented, ()).client
    opener = Opener(settings().issuer, remembered(current_app), db(), now())
    parameters = bound(arriving.at_par(presented.form, client, opener))
    refuse_wrong(parameters)
    writing(db())
    if not client.confidential and not guessing.may_ask(db(), network(), now()):
        return as_json({"error": ErrorCode.TEMPORARILY_UNAVAILABLE}, 429, [("Retry-After", "60")])
    seconds = settings().tokens.pushed_seconds
    address = pushed.keep(db(), client.client_id, parameters.only(validation.READ), now(), seconds=seconds)
    return as_json({"request_uri": address, "expires_in": seconds}, 201)


def bound(parameters: Parameters) -> Parameters:
    """RFC 9449 section 10.1: a proof here binds the code to its key, as `dpop_jkt` does; both must mean the same."""
    proofs = request.headers.getlist(dpop.HEADER)
    if not proofs:
        return parameters
    jkt = dpop.proof(
        proofs,
        "POST",
        f"{settings().issuer}/par",
        bound_to=parameters.get("dpop_jkt"),
        nonces=nonces(current_app),
        db=db(),
        now=now(),
    )
    return Parameters({**parameters.values, "dpop_jkt": jkt})


def refuse_wrong(parameters: Parameters) -> None:
    """Everything that /authorize would refuse before it asks anybody anything (RFC 9126 section 2.1)."""
    validation.check(
        parameters,
        validation.trust(parameters, register(current_app)),
        ring=key_ring(current_app),
        issuer=settings().issuer,
        legacy_flows=settings().clients.legacy_flows,
        received_at=now(),
    )


@par_endpoint.errorhandler(ClientError)
def refuse(error: ClientError) -> Response:
    return refused(error.code, error.description)


@par_endpoint.errorhandler(ShownError)
def refuse_address(error: ShownError) -> Response:
    """What is a page at /authorize, because there is nobody to answer to: here the application itself is asking."""
    return refused(ErrorCode.INVALID_REQUEST, "redirect_uri is missing or not registered")


def refused(code: ErrorCode, description: str) -> Response:
    roll_back()
    log.info("par:refused", extra={"error": code.value, "why": description})
    return as_json({"error": code, "error_description": description}, 400)
