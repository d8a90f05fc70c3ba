"""Tokens for a grant: drawn and signed first, stored after, because a signature must not hold up those who write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from idp.oidc import claims, id_token, resource_tokens
from idp.oidc.clients import Client
from idp.oidc.keys import KeyRing
from idp.oidc.nonces import Nonces
from idp.oidc.protocol import GrantType, Scope
from idp.oidc.subjects import subject_for
from idp.rules.belgian_time import school_day
from idp.schools.switched_off import SwitchedOff
from idp.settings import Settings
from idp.tokens import access
from idp.tokens.holders import Grant
from idp.tokens.secrets import new_value


@dataclass(frozen=True)
class Issuer:
    """What it takes to issue: the name we sign under, the keys, how long things last, and what schools switched off."""

    settings: Settings
    ring: KeyRing
    pairwise_key: bytes = field(repr=False)
    switched_off: SwitchedOff
    nonces: Nonces

    def subject(self, client: Client, grant: Grant) -> str:
        return subject_for(client, grant.person, self.pairwise_key)


@dataclass(frozen=True)
class Drawn:
    """Tokens that exist on paper only: `store` makes them good. `kept` is the access token, or the `jti` of a signed one."""

    grant: Grant
    scope: tuple[str, ...]
    seconds: int
    jkt: str | None
    kept: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)

    def store(self, db: Session, now: datetime) -> None:
        access.store(
            db,
            self.kept,
            family_id=self.grant.family_id,
            scope=self.scope,
            audience=self.grant.resource,
            jkt=self.jkt,
            now=now,
            seconds=self.seconds,
        )

    def body(self) -> dict[str, Any]:
        """RFC 6749 section 5.1 and OIDC Core 3.1.3.3."""
        return {
            "access_token": self.access_token,
            "token_type": "Bearer" if self.jkt is None else "DPoP",
            "expires_in": self.seconds,
            "scope": " ".join(self.scope),
            **({"refresh_token": self.refresh_token} if self.refresh_token else {}),
            **({"id_token": self.id_token} if self.id_token else {}),
        }


def draw(
    issuer: Issuer,
    db: Session,
    client: Client,
    grant: Grant,
    *,
    scope: tuple[str, ...],
    nonce: str | None,
    jkt: str | None = None,
    now: datetime,
) -> Drawn:
    """New tokens of this grant, signed and not yet stored; with `jkt` the access token is bound to that key."""
    kept, resource = new_value(), grant.resource
    access_token = (
        kept if resource is None else for_resource(issuer, client, grant, resource, kept, scope, jkt, now)
    )
    return Drawn(
        grant=grant,
        scope=scope,
        seconds=issuer.settings.tokens.access_seconds,
        jkt=jkt,
        kept=kept,
        access_token=access_token,
        refresh_token=new_value() if GrantType.REFRESH_TOKEN in client.grant_types else None,
        id_token=signed(issuer, db, client, grant, access_token, nonce, now)
        if Scope.OPENID in scope
        else None,
    )


def for_resource(
    issuer: Issuer,
    client: Client,
    grant: Grant,
    resource: str,
    jti: str,
    scope: tuple[str, ...],
    jkt: str | None,
    now: datetime,
) -> str:
    content = resource_tokens.of_grant(
        grant,
        resource,
        issuer=issuer.settings.issuer,
        subject=issuer.subject(client, grant),
        jti=jti,
        scope=scope,
        jkt=jkt,
        now=now,
        seconds=issuer.settings.tokens.access_seconds,
    )
    alg = client.id_token_signed_response_alg
    return issuer.ring.sign(content, alg=alg, typ=resource_tokens.TYPE, now=now)


def signed(
    issuer: Issuer,
    db: Session,
    client: Client,
    grant: Grant,
    access_token: str,
    nonce: str | None,
    now: datetime,
) -> str:
    alg = client.id_token_signed_response_alg
    content = id_token.claims_of(
        grant,
        issuer=issuer.settings.issuer,
        subject=issuer.subject(client, grant),
        access_token=access_token,
        alg=alg,
        nonce=nonce,
        about_person=claims.about(db, grant, claims.for_id_token(client, grant.claims), school_day(now)),
        now=now,
        seconds=issuer.settings.tokens.id_token_seconds,
    )
    return issuer.ring.sign(content, alg=alg, typ="JWT", now=now)
