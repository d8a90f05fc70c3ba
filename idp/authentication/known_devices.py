"""Browsers in which an account signed in before: they keep their own count, so that a bully elsewhere can't shut it out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from idp.authentication.records import KnownDevice
from idp.database import insert_into


def knows(db: Session, device: str, account_id: UUID) -> bool:
    mine = (KnownDevice.digest == device) & (KnownDevice.account_id == account_id)
    return bool(db.scalar(select(exists().where(mine))))


def remember(db: Session, device: str, account_id: UUID, now: datetime) -> None:
    row = {"digest": device, "account_id": account_id, "since": now, "last_used_at": now}
    new = insert_into(db, KnownDevice).values(row)
    db.execute(new.on_conflict_do_update(index_elements=["digest", "account_id"], set_={"last_used_at": now}))
