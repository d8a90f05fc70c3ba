"""A new person, a new account, a new card."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.accounts import opaque, usernames
from idp.accounts.records import Account, Card, Person
from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.drawing import Below
from idp.rules.usernames import skeleton

# Small letters and digits that can't be mistaken for each other: 26 of these 31 are 128 random bits (PW-33).
HANDLE_SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
HANDLE_LENGTH = 26


def new_person(
    db: Session,
    *,
    given_name: str,
    family_name: str,
    now: datetime,
    official_given_name: str | None = None,
    official_family_name: str | None = None,
    sex: str | None = None,
    birth_date: date | None = None,
    other_claims: dict[str, Any] | None = None,
) -> Person:
    """Someone we didn't know yet, with a subject for life."""
    person = Person(
        id=uuid4(),
        subject=opaque.new_value(),
        given_name=given_name,
        family_name=family_name,
        official_given_name=official_given_name,
        official_family_name=official_family_name,
        sex=sex,
        birth_date=birth_date,
        other_claims=other_claims or {},
        created_at=now,
        updated_at=now,
    )
    db.add(person)
    return person


def open_account(
    db: Session,
    person: Person,
    kind: AccountKind,
    now: datetime,
    *,
    active_until: date | None = None,
    username: str | None = None,
    account_id: UUID | None = None,
) -> Account:
    """An account without a password yet (`passwords.hand_out`). Raises UsernameTaken for a `username` that isn't free.

    Who has sealed its password already chose the `account_id`.
    """
    account_id = account_id or uuid4()
    db.flush()  # the person first: the account refers to it
    if username is None:
        username = usernames.claim_for_name(db, person.given_name, person.family_name, account_id, now)
    elif not usernames.claim(db, username, account_id, now):
        raise UsernameTaken(username)
    account = Account(
        id=account_id,
        person=person,
        username=username,
        username_skeleton=skeleton(username),
        kind=kind,
        secret_kind=SecretKind.TEXT,
        active_until=active_until,
        sign_ins_count_from=now,
        created_at=now,
    )
    db.add(account)
    return account


class UsernameTaken(Exception):
    """The username that was asked for belongs to somebody, or did."""


def new_card(db: Session, account: Account, now: datetime, *, below: Below = secrets.randbelow) -> Card:
    """A card with a handle of its own; the cards before it open nothing any more (PW-33)."""
    db.flush()
    older = (Card.account_id == account.id) & Card.revoked_at.is_(None)
    db.execute(update(Card).where(older).values(revoked_at=now))
    card = Card(handle=new_handle(below), account_id=account.id, made_at=now)
    db.add(card)
    return card


def new_handle(below: Below) -> str:
    return "".join(HANDLE_SIGNS[below(len(HANDLE_SIGNS))] for _ in range(HANDLE_LENGTH))
