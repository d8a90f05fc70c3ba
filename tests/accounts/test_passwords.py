"""What it means to be given a password, or to choose one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from idp.accounts import passwords
from idp.accounts.standing import may_sign_in, must_choose_password, standing_of, strength_of_account
from idp.rules.account_types import AccountKind, SecretKind, Strength
from idp.rules.lifecycle import Standing
from tests.accounts.making import NOW, account

LATER = NOW + timedelta(hours=1)
TEXT, PICTURES = SecretKind.TEXT, SecretKind.PICTURES


def test_R8_what_a_school_gives_an_advanced_pupil_is_temporary(db: Session) -> None:
    who = account(db)
    passwords.hand_out(who, "sealed", TEXT, LATER)
    assert must_choose_password(who)
    assert strength_of_account(who) is Strength.TEMPORARY
    assert who.sign_ins_count_from == LATER


def test_R11_from_then_on_only_the_own_password_works(db: Session) -> None:
    who = account(db)
    passwords.hand_out(who, "given", TEXT, NOW)
    passwords.choose(who, "chosen", LATER)
    assert who.sealed_secret == "chosen"
    assert not must_choose_password(who)
    assert strength_of_account(who) is Strength.PASSWORD
    assert who.sign_ins_count_from == LATER


def test_R4_a_basic_pupil_keeps_what_the_school_gave(db: Session) -> None:
    who = account(db, AccountKind.BASIC)
    passwords.hand_out(who, "sealed", TEXT, NOW)
    assert not must_choose_password(who)
    assert strength_of_account(who) is Strength.BASIC
    with pytest.raises(ValueError):
        passwords.choose(who, "mine", LATER)


def test_R6_only_a_basic_pupil_gets_pictures(db: Session) -> None:
    basic, advanced = account(db, AccountKind.BASIC), account(db)
    passwords.hand_out(basic, "sealed", PICTURES, NOW)
    assert strength_of_account(basic) is Strength.PICTURE
    with pytest.raises(ValueError):
        passwords.hand_out(advanced, "sealed", PICTURES, NOW)


def test_PW_24_a_temporary_password_dies_after_thirty_days(db: Session) -> None:
    who = account(db)
    passwords.hand_out(who, "sealed", TEXT, NOW)
    assert may_sign_in(who, NOW + timedelta(days=29, hours=23, minutes=59))
    assert standing_of(who, NOW + timedelta(days=30, minutes=1)) is Standing.TEMPORARY_EXPIRED


@pytest.mark.parametrize("by", ["renewal", "unlock"])
def test_PW_07_a_renewal_or_one_click_frees_a_protected_account(db: Session, by: str) -> None:
    who = account(db)
    who.protected_at = NOW
    assert standing_of(who, LATER) is Standing.PROTECTED
    if by == "renewal":
        passwords.hand_out(who, "sealed", TEXT, LATER)
    else:
        passwords.unlock(who, LATER)
    assert standing_of(who, LATER) is Standing.ACTIVE
    assert who.failures_count_from == LATER
