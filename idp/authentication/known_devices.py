"""Browsers in which an account signed in before: they keep their own count, so that a bully elsewhere can't shut it out.

Known is who signed in with the secret that holds now, and in the last three months: a new password makes every browser
prove itself again, and a tablet that went to another class is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from idp.authentication.records import KnownDevice
from idp.database import insert_into

KNOWN_FOR = timedelta(days=90)


def knows(db: Session, device: str, account_id: UUID, *, secret_since: datetime, now: datetime) -> bool:
    mine = (KnownDevice.digest == device) & (KnownDevice.account_id == account_id)
    counts = (KnownDevice.last_used_at >= secret_since) & (KnownDevice.last_used_at > now - KNOWN_FOR)
    return bool(db.scalar(select(exists().where(mine, counts))))


def is_known(db: Session, device: str, now: datetime) -> bool:
    """Whether anybody at all signed in with it of late."""
    somebodys = (KnownDevice.digest == device) & (KnownDevice.last_used_at > now - KNOWN_FOR)
    return bool(db.scalar(select(exists().where(somebodys))))


def remember(db: Session, device: str, account_id: UUID, now: datetime) -> None:
    row = {"digest": device, "account_id": account_id, "last_used_at": now}
    new = insert_into(db, KnownDevice).values(row)
    db.execute(new.on_conflict_do_update(index_elements=["digest", "account_id"], set_={"last_used_at": now}))


def forget_all(db: Session, account_id: UUID) -> None:
    """Somebody else may have been at one of them."""
    db.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))
