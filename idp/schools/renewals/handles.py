"""The handle of each pupil's card: the one that it has, or a first one. A new password needs no new handle (PW-33)."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.opening import new_handle
from idp.accounts.records import Card


def handles_of(db: Session, accounts: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """By account. Who has no card yet gets one: the caller has said `writing`."""
    good = select(Card).where(Card.account_id.in_(accounts), Card.revoked_at.is_(None))
    handles = {card.account_id: card.handle for card in db.scalars(good.order_by(Card.made_at))}
    for account_id in accounts:
        if account_id not in handles:
            card = Card(handle=new_handle(secrets.randbelow), account_id=account_id, made_at=now)
            db.add(card)
            handles[account_id] = card.handle
    return handles
