"""An authorization request parked while its user signs in or approves: bound to one browser, taken once (OA-29)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from idp.oidc.records import PendingAuthorization
from idp.tokens import secrets

row = PendingAuthorization


@dataclass(frozen=True)
class Parked:
    """The request as it was sent, and when. It is checked again each time: registrations may have changed."""

    id: str
    parameters: Mapping[str, str]
    received_at: datetime
    bound: bool


def park(
    db: Session, parameters: Mapping[str, str], browser_id: str | None, now: datetime, *, minutes: int
) -> str:
    """Its id. Without a browser (a cross-site POST brings no cookie) the first one to come for it gets it."""
    pending_id = secrets.new_value()
    db.execute(
        insert(row).values(
            digest=secrets.digest(pending_id),
            browser=None if browser_id is None else mark_of(browser_id),
            parameters=dict(parameters),
            created_at=now,
            expires_at=now + timedelta(minutes=minutes),
        )
    )
    return pending_id


def find(db: Session, pending_id: str, browser_id: str, now: datetime) -> Parked | None:
    """For this browser only: to another it doesn't exist."""
    found = db.execute(
        select(row.parameters, row.created_at, row.browser).where(*is_good(pending_id, browser_id, now))
    ).first()
    return (
        Parked(pending_id, found.parameters, found.created_at, found.browser is not None) if found else None
    )


def bind(db: Session, pending_id: str, browser_id: str) -> bool:
    """Ties an unbound request to this browser; of two browsers one wins."""
    unbound = (row.digest == secrets.digest(pending_id), row.browser.is_(None))
    return (
        db.connection().execute(update(row).where(*unbound).values(browser=mark_of(browser_id))).rowcount == 1
    )


def move(db: Session, pending_id: str, before: str, after: str) -> None:
    """The browser that it is tied to has another value now."""
    tied = (row.digest == secrets.digest(pending_id), row.browser == mark_of(before))
    db.execute(update(row).where(*tied).values(browser=mark_of(after)))


def take(db: Session, pending_id: str, browser_id: str, now: datetime) -> bool:
    """True for one caller only: whoever answers a request takes it away."""
    return db.connection().execute(delete(row).where(*is_good(pending_id, browser_id, now))).rowcount == 1


def is_good(pending_id: str, browser_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        row.digest == secrets.digest(pending_id),
        or_(row.browser == mark_of(browser_id), row.browser.is_(None)),
        row.expires_at > now,
    )


def mark_of(browser_id: str) -> str:
    """What is stored of a browser's cookie."""
    return hashlib.sha256(b"pending:" + browser_id.encode()).hexdigest()
