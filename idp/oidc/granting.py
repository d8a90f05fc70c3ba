"""A granted request becomes a code: two inserts, the family and the code."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from idp.authentication.sessions import limits_for
from idp.oidc.decision import Granted
from idp.oidc.request import AuthorizationRequest
from idp.oidc.sids import sid_for
from idp.settings import Settings
from idp.tokens import codes, families


def grant(
    db: Session,
    asked: AuthorizationRequest,
    granted: Granted,
    settings: Settings,
    pairwise_key: bytes,
    now: datetime,
) -> str:
    """The code. The caller has said `writing`."""
    client, sign_in = asked.client, granted.sign_in
    family_id = families.open_family(
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
        sid=sid_for(client.client_id, sign_in.sid_seed, pairwise_key),
        released=asked.released_claims,
        now=now,
        expires_at=now + lifetime(asked, granted, settings),
    )
    return codes.mint(
        db,
        family_id,
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.code_challenge,
        nonce=asked.nonce,
        now=now,
        seconds=settings.tokens.code_seconds,
    )


def lifetime(asked: AuthorizationRequest, granted: Granted, settings: Settings) -> timedelta:
    """At the very most: a grant without offline_access ends with its session, which can't last longer than this."""
    if asked.offline:
        return timedelta(days=settings.tokens.refresh_days)
    return limits_for(granted.sign_in.kind, settings.sessions).absolute
