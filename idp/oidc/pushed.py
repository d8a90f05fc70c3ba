"""Authorization requests that their application brings beforehand, and a browser then picks up once (RFC 9126).

Nothing that was asked passes through the browser, and what comes in was checked with its application's proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from idp.oidc.records import PushedRequest
from idp.tokens import secrets

PREFIX = "urn:ietf:params:oauth:request_uri:"
row = PushedRequest


def is_pushed(request_uri: str) -> bool:
    return request_uri.startswith(PREFIX)


def keep(db: Session, client_id: str, parameters: Mapping[str, str], now: datetime, *, seconds: int) -> str:
    """The `request_uri` that stands for it: a value that nobody can guess (RFC 9126 section 7.1)."""
    value = secrets.new_value()
    db.execute(
        insert(row).values(
            digest=secrets.digest(value),
            client_id=client_id,
            parameters=dict(parameters),
            created_at=now,
            expires_at=now + timedelta(seconds=seconds),
        )
    )
    return PREFIX + value


def find(db: Session, request_uri: str, client_id: str, now: datetime) -> Mapping[str, str] | None:
    """What this client brought; to another one it doesn't exist."""
    if not secrets.could_be_ours(request_uri.removeprefix(PREFIX)):
        return None
    return db.scalar(select(row.parameters).where(*is_good(request_uri, client_id, now)))


def take(db: Session, request_uri: str, client_id: str, now: datetime) -> bool:
    """True for one browser only, over all threads and processes: the DELETE that finds it wins (section 7.3)."""
    return db.connection().execute(delete(row).where(*is_good(request_uri, client_id, now))).rowcount == 1


def is_good(request_uri: str, client_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        row.digest == secrets.digest(request_uri.removeprefix(PREFIX)),
        row.client_id == client_id,
        row.expires_at > now,
    )
