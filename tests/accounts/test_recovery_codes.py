"""Recovery codes: long enough not to be guessed, kept as digests, each good once."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts import recovery_codes
from idp.accounts.opening import new_person, open_account
from idp.accounts.records import RecoveryCode
from idp.accounts.secret import Secret
from idp.database import writing
from idp.rules.account_types import AccountKind

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
KEY = b"k" * 32


def somebody(db: Session, name: str = "Els") -> UUID:
    writing(db)
    person = new_person(db, given_name=name, family_name="Verstraete", now=NOW)
    account = open_account(db, person, AccountKind.STAFF, NOW)
    db.flush()
    return account.id


def test_ten_different_ones_of_more_than_fifty_bits(db: Session) -> None:
    codes = [code.reveal() for code in recovery_codes.make(db, KEY, somebody(db), NOW)]
    assert len(set(codes)) == 10
    signs = set(recovery_codes.SIGNS)
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4, 4, 4]
        assert set(code.replace("-", "")) <= signs
    assert recovery_codes.LENGTH * math.log2(len(signs)) > 50
    assert not signs & set("01ilo")  # what is mistaken for one another on paper


def test_the_database_keeps_keyed_digests_only(db: Session) -> None:
    account = somebody(db)
    codes = recovery_codes.make(db, KEY, account, NOW)
    kept = set(db.scalars(select(RecoveryCode.digest)))
    assert kept == {recovery_codes.digest(KEY, account, code) for code in codes}
    assert not kept & {recovery_codes.digest(b"another key", account, code) for code in codes}


def test_OA_65_each_is_good_once_however_it_is_written(db: Session) -> None:
    account = somebody(db)
    codes = recovery_codes.make(db, KEY, account, NOW)
    typed = Secret(f" {codes[0].reveal().upper().replace('-', ' ')} ")
    assert recovery_codes.use(db, KEY, account, typed, NOW)
    assert not recovery_codes.use(db, KEY, account, codes[0], NOW)
    assert recovery_codes.left(db, account) == 9


def test_nobody_elses_and_nothing_at_all_is_no_code(db: Session) -> None:
    account, another = somebody(db), somebody(db, "An")
    codes = recovery_codes.make(db, KEY, account, NOW)
    assert not recovery_codes.use(db, KEY, another, codes[0], NOW)
    for typed in ("", "----", "é", codes[0].reveal()[:-1], codes[0].reveal() + "2"):
        assert not recovery_codes.use(db, KEY, account, Secret(typed), NOW)
    assert recovery_codes.left(db, account) == 10


def test_new_ones_end_the_old_ones_of_this_account_only(db: Session) -> None:
    account, another = somebody(db), somebody(db, "An")
    old, theirs = (recovery_codes.make(db, KEY, each, NOW) for each in (account, another))
    recovery_codes.make(db, KEY, account, NOW)
    assert not recovery_codes.use(db, KEY, account, old[0], NOW)
    assert recovery_codes.use(db, KEY, another, theirs[0], NOW)
    assert recovery_codes.left(db, account) == 10
