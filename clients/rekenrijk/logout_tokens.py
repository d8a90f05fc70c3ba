"""Signing out elsewhere: which sign-ins LeerID has ended (OpenID Connect Back-Channel Logout 1.0).

Kept in memory, which is enough for one process. With more of them, or to survive a restart, use a table.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidClaimError, InvalidKeyIdError
from joserfc.jwk import KeySet

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST_VISIT = 24 * 3600
FRESH_SECONDS = 120


class EndedSignIns:
    """Ask `ended.is_over(sid, since)` on each request."""

    def __init__(self, issuer: str, client_id: str, fetch_keys: Callable[..., Any]) -> None:
        self.fetch_keys = fetch_keys
        self.fetched_at = 0.0
        self.ended: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        needed = {name: {"essential": True} for name in ("iat", "exp", "jti", "sid", "events")}
        ours = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
        self.rules = jwt.JWTClaimsRegistry(leeway=10, **needed, **ours)  # type: ignore[arg-type]

    def is_over(self, sid: str, since: float) -> bool:
        """No visit outlasts the memory of its end."""
        return sid in self.ended or time.time() - since > LONGEST_VISIT

    def remember(self, sid: str) -> None:
        keep(self.ended, sid)

    def add(self, logout_token: str) -> None:
        """Section 2.6: every check, then the sign-in is over. Raises JoseError."""
        token = self.decode(logout_token)
        claims = token.claims
        self.rules.validate(claims)
        if token.header.get("typ") != "logout+jwt" or "nonce" in claims:  # an ID token is no logout token
            raise InvalidClaimError("typ")
        if not isinstance(claims["events"], Mapping) or EVENT not in claims["events"]:
            raise InvalidClaimError("events")
        if time.time() - claims["iat"] > FRESH_SECONDS or claims["jti"] in self.seen:
            raise InvalidClaimError("jti")
        keep(self.seen, str(claims["jti"]))
        self.remember(str(claims["sid"]))

    def decode(self, value: str) -> jwt.Token:
        """Signed by LeerID. An unknown key is looked up, but once a minute at most: anybody may post here."""
        try:
            return jwt.decode(value, KeySet.import_key_set(self.fetch_keys()), algorithms=["RS256"])
        except InvalidKeyIdError:
            if time.monotonic() - self.fetched_at < 60:
                raise
            self.fetched_at = time.monotonic()
            return jwt.decode(value, KeySet.import_key_set(self.fetch_keys(force=True)), algorithms=["RS256"])


def keep(memory: dict[str, float], key: str) -> None:
    """Adds to what is remembered, and forgets what nobody can ask after any more."""
    now = time.time()
    memory[key] = now
    for old in [each for each, at in memory.items() if now - at > LONGEST_VISIT]:
        del memory[old]
