"""The tick that a card reached its pupil: "uitgereikt op ... door ...". A new password takes it away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.accounts.records import Account, Person
from idp.schools.permissions import Actor


def tick(db: Session, actor: Actor, accounts: Collection[UUID], now: datetime) -> None:
    """The cards of these were handed out, by this actor, now. The caller has said `writing`."""
    set_all(db, accounts, now, actor.account_id)


def untick(db: Session, accounts: Collection[UUID]) -> None:
    set_all(db, accounts, None, None)


def set_all(db: Session, accounts: Collection[UUID], at: datetime | None, by: UUID | None) -> None:
    change = update(Account).where(Account.id.in_(accounts)).values(handed_out_at=at, handed_out_by=by)
    db.execute(change, execution_options={"synchronize_session": False})


def name_of(db: Session, account_id: UUID | None) -> str:
    """Who did it, as a colleague knows them."""
    found = select(Person.given_name, Person.family_name).join(Account, Account.person_id == Person.id)
    row = db.execute(found.where(Account.id == account_id)).one_or_none() if account_id else None
    return f"{row.given_name} {row.family_name}" if row else ""
