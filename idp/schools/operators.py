"""Who runs LeerID itself, at no school: takes in the enrolments, and sees no pupil."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.rules.account_types import AccountKind
from idp.schools.appointments import leave
from idp.schools.records import Operator


def make_operator(db: Session, account: Account, now: datetime) -> None:
    """Gives the role; who has it already keeps it as it is. Only staff has roles."""
    if account.kind is not AccountKind.STAFF:
        raise ValueError("only a staff account can be an operator")
    held = db.get(Operator, account.id)
    if held is None:
        db.add(Operator(account_id=account.id, since=now))
    elif held.ended_at is not None:
        held.since, held.ended_at = now, None
    account.active_until = None
    db.flush()


def dismiss_operator(db: Session, account: Account, now: datetime) -> bool:
    """Takes the role away at once; False for who didn't have it."""
    held = db.get(Operator, account.id)
    if held is None or held.ended_at is not None:
        return False
    held.ended_at = now
    db.flush()
    leave(db, account, now)
    return True
