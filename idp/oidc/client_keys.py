"""An application's public keys: in its registration, or at an address of its own that we read again when a key is new."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey

from idp.oidc.client import Client
from idp.oidc.fetching import NotFetched
from idp.oidc.protocol import SigningAlg
from idp.oidc.registration import PRIVATE_JWK_MEMBERS
from idp.oidc.remembered import Remembered
from idp.oidc.signed import InvalidToken, parsed

# An application's key is used for years, and it costs us a verification only (security.md, OA-15). Much larger ones cost
# more than that.
SMALLEST_RSA_BITS = 3072
# Of a client that needn't use PKCE either: an old library, or the certification's own, whose keys are no longer than this.
SMALLEST_OLD_RSA_BITS = 2048
LARGEST_RSA_BITS = 8192
LARGEST_EXPONENT_BITS = 32
ACCEPT = "application/jwk-set+json, application/json"
FRESH_FOR = timedelta(minutes=15)
MOST_KEYS = 50
MEMBERS = frozenset({"kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"})


def key_for(client: Client, kid: str | None, alg: str, remembered: Remembered, now: datetime) -> Key | None:
    """The one key of this application that fits. A token that names none may mean one only when there is but one (OA-16).

    A key that we don't know may be new: its address is read again, once a minute (OA-25). What isn't there any more is
    refused from then on.
    """
    smallest = smallest_rsa_bits(client)
    if not client.jwks_uri:
        return one_fitting((client.jwks or {}).get("keys", ()), kid, alg, smallest)

    def fitting(document: bytes) -> Key | None:
        return one_fitting(keys_in(document), kid, alg, smallest)

    def has_it(document: bytes) -> bool:
        return fitting(document) is not None

    try:
        return fitting(remembered.get(client.jwks_uri, ACCEPT, fresh_for=FRESH_FOR, now=now, enough=has_it))
    except NotFetched:
        return None


def smallest_rsa_bits(client: Client) -> int:
    return SMALLEST_RSA_BITS if client.pkce_required else SMALLEST_OLD_RSA_BITS


@lru_cache(maxsize=200)
def keys_in(document: bytes) -> Sequence[dict[str, Any]]:
    """The keys of a JWK Set (RFC 7517 section 5); those that we can't read are passed over, as it asks."""
    try:
        found = parsed(document)
    except InvalidToken:
        return ()
    keys = found.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        return ()
    return tuple(each for each in keys if isinstance(each, dict) and is_public(each))


def is_public(jwk: dict[str, Any]) -> bool:
    """For verifying, and with nothing where a text belongs that isn't one."""
    texts = all(isinstance(jwk[name], str) for name in MEMBERS & jwk.keys())
    verifies = "key_ops" not in jwk or jwk["key_ops"] == ["verify"]
    return texts and verifies and not PRIVATE_JWK_MEMBERS & jwk.keys()


def one_fitting(
    keys: Sequence[dict[str, Any]], kid: str | None, alg: str, smallest: int = SMALLEST_RSA_BITS
) -> Key | None:
    fitting = [
        key
        for each in keys
        if (kid is None or each.get("kid") == kid) and each.get("use", "sig") == "sig"
        if each.get("alg", alg) == alg and (key := public_key(written(each), alg, smallest)) is not None
    ]
    return fitting[0] if len(fitting) == 1 else None


def written(jwk: dict[str, Any]) -> str:
    """What matters of it: it may have been said with much besides (`x5c`), or with bottomless nonsense."""
    return json.dumps({name: jwk[name] for name in sorted(MEMBERS & jwk.keys())})


@lru_cache(maxsize=1000)
def public_key(jwk: str, alg: str, smallest: int = SMALLEST_RSA_BITS) -> Key | None:
    """An application's key, imported once; None when it isn't one for this algorithm, or too weak (OA-15)."""
    try:
        key = JWKRegistry.import_key(json.loads(jwk))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if fits_algorithm(key, alg, smallest) else None


def fits_algorithm(key: Key, alg: str, smallest: int = SMALLEST_RSA_BITS) -> bool:
    match key:
        case RSAKey():
            numbers = key.public_key.public_numbers()
            size = smallest <= numbers.n.bit_length() <= LARGEST_RSA_BITS
            return alg == SigningAlg.RS256 and size and numbers.e.bit_length() <= LARGEST_EXPONENT_BITS
        case ECKey():
            return alg == SigningAlg.ES256 and key.curve_name == "P-256"
        case OKPKey():
            return alg == SigningAlg.EDDSA and key.curve_name == "Ed25519"
        case OctKey():
            return False
