"""An ID token of ours that comes back as a hint (`id_token_hint`): whose it is, once it proves to be ours.

An expired one still tells who somebody was, so it is accepted (OIDC Core 3.1.2.1, RP-Initiated Logout section 2); one
with another issuer, audience, type or signature is not (OA-14, OA-18).
"""

from __future__ import annotations

from dataclasses import dataclass

from idp.oidc.keys import KeyRing
from idp.oidc.protocol import SigningAlg
from idp.oidc.signed import InvalidToken

LONGEST = 8000
ALGS = frozenset(alg.value for alg in SigningAlg)


@dataclass(frozen=True)
class Hint:
    """Who signed in to which application, and in which sign-in."""

    client_id: str
    subject: str
    sid: str | None = None


def read(token: str, ring: KeyRing, issuer: str) -> Hint | None:
    """None when it isn't an ID token that we made."""
    if len(token) > LONGEST:
        return None
    try:
        claims = ring.verify(token, typ="JWT", algs=ALGS)
    except InvalidToken:
        return None
    client_id, subject = claims.get("aud"), claims.get("sub")
    if claims.get("iss") != issuer or "events" in claims:
        return None
    if not isinstance(client_id, str) or not isinstance(subject, str) or not subject:
        return None
    sid = claims.get("sid")
    return Hint(client_id, subject, sid if isinstance(sid, str) else None)
