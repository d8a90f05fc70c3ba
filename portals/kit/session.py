"""The desk's session: an encrypted cookie that the browser keeps and cannot read.

The desk itself keeps nothing. What was changed, made by another key or sent twice is no session at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask, Request, Response, session
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin

# No visit lasts longer than the longest sign-in at the provider; the seal carries its own time.
LONGEST_SECONDS = 10 * 3600
# Several tabs may be signing in at once; more than this would not fit in a cookie.
MOST_FLOWS = 3
# A page to come back to; a longer address would not fit three times in a cookie either.
LONGEST_RETURN = 200
# Two sign-ins that the provider took back within this time will be followed by a third.
CIRCLE_SECONDS = 10


@dataclass(frozen=True)
class Tokens:
    """What signing in gave: who it is for the desk, and what opens the provider's API."""

    subject: str
    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    id_token: str = field(repr=False)
    began_at: int
    expires_at: int
    # This sign-in, as the provider names it when it ends; empty in a cookie from before it was kept.
    sid: str = ""


@dataclass(frozen=True)
class Flow:
    """One sign-in on its way to the provider and back, bound to this browser (OA-30, OA-31)."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    return_to: str


class SealedCookie(SessionInterface):
    """Flask's session, sealed with Fernet: AES and an HMAC."""

    def __init__(self, name: str, keys: Sequence[bytes], https: bool) -> None:
        # With https the `__Host-` prefix, so that no neighbouring host can plant one (OA-36).
        self.cookie = f"__Host-{name}" if https else name
        self.https = https
        self.seal = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        values = request.cookies.getlist(self.cookie)
        if len(values) != 1:  # of two, one was planted (OA-36)
            return SecureCookieSession()
        try:
            text = self.seal.decrypt(values[0].encode("utf-8", "replace"), ttl=LONGEST_SECONDS)
        except InvalidToken:
            return SecureCookieSession()
        return SecureCookieSession(json.loads(text))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not session.modified:
            return
        if not session:
            response.delete_cookie(self.cookie, path="/", secure=self.https, httponly=True, samesite="Lax")
            return
        sealed = self.seal.encrypt(json.dumps(dict(session), separators=(",", ":")).encode()).decode("ascii")
        response.set_cookie(self.cookie, sealed, path="/", secure=self.https, httponly=True, samesite="Lax")


def tokens() -> Tokens | None:
    """What this visitor is signed in with, if at all."""
    found = session.get("tokens")
    return Tokens(**found) if found else None


def hold(new: Tokens) -> None:
    """Signed in. The token of forms made before is no longer good (OA-35)."""
    session.pop("form", None)
    session["came_back_for"] = session.pop("asked_anew_for", "")
    session["tokens"] = asdict(new)


def keep(renewed: Tokens) -> None:
    """The same sign-in with a new token; forms that are open stay good."""
    session["tokens"] = asdict(renewed)


def forget() -> None:
    """Nothing of this visitor stays behind (CV-15)."""
    session.clear()


def end_visit() -> None:
    """The sign-in is over, says the provider. Whoever is on the way in, or out, with this browser still gets there."""
    kept = {name: session[name] for name in ("flows", "leaving", "leaving_in") if name in session}
    session.clear()
    session.update(kept)


def goes_round(now: float) -> bool:
    """Forgets a sign-in that the provider took back. True when that happened a moment ago as well: a circle."""
    if tokens() is None:
        return False
    before = session.get("taken_back_at", 0.0)
    forget()
    session["taken_back_at"] = now
    return bool(now - before < CIRCLE_SECONDS)


def asks_anew(page: str, now: float) -> bool:
    """Before somebody who is signed in does so once more for `page`. False when that was just done, and didn't help."""
    held = tokens()
    which = hashlib.sha256(page.encode()).hexdigest()[:16]  # an address may be too long for a cookie
    if held is not None and session.get("came_back_for") == which and now - held.began_at < CIRCLE_SECONDS:
        return False
    session["asked_anew_for"] = which
    return True


def remember(flow: Flow) -> None:
    session["flows"] = [*session.get("flows", []), asdict(flow)][-MOST_FLOWS:]


def take(state: str) -> Flow | None:
    """The flow that this browser began with `state`; each is good once."""
    flows = session.get("flows", [])
    found = next(
        (flow for flow in flows if secrets.compare_digest(flow["state"].encode(), state.encode())), None
    )
    if found is None:
        return None
    session["flows"] = [flow for flow in flows if flow is not found]
    return Flow(**found)


def form_token() -> str:
    """The value of the hidden field in each form of this browser."""
    if "form" not in session:
        session["form"] = secrets.token_urlsafe(32)
    return str(session["form"])


def leave(language: str) -> str:
    """On the way out: a value that the provider brings back when it is done. `language` is for the last page."""
    session["leaving"] = secrets.token_urlsafe(32)
    session["leaving_in"] = language
    return str(session["leaving"])


def left_in() -> str:
    """The language of whoever left; asked once."""
    return str(session.pop("leaving_in", ""))


def has_left(state: str) -> bool:
    """Whether this browser is back from the sign-out that it began; true once."""
    expected = session.pop("leaving", "")
    return bool(expected) and secrets.compare_digest(expected.encode(), state.encode())
