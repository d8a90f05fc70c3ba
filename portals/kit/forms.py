"""Forms come from our own pages: a token bound to this browser in each, checked before any view runs (OA-32, OA-33)."""

from __future__ import annotations

import hmac

from flask import Flask, request

from portals.kit.desk import settings
from portals.kit.errors import ShownError
from portals.kit.session import form_token

# The provider's own server comes here, without a browser; what it brings is signed.
OPEN_TO_SERVERS = frozenset({"backchannel_logout"})


def install(app: Flask) -> None:
    app.before_request(refuse_foreign_forms)


def refuse_foreign_forms() -> None:
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint in OPEN_TO_SERVERS:
        return
    given = request.form.get("csrf_token", "").encode("utf-8", "replace")
    if comes_from_elsewhere() or not hmac.compare_digest(given, form_token().encode()):
        raise ShownError(403, "form-expired")


def comes_from_elsewhere() -> bool:
    """What the browser says of where a form was; a script can forge neither header."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return request.headers.get("Origin") not in (None, settings().origin)
