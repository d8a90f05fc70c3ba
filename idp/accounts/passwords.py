"""Giving an account its password: by the school, or chosen by the person. Only sealed ones come in here."""

from __future__ import annotations

from datetime import datetime

from idp.accounts.records import Account
from idp.rules import lifecycle
from idp.rules.account_types import SecretKind, may_choose_password, secret_kinds


def hand_out(account: Account, sealed: str, kind: SecretKind, now: datetime) -> None:
    """The school gave it. For who may choose their own it is temporary (R7, R8, R30); a protected account is free again.

    The card with it has yet to reach the pupil, and whoever else knew the old one is out ("Dit was ik niet").
    """
    if kind not in secret_kinds(account.kind):
        raise ValueError(f"a {account.kind} account has no {kind} secret")
    account.secret_kind = kind
    account.temporary_until = lifecycle.temporary_until(now) if may_choose_password(account.kind) else None
    replace_secret(account, sealed, now)
    end_sign_ins(account, now)
    unlock(account, now)
    account.handed_out_at = account.handed_out_by = None
    account.not_me_at = None


def choose(account: Account, sealed: str, now: datetime) -> None:
    """The person chose it, and from now on only this one works (R11); whoever was signed in no longer is."""
    change(account, sealed, now)
    end_sign_ins(account, now)


def change(account: Account, sealed: str, now: datetime) -> None:
    """The same, by who knew the one of before and wants to stay signed in elsewhere (R13)."""
    if not may_choose_password(account.kind):
        raise ValueError("a basic account keeps the password that the school gave (R4)")
    account.secret_kind = SecretKind.TEXT
    account.temporary_until = None
    replace_secret(account, sealed, now)


def unlock(account: Account, now: datetime) -> None:
    """The school lets guessing begin anew: what was wrong before no longer counts."""
    account.protected_at = None
    account.failures_count_from = now


def end_sign_ins(account: Account, now: datetime) -> None:
    """Sessions, tokens and mailed links of before this moment are no longer good (architecture, idea 5; PW-29)."""
    account.sign_ins_count_from = now


def replace_secret(account: Account, sealed: str, now: datetime) -> None:
    account.sealed_secret = sealed
    account.secret_set_at = now
