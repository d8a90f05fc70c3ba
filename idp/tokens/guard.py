"""Who presents this access token, and is it still good? The one question that userinfo and the API ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.tokens.access import access_tokens
from idp.tokens.holders import SELECTED, Grant, HeldAccount, HeldPerson, grant_of, joined
from idp.tokens.secrets import could_be_ours, digest


@dataclass(frozen=True)
class Bearer:
    """Whoever holds a good access token, and what it opens."""

    grant: Grant
    scope: frozenset[str]
    issued_at: datetime
    expires_at: datetime
    # For whom, when it isn't for us (RFC 8707); and the key that it is worth nothing without (RFC 9449).
    audience: str | None = None
    jkt: str | None = None

    @property
    def family_id(self) -> UUID:
        return self.grant.family_id

    @property
    def client_id(self) -> str:
        return self.grant.client_id

    @property
    def account(self) -> HeldAccount:
        return self.grant.account

    @property
    def person(self) -> HeldPerson:
        return self.grant.person

    @property
    def claims(self) -> Mapping[str, Any]:
        """What the authorization request's `claims` parameter asked for."""
        return self.grant.claims

    @property
    def signed_in_at(self) -> datetime:
        return self.grant.signed_in_at

    @property
    def strength(self) -> int:
        return self.grant.strength

    @property
    def acr(self) -> str:
        return self.grant.acr

    @property
    def sid(self) -> str:
        return self.grant.sid

    @property
    def session_digest(self) -> str | None:
        return self.grant.session_digest


OWN = (
    access_tokens.c.scope,
    access_tokens.c.issued_at,
    access_tokens.c.expires_at,
    access_tokens.c.revoked_at,
    access_tokens.c.audience,
    access_tokens.c.jkt,
)
FIND = (
    select(*OWN, *SELECTED)
    .select_from(joined(access_tokens))
    .where(access_tokens.c.digest == bindparam("digest"))
)


def bearer(db: Session, presented: str, now: datetime) -> Bearer | None:
    """Whom this token makes a bearer here: not one for another's API, nor one that is worth nothing without its key."""
    found = holder(db, presented, now)
    if found is None or found.audience is not None or found.jkt is not None:
        return None
    return found


def holder(db: Session, presented: str, now: datetime) -> Bearer | None:
    """Whose token this is, wherever it is good and with whichever proof, for those who look at both themselves.

    None when it isn't good (any more); one SELECT, and no reason given (OA-18, CV-33).
    """
    if not could_be_ours(presented):
        return None
    row = db.connection().execute(FIND, {"digest": digest(presented)}).first()
    if row is None:
        return None
    scope, issued_at, expires_at, revoked_at, audience, jkt = row[: len(OWN)]
    if revoked_at is not None or expires_at <= now:
        return None
    grant = grant_of(row[len(OWN) :])
    if grant.refusal(now) is not None:
        return None
    return Bearer(grant, frozenset(scope.split()), issued_at, expires_at, audience, jkt)
