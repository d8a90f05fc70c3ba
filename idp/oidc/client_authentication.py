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
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey
from sqlalchemy.orm import Session

from idp.database import insert_into, writing
from idp.oidc.clients import Client, ClientRegister
from idp.oidc.protocol import AssertionAudience, AuthMethod, SigningAlg
from idp.oidc.records import SpentAssertion
from idp.oidc.signed import LONGEST, InvalidToken, is_number, unseal

log = logging.getLogger("leerid.oidc")

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION_LIFE = 300
CLOCKS_DIFFER = 60
# `client-authentication+jwt` is RFC 7523bis; what came before it is `JWT`, or no type at all.
ASSERTION_TYPES = (None, "JWT", "client-authentication+jwt")
# An application's key is used for years, and it costs us a verification only (security.md, OA-15).
SMALLEST_RSA_BITS = 3072
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
    try:
        claims = unseal(
            assertion,
            algs=(client.token_endpoint_auth_signing_alg,),
            typs=ASSERTION_TYPES,
            key_for=lambda kid, alg: client_key(client, kid, alg),
        )
    except InvalidToken:
        raise refused("assertion-not-signed-by-client", client) from None
    if form.get("client_id", client.client_id) != client.client_id:
        raise refused("two-names", client)
    if (fault := fault_in(claims, client, desk.audiences(client), now)) is not None:
        raise refused(fault, client)
    if not spend_assertion(db, client, claims["jti"], claims["exp"]):
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
    if (
        not at < expires <= at + LONGEST_ASSERTION_LIFE + CLOCKS_DIFFER
        or expires - issued > LONGEST_ASSERTION_LIFE
    ):
        return "assertion-too-long-or-over"
    if issued > at + CLOCKS_DIFFER or claims.get("nbf", 0) > at + CLOCKS_DIFFER:
        return "assertion-from-the-future"
    return None


def spend_assertion(db: Session, client: Client, jti: str, expires: float) -> bool:
    """True for one caller only, over all processes: the insert decides (OA-20).

    Stored at once, so that an assertion is spent whatever comes of its request. Kept for as long as it could come back.
    """
    writing(db)
    once = insert_into(db, SpentAssertion).values(
        client_id=client.client_id,
        jti=hashlib.sha256(jti.encode("utf-8", "surrogatepass")).hexdigest(),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
    # RETURNING and not a row count, which PostgreSQL's driver doesn't give for an INSERT.
    first = db.execute(once.on_conflict_do_nothing().returning(SpentAssertion.jti)).first()
    db.commit()
    return first is not None


def client_key(client: Client, kid: str | None, alg: str) -> Key | None:
    """The one registered key that fits; an assertion that names none may mean one only when there is but one (OA-16)."""
    fitting = [
        key
        for each in (client.jwks or {}).get("keys", ())
        if (kid is None or each.get("kid") == kid) and each.get("use", "sig") == "sig"
        if each.get("alg", alg) == alg and (key := public_key(json.dumps(each), alg)) is not None
    ]
    return fitting[0] if len(fitting) == 1 else None


@lru_cache(maxsize=1000)
def public_key(jwk: str, alg: str) -> Key | None:
    """An application's key, imported once; None when it isn't one for this algorithm, or too weak (OA-15)."""
    try:
        key = JWKRegistry.import_key(json.loads(jwk))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if fits_algorithm(key, alg) else None


def fits_algorithm(key: Key, alg: str) -> bool:
    match key:
        case RSAKey():
            return alg == SigningAlg.RS256 and key.public_key.key_size >= SMALLEST_RSA_BITS
        case ECKey():
            return alg == SigningAlg.ES256 and key.curve_name == "P-256"
        case OKPKey():
            return alg == SigningAlg.EDDSA and key.curve_name == "Ed25519"
        case OctKey():
            return False
