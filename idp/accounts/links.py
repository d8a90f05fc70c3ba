"""Links that work once: one purpose, one account, one address; the database keeps a digest (PW-28)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.orm import Session

from idp.accounts import opaque
from idp.accounts.records import Account, OneTimeLink


class Purpose(StrEnum):
    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"


@dataclass(frozen=True)
class Link:
    """What a good link stands for."""

    account_id: UUID
    email: str


def make(db: Session, purpose: Purpose, account: Account, email: str, now: datetime, life: timedelta) -> str:
    """A new link's token; older ones of this purpose die (PW-29)."""
    token = opaque.new_value()
    drop(db, purpose, account)
    db.add(
        OneTimeLink(
            digest=opaque.digest(token),
            purpose=purpose,
            account_id=account.id,
            email=email,
            created_at=now,
            expires_at=now + life,
        )
    )
    return token


def look(db: Session, purpose: Purpose, token: str, now: datetime) -> Link | None:
    """What a link stands for, without using it: a mail scanner looks too (PW-31)."""
    asked = select(OneTimeLink.account_id, OneTimeLink.email).where(is_good(purpose, token, now))
    found = db.execute(asked).one_or_none()
    return Link(found.account_id, found.email) if found else None


def use(db: Session, purpose: Purpose, token: str, now: datetime) -> Link | None:
    """Uses a link: of any number of clicks at once, one UPDATE wins (PW-27)."""
    used = (
        update(OneTimeLink)
        .where(is_good(purpose, token, now))
        .values(used_at=now)
        .returning(OneTimeLink.account_id, OneTimeLink.email)
        .execution_options(synchronize_session=False)
    )
    found = db.execute(used).one_or_none()
    return Link(found.account_id, found.email) if found else None


def address_asked(db: Session, purpose: Purpose, account: Account, now: datetime) -> str | None:
    """The address that a link of this account still waits for."""
    theirs = and_(OneTimeLink.account_id == account.id, OneTimeLink.purpose == purpose, is_alive(now))
    return db.scalar(select(OneTimeLink.email).where(theirs))


def drop(db: Session, purpose: Purpose, account: Account) -> None:
    """No link of this account works for this purpose any more."""
    theirs = (OneTimeLink.account_id == account.id) & (OneTimeLink.purpose == purpose)
    db.execute(delete(OneTimeLink).where(theirs))


def drop_all(db: Session, account: Account) -> None:
    """Nor for any other: what waits in a mailbox is worth nothing."""
    db.execute(delete(OneTimeLink).where(OneTimeLink.account_id == account.id))


def is_good(purpose: Purpose, token: str, now: datetime) -> ColumnElement[bool]:
    """The one link of this token, for this purpose, while it lives."""
    return and_(OneTimeLink.digest == opaque.digest(token), OneTimeLink.purpose == purpose, is_alive(now))


def is_alive(now: datetime) -> ColumnElement[bool]:
    """Not used, not too old, and made since the last password, renewal or "this wasn't me" (PW-29)."""
    still_counts = exists().where(
        Account.id == OneTimeLink.account_id, Account.sign_ins_count_from <= OneTimeLink.created_at
    )
    return and_(OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now, still_counts)
