"""Another username by the school: the rules of a new one, and a tick that says who got their card."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.passwords import choose, hand_out
from idp.accounts.records import Account, Username
from idp.accounts.usernames import claim_for_name
from idp.database import writing
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools import handing_out
from idp.schools.records import Enrolment
from idp.schools.renaming import RENAMED, changed_enough, rename, what_is_wrong
from idp.schools.witnessing import witness
from tests.schools.enrolled import NOW, beheerder, pupil

SEALED = "v1.key.text"


def account_of(db: Session, enrolment: Enrolment) -> Account:
    return db.scalars(select(Account).where(Account.person_id == enrolment.person_id)).one()


CANDIDATES = [
    ("ardalan.b", []),
    ("x" * 50, []),
    ("x" * 51, ["too_long"]),
    ("ardalan@school", ["has_at"]),
    ("ardalan＠school", ["has_at", "bad_character"]),
    ("", ["empty"]),
    ("  ", ["empty"]),
    ("ardalan bhatti", ["bad_character"]),
    ("ardalän", ["bad_character"]),
    (".ardalan", ["bad_edge"]),
    ("12345", ["no_letter"]),
    ("@" * 60, ["too_long", "has_at", "bad_edge", "no_letter"]),
    ("butrint.boeren", ["taken"]),
    ("BUTRINT.Boeren", ["taken"]),
    ("Ardalan.Bhatti", []),  # the own one, with other capitals
]


def test_R21_R22_R23_PW_35_the_rules_of_a_new_username(db: Session) -> None:
    account = account_of(db, pupil(db, "Ardalan Bhatti", 32890))
    pupil(db, "Butrint Boeren", 47727)
    db.commit()
    for candidate, wrong in CANDIDATES:
        writing(db)
        assert list(what_is_wrong(db, candidate, account)) == wrong, candidate
        assert list(rename(db, account, candidate, NOW)) == wrong, candidate
        assert account.username == (candidate if not wrong else "ardalan.bhatti")
        db.rollback()


def test_PW_35_PR_04_CV_29_the_old_name_is_never_given_out_again(db: Session) -> None:
    account = account_of(db, pupil(db, "Ardalan Bhatti", 32890))
    assert rename(db, account, "ardi", NOW) == ()
    old = db.get_one(Username, "ardalan.bhatti", populate_existing=True)
    assert (old.account_id, old.given_up_at) == (account.id, NOW)
    other = account_of(db, pupil(db, "Ardalan Bhatti", 2))
    assert other.username == "ardalan.bhatti1"
    assert rename(db, other, "ardalan.bhatti", NOW) == ("taken",)
    # Not to the pupil who had it either: a card with it may lie somewhere.
    assert rename(db, account, "ardalan.bhatti", NOW) == ("taken",)
    assert claim_for_name(db, "Ardalan", "Bhatti", account.id, NOW) == "ardalan.bhatti2"


def test_R25_basic_and_advanced_alike_and_the_password_stays(db: Session) -> None:
    for number, kind in enumerate((AccountKind.BASIC, AccountKind.ADVANCED)):
        account = account_of(db, pupil(db, "Sezen Beuken", number, kind=kind, sealed_secret=SEALED))
        before = (account.sealed_secret, account.sign_ins_count_from, account.created_at)
        assert rename(db, account, f"sezen{number}x", NOW) == ()
        assert (account.sealed_secret, account.sign_ins_count_from, account.created_at) == before


def test_PW_35_so_many_an_hour_and_no_more(db: Session) -> None:
    pupil(db, "Ardalan Bhatti", 32890)
    actor, colleague = beheerder(), beheerder()
    for minutes in (70, 50, 10):
        moment = NOW - timedelta(minutes=minutes)
        witness(db, actor, RENAMED, now=moment, request_id="-", pupil_number=32890)
        witness(db, actor, "pupil:viewed", now=moment, request_id="-", pupil_number=32890)
    assert not changed_enough(db, actor, 3, NOW)
    assert changed_enough(db, actor, 2, NOW)
    assert not changed_enough(db, actor, 2, NOW + timedelta(minutes=11))
    assert not changed_enough(db, colleague, 1, NOW)


def test_the_tick_that_a_card_was_handed_out_goes_with_the_next_password(db: Session) -> None:
    account = account_of(db, pupil(db, "Sezen Beuken", 70246, kind=AccountKind.ADVANCED))
    actor = beheerder()
    hand_out(account, SEALED, SecretKind.TEXT, NOW)
    db.flush()
    handing_out.tick(db, actor, [account.id], NOW)
    assert ticked(db, account) == (NOW, actor.account_id)
    choose(account, SEALED, NOW)  # the pupil's own choice changes nothing about the card
    assert ticked(db, account) == (NOW, actor.account_id)
    hand_out(account, SEALED, SecretKind.TEXT, NOW)
    assert ticked(db, account) == (None, None)
    handing_out.tick(db, actor, [account.id], NOW)
    handing_out.untick(db, [account.id])
    assert ticked(db, account) == (None, None)


def test_who_handed_a_card_out_has_a_name(db: Session) -> None:
    account = account_of(db, pupil(db, "Els Verstraete", 1))
    assert handing_out.name_of(db, account.id) == "Els Verstraete"
    assert handing_out.name_of(db, None) == ""


def ticked(db: Session, account: Account) -> tuple[datetime | None, UUID | None]:
    db.flush()
    db.refresh(account)
    return account.handed_out_at, account.handed_out_by
