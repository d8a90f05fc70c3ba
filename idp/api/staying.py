"""Whoever uses a desk of ours isn't idle: the sign-in behind it stays, and the desk knows for how long."""

from __future__ import annotations

from flask import Response, jsonify

from idp.api.describing import NUMBER, described, thing
from idp.api.holding import SELF, oneself
from idp.api.room import api
from idp.authentication import sessions
from idp.database import writing
from idp.tokens.guard import Bearer
from idp.web.request import db, now


@api.post("/me/still-here")
@described("Somebody is still here", thing(idle_seconds=NUMBER), scopes=(SELF,))
def still_here() -> Response:
    """For a page that stays open while somebody reads or types."""
    holder = oneself()
    stay(holder)
    return jsonify(idle_seconds=idle_seconds(holder))


def stay(holder: Bearer) -> None:
    """The idle time begins anew; written down once a minute at most. What was read before is committed with it."""
    if holder.session_digest is not None and is_due(holder):
        writing(db())
        sessions.touch(db(), holder.session_digest, now())


def idle_seconds(holder: Bearer) -> int:
    """How long nothing may happen before this sign-in ends, once it was said to `stay`; never past its own end."""
    session = holder.grant.session
    if session is None:
        return 0
    whole = session.idle_until - session.last_seen_at
    since = now() if is_due(holder) else session.last_seen_at
    ends = min(since + whole, session.expires_at)
    return max(0, int((ends - now()).total_seconds()))


def is_due(holder: Bearer) -> bool:
    session = holder.grant.session
    return session is not None and session.last_seen_at + sessions.SEEN_EVERY <= now()
