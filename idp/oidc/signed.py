"""Opening a signed token (a compact JWS): the one place that does, so that nothing is believed before it was checked.

The thing being checked never configures the check (CV-05): the caller says which algorithms may be, and where keys come
from; a header that brings a key, points to one or changes how the rest is read is refused before anything else (OA-14 to
OA-17). There is one error, which tells no cause.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection
from typing import Any, TypeGuard

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from idp.web import strict_json

LONGEST = 16_000
LONGEST_HEADER = 600
LONGEST_HEADER_WITH_KEY = 2000  # RSA with 4096 bits takes half of it
LONGEST_KEY_ID = 200
COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
# They bring a key (jwk, x5c), fetch one (jku, x5u), or change what is signed or how it is read.
REFUSED_HEADERS = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"})

FindKey = Callable[[str | None, str], Key | None]


class InvalidToken(ValueError):
    """Not a token that we can believe. Says no more: whoever tries would learn from it."""


class OneAlgorithm(JWSRegistry):
    """joserfc's algorithms, cut down to one, under the name that libraries know (`EdDSA`, RFC 8037)."""

    # Each reader has a stricter limit of its own; joserfc's is too short for an RSA key.
    max_header_length = LONGEST_HEADER_WITH_KEY

    def __init__(self, name: str) -> None:
        super().__init__(algorithms=[name], strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """As joserfc's own, without its warning about the name EdDSA on each use."""
        if self.allowed is None or name not in self.allowed:
            raise InvalidToken
        return self.algorithms[name]


ONLY = {name: OneAlgorithm(name) for name in ("RS256", "ES256", "EdDSA")}


def seal(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """A compact JWS of these claims."""
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return jws.serialize_compact(header, payload, key, registry=ONLY[header["alg"]])


def unseal(
    token: str, *, algs: Collection[str], typs: Collection[str | None], key_for: FindKey
) -> dict[str, Any]:
    """The claims of a token that is signed with a key that `key_for(kid, alg)` knows. Raises InvalidToken."""
    parts, header = opened(token, LONGEST_HEADER)
    alg, kid = header.get("alg"), header.get("kid")
    if not isinstance(alg, str) or alg not in algs or alg not in ONLY or REFUSED_HEADERS & header.keys():
        raise InvalidToken
    if "kid" in header and not (isinstance(kid, str) and 0 < len(kid) <= LONGEST_KEY_ID):
        raise InvalidToken
    if not has_type(header, typs):
        raise InvalidToken
    return signed_with(key_for(kid, alg), token, alg, parts[2])


def unseal_with_key_inside(
    token: str, *, algs: Collection[str], typ: str, key_in: Callable[[Any, str], Key | None]
) -> tuple[dict[str, Any], Key]:
    """The claims of a token that brings its own public key, and that key. Raises InvalidToken.

    It proves that its maker holds the private key and nothing more: for RFC 9449, where that is the question.
    """
    parts, header = opened(token, LONGEST_HEADER_WITH_KEY)
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in algs or alg not in ONLY:
        raise InvalidToken
    if not has_type(header, (typ,)) or (REFUSED_HEADERS - {"jwk"}) & header.keys():
        raise InvalidToken
    key = key_in(header.get("jwk"), alg)
    claims = signed_with(key, token, alg, parts[2])
    assert key is not None, "nothing is signed with no key"
    return claims, key


def opened(token: str, longest_header: int) -> tuple[re.Match[str], dict[str, Any]]:
    """Its parts and its header, unproven."""
    if len(token) > LONGEST:  # before any work: a bomb costs nothing (OA-17)
        raise InvalidToken
    parts = COMPACT.fullmatch(token)
    if parts is None or len(parts[1]) > longest_header:
        raise InvalidToken
    decoded(parts[3])
    return parts, read_object(parts[1])


def has_type(header: dict[str, Any], typs: Collection[str | None]) -> bool:
    typ = header.get("typ")
    return ("typ" not in header or isinstance(typ, str)) and typ in typs


def signed_with(key: Key | None, token: str, alg: str, payload: str) -> dict[str, Any]:
    if key is None:
        raise InvalidToken
    try:
        jws.deserialize_compact(token, key, registry=ONLY[alg])
    except (JoseError, ValueError, TypeError):
        raise InvalidToken from None
    return read_object(payload)


def read_object(part: str) -> dict[str, Any]:
    return parsed(decoded(part))


def parsed(document: bytes) -> dict[str, Any]:
    """A JSON object without repeated members, of which two readers could believe different ones (OA-09)."""
    try:
        found = strict_json.read(document)
    except ValueError:
        raise InvalidToken from None
    if not isinstance(found, dict):
        raise InvalidToken
    return found


def decoded(part: str) -> bytes:
    """base64url in its one canonical form: the same bytes can't be written in a second way."""
    try:
        found = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise InvalidToken from None
    if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise InvalidToken
    return found


def is_number(value: Any) -> TypeGuard[float]:
    """RFC 7519 NumericDate: a number, and `true` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
