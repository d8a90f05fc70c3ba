"""Linking an e-mail address: only an advanced pupil does it, for themselves, and proves that the mail arrives (R14-R19)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from idp.accounts import links, lookup
from idp.accounts.links import Link, Purpose
from idp.accounts.lookup import folded_address
from idp.accounts.records import Account
from idp.accounts.standing import may_sign_in
from idp.rules.account_types import may_link_email

LONGEST_ADDRESS = 254
ASK_AGAIN_AFTER = timedelta(days=30)

# Simple on purpose: the mail itself is the proof. No spaces, control characters or quoting that a mail header trips over.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def read_address(typed: str) -> str | None:
    """The address in what was typed, or None when no mail could arrive there."""
    address = unicodedata.normalize("NFKC", typed).strip()
    good = len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) and ".." not in address
    return address if good else None


class AddressProblem(StrEnum):
    """Why something is no address, so that a page can say it."""

    EMPTY = "empty"
    NO_AT = "no_at"
    NO_ADDRESS = "no_address"


def what_is_wrong(typed: str) -> AddressProblem:
    """With what `read_address` makes nothing of."""
    if not typed.strip():
        return AddressProblem.EMPTY
    return AddressProblem.NO_ADDRESS if lookup.is_address(typed) else AddressProblem.NO_AT


def should_offer(account: Account, now: datetime) -> bool:
    """R14: asked without obligation, and not every day."""
    if not may_link_email(account.kind) or account.email is not None:
        return False
    return account.email_asked_at is None or account.email_asked_at + ASK_AGAIN_AFTER <= now


def put_off(account: Account, now: datetime) -> None:
    """The question was answered, one way or the other; it waits."""
    account.email_asked_at = now


def pending(db: Session, account: Account, now: datetime) -> str | None:
    """The address that still has to be proven: an unproven first one, or the one that is to replace a proven one (R71)."""
    if not may_link_email(account.kind):
        return None
    if account.email_verified_at is None:
        return account.email
    asked = links.address_asked(db, Purpose.VERIFY_EMAIL, account, now)
    return asked if asked != account.email else None


def ask_to_verify(db: Session, account: Account, address: str, now: datetime, *, hours: int) -> str:
    """Notes the address and answers the token for the mail that proves it (R69). A verified one stays until then."""
    note_address(account, address, now)
    return links.make(db, Purpose.VERIFY_EMAIL, account, address, now, timedelta(hours=hours))


def note_address(account: Account, address: str, now: datetime) -> None:
    """What somebody says is their address; it serves for nothing before it is proven (R73)."""
    if not may_link_email(account.kind):
        raise ValueError(f"a {account.kind} account links no e-mail address (R17)")
    if account.email_verified_at is None:
        account.email = address
        account.email_folded = folded_address(address)
    put_off(account, now)


def keep(db: Session, account: Account) -> None:
    """The proven address after all: a mail that went to another one is worth nothing any more."""
    links.drop(db, Purpose.VERIFY_EMAIL, account)


def drop(db: Session, account: Account, now: datetime) -> str | None:
    """Takes the address away, and every link with it. Answers the proven address that it was: its owner is told."""
    links.drop_all(db, account)
    proven = account.email if account.email_verified_at is not None else None
    account.email = account.email_folded = account.email_verified_at = None
    put_off(account, now)  # who takes it away doesn't want to be asked for it tomorrow (R14)
    return proven


@dataclass(frozen=True)
class ToVerify:
    """What a link would do: this address, for who has this username and chose this language."""

    address: str
    username: str
    language: str | None


def to_verify(db: Session, token: str, now: datetime) -> ToVerify | None:
    """What a link would verify, for whom; looking changes nothing (PW-31)."""
    link = links.look(db, Purpose.VERIFY_EMAIL, token, now)
    account = db.get(Account, link.account_id) if link else None
    if link is None or account is None or not fits(account, link, now):
        return None
    return ToVerify(link.email, account.username, account.language)


@dataclass(frozen=True)
class Proven:
    """Whose address is proven now, and the proven one that it takes the place of."""

    account: Account
    replaced: str | None


def verify(db: Session, token: str, now: datetime) -> Proven | None:
    """None when the link is used, old, or no longer fits (PW-26, PW-28). The caller has said `writing`."""
    seen = links.look(db, Purpose.VERIFY_EMAIL, token, now)
    # The account before the link, as everywhere: two who change it at once never wait for one another.
    account = lookup.by_id_held(db, seen.account_id) if seen else None
    link = links.use(db, Purpose.VERIFY_EMAIL, token, now)
    if account is None or link is None or not fits(account, link, now):
        return None
    replaced = account.email if account.email_verified_at is not None else None
    account.email = link.email
    account.email_folded = folded_address(link.email)
    account.email_verified_at = now
    if replaced is None or folded_address(replaced) == account.email_folded:
        return Proven(account, None)
    links.drop_all(db, account)  # a way in that waits in the old mailbox
    return Proven(account, replaced)


def fits(account: Account, link: Link, now: datetime) -> bool:
    """Not when the address was taken away or changed since the mail was sent, or the account ended (PW-28, PR-06)."""
    if not may_link_email(account.kind) or not may_sign_in(account, now) or account.email is None:
        return False
    return account.email_verified_at is not None or account.email == link.email
