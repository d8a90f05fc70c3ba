"""Authorization requests that their application signed (RFC 9101, OIDC Core 6): by value, or at an address of its own.

A signed object says what was asked, whoever carried it here. Only addresses that the client registered, byte for byte, are
ever visited (OA-23); what stands elsewhere is refused without a look.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from idp.database import let_go
from idp.oidc.client import Client
from idp.oidc.client_keys import key_for
from idp.oidc.errors import ClientError
from idp.oidc.fetching import NotFetched
from idp.oidc.protocol import ErrorCode, SigningAlg
from idp.oidc.remembered import Remembered
from idp.oidc.signed import InvalidToken, is_number, read_object, unseal
from idp.oidc.spent import spend_once

log = logging.getLogger("leerid.oidc")

# Before RFC 9101 gave it a type of its own it was a plain `JWT`, or had none.
TYPES = (None, "JWT", "oauth-authz-req+jwt")
# What it is called where it stands decides nothing: its signature does.
ACCEPT = "application/oauth-authz-req+jwt, */*"
ALGS = tuple(alg.value for alg in SigningAlg)
FRESH_FOR = timedelta(minutes=1)
CLOCKS_DIFFER = 60
# For how long an object may be good that says that it is good once: so long is it remembered.
LONGEST_LIFE_OF_ONE = 3600
LONGEST_JTI = 255
# Neither may an object lead to another one (RFC 9101 section 4).
REFERENCES = frozenset({"request", "request_uri"})


@dataclass(frozen=True)
class Opener:
    """What it takes to open one."""

    issuer: str
    remembered: Remembered
    db: Session
    now: datetime

    def by_value(self, token: str, client: Client) -> Mapping[str, Any]:
        """What a signed object says. Raises ClientError."""
        refuse_unsigned(token)
        claims = self.opened(token, client)
        if not self.is_first(claims, client):
            raise refused("used before", client)
        return claims

    def by_reference(self, address: str, client: Client) -> Mapping[str, Any]:
        """The same, of the object at this address; it may be used again, since it is the address that was registered."""
        if address not in client.request_uris:
            raise ClientError(
                ErrorCode.REQUEST_URI_NOT_SUPPORTED, "request_uri must be one that the client registered"
            )
        let_go(self.db)
        try:
            # With its fragment: another digest there is another document (OIDC Core 6.2).
            body = self.remembered.get(address, ACCEPT, fresh_for=FRESH_FOR, now=self.now)
        except NotFetched:
            raise ClientError(ErrorCode.INVALID_REQUEST_URI, "nothing was found at request_uri") from None
        # The certification's client names a digest before there is a document: OIDC Core 6.2 means it for caches, and what
        # stands there is signed. Whoever needs PKCE is a client of today, and is held to what it registered.
        if client.pkce_required and not has_digest(body, address.partition("#")[2]):
            raise ClientError(ErrorCode.INVALID_REQUEST_URI, "request_uri is the address of something else")
        return self.opened(body.decode("ascii", "replace"), client)

    def opened(self, token: str, client: Client) -> Mapping[str, Any]:
        """Proven to be this client's, to us, and not over."""
        pinned = client.request_object_signing_alg
        let_go(self.db)  # its key may have to be fetched
        try:
            claims = unseal(
                token,
                algs=ALGS if pinned is None else (pinned.value,),
                typs=TYPES,
                key_for=lambda kid, alg: key_for(client, kid, alg, self.remembered, self.now),
            )
        except InvalidToken:
            raise refused("not signed by the client", client) from None
        if (fault := fault_in(claims, client, self.issuer, self.now)) is not None:
            raise refused(fault, client)
        return claims

    def is_first(self, claims: Mapping[str, Any], client: Client) -> bool:
        """One with a `jti` is good once; without one it is as good as any address that a browser can visit again."""
        if "jti" not in claims:
            return True
        until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=CLOCKS_DIFFER)
        return spend_once(self.db, f"request:{client.client_id}", claims["jti"], until)


def refuse_unsigned(token: str) -> None:
    """OIDC Core 3.1.2.6 has an error for what a provider doesn't do, and unsigned objects are that (OA-14)."""
    try:
        alg = read_object(token.partition(".")[0][:1000]).get("alg")
    except InvalidToken:
        return
    if isinstance(alg, str) and alg.lower() == "none":
        raise ClientError(ErrorCode.REQUEST_NOT_SUPPORTED, "request objects must be signed")


