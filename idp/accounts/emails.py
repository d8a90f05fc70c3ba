"""Linking an e-mail address: only an advanced pupil does it, for themselves, and proves that the mail arrives (R14-R19)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from idp.accounts import links
from idp.accounts.links import Purpose
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


def should_offer(account: Account, now: datetime) -> bool:
    """R14: asked without obligation, and not every day."""
    if not may_link_email(account.kind) or account.email is not None:
        return False
    return account.email_asked_at is None or account.email_asked_at + ASK_AGAIN_AFTER <= now


def put_off(account: Account, now: datetime) -> None:
    """The question was answered, one way or the other; it waits."""
    account.email_asked_at = now


def ask_to_verify(db: Session, account: Account, address: str, now: datetime, *, hours: int) -> str:
    """Notes the address and answers the token for the mail that proves it (R69). A verified one stays until then."""
    note_address(account, address, now)
    return links.make(db, Purpose.VERIFY_EMAIL, account, address, now, timedelta(hours=hours))


def note_address(account: Account, address: str, now: datetime) -> None:
    """What somebody says is their address; it serves for nothing before it is proven."""
    if not may_link_email(account.kind):
        raise ValueError(f"a {account.kind} account links no e-mail address (R17)")
    if account.email_verified_at is None:
        account.email = address
        account.email_folded = folded_address(address)
    put_off(account, now)


@dataclass(frozen=True)
class ToVerify:
    """What a link would do: this address, for who has this username."""

    address: str
    username: str


def to_verify(db: Session, token: str, now: datetime) -> ToVerify | None:
    """What a link would verify, for whom; looking changes nothing (PW-31)."""
    link = links.look(db, Purpose.VERIFY_EMAIL, token, now)
    account = db.get(Account, link.account_id) if link else None
    return ToVerify(link.email, account.username) if link and account else None


def verify(db: Session, token: str, now: datetime) -> Account | None:
    """The account whose address is proven now; None when the link is used, old, or no longer fits (PW-26, PW-28)."""
    link = links.use(db, Purpose.VERIFY_EMAIL, token, now)
    account = db.get(Account, link.account_id) if link else None
    if link is None or account is None or not may_link_email(account.kind) or not may_sign_in(account, now):
        return None
    if account.email is None or (account.email_verified_at is None and account.email != link.email):
        return None  # taken away or changed since the mail was sent
    account.email = link.email
    account.email_folded = folded_address(link.email)
    account.email_verified_at = now
    return account
