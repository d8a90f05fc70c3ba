"""The provider's cookies: their names, how they are set, and reading one without being fooled by a second.

`browser` ties a login, a form and a parked request to this browser; `session` is the sign-in; `device` says that this
account signed in here before; `language` is a choice. The first three hold 256 random bits and mean nothing outside the
database, which keeps their digests only. `state` is the only one that scripts read: a random value that nothing is kept
under, and that is another one whenever it may be somebody else who is signed in (OIDC Session Management 1.0 section 3).
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
    STATE = "leerid_state"


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
    if cookie is Cookie.SESSION:
        renew_browser_state()
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
    if cookie is Cookie.SESSION:
        renew_browser_state()
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
    renew_browser_state()
    return str(g.browser_id)


def browser_state() -> str:
    """What stays the same as long as nobody signs in or out here; says nothing of who that is."""
    known = g.get("browser_state") or read(Cookie.STATE)
    return str(known) if known is not None and len(known) == 43 else renew_browser_state()


def renew_browser_state() -> str:
    g.browser_state = secrets.token_urlsafe(32)
    return str(g.browser_state)


def forget_language() -> None:
    """The next one at this browser begins in Dutch, or in a language of their own."""
    g.language_forgotten = True


def keep_new(response: Response) -> Response:
    """After each request: sets what this request made anew, and drops what it forgot."""
    new = g.get("new_browser_id")
    if new is not None:
        put(response, Cookie.BROWSER, new)
    if "browser_state" in g:
        put_browser_state(response, g.browser_state)
    if g.get("language_forgotten") and name_of(Cookie.LANGUAGE) in request.cookies:
        drop(response, Cookie.LANGUAGE)
    return response


def put_browser_state(response: Response, value: str) -> None:
    """Our frame in an application's page must be able to read it, so with https it goes along to other sites."""
    https = settings().https
    site = "None" if https else "Lax"
    response.set_cookie(name_of(Cookie.STATE), value, secure=https, samesite=site, path="/")
