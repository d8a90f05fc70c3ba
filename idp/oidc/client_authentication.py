"""Which application is this, and can it prove it? One way a request, the one that it registered (RFC 6749 2.3, OA-11).

Every refusal is the same answer, and an application that doesn't exist takes the same work as one whose secret is wrong:
nobody learns which of the two it was.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from sqlalchemy.orm import Session

from idp.database import let_go
from idp.oidc.client_keys import key_for
from idp.oidc.clients import Client, ClientRegister
from idp.oidc.protocol import AssertionAudience, AuthMethod
from idp.oidc.remembered import Remembered
from idp.oidc.signed import LONGEST, InvalidToken, is_number, unseal
from idp.oidc.spent import spend_once

log = logging.getLogger("leerid.oidc")

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION_LIFE = 300
CLOCKS_DIFFER = 60
# `client-authentication+jwt` is RFC 7523bis; what came before it is `JWT`, or no type at all.
ASSERTION_TYPES = (None, "JWT", "client-authentication+jwt")
# Stands in for the digest of an application that doesn't exist or has no secret: no secret has this digest.
NO_DIGEST = "0" * 64


class ClientRefused(InvalidClientError):
    """401 for each cause alike, with the challenge that RFC 6749 section 5.2 and RFC 9110 section 15.5.2 ask."""

    status_code = 401
    description = "client authentication failed"

    def get_headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            ("Pragma", "no-cache"),
            ("WWW-Authenticate", 'Basic realm="LeerID", charset="UTF-8"'),
        ]


@dataclass(frozen=True)
class ProvenClient(ClientMixin):
    """An application that proved who it is. Whoever holds one may rely on that; Authlib asks it the questions below."""

    client: Client
    method: AuthMethod

    @property
    def client_id(self) -> str:
        return self.client.client_id

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.client.grant_types


@dataclass(frozen=True)
class Desk:
    """Where an application presents itself: what it may be asked to prove, and against what."""

    register: ClientRegister
    issuer: str
    remembered: Remembered

    def audiences(self, client: Client) -> tuple[str, ...]:
        """Whom an assertion may be for: us, and our token endpoint for a client that was registered so (OA-19)."""
        if client.assertion_audience is AssertionAudience.TOKEN_ENDPOINT:
            return (self.issuer, f"{self.issuer}/token")
        return (self.issuer,)


def authenticate(
    desk: Desk, form: Mapping[str, str], authorization: str | None, db: Session, now: datetime
) -> ProvenClient:
    """The application behind this request. Raises ClientRefused."""
    method = method_of(form, authorization)
    match method:
        case AuthMethod.CLIENT_SECRET_BASIC:
            client = by_basic(desk, form, authorization or "")
        case AuthMethod.CLIENT_SECRET_POST:
            client = by_secret(desk, form.get("client_id", ""), form["client_secret"], method)
        case AuthMethod.PRIVATE_KEY_JWT:
            client = by_assertion(desk, form, db, now)
        case AuthMethod.NONE:
            client = by_name(desk, form.get("client_id", ""))
    return ProvenClient(client, method)


def method_of(form: Mapping[str, str], authorization: str | None) -> AuthMethod:
    """The one way in which this request proves itself; two at once prove nothing."""
    shown = [
        method
        for method, is_there in (
            (AuthMethod.CLIENT_SECRET_BASIC, authorization is not None),
            (AuthMethod.CLIENT_SECRET_POST, "client_secret" in form),
            (AuthMethod.PRIVATE_KEY_JWT, "client_assertion" in form or "client_assertion_type" in form),
        )
        if is_there
    ]
    if len(shown) > 1:
        raise refused("two-methods")
    return shown[0] if shown else AuthMethod.NONE


def refused(reason: str, client: Client | None = None) -> ClientRefused:
    """The one answer; the reason is for the log."""
    log.warning(
        "client:refused", extra={"reason": reason, "client_id": client.client_id if client else "unknown"}
    )
    return ClientRefused()


def by_name(desk: Desk, client_id: str) -> Client:
    """A public client says who it is and proves nothing: PKCE ties it to its code."""
    client = desk.register.get(client_id)
    if client is None or client.token_endpoint_auth_method is not AuthMethod.NONE:
        raise refused("no-proof", client)
    return client


# Secrets


def by_basic(desk: Desk, form: Mapping[str, str], authorization: str) -> Client:
    client_id, secret = basic_pair(authorization)
    if form.get("client_id", client_id) != client_id:
        raise refused("two-names")
    return by_secret(desk, client_id, secret, AuthMethod.CLIENT_SECRET_BASIC)


def basic_pair(authorization: str) -> tuple[str, str]:
    """RFC 6749 section 2.3.1: both halves are form-encoded before they are joined, so a `+` in one is a space."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise refused("not-basic")
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
        if base64.b64encode(raw).decode() != text:  # trailing bits that mean nothing
            raise ValueError
        name, colon, secret = raw.decode("utf-8").partition(":")
        if not colon:
            raise ValueError
        return unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise refused("malformed-basic") from None


