"""Where an account stands now, and how sure a sign-in with its secret is: the rules, asked of a record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from idp.accounts.records import Account
from idp.rules import lifecycle
from idp.rules.account_types import AccountKind, Strength, strength_of
from idp.rules.lifecycle import LifeMoments, Standing


def moments_of(account: Account) -> LifeMoments:
    return LifeMoments(
        active_until=account.active_until,
        blocked_at=account.blocked_at,
        protected_at=account.protected_at,
        temporary_until=account.temporary_until,
    )


def standing_of(account: Account, now: datetime) -> Standing:
    return lifecycle.standing(moments_of(account), now)


def standing_once_proven(account: Account, now: datetime) -> Standing:
    """Protection stops guessing; whoever showed the right password, or opened their own mail, guessed nothing (PW-05)."""
    return lifecycle.standing(replace(moments_of(account), protected_at=None), now)


def may_sign_in(account: Account, now: datetime) -> bool:
    return lifecycle.may_sign_in(standing_once_proven(account, now))


def strength_of_account(account: Account) -> Strength:
    return strength_of(account.kind, account.secret_kind, temporary=must_choose_password(account))


def must_choose_password(account: Account) -> bool:
    """R8: the first thing to do with a temporary password is to replace it."""
    return account.temporary_until is not None


def is_weak(account: Account) -> bool:
    """Short secrets, of pictures or from the word list, get fewer guesses a day (security.md section 2)."""
    return account.kind is AccountKind.BASIC
