"""Forms come from our own pages: a token bound to this browser in each, checked before any view runs (OA-32, OA-33).

Endpoints that other sites post to by design (the protocol's) say so with `open_to_other_sites`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from idp.web.cookies import browser_id
from idp.web.errors import ShownError
from idp.web.request import settings, wiring

View = TypeVar("View", bound=Callable[..., Any])


def open_to_other_sites(view: View) -> View:
    """Marks a view that applications call: it authenticates by other means than a form's token."""
    view.open_to_other_sites = True  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    app.before_request(refuse_foreign_forms)


def csrf_token() -> str:
    """The value of the hidden field `csrf_token` in each of our forms."""
    return hmac.digest(wiring().keys.cookies, b"form:" + browser_id().encode(), "sha256").hex()


def refuse_foreign_forms() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "open_to_other_sites", False):
        return
    if comes_from_elsewhere() or not hmac.compare_digest(given_token(), csrf_token().encode()):
        raise ShownError(403, "form-expired")


def comes_from_elsewhere() -> bool:
    """What the browser says of where a form was; a script can forge neither header.

    Our pages send no referrer, so their own forms come with `Origin: null`; the token tells those from a stranger's.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return request.headers.get("Origin") not in (None, "null", settings().issuer)


def given_token() -> bytes:
    return request.form.get("csrf_token", "").encode("utf-8", "replace")