def fault_in(claims: Mapping[str, Any], client: Client, issuer: str, now: datetime) -> str | None:
    """What is wrong with what it says about itself; None when nothing is."""
    if claims.get("iss", client.client_id) != client.client_id:
        return "of another client"
    if "aud" in claims and issuer not in audiences(claims["aud"]):
        return "for another provider"
    if claims.get("sub") == client.client_id or "events" in claims:
        return "made to be something else"  # a client assertion, say (RFC 9101 section 10.8)
    if REFERENCES & claims.keys():
        return "holds another request"
    return fault_of_time(claims, now.timestamp()) or fault_of_jti(claims, now.timestamp())


def audiences(aud: Any) -> Collection[str]:
    """A list is allowed here (OIDC Core 6.1): a request that names several providers proves nothing to any of them."""
    if isinstance(aud, list) and all(isinstance(each, str) for each in aud):
        return aud
    return (aud,) if isinstance(aud, str) else ()


def fault_of_time(claims: Mapping[str, Any], at: float) -> str | None:
    if not all(is_number(claims[name]) for name in ("exp", "nbf", "iat") if name in claims):
        return "without moments"
    if claims.get("exp", at) < at - CLOCKS_DIFFER:
        return "over"
    if claims.get("nbf", at) > at + CLOCKS_DIFFER or claims.get("iat", at) > at + CLOCKS_DIFFER:
        return "from the future"
    return None


def fault_of_jti(claims: Mapping[str, Any], at: float) -> str | None:
    if "jti" not in claims:
        return None
    if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= LONGEST_JTI:
        return "with a jti that is no name"
    if not at - CLOCKS_DIFFER <= claims.get("exp", 0) <= at + LONGEST_LIFE_OF_ONE:
        return "good once, and for too long"
    return None


def has_digest(body: bytes, fragment: str) -> bool:
    """OIDC Core 6.2: a fragment is the digest of what stands there; without one anything may."""
    if not fragment:
        return True
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, fragment.encode())


def refused(why: str, client: Client) -> ClientError:
    log.warning("request-object:refused", extra={"client_id": client.client_id, "reason": why})
    return ClientError(ErrorCode.INVALID_REQUEST_OBJECT, "the request object is not valid")


# What it asks, as parameters


def merged(
    sent: Mapping[str, str], claims: Mapping[str, Any], names: Collection[str], *, only_inside: bool
) -> dict[str, str]:
    """The request that was meant: what stands inside wins (OIDC Core 6.1).

    `only_inside` is RFC 9101 section 6.3: nothing counts but what was signed. Who the client is, and what it wants back,
    may never differ between the two, or a filter in between would see another request than we do.
    """
    inside = {name: read_parameter(name, claims[name]) for name in names if name in claims}
    for name in ("client_id", "response_type"):
        if inside.get(name, sent.get(name)) != sent.get(name, inside.get(name)):
            raise ClientError(ErrorCode.INVALID_REQUEST_OBJECT, f"{name} differs from the one outside")
    if only_inside and "client_id" not in inside:
        raise ClientError(ErrorCode.INVALID_REQUEST_OBJECT, "client_id is missing in the request object")
    outside = {} if only_inside else sent
    together = {**{name: value for name, value in outside.items() if name not in REFERENCES}, **inside}
    return {name: value for name, value in together.items() if value}


def read_parameter(name: str, value: Any) -> str:
    try:
        text = as_parameter(name, value)
        text.encode()  # half a character, which JSON can write, can't go into any answer
    except (TypeError, ValueError, RecursionError):
        raise ClientError(
            ErrorCode.INVALID_REQUEST_OBJECT, f"{name} in the request object has the wrong form"
        ) from None
    return text


def as_parameter(name: str, value: Any) -> str:
    """As it would have been written in an address: JSON for what is JSON there as well (RFC 9101 section 4)."""
    match name, value:
        case _, str():
            return value
        case "max_age", int() if not isinstance(value, bool):
            return str(value)
        case "claims", dict():
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        case "resource", [str(only)]:
            return only
    raise TypeError
