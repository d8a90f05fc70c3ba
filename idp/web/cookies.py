"""The provider's cookies: their names, how they are set, and reading one without being fooled by a second.

`browser` ties a login, a form and a parked request to this browser; `session` is the sign-in; `device` says that this
account signed in here before; `language` is a choice. The first three hold 256 random bits and mean nothing outside the
database, which keeps their digests only.
"""

from __future__ import annotations

import secrets
from enum import StrEnum

from flask import Response, g, request

from idp.web.request import settings


class Cookie(StrEnum):
    BROWSER = "leerid_browser"
    SESSION = "leerid_session"
    DEVICE = "leerid_device"
    LANGUAGE = "leerid_language"


YEAR = 365 * 24 * 3600
LASTING = {Cookie.DEVICE: YEAR, Cookie.LANGUAGE: YEAR}


def name_of(cookie: Cookie) -> str:
    """With https the `__Host-` prefix, so that no neighbouring host can plant one (OA-36)."""
    return f"__Host-{cookie}" if settings().https else str(cookie)


def read(cookie: Cookie) -> str | None:
    """Its value, or None when it is absent, empty, or sent twice: of two, one was planted (OA-36)."""
    values = request.cookies.getlist(name_of(cookie))
    return values[0] if len(values) == 1 and values[0] else None


def put(response: Response, cookie: Cookie, value: str) -> None:
    response.set_cookie(
        name_of(cookie),
        value,
        max_age=LASTING.get(cookie),
        secure=settings().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop(response: Response, cookie: Cookie) -> None:
    response.delete_cookie(name_of(cookie), secure=settings().https, httponly=True, samesite="Lax", path="/")


def browser_id() -> str:
    """This browser's own random value; a new one is set on the response when it has none yet."""
    known = g.get("browser_id") or read(Cookie.BROWSER)
    if known is None or len(known) != 43:
        known = secrets.token_urlsafe(32)
        g.new_browser_id = known
    g.browser_id = known
    return str(known)


def renew_browser_id() -> str:
    """Another value for this browser, from this request on: what was bound to the one before is out of reach."""
    g.browser_id = g.new_browser_id = secrets.token_urlsafe(32)
    return str(g.browser_id)


def keep_browser_id(response: Response) -> Response:
    """After each request: sets the browser's value when this request made one."""
    new = g.get("new_browser_id")
    if new is not None:
        put(response, Cookie.BROWSER, new)
    return response
