"""Signing in, as pages: everything in this room that knows Flask.

Other rooms ask `signed_in()` who is behind this browser, and send whoever isn't signed in to `sign_in_url(requirement)`.
They end a session with `end_session`, and hear with `when_session_ends` that one ended; `leave_browser` ends what was under
way besides.
"""

from __future__ import annotations

from flask import Flask

from idp.accounts.credentials import Vault
from idp.authentication.views import (
    cards,
    changing,
    choosing,
    email_step,
    factor_steps,
    help_pages,
    managing_factors,
    practising,
    recovering,
    steps,
    verifying,
)
from idp.authentication.views.arriving import Elsewhere, go_elsewhere
from idp.authentication.views.arriving import steps as login_pages
from idp.authentication.views.ending import SessionEnds, end_session, when_session_ends
from idp.authentication.views.leaving import BrowserChanges, leave_browser, when_browser_changes
from idp.authentication.views.visitor import EXTENSION, keep_alive, sign_in_url, signed_in, vault
from idp.web.request import Wiring

__all__ = [
    "BrowserChanges",
    "SessionEnds",
    "end_session",
    "install",
    "leave_browser",
    "sign_in_url",
    "signed_in",
    "vault",
    "when_browser_changes",
    "when_session_ends",
]

# Imported for the pages that they hang under `login_pages`.
PAGES = (steps, choosing, email_step, factor_steps)


def install(app: Flask, wiring: Wiring) -> None:
    app.extensions[EXTENSION] = Vault(wiring.keys.sealing, wiring.settings.hashing)
    for blueprint in (
        login_pages,
        cards.cards,
        verifying.verifying,
        help_pages.help_pages,
        practising.practising,
        recovering.recovering,
        changing.changing,
        managing_factors.second_factor,
    ):
        app.register_blueprint(blueprint)
    app.register_error_handler(Elsewhere, go_elsewhere)
    app.after_request(keep_alive)
