"""Access tokens: opaque, short-lived, good for what their scope says (RFC 6750)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.tokens.holders import families, table_of
from idp.tokens.records import AccessToken
from idp.tokens.secrets import digest

access_tokens = table_of(AccessToken)


def store(
    db: Session,
    value: str,
    *,
    family_id: UUID,
    scope: Sequence[str],
    audience: str | None = None,
    jkt: str | None = None,
    now: datetime,
    seconds: int,
) -> None:
    """Makes `value` an access token. The caller drew it, because an ID token that was signed before names it."""
    db.connection().execute(
        access_tokens.insert(),
        {
            "digest": digest(value),
            "family_id": family_id,
            "scope": " ".join(scope),
            "audience": audience,
            "jkt": jkt,
            "issued_at": now,
            "expires_at": now + timedelta(seconds=seconds),
        },
    )


REVOKE = (
    access_tokens.update()
    .where(
        access_tokens.c.digest == bindparam("found"),
        access_tokens.c.revoked_at.is_(None),
        access_tokens.c.family_id.in_(
            select(families.c.id).where(families.c.client_id == bindparam("client"))
        ),
    )
    .values(revoked_at=bindparam("at"))
)


def revoke(db: Session, presented: str, client_id: str, now: datetime) -> bool:
    """Ends this token if it is this client's. A foreign one is as unknown as one that never was (OA-28)."""
    values = {"found": digest(presented), "client": client_id, "at": now}
    return db.connection().execute(REVOKE, values).rowcount == 1
