"""A lost password: whose it may be, and the links that go to their mailbox; whoever asks learns nothing of it (OA-37)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import assert_never
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from idp.accounts import links, lookup
from idp.accounts.links import Link, Purpose
from idp.accounts.records import Account
from idp.accounts.standing import standing_once_proven
from idp.authentication import subjects
from idp.authentication.records import RecoveryRequest
from idp.mail import budgets
from idp.rules.account_types import may_link_email
from idp.rules.lifecycle import Standing

log = logging.getLogger("leerid.security")

AT_A_TIME = 50


@dataclass(frozen=True)
class Asked:
    """What somebody typed who says that a password is lost, and when and in which language that was."""

    typed: str
    language: str
    request_id: str
    asked_at: datetime


@dataclass(frozen=True)
class Way:
    """A link with which one account gets a new password."""

    account: Account
    token: str


@dataclass(frozen=True)
class Answer:
    """One mail: to this mailbox, for everybody who proved that it is theirs."""

    address: str
    language: str
    ways: tuple[Way, ...]


# Asking, and who answers


def ask(db: Session, asked: Asked) -> None:
    """Only a row, whoever it is about: the work comes later, where nobody sees how long it takes (OA-38)."""
    db.add(
        RecoveryRequest(
            typed=asked.typed,
            language=asked.language,
            request_id=asked.request_id,
            asked_at=asked.asked_at,
        )
    )


def waiting(db: Session) -> list[UUID]:
    """What nobody answered yet, oldest first."""
    oldest = select(RecoveryRequest.id).order_by(RecoveryRequest.asked_at).limit(AT_A_TIME)
    return list(db.scalars(oldest))


def take(db: Session, request_id: UUID) -> Asked | None:
    """The request, for the one worker that takes it away; the caller has said `writing`, and mails in this transaction."""
    row = RecoveryRequest
    taken = delete(row).where(row.id == request_id)
    found = db.execute(
        taken.returning(row.typed, row.language, row.request_id, row.asked_at),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    return Asked(*found) if found else None


def answer(db: Session, asked: Asked, key: bytes, now: datetime, life: timedelta) -> list[Answer]:
    """The mails to send; none when nobody has that name, or may not help themselves (R5, R16, R73)."""
    if asked.asked_at + life <= now:
        return []  # whoever asked that long ago went to their teacher meanwhile
    return [
        Answer(address, language_of(accounts, asked), tuple(way_in(db, each, now, life) for each in accounts))
        for address, accounts in by_mailbox(held(db, whose(db, asked.typed), now))
        if may_mail(db, address, accounts, key, now)
    ]


def whose(db: Session, typed: str) -> list[UUID]:
    """Of a username the account, of an address everybody who proved it: brothers and sisters share one."""
    if lookup.is_address(typed):
        return sorted(each.id for each in lookup.all_by_verified_email(db, typed))
    account = lookup.by_sign_in_name(db, typed)
    return [account.id] if account is not None else []


def held(db: Session, account_ids: Iterable[UUID], now: datetime) -> list[Account]:
    """As they are now, and always in the same order: two workers never wait for each other."""
    accounts = [lookup.by_id_held(db, each) for each in account_ids]
    return [each for each in accounts if each is not None and may_recover(each, now)]


def by_mailbox(accounts: Iterable[Account]) -> list[tuple[str, list[Account]]]:
    """The address as it was proven, never as it was typed: what only looks like it is somebody else's mailbox."""
    mine = sorted((each for each in accounts if each.email), key=lambda each: (each.email, each.username))
    return [(str(address), list(group)) for address, group in groupby(mine, key=lambda each: each.email)]


def may_mail(db: Session, address: str, accounts: list[Account], key: bytes, now: datetime) -> bool:
    """OA-46: not too many for one account or to one mailbox, whoever asks for them."""
    wanted = {
        subjects.of_mails_to(key, address): budgets.FOR_MAILBOX,
        **{subjects.of_recoveries_of(key, each.id): budgets.FOR_ACCOUNT for each in accounts},
    }
    if budgets.spend(db, wanted, now):
        return True
    log.warning("mail:over-budget", extra={"accounts": [str(each.id) for each in accounts]})
    return False


def way_in(db: Session, account: Account, now: datetime, life: timedelta) -> Way:
    assert account.email is not None
    token = links.make(db, Purpose.RESET_PASSWORD, account, account.email, now, life)
    return Way(account, token)


def language_of(accounts: Iterable[Account], asked: Asked) -> str:
    """What its readers chose, when that is one and the same; else that of the page."""
    chosen = {each.language for each in accounts}
    return (chosen.pop() if len(chosen) == 1 else None) or asked.language


# The link


def to_reset(db: Session, token: str, now: datetime) -> Account | None:
    """Whose password a link would replace; looking uses nothing up (PW-31)."""
    link = links.look(db, Purpose.RESET_PASSWORD, token, now)
    account = lookup.by_id(db, link.account_id) if link else None
    return account if link and account and fits(account, link, now) else None


def redeem(db: Session, token: str, now: datetime) -> Account | None:
    """The account, held, for the one click that uses the link up (PW-27); the caller has said `writing`.

    The account before the link, as everywhere: two who change it at once never wait for one another.
    """
    seen = links.look(db, Purpose.RESET_PASSWORD, token, now)
    account = lookup.by_id_held(db, seen.account_id) if seen else None
    link = links.use(db, Purpose.RESET_PASSWORD, token, now) if account else None
    return account if link and account and fits(account, link, now) else None


def fits(account: Account, link: Link, now: datetime) -> bool:
    """Not when the address was taken away or replaced since the mail went to it (PW-28), or the account ended (CV-07)."""
    return may_recover(account, now) and account.email == link.email


def may_recover(account: Account, now: datetime) -> bool:
    """R15, R48, R73: an advanced pupil with a proven address. A temporary password that expired is no hindrance."""
    if not may_link_email(account.kind) or account.email is None or account.email_verified_at is None:
        return False
    standing = standing_once_proven(account, now)
    match standing:
        case Standing.ACTIVE | Standing.TEMPORARY_EXPIRED:
            return True
        case Standing.NO_ACCOUNT | Standing.INACTIVE | Standing.BLOCKED | Standing.PROTECTED:
            return False
        case _:
            assert_never(standing)
