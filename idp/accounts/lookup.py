"""Finding an account: by its id, by what somebody typed, by the card they hold."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from idp.accounts.records import Account, Card
from idp.rules.usernames import skeleton

LONGEST_NAME = 254


def by_id(db: Session, account_id: UUID) -> Account | None:
    return db.get(Account, account_id)


def by_id_held(db: Session, account_id: UUID) -> Account | None:
    """As it is now, and nobody else changes it before this transaction ends. The caller has said `writing`."""
    return db.get(Account, account_id, populate_existing=True, with_for_update={"of": Account})


def readable(typed: str) -> str:
    """A name as somebody typed it, without what nobody types: control characters, and more than a name can be."""
    return "".join(sign for sign in typed if sign.isprintable()).strip()[:LONGEST_NAME]


def by_sign_in_name(db: Session, typed: str) -> Account | None:
    """The account of a username, however it is written (OA-39), or of a verified e-mail address (R20).

    A username never holds an @ (R23), so the two cannot be confused. None too when several accounts share an address:
    brothers and sisters sign in by their usernames.
    """
    if not typed or len(typed) > LONGEST_NAME or "\x00" in typed:
        return None
    if is_address(typed):
        return by_verified_email(db, typed)
    seen = skeleton(typed)
    return db.scalar(select(Account).where(Account.username_skeleton == seen)) if seen else None


def by_verified_email(db: Session, typed: str) -> Account | None:
    found = db.scalars(with_verified_email(typed).limit(2)).all()
    return found[0] if len(found) == 1 else None


def all_by_verified_email(db: Session, typed: str) -> list[Account]:
    """Everybody who proved this address: a mail is for all of them, and nobody signs in with it."""
    return list(db.scalars(with_verified_email(typed)))


def with_verified_email(typed: str) -> Select[Account]:
    proven = (Account.email_folded == folded_address(typed)) & Account.email_verified_at.is_not(None)
    return select(Account).where(proven)


def by_card(db: Session, handle: str) -> Account | None:
    """The account that a card names, unless the card was replaced (PW-33). Capitals count as small letters (R36)."""
    if not (handle.isascii() and handle.isalnum()):
        return None
    known = (Card.handle == handle.lower()) & Card.revoked_at.is_(None)
    return db.scalar(select(Account).join(Card, Card.account_id == Account.id).where(known))


def is_address(typed: str) -> bool:
    return "@" in unicodedata.normalize("NFKC", typed)


def folded_address(address: str) -> str:
    """One form for all ways of writing an address: no mail service tells capitals apart in practice."""
    return unicodedata.normalize("NFKC", address).strip().casefold()
