"""Finding an account by what somebody typed or holds."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from idp.accounts import lookup, opening
from idp.accounts.lookup import folded_address
from idp.accounts.records import Account
from idp.database import writing
from tests.accounts.making import NOW, account


def link(db: Session, who: Account, address: str, *, verified: bool = True) -> None:
    writing(db)
    who.email, who.email_folded = address, folded_address(address)
    who.email_verified_at = NOW if verified else None
    db.commit()


@pytest.mark.parametrize(
    "typed",
    [
        "ardalan.bhatti",
        "Ardalan.Bhatti",
        "ARDALAN.BHATTI",
        "ardalan.bhatt\u0131",
        "\uff41rdalan.bhatti",
        "ardalan\u200b.bhatti",
    ],
)
def test_OA_39_however_a_name_is_written_it_is_one_account(db: Session, typed: str) -> None:
    who = account(db)
    found = lookup.by_sign_in_name(db, typed)
    assert found is not None
    assert found.id == who.id


def test_R20_a_verified_address_signs_in_too(db: Session) -> None:
    who = account(db)
    link(db, who, "Ardalan@Example.org")
    found = lookup.by_sign_in_name(db, " ardalan@example.ORG")
    assert found is not None
    assert found.id == who.id


def test_R20_an_address_that_is_not_verified_does_not(db: Session) -> None:
    link(db, account(db), "ardalan@example.org", verified=False)
    assert lookup.by_sign_in_name(db, "ardalan@example.org") is None


def test_an_address_that_a_family_shares_is_nobodys_name(db: Session) -> None:
    link(db, account(db), "thuis@example.org")
    link(db, account(db, given_name="Elif"), "thuis@example.org")
    assert lookup.by_sign_in_name(db, "thuis@example.org") is None


@pytest.mark.parametrize("typed", ["", " ", "niemand", "a" * 300, "ardalan.bhatti\x00", "@", "x@y", "\u202e"])
def test_what_is_nobodys_name_finds_nobody(db: Session, typed: str) -> None:
    account(db)
    assert lookup.by_sign_in_name(db, typed) is None


def test_PW_33_a_new_card_ends_the_one_before_it(db: Session) -> None:
    who = account(db)
    writing(db)
    first = opening.new_card(db, who, NOW).handle
    second = opening.new_card(db, who, NOW).handle
    db.commit()
    assert lookup.by_card(db, first) is None
    found = lookup.by_card(db, second.upper())
    assert found is not None
    assert found.id == who.id


def test_PW_33_a_handle_is_128_random_bits_without_look_alikes(db: Session) -> None:
    who = account(db)
    writing(db)
    handles = {opening.new_card(db, who, NOW).handle for _ in range(20)}
    assert len(handles) == 20
    assert all(len(handle) == opening.HANDLE_LENGTH for handle in handles)
    assert len(set(opening.HANDLE_SIGNS)) ** opening.HANDLE_LENGTH >= 2**128
    assert not set("01ilo") & set(opening.HANDLE_SIGNS)
    assert not any("bhatti" in handle for handle in handles)


@pytest.mark.parametrize("handle", ["", "x", "../../etc/passwd", "a\x00b", "é" * 26, "a" * 5000])
def test_PW_33_a_handle_that_is_none_finds_nobody(db: Session, handle: str) -> None:
    assert lookup.by_card(db, handle) is None
