"""Initial access tokens (RFC 7591 section 1.2): an operator makes one for a supplier, who registers with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from idp.oidc.records import InitialAccessToken
from idp.tokens.secrets import could_be_ours, digest, new_value

# Digested with this before it, a token is good for every registration until it expires: a conformance run makes dozens.
MANY = "many:"


@dataclass(frozen=True)
class FoundToken:
    digest: str
    label: str
    once: bool


def make(db: Session, label: str, now: datetime, expires_at: datetime, *, once: bool = True) -> str:
    """The value, which is told now and never again."""
    value = new_value()
    kept = digest(value if once else MANY + value)
    db.execute(
        insert(InitialAccessToken).values(digest=kept, label=label, created_at=now, expires_at=expires_at)
    )
    return value


def find(db: Session, presented: str, now: datetime) -> FoundToken | None:
    if not could_be_ours(presented):
        return None
    for once, kept in ((True, digest(presented)), (False, digest(MANY + presented))):
        label = db.scalar(select(InitialAccessToken.label).where(*is_good(kept, now)))
        if label is not None:
            return FoundToken(kept, label, once)
    return None


def spend(db: Session, token: FoundToken, now: datetime) -> bool:
    """Of several registrations with one token, one wins."""
    if not token.once:
        return db.scalar(select(InitialAccessToken.digest).where(*is_good(token.digest, now))) is not None
    spent = update(InitialAccessToken).where(*is_good(token.digest, now)).values(spent_at=now)
    return db.connection().execute(spent).rowcount == 1


def is_good(kept: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        InitialAccessToken.digest == kept,
        InitialAccessToken.spent_at.is_(None),
        InitialAccessToken.expires_at > now,
    )
