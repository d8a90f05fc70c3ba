"""A granted request becomes what its response type names: a family, its code, and for old applications tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from idp.authentication.sessions import limits_for
from idp.oidc import implicit, response_types
from idp.oidc.decision import Granted
from idp.oidc.issuing import Issuer
from idp.oidc.request import AuthorizationRequest
from idp.oidc.response_types import Part
from idp.oidc.sids import sid_for
from idp.settings import Settings
from idp.tokens import codes, families


def grant(
    db: Session, asked: AuthorizationRequest, granted: Granted, issuer: Issuer, now: datetime
) -> dict[str, str]:
    """The parameters of the answer. The caller has said `writing`."""
    family_id = opened_family(db, asked, granted, issuer, now)
    code = minted_code(db, asked, family_id, issuer, now) if Part.CODE in asked.response_type else None
    told = {} if code is None else {"code": code}
    if asked.response_type == response_types.CODE:
        return told
    return {**told, **implicit.tokens(db, issuer, asked, family_id, code, now)}


def opened_family(
    db: Session, asked: AuthorizationRequest, granted: Granted, issuer: Issuer, now: datetime
) -> UUID:
    client, sign_in = asked.client, granted.sign_in
    return families.open_family(
        db,
        client_id=client.client_id,
        account_id=sign_in.account_id,
        session_digest=sign_in.session_digest,
        offline=asked.offline,
        scope=asked.scope,
        claims=asked.claims,
        signed_in_at=sign_in.at,
        strength=int(sign_in.strength),
        acr=granted.acr,
        methods=sign_in.methods,
        sid=sid_for(client.client_id, sign_in.sid_seed, issuer.pairwise_key),
        released=asked.released_claims,
        resource=asked.resource,
        now=now,
        expires_at=now + lifetime(asked, granted, issuer.settings),
    )


def minted_code(
    db: Session, asked: AuthorizationRequest, family_id: UUID, issuer: Issuer, now: datetime
) -> str:
    return codes.mint(
        db,
        family_id,
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.code_challenge,
        nonce=asked.nonce,
        jkt=asked.dpop_jkt,
        now=now,
        seconds=issuer.settings.tokens.code_seconds,
    )


def lifetime(asked: AuthorizationRequest, granted: Granted, settings: Settings) -> timedelta:
    """At the very most: a grant without offline_access ends with its session, which can't last longer than this."""
    if asked.offline:
        return timedelta(days=settings.tokens.refresh_days)
    return limits_for(granted.sign_in.kind, settings.sessions).absolute
