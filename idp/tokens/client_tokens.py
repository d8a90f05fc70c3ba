"""Access tokens of applications themselves, with nobody behind them (RFC 6749 section 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.tokens.holders import table_of
from idp.tokens.records import ClientToken
from idp.tokens.secrets import could_be_ours, digest

client_tokens = table_of(ClientToken)


@dataclass(frozen=True)
class FoundClientToken:
    """One that is good now."""

    client_id: str
    audience: str | None
    jkt: str | None
    issued_at: datetime
    expires_at: datetime


def store(
    db: Session,
    value: str,
    *,
    client_id: str,
    audience: str,
    jkt: str | None,
    now: datetime,
    seconds: int,
) -> None:
    """Makes `value` the `jti` of a good token. The caller has said `writing`."""
    db.connection().execute(
        client_tokens.insert(),
        {
            "digest": digest(value),
            "client_id": client_id,
            "audience": audience,
            "jkt": jkt,
            "issued_at": now,
            "expires_at": now + timedelta(seconds=seconds),
        },
    )


FIND = select(
    client_tokens.c.client_id,
    client_tokens.c.audience,
    client_tokens.c.jkt,
    client_tokens.c.issued_at,
    client_tokens.c.expires_at,
).where(
    client_tokens.c.digest == bindparam("found"),
    client_tokens.c.revoked_at.is_(None),
    client_tokens.c.expires_at > bindparam("now"),
)


def find(db: Session, presented: str, now: datetime) -> FoundClientToken | None:
    if not could_be_ours(presented):
        return None
    row = db.connection().execute(FIND, {"found": digest(presented), "now": now}).first()
    return FoundClientToken(*row) if row else None


REVOKE = (
    client_tokens.update()
    .where(
        client_tokens.c.digest == bindparam("found"),
        client_tokens.c.client_id == bindparam("client"),
        client_tokens.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("at"))
)


def revoke(db: Session, presented: str, client_id: str, now: datetime) -> bool:
    """Ends this token if it is this client's (OA-28)."""
    values = {"found": digest(presented), "client": client_id, "at": now}
    return db.connection().execute(REVOKE, values).rowcount == 1
