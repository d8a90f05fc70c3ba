"""Proofs of possession (RFC 9449): whoever shows a token also shows, for this one request, that they hold its key.

A proof is a small signed token that brings its public key. It is good for one method and one address, within a minute or
two, with a nonce of ours, once. What comes of it is the key's thumbprint (`jkt`), which a token is then bound to.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Error
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key
from sqlalchemy.orm import Session

from idp.oidc.client_keys import fits_algorithm
from idp.oidc.keys import PUBLIC_MEMBERS
from idp.oidc.nonces import Nonces
from idp.oidc.protocol import ErrorCode, SigningAlg
from idp.oidc.registration import PRIVATE_JWK_MEMBERS
from idp.oidc.signed import InvalidToken, is_number, unseal_with_key_inside
from idp.oidc.spent import spend_once

log = logging.getLogger("leerid.oidc")

HEADER = "DPoP"
NONCE_HEADER = "DPoP-Nonce"
TYPE = "dpop+jwt"
ALGS = tuple(alg.value for alg in SigningAlg)
# The nonce already says that a proof is new; this is for what the nonce can't see: a clock that is far off.
OLDEST_SECONDS = 120
CLOCKS_DIFFER = 60
KEPT = timedelta(minutes=5)  # longer than any proof that was seen could still be good
LONGEST_JTI = 255


class DPoPRefused(OAuth2Error):
    """`invalid_dpop_proof`, or `use_dpop_nonce` with the nonce to use (RFC 9449 sections 5, 8 and 9)."""

    status_code = 400

    def __init__(self, code: ErrorCode, description: str, nonce: str) -> None:
        super().__init__(description, error=code.value)
        self.code = code
        self.nonce = nonce

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), (NONCE_HEADER, self.nonce)]


def proof(
    header_values: Sequence[str],
    method: str,
    url: str,
    *,
    access_token: str | None = None,
    bound_to: str | None = None,
    nonces: Nonces,
    db: Session,
    now: datetime,
) -> str:
    """The thumbprint of the key that this request proves to hold. Raises DPoPRefused.

    With `bound_to` it must be that key's. Every check comes before the proof is spent, so that nobody fills our table with
    proofs that were never any good.
    """
    claims, jkt = opened(header_values, nonces, now)
    fault = (
        fault_of_place(claims, method, url)
        or fault_of_time(claims, now)
        or fault_of_token(claims, access_token)
    )
    if fault is not None:
        raise refused(fault, nonces, now)
    if not nonces.is_good(text(claims, "nonce"), now):
        raise DPoPRefused(ErrorCode.USE_DPOP_NONCE, "a nonce of ours is needed", nonces.fresh(now))
    if bound_to is not None and not hmac.compare_digest(bound_to, jkt):
        raise refused("made with another key", nonces, now)
    if not spend_once(db, f"dpop:{jkt}", claims["jti"], now + KEPT):
        raise refused("used before", nonces, now)
    return jkt


def missing(nonces: Nonces, now: datetime) -> DPoPRefused:
    """For a request that needs a proof and brings none; with a nonce, so that the next one succeeds at once."""
    return refused("a proof is needed", nonces, now)


def refused(why: str, nonces: Nonces, now: datetime) -> DPoPRefused:
    log.info("dpop:refused", extra={"reason": why})
    return DPoPRefused(ErrorCode.INVALID_DPOP_PROOF, f"the DPoP proof is not valid: {why}", nonces.fresh(now))


# The proof


def opened(header_values: Sequence[str], nonces: Nonces, now: datetime) -> tuple[Mapping[str, Any], str]:
    """Section 4.3, 1 to 7: one proof, whose key fits and signed it."""
    if len(header_values) != 1:
        raise refused("exactly one is needed", nonces, now)
    try:
        claims, key = unseal_with_key_inside(header_values[0], algs=ALGS, typ=TYPE, key_in=public_key)
    except InvalidToken:
        raise refused("not a proof signed by its own key", nonces, now) from None
    return claims, key.thumbprint()


def public_key(jwk: Any, alg: str) -> Key | None:
    """The key in a proof's header; None when it isn't one for this algorithm, is too weak, or is private (OA-15)."""
    if not isinstance(jwk, dict) or PRIVATE_JWK_MEMBERS & jwk.keys():
        return None
    members = {name: jwk[name] for name in PUBLIC_MEMBERS if name in jwk}
    if not all(isinstance(value, str) for value in members.values()):
        return None
    try:
        key = JWKRegistry.import_key(members)
        return key if fits_algorithm(key, alg) else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def fault_of_place(claims: Mapping[str, Any], method: str, url: str) -> str | None:
    """Section 4.3, 8 and 9: for this method, at this address."""
    if claims.get("htm") != method:
        return "for another method"
    htu = claims.get("htu")
    if not isinstance(htu, str) or place(htu) is None or place(htu) != place(url):
        return "for another address"
    return None


def place(address: str) -> tuple[str, str, int | None, str] | None:
    """What counts of an address: no query and no fragment, and a port that goes without saying is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or "@" in parts.netloc or not address.isascii() or not address.isprintable():
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, None if port == usual else port, parts.path


def fault_of_time(claims: Mapping[str, Any], now: datetime) -> str | None:
    """Section 4.3, 11; and a `jti`, or it couldn't be spent."""
    issued, at = claims.get("iat"), now.timestamp()
    if not is_number(issued) or not at - OLDEST_SECONDS <= issued <= at + CLOCKS_DIFFER:
        return "iat is too far from now"
    ends, begins = claims.get("exp", at), claims.get("nbf", at)
    if (
        not is_number(ends)
        or ends < at - CLOCKS_DIFFER
        or not is_number(begins)
        or begins > at + CLOCKS_DIFFER
    ):
        return "exp or nbf does not allow it"
    if not 0 < len(text(claims, "jti")) <= LONGEST_JTI:
        return "jti is missing or too long"
    return None


def fault_of_token(claims: Mapping[str, Any], access_token: str | None) -> str | None:
    """Section 4.3, 12: beside a token, the proof is for that token and no other."""
    if access_token is None:
        return None
    if not hmac.compare_digest(text(claims, "ath").encode("utf-8", "surrogatepass"), ath(access_token)):
        return "ath is not of this token"
    return None


def ath(access_token: str) -> bytes:
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=")


def text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
