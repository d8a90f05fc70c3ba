"""The end of a browser session, and who else wants to know of it: what hangs on a session ends with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import Flask, current_app
from sqlalchemy.orm import Session

from idp.authentication import sessions
from idp.authentication.views import visitor
from idp.web.cookies import Cookie, read
from idp.web.request import db, now

EXTENSION = "leerid.when-session-ends"

# The database session, whose transaction is writing; the name of the browser session that just ended; the moment.
SessionEnds = Callable[[Session, str, datetime], None]


def when_session_ends(app: Flask, callback: SessionEnds) -> None:
    """From now on `callback` is called in the transaction that ends a session, once for each session."""
    app.extensions.setdefault(EXTENSION, []).append(callback)


def end_session(session_digest: str) -> None:
    """Ends it for good, and tells. The caller has said `writing`; of two who end it at once, one tells."""
    if sessions.end(db(), session_digest, now()):
        for callback in current_app.extensions.get(EXTENSION, ()):
            callback(db(), session_digest, now())


def end_sessions(account_id: UUID, *, but: str = "") -> None:
    """Everywhere that this account is signed in, but in the session of that name. The caller has said `writing`."""
    for digest in sessions.others_of(db(), account_id, but):
        end_session(digest)


def end_session_here() -> None:
    """Whoever is signed in at this browser no longer is."""
    sign_in = visitor.signed_in()
    if sign_in is not None:
        end_session(sign_in.session_digest)


def make_way_for(account_id: UUID) -> None:
    """Somebody else's session at this browser ends, an idle one too: applications may still greet who forgot to leave."""
    cookie = read(Cookie.SESSION)
    left = sessions.left_behind(db(), cookie, account_id) if cookie else None
    if left is not None:
        end_session(left)
