"""Letting an application see that somebody signed out, without asking us (OIDC Session Management 1.0).

It keeps our frame in its page and asks it now and then. The frame compares what the application got with its code to this
browser's `state` cookie; neither of the two says who is signed in.
"""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response

from idp.oidc.clients import origin_of
from idp.tokens import secrets
from idp.web.cookies import Cookie, browser_state, name_of
from idp.web.pages import render, stand_in_frames

check_session = Blueprint("check_session", __name__)


@check_session.get("/check_session")
def frame() -> Response:
    """The same for everybody: its script reads the cookie, and there is nothing to press (OA-34)."""
    stand_in_frames()
    page = render("idp/check_session.html", cookie=name_of(Cookie.STATE))
    return Response(page, mimetype="text/html")


def session_state(client_id: str, redirect_uri: str) -> str:
    """For the answer to an authorization request (section 2); asks no database."""
    return state_for(client_id, origin_of(redirect_uri), browser_state(), secrets.new_value())


def state_for(client_id: str, origin: str, state: str, salt: str) -> str:
    """Section 3.2; templates/design/static/check-session.js makes the same."""
    digest = hashlib.sha256(f"{client_id} {origin} {state} {salt}".encode()).hexdigest()
    return f"{digest}.{salt}"
