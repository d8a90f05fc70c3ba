"""The one place where an authorization request is answered: three ways to travel, success and error alike.

Every answer says who it comes from (`iss`, RFC 9207) and gives `state` back as it was sent. None of it is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import assert_never
from urllib.parse import quote, urlencode

from flask import Response

from idp.oidc.clients import origin_of
from idp.oidc.protocol import ErrorCode, ResponseMode
from idp.oidc.request import ReturnAddress
from idp.web.pages import lead_on, render
from idp.web.request import settings

log = logging.getLogger("leerid.oidc")


def success(to: ReturnAddress, given: Mapping[str, str], session_state: str) -> Response:
    """`given` is what the response type names: a code, tokens, or both."""
    return answer(to, {**given, "session_state": session_state})


def failure(to: ReturnAddress, code: ErrorCode, description: str) -> Response:
    log.info(
        "authorize:refused", extra={"client_id": to.client.client_id, "error": code.value, "why": description}
    )
    return answer(to, {"error": code.value, "error_description": description})


def answer(to: ReturnAddress, parameters: Mapping[str, str]) -> Response:
    complete = with_state_and_issuer(to, parameters)
    match to.response_mode:
        case ResponseMode.QUERY | ResponseMode.FRAGMENT:
            return see_other(address_with(to, complete))
        case ResponseMode.FORM_POST:
            return form_post(to, complete)
        case _:
            assert_never(to.response_mode)


def with_state_and_issuer(to: ReturnAddress, parameters: Mapping[str, str]) -> dict[str, str]:
    state = {} if to.state is None else {"state": to.state}
    return {**parameters, **state, "iss": settings().issuer}


def address_with(to: ReturnAddress, parameters: Mapping[str, str]) -> str:
    """The registered address unchanged, and our parameters behind it."""
    encoded = urlencode(parameters, quote_via=quote)
    if to.response_mode is ResponseMode.FRAGMENT:
        return f"{to.redirect_uri}#{encoded}"
    return f"{to.redirect_uri}{'&' if '?' in to.redirect_uri else '?'}{encoded}"


def form_post(to: ReturnAddress, parameters: Mapping[str, str]) -> Response:
    """OAuth 2.0 Form Post Response Mode; with a button, because not every browser runs scripts."""
    lead_on([origin_of(to.redirect_uri)])
    return Response(
        render("idp/form_post.html", action=to.redirect_uri, parameters=parameters, client=to.client),
        mimetype="text/html",
    )


def see_other(address: str) -> Response:
    """303: what follows is a GET, whatever came before (OA-05). No body, so that no page holds the code."""
    return Response(status=303, headers={"Location": address})