def by_secret(desk: Desk, client_id: str, secret: str, method: AuthMethod) -> Client:
    client = desk.register.get(client_id)
    expected = NO_DIGEST if client is None else client.client_secret_sha256 or NO_DIGEST
    presented = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
    fits = hmac.compare_digest(presented, expected)
    if client is None or not fits or client.token_endpoint_auth_method is not method:
        raise refused("wrong-secret-or-method", client)
    return client


# Assertions (RFC 7523)


def by_assertion(desk: Desk, form: Mapping[str, str], db: Session, now: datetime) -> Client:
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise refused("assertion-type")
    client = desk.register.get(claimed_client(assertion))
    if client is None or client.token_endpoint_auth_method is not AuthMethod.PRIVATE_KEY_JWT:
        raise refused("no-such-client-with-assertions", client)
    let_go(db)  # its keys may have to be fetched
    try:
        claims = unseal(
            assertion,
            algs=(client.token_endpoint_auth_signing_alg,),
            typs=ASSERTION_TYPES,
            key_for=lambda kid, alg: key_for(client, kid, alg, desk.remembered, now),
        )
    except InvalidToken:
        raise refused("assertion-not-signed-by-client", client) from None
    if form.get("client_id", client.client_id) != client.client_id:
        raise refused("two-names", client)
    if (fault := fault_in(claims, client, desk.audiences(client), now)) is not None:
        raise refused(fault, client)
    if not spend_once(db, client.client_id, claims["jti"], datetime.fromtimestamp(claims["exp"], UTC)):
        raise refused("assertion-replayed", client)
    return client


def claimed_client(assertion: str) -> str:
    """Who it says it is from, unproven: only to know whose keys to try it with."""
    if len(assertion) > LONGEST or assertion.count(".") != 2:
        raise refused("malformed-assertion")
    payload = assertion.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        raise refused("malformed-assertion") from None
    name = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(name, str):
        raise refused("malformed-assertion")
    return name


def fault_in(
    claims: Mapping[str, Any], client: Client, audiences: tuple[str, ...], now: datetime
) -> str | None:
    """What is wrong with what it says (OA-19); None when nothing is."""
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        return "assertion-of-another"
    if not isinstance(claims.get("aud"), str) or claims["aud"] not in audiences:
        return "assertion-for-another"  # a list could name us beside somebody who passes it on (RFC 10070)
    issued, expires, jti = claims.get("iat"), claims.get("exp"), claims.get("jti")
    if not is_number(issued) or not is_number(expires) or not is_number(claims.get("nbf", 0)):
        return "assertion-without-moments"
    if not isinstance(jti, str) or not 0 < len(jti) <= 255:
        return "assertion-without-jti"
    at = now.timestamp()
    if expires <= at or expires - LONGEST_ASSERTION_LIFE > issued:
        return "assertion-too-long-or-over"
    if issued > at + CLOCKS_DIFFER or claims.get("nbf", 0) > at + CLOCKS_DIFFER:
        return "assertion-from-the-future"
    return None
