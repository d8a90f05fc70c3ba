"""Leaving a browser to whoever comes next: what was under way in it ends, and its own value changes (OA-35, CV-15)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy.orm import Session

from idp.accounts import opaque
from idp.authentication import login
from idp.authentication.login import Attempt
from idp.web.cookies import browser_id, forget_language, renew_browser_id
from idp.web.request import db

EXTENSION = "leerid.when-browser-changes"

# The database session, whose transaction is writing; where the login that goes on leads; the value before, and after.
BrowserChanges = Callable[[Session, str, str, str], None]


def when_browser_changes(app: Flask, callback: BrowserChanges) -> None:
    """From now on `callback` may take along what a login that goes on leads back to."""
    app.extensions.setdefault(EXTENSION, []).append(callback)


def leave_browser(taking: Attempt | None = None) -> None:
    """Nothing of before is this browser's any more, except the login that goes on. The caller has said `writing`."""
    before = browser_id()
    login.end_proven(db(), opaque.digest(before), but=taking)
    after = renew_browser_id()
    forget_language()
    if taking is None:
        return
    login.move_to(db(), taking, opaque.digest(after))
    for callback in current_app.extensions.get(EXTENSION, ()):
        callback(db(), taking.requirement.return_to, before, after)
