"""One pupil's turn: looked at once more, and given the password that was shown, with all that goes with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.accounts import opening, passwords, usernames
from idp.accounts.opening import UsernameTaken
from idp.accounts.records import Account
from idp.rules.account_types import SecretKind
from idp.rules.usernames import candidates
from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renaming import RENAMED
from idp.schools.renewals.eligible import why_not
from idp.schools.renewals.futures import Future
from idp.schools.renewals.hashing import Sealed
from idp.schools.renewals.purposes import Purpose
from idp.schools.roster import Pupil
from idp.schools.witnessing import witness


@dataclass(frozen=True)
class Turn:
    """The circumstances of everybody whose turn it is in this step."""

    db: Session
    actor: Actor
    renewal: Renewal
    at: datetime
    request_id: str
    futures: Mapping[UUID, Future]  # of who has no account yet

    @property
    def purpose(self) -> Purpose:
        return Purpose(self.renewal.purpose)


@dataclass(frozen=True)
class Removed:
    """An address that isn't linked any more, and whom to tell that there (PW-25)."""

    address: str
    given_name: str
    username: str
    language: str | None


@dataclass(frozen=True)
class Done:
    account_id: UUID
    removed: Removed | None


def hand_over(turn: Turn, entry: RenewedPupil, pupil: Pupil | None, sealed: Sealed) -> Done | None:
    """None, and nothing changes, when something is no longer as it was when the password was shown."""
    if pupil is None or why_not(pupil, turn.purpose) is not None:
        return None
    account = opened(turn, entry, pupil, sealed) if entry.is_new else as_shown(turn, entry, pupil)
    if account is None:
        return None
    removed = take_address(account, pupil) if turn.purpose is Purpose.EMAIL_REMOVAL else None
    passwords.hand_out(account, sealed.text, SecretKind(entry.secret_kind or SecretKind.TEXT), turn.at)
    account.handed_out_at = account.handed_out_by = None  # that was the card with the password of before
    testify(turn, entry, account)
    return Done(account.id, removed)


def as_shown(turn: Turn, entry: RenewedPupil, pupil: Pupil) -> Account | None:
    """The account, with the username that was shown; None when it has another kind or another password since then."""
    account = pupil.account
    if account is None or account.id != entry.account_id or account.kind is not entry.account_kind:
        return None
    if account.secret_set_at != entry.secret_set_at:
        return None
    if turn.renewal.new_username is not None and not rename(turn, entry, account):
        return None
    return account


def rename(turn: Turn, entry: RenewedPupil, account: Account) -> bool:
    if account.username == entry.username:
        return True
    if not usernames.rename(turn.db, account, entry.username, turn.at):
        return False
    say(turn, RENAMED, entry, account)
    return True


def opened(turn: Turn, entry: RenewedPupil, pupil: Pupil, sealed: Sealed) -> Account | None:
    """A new account (R2), with the username that was shown, or when that was taken since then the next one that is free."""
    future = turn.futures[pupil.person.id]
    if future.kind is not entry.account_kind:
        return None
    for username in usernames_for(turn, entry):
        try:
            account = opening.open_account(
                turn.db,
                pupil.person,
                future.kind,
                turn.at,
                active_until=future.active_until,
                username=username,
                account_id=sealed.account_id,
            )
        except UsernameTaken:
            continue
        entry.account_id, entry.username = account.id, username
        return account
    return None


def usernames_for(turn: Turn, entry: RenewedPupil) -> Iterator[str]:
    yield entry.username
    if turn.renewal.new_username is None:  # what somebody asked for by name is given or not
        stream = candidates(entry.given_name, entry.family_name)
        while True:
            yield from usernames.free_ones(turn.db, stream)


def take_address(account: Account, pupil: Pupil) -> Removed:
    """R106, R114: the school manages the password again. The pupil may link an address anew, and is asked to (R30)."""
    assert account.email is not None, "who has none to take was left out"
    removed = Removed(account.email, pupil.person.given_name, account.username, account.language)
    account.email = account.email_folded = account.email_verified_at = account.email_asked_at = None
    return removed


def testify(turn: Turn, entry: RenewedPupil, account: Account) -> None:
    match turn.purpose:
        case Purpose.RENEWAL:
            say(turn, "account:password-renewed", entry, account)
        case Purpose.ACTIVATION:
            say(turn, "account:opened", entry, account)
        case Purpose.EMAIL_REMOVAL:
            say(turn, "account:email-removed", entry, account)
            say(turn, "account:password-renewed", entry, account)
        case _:
            assert_never(turn.purpose)


def say(turn: Turn, what: str, entry: RenewedPupil, account: Account) -> None:
    witness(
        turn.db,
        turn.actor,
        what,
        now=turn.at,
        request_id=turn.request_id,
        pupil_number=entry.pupil_number,
        account_id=account.id,
        renewal=str(turn.renewal.id),
    )


def end_sign_ins(db: Session, accounts: Collection[UUID], now: datetime) -> None:
    """Once more, as the very last thing before the commit (architecture, idea 5).

    Until then the old password still opens, and a sign-in with it that began meanwhile must not count either: whoever
    begins after this moment hashes for longer than the commit takes, and finds another password.
    """
    ended = update(Account).where(Account.id.in_(accounts)).values(sign_ins_count_from=now)
    db.execute(ended, execution_options={"synchronize_session": False})
