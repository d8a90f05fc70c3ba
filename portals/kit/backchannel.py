"""Hearing from the provider that a sign-in ended, wherever that happened (OIDC Back-Channel Logout 1.0).

Remembered in memory, so that the next page of that sign-in is a visitor's, without a question to anybody. A process that
didn't hear it (a restart, a second one) learns it from the provider's API, which no longer opens.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from werkzeug.exceptions import HTTPException

from portals.kit import session
from portals.kit.desk import settings, wiring
from portals.kit.session import LONGEST_SECONDS
from portals.kit.sign_in import Provider, ProviderDown

log = logging.getLogger("leerid.portal.backchannel")

EXTENSION = "desk.ended"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
FRESH_SECONDS = 120
LEEWAY_SECONDS = 10
# An unknown key is looked up, but not each time that somebody makes one up.
KEYS_ANEW_SECONDS = 60
LONGEST_TOKEN = 8000
# A school day's worth for one desk; beyond that the oldest are forgotten, and the provider's API says it.
MOST_REMEMBERED = 200_000


def install(app: Flask) -> None:
    app.extensions[EXTENSION] = EndedSignIns()
    app.add_url_rule("/backchannel-logout", "backchannel_logout", hear, methods=["POST"])
    app.before_request(leave_if_over)


def ended() -> EndedSignIns:
    found: EndedSignIns = current_app.extensions[EXTENSION]
    return found


def leave_if_over() -> None:
    held = session.tokens()
    if held is not None and ended().is_over(held.sid):
        session.end_visit()


def hear() -> Response:
    """Section 2.8: 200 when it is done, 400 when it isn't a logout token for us; later when we can't tell now."""
    try:
        given = request.form.getlist("logout_token")
        ended().end(given[0] if len(given) == 1 else "", wiring().provider, time.time())
    except ProviderDown as down:
        log.warning("backchannel:no-keys", extra={"detail": str(down)})
        return told("temporarily_unavailable", 503)
    except NoLogoutToken as refused:
        log.warning("backchannel:refused", extra={"detail": str(refused)})
        return told("invalid_request", 400)
    except HTTPException as error:  # a body that can't be read, or is too large
        return told("invalid_request", error.code or 400)
    log.info("backchannel:ended")
    return Response(status=200)


def told(error: str, status: int) -> Response:
    response = jsonify(error=error)
    response.status_code = status
    return response


class NoLogoutToken(Exception):
    """What was posted ends nobody's sign-in."""


class EndedSignIns:
    """Which sign-ins are over, for as long as anybody could still come with one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.over: OrderedDict[str, float] = OrderedDict()
        self.seen: OrderedDict[str, float] = OrderedDict()
        self.keys_anew_at = float("-inf")

    def is_over(self, sid: str) -> bool:
        return sid in self.over

    def remember(self, sid: str, now: float) -> None:
        if sid:
            with self.lock:
                keep(self.over, sid, now, LONGEST_SECONDS)

    def end(self, token: str, provider: Provider, now: float) -> None:
        """Every check of section 2.6, and then the sign-in is over. Raises NoLogoutToken, ProviderDown."""
        claims = checked(self.opened(token, provider), now)
        with self.lock:
            if claims["jti"] in self.seen:
                raise NoLogoutToken("seen before")
            keep(self.seen, claims["jti"], now, FRESH_SECONDS + LEEWAY_SECONDS)
            keep(self.over, claims["sid"], now, LONGEST_SECONDS)

    def opened(self, token: str, provider: Provider) -> jwt.Token:
        """Signed by the provider, with the algorithm that we chose and no other (OA-15)."""
        if not token or len(token) > LONGEST_TOKEN:
            raise NoLogoutToken("no token")
        try:
            try:
                return jwt.decode(token, provider.signing_keys(), algorithms=["RS256"])
            except InvalidKeyIdError:
                if time.monotonic() - self.keys_anew_at < KEYS_ANEW_SECONDS:
                    raise
                self.keys_anew_at = time.monotonic()
                return jwt.decode(token, provider.signing_keys(anew=True), algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            raise NoLogoutToken(type(error).__name__) from error


def checked(token: jwt.Token, now: float) -> Mapping[str, Any]:
    """OA-42, OA-18: an ID token or an access token ends nothing, however well it is signed."""
    claims = token.claims
    needed = {name: {"essential": True} for name in ("iat", "exp", "jti", "sub", "sid", "events")}
    ours = {
        "iss": {"essential": True, "value": settings().issuer},
        "aud": {"essential": True, "value": settings().client_id},
    }
    try:
        rules = jwt.JWTClaimsRegistry(lambda: int(now), LEEWAY_SECONDS, **needed, **ours)  # type: ignore[arg-type]
        rules.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise NoLogoutToken(type(error).__name__) from error
    if token.header.get("typ") != "logout+jwt":
        raise NoLogoutToken("typ")
    if "nonce" in claims:
        raise NoLogoutToken("nonce")
    if not isinstance(claims["events"], Mapping) or not isinstance(claims["events"].get(EVENT), Mapping):
        raise NoLogoutToken("events")
    if now - claims["iat"] > FRESH_SECONDS:
        raise NoLogoutToken("iat")
    if not all(isinstance(claims[name], str) and claims[name] for name in ("jti", "sub", "sid")):
        raise NoLogoutToken("jti, sub, sid")
    return claims


def keep(memory: OrderedDict[str, float], key: str, now: float, seconds: float) -> None:
    """Adds to what is remembered, and forgets what nobody can ask after any more."""
    memory[key] = now
    memory.move_to_end(key)
    while memory and (len(memory) > MOST_REMEMBERED or now - next(iter(memory.values())) > seconds):
        memory.popitem(last=False)
