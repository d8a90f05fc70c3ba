"""Accounts for the tests of this room."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from idp.accounts import opening
from idp.accounts.records import Account
from idp.database import writing
from idp.rules.account_types import AccountKind

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def account(
    db: Session,
    kind: AccountKind = AccountKind.ADVANCED,
    *,
    given_name: str = "Ardalan",
    family_name: str = "Bhatti",
    active_until: date | None = None,
) -> Account:
    """Somebody new, already in the database."""
    writing(db)
    person = opening.new_person(db, given_name=given_name, family_name=family_name, now=NOW)
    opened = opening.open_account(
        db, person, kind, NOW, active_until=active_until or (NOW + timedelta(days=100)).date()
    )
    db.commit()
    return opened
