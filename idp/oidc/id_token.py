"""The ID token: who signed in, when, how surely, and nothing about the person unless it was asked for by name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.oidc.protocol import SigningAlg
from idp.tokens.holders import Grant

# The hash that belongs to each algorithm (OIDC Core 3.1.3.6); Ed25519 signs with SHA-512.
HASHES = {
    SigningAlg.RS256: hashlib.sha256,
    SigningAlg.ES256: hashlib.sha256,
    SigningAlg.EDDSA: hashlib.sha512,
}


def claims_of(
    grant: Grant,
    *,
    issuer: str,
    subject: str,
    access_token: str | None,
    code: str | None = None,
    alg: SigningAlg,
    nonce: str | None,
    about_person: Mapping[str, Any],
    now: datetime,
    seconds: int,
) -> dict[str, Any]:
    """OIDC Core 2, and 3.3.2.11 for one from the authorization endpoint.

    `aud` is a text and not a list: there is one audience, and nothing to misread.
    """
    issued_at = int(now.timestamp())
    return {
        **about_person,
        "iss": issuer,
        "sub": subject,
        "aud": grant.client_id,
        "iat": issued_at,
        "exp": issued_at + seconds,
        # The moment of the sign-in itself, on every refresh too (OIDC Core 12.2).
        "auth_time": int(grant.signed_in_at.timestamp()),
        "acr": grant.acr,
        "amr": list(grant.methods),
        "sid": grant.sid,
        **({"at_hash": half_hash(access_token, alg)} if access_token is not None else {}),
        **({"c_hash": half_hash(code, alg)} if code is not None else {}),
        **({"nonce": nonce} if nonce is not None else {}),
    }


def half_hash(value: str, alg: SigningAlg) -> str:
    """Ties an access token or a code to this ID token: the left half of its hash."""
    digest = HASHES[alg](value.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
