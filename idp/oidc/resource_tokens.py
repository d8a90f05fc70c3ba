"""Access tokens for somebody else's API (RFC 8707): signed, so that it can read them without asking us (RFC 9068).

Their `jti` is kept as the value of an opaque token is, so they are introspected and taken back like any other. They open
nothing here, because they are for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2 import OAuth2Error

from idp.oidc.clients import Client
from idp.oidc.keys import KeyRing
from idp.oidc.protocol import ErrorCode, SigningAlg
from idp.oidc.signed import InvalidToken
from idp.tokens.holders import Grant

TYPE = "at+jwt"
ALGS = frozenset(alg.value for alg in SigningAlg)


class InvalidTarget(OAuth2Error):
    """RFC 8707 section 2."""

    error = ErrorCode.INVALID_TARGET.value
    description = "the resource is not one that this token can be for"


@dataclass(frozen=True)
class Signed:
    """A signed access token of ours that came back."""

    jti: str
    audience: str


def refuse_other(client: Client, granted: str | None, wanted: str | None) -> None:
    """Asking may repeat what was granted (RFC 8707 section 2.2). Raises InvalidTarget.

    What the registration no longer names is given no more, however it was granted before (CV-07).
    """
    if wanted is not None and wanted != granted:
        raise InvalidTarget
    if granted is not None and granted not in client.resources:
        raise InvalidTarget


def of_grant(
    grant: Grant,
    resource: str,
    *,
    issuer: str,
    subject: str,
    jti: str,
    scope: Sequence[str],
    jkt: str | None,
    now: datetime,
    seconds: int,
) -> dict[str, Any]:
    """RFC 9068 section 2.2: about a person, in the name that the application knows."""
    return {
        **common(issuer, subject, grant.client_id, resource, jti, jkt, now, seconds),
        "scope": " ".join(scope),
        "auth_time": int(grant.signed_in_at.timestamp()),
        "acr": grant.acr,
    }


def of_client(
    client_id: str,
    resource: str,
    *,
    issuer: str,
    jti: str,
    jkt: str | None,
    now: datetime,
    seconds: int,
) -> dict[str, Any]:
    """About nobody: the application itself is its subject (RFC 9068 section 2.2). No scope: those are about people."""
    return common(issuer, client_id, client_id, resource, jti, jkt, now, seconds)


def common(
    issuer: str,
    subject: str,
    client_id: str,
    resource: str,
    jti: str,
    jkt: str | None,
    now: datetime,
    seconds: int,
) -> dict[str, Any]:
    issued_at = int(now.timestamp())
    return {
        "iss": issuer,
        "sub": subject,
        "aud": resource,
        "client_id": client_id,
        "jti": jti,
        "iat": issued_at,
        "exp": issued_at + seconds,
        **({"cnf": {"jkt": jkt}} if jkt is not None else {}),
    }


def read(token: str, ring: KeyRing, issuer: str) -> Signed | None:
    """None when it isn't a signed access token that we made. Whether it is still good is in its row."""
    if "." not in token:
        return None
    try:
        claims = ring.verify(token, typ=TYPE, algs=ALGS)
    except InvalidToken:
        return None
    jti, audience = claims.get("jti"), claims.get("aud")
    if claims.get("iss") != issuer or not isinstance(jti, str) or not isinstance(audience, str):
        return None
    return Signed(jti, audience)
