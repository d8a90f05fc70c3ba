"""Refresh tokens: each is good once and makes its successor; using one again ends the family (RFC 9700, 4.14.2).

One rule, without a grace period: of parallel uses of one token exactly one gets a successor, and because the others
can't be told from a thief, they end the family, the new successor included. An application that loses its answer signs in
again, which a browser session makes a matter of one redirect. A grace period would have to hand the same successor
out twice, so it would have to be kept readable somewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.tokens.holders import SELECTED, Grant, families, grant_of, joined, table_of
from idp.tokens.records import RefreshToken
from idp.tokens.secrets import could_be_ours, digest

refresh_tokens = table_of(RefreshToken)


@dataclass(frozen=True)
class FoundRefreshToken:
    """A refresh token that was handed out once, whatever became of it since."""

    grant: Grant
    digest: str = field(repr=False)
    generation: int
    issued_at: datetime
    expires_at: datetime
    spent_at: datetime | None


def store(
    db: Session, value: str, *, family_id: UUID, generation: int, now: datetime, expires_at: datetime
) -> None:
    """Makes `value` the family's refresh token of this generation."""
    db.connection().execute(
        refresh_tokens.insert(),
        {
            "digest": digest(value),
            "family_id": family_id,
            "generation": generation,
            "issued_at": now,
            "expires_at": expires_at,
        },
    )


OWN = (
    refresh_tokens.c.digest,
    refresh_tokens.c.generation,
    refresh_tokens.c.issued_at,
    refresh_tokens.c.expires_at,
    refresh_tokens.c.spent_at,
)
FIND = (
    select(*OWN, *SELECTED)
    .select_from(joined(refresh_tokens))
    .where(refresh_tokens.c.digest == bindparam("digest"))
)


def find(db: Session, presented: str) -> FoundRefreshToken | None:
    """The refresh token with this value: one SELECT that brings all that is checked before it is spent."""
    if not could_be_ours(presented):
        return None
    row = db.connection().execute(FIND, {"digest": digest(presented)}).first()
    return FoundRefreshToken(grant_of(row[len(OWN) :]), *row[: len(OWN)]) if row else None


SPEND = (
    refresh_tokens.update()
    .where(
        refresh_tokens.c.digest == bindparam("found"),
        refresh_tokens.c.spent_at.is_(None),
        refresh_tokens.c.expires_at > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
)


def rotate(db: Session, found: FoundRefreshToken, successor: str, now: datetime) -> bool:
    """Spends the token and stores its successor; False when somebody else spent it first, or when it expired.

    The successor lives no longer than the family: refreshing never moves the end (OA-13).
    """
    if db.connection().execute(SPEND, {"found": found.digest, "now": now}).rowcount != 1:
        return False
    store(
        db,
        successor,
        family_id=found.grant.family_id,
        generation=found.generation + 1,
        now=now,
        expires_at=found.expires_at,
    )
    return True


REVOKE = (
    families.update()
    .where(
        families.c.client_id == bindparam("client"),
        families.c.revoked_at.is_(None),
        families.c.id.in_(
            select(refresh_tokens.c.family_id).where(refresh_tokens.c.digest == bindparam("found"))
        ),
    )
    .values(revoked_at=bindparam("at"))
)


def revoke(db: Session, presented: str, client_id: str, now: datetime) -> bool:
    """Ends the family of this token, as RFC 7009 section 2.1 asks, if it is this client's (OA-28)."""
    values = {"found": digest(presented), "client": client_id, "at": now}
    return db.connection().execute(REVOKE, values).rowcount == 1
