"""Tokens straight from the authorization endpoint (OIDC Core 3.2 and 3.3): for old applications, behind `legacy_flows`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from idp.oidc import claims, id_token
from idp.oidc.issuing import Issuer
from idp.oidc.request import AuthorizationRequest
from idp.oidc.response_types import Part
from idp.rules.belgian_time import school_day
from idp.tokens import access, holders
from idp.tokens.holders import Grant
from idp.tokens.secrets import new_value


def tokens(
    db: Session,
    issuer: Issuer,
    asked: AuthorizationRequest,
    family_id: UUID,
    code: str | None,
    now: datetime,
) -> dict[str, str]:
    """What the response type names beside the code, as the parameters of the answer. The caller has said `writing`."""
    grant = holders.find(db, family_id)
    access_token = stored_access_token(db, issuer, grant, now) if Part.TOKEN in asked.response_type else None
    told = {} if access_token is None else as_parameters(access_token, issuer, grant)
    if Part.ID_TOKEN in asked.response_type:
        told["id_token"] = signed(db, issuer, asked, grant, access_token, code, now)
    return told


def stored_access_token(db: Session, issuer: Issuer, grant: Grant, now: datetime) -> str:
    """Like any other: it ends with its family, and a code that is used twice ends it too."""
    value = new_value()
    access.store(
        db,
        value,
        family_id=grant.family_id,
        scope=grant.scope,
        now=now,
        seconds=issuer.settings.tokens.access_seconds,
    )
    return value


def as_parameters(access_token: str, issuer: Issuer, grant: Grant) -> dict[str, str]:
    """RFC 6749 section 4.2.2."""
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": str(issuer.settings.tokens.access_seconds),
        "scope": " ".join(grant.scope),
    }


def signed(
    db: Session,
    issuer: Issuer,
    asked: AuthorizationRequest,
    grant: Grant,
    access_token: str | None,
    code: str | None,
    now: datetime,
) -> str:
    alg = asked.client.id_token_signed_response_alg
    names = names_for(asked)
    content = id_token.claims_of(
        grant,
        issuer=issuer.settings.issuer,
        subject=issuer.subject(asked.client, grant),
        access_token=access_token,
        code=code,
        alg=alg,
        nonce=asked.nonce,
        about_person=claims.about(db, grant, names, school_day(now)),
        now=now,
        seconds=issuer.settings.tokens.id_token_seconds,
    )
    return issuer.ring.sign(content, alg=alg, typ="JWT", now=now)


def names_for(asked: AuthorizationRequest) -> frozenset[str]:
    """OIDC Core 5.4: what its scopes open goes into the ID token only when that is all that it gets.

    With a code, this token passes through the browser and the one from /token does not: then the person stays out of it
    (section 3.3.3.6 lets the first of the two say less).
    """
    if Part.CODE in asked.response_type:
        return frozenset()
    by_name = claims.for_id_token(asked.client, asked.claims)
    if Part.TOKEN in asked.response_type:
        return by_name
    return by_name | claims.for_userinfo(asked.client, asked.scope, asked.claims)
