"""Linking an e-mail address, and the link that proves it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from idp.accounts import emails, links, lookup, passwords
from idp.accounts.emails import AddressProblem, Proven, ToVerify
from idp.accounts.links import Purpose
from idp.accounts.records import Account, OneTimeLink
from idp.database import writing
from idp.rules.account_types import AccountKind
from tests.accounts.making import NOW, account

ADDRESS = "ardalan@example.org"
SOON = NOW + timedelta(minutes=5)


def standing_of_address(who: Account) -> tuple[str | None, datetime | None]:
    return who.email, who.email_verified_at


def asked(db: Session, who: Account, address: str = ADDRESS) -> str:
    writing(db)
    token = emails.ask_to_verify(db, who, address, NOW, hours=24)
    db.commit()
    return token


def proven(db: Session, token: str, *, after: timedelta = timedelta(minutes=5)) -> Proven | None:
    writing(db)
    found = emails.verify(db, token, NOW + after)
    db.commit()
    return found


def verified(db: Session, token: str, *, after: timedelta = timedelta(minutes=5)) -> Account | None:
    found = proven(db, token, after=after)
    return found.account if found else None


def test_R69_the_link_proves_the_address(db: Session) -> None:
    who = account(db)
    token = asked(db, who)
    assert standing_of_address(who) == (ADDRESS, None)
    assert verified(db, token) is who
    assert standing_of_address(who) == (ADDRESS, SOON)


@pytest.mark.parametrize(
    ("after", "works"), [(timedelta(hours=23, minutes=59), True), (timedelta(hours=24, minutes=1), False)]
)
def test_PW_26_a_link_lives_for_a_day(db: Session, after: timedelta, works: bool) -> None:
    token = asked(db, account(db))
    assert (verified(db, token, after=after) is not None) is works


def test_PW_27_of_many_clicks_one_wins(db: Session, engine: Engine) -> None:
    token = asked(db, account(db))
    won: list[bool] = []
    ready = threading.Barrier(8)

    def click() -> None:
        with Session(engine) as own:
            ready.wait()
            won.append(verified(own, token) is not None)

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won.count(True) == 1
    assert len(won) == 8


def test_PW_28_the_database_has_a_digest_only(db: Session) -> None:
    token = asked(db, account(db))
    row = db.scalars(select(OneTimeLink)).one()
    assert len(token) == 43
    assert token not in repr(vars(row))
    assert len(row.digest) == 64


def test_PW_28_CV_18_another_purpose_or_a_token_that_is_none_is_refused(db: Session) -> None:
    token = asked(db, account(db))
    row = db.scalars(select(OneTimeLink)).one()
    assert verified(db, token[:-1]) is None
    assert verified(db, "") is None
    writing(db)
    row.purpose = "reset"
    db.commit()
    assert verified(db, token) is None


def test_PW_28_CV_18_an_address_that_was_taken_away_is_not_brought_back(db: Session) -> None:
    who = account(db)
    token = asked(db, who)
    writing(db)
    who.email = who.email_folded = None
    db.commit()
    assert verified(db, token) is None


def test_PW_29_a_new_link_kills_the_one_before_it(db: Session) -> None:
    who = account(db)
    first = asked(db, who)
    second = asked(db, who, "anders@example.org")
    assert verified(db, first) is None
    assert verified(db, second) is who
    assert who.email == "anders@example.org"


def test_PW_29_a_new_password_kills_every_link(db: Session) -> None:
    who = account(db)
    token = asked(db, who)
    writing(db)
    passwords.choose(who, "sealed", SOON)
    db.commit()
    assert verified(db, token, after=timedelta(minutes=6)) is None


def test_PW_31_looking_uses_nothing_up(db: Session) -> None:
    who = account(db)
    token = asked(db, who)
    for _ in range(3):
        assert emails.to_verify(db, token, SOON) == ToVerify(ADDRESS, who.username, None)
    assert verified(db, token) is not None
    assert emails.to_verify(db, token, SOON) is None


def test_R19_R74_a_verified_address_stays_until_the_new_one_is_proven(db: Session) -> None:
    who = account(db)
    assert proven(db, asked(db, who)) == Proven(who, replaced=None)
    token = asked(db, who, "nieuw@example.org")
    assert who.email == ADDRESS
    assert lookup.by_verified_email(db, ADDRESS) is who
    assert lookup.by_verified_email(db, "nieuw@example.org") is None
    assert proven(db, token) == Proven(who, replaced=ADDRESS)
    assert who.email == "nieuw@example.org"
    assert lookup.by_verified_email(db, ADDRESS) is None


def test_R74_the_same_address_in_other_capitals_replaces_none(db: Session) -> None:
    who = account(db)
    verified(db, asked(db, who))
    assert proven(db, asked(db, who, ADDRESS.title())) == Proven(who, replaced=None)
    assert who.email == ADDRESS.title()


def test_PW_28_what_waits_in_the_old_mailbox_is_worth_nothing_once_another_is_proven(db: Session) -> None:
    who = account(db)
    verified(db, asked(db, who))
    writing(db)
    reset = links.make(db, Purpose.RESET_PASSWORD, who, ADDRESS, NOW, timedelta(hours=1))
    db.commit()
    verified(db, asked(db, who, "nieuw@example.org"))
    assert links.look(db, Purpose.RESET_PASSWORD, reset, SOON) is None


def test_R71_an_address_is_pending_until_it_is_proven(db: Session) -> None:
    who = account(db)
    assert emails.pending(db, who, NOW) is None
    token = asked(db, who)
    assert emails.pending(db, who, NOW + timedelta(days=3)) == ADDRESS, (
        "also when the link is old: ask for another"
    )
    verified(db, token)
    assert emails.pending(db, who, SOON) is None
    asked(db, who, "nieuw@example.org")
    assert emails.pending(db, who, SOON) == "nieuw@example.org"
    assert emails.pending(db, who, NOW + timedelta(hours=25)) is None, "the proven one is simply still there"


def test_R74_keeping_the_proven_address_makes_the_other_mail_worthless(db: Session) -> None:
    who = account(db)
    verified(db, asked(db, who))
    token = asked(db, who, "nieuw@example.org")
    writing(db)
    emails.keep(db, who)
    db.commit()
    assert emails.pending(db, who, SOON) is None
    assert verified(db, token) is None
    assert who.email == ADDRESS


def test_PR_22_an_address_that_is_dropped_is_gone_with_every_link(db: Session) -> None:
    who = account(db)
    verified(db, asked(db, who))
    token = asked(db, who, "nieuw@example.org")
    writing(db)
    assert emails.drop(db, who, SOON) == ADDRESS
    db.commit()
    assert (who.email, who.email_folded, who.email_verified_at) == (None, None, None)
    assert db.scalars(select(OneTimeLink)).all() == []
    assert emails.to_verify(db, token, SOON) is None
    assert verified(db, token) is None
    assert not emails.should_offer(who, SOON), "who takes it away isn't asked for it tomorrow (R14)"


def test_OA_46_an_unproven_address_that_is_dropped_gets_no_word_of_it(db: Session) -> None:
    who = account(db)
    asked(db, who)
    writing(db)
    assert emails.drop(db, who, SOON) is None


def test_PW_28_a_link_that_no_longer_fits_is_not_even_shown(db: Session) -> None:
    who = account(db)
    token = asked(db, who)
    writing(db)
    who.email = who.email_folded = "anders@example.org"
    db.commit()
    assert emails.to_verify(db, token, SOON) is None


def test_PR_06_a_link_of_an_account_that_ended_is_refused(db: Session) -> None:
    who = account(db, active_until=NOW.date())
    token = asked(db, who)
    assert verified(db, token, after=timedelta(hours=20)) is None


def test_PW_05_the_link_works_for_who_is_protected_against_guessing(db: Session) -> None:
    who = account(db)
    token = asked(db, who)
    writing(db)
    who.protected_at = SOON
    db.commit()
    assert verified(db, token) is who


@pytest.mark.parametrize("kind", [AccountKind.BASIC, AccountKind.STAFF])
def test_R17_only_an_advanced_pupil_links_an_address(db: Session, kind: AccountKind) -> None:
    who = account(db, kind)
    assert not emails.should_offer(who, NOW)
    with pytest.raises(ValueError):
        emails.ask_to_verify(db, who, ADDRESS, NOW, hours=24)


def test_R14_the_question_waits_a_month_after_it_was_answered(db: Session) -> None:
    who = account(db)
    assert emails.should_offer(who, NOW)
    emails.put_off(who, NOW)
    assert not emails.should_offer(who, NOW + timedelta(days=29))
    assert emails.should_offer(who, NOW + timedelta(days=30))


@pytest.mark.parametrize("typed", ["ardalan@example.org", " A.Bhatti+school@mail.example.be "])
def test_an_address_is_an_address(typed: str) -> None:
    assert emails.read_address(typed) == typed.strip()


@pytest.mark.parametrize(
    "typed",
    [
        "", "ardalan", "@example.org", "a@b", "a b@example.org", "a@example.org\nBcc: b@example.org", "a@@example.org",
        "<a@example.org>", "a@-x.org", "a..b@example.org", "a@example..org", f"{'a' * 65}@example.org", "é@example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert emails.read_address(typed) is None


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", AddressProblem.EMPTY), ("  ", AddressProblem.EMPTY), ("ardalan", AddressProblem.NO_AT),
        ("a@b", AddressProblem.NO_ADDRESS), ("a b@example.org", AddressProblem.NO_ADDRESS),
    ],
)  # fmt: skip
def test_R67_it_is_said_what_is_wrong(typed: str, problem: AddressProblem) -> None:
    assert emails.what_is_wrong(typed) is problem
