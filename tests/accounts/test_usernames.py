"""Usernames: each once, for ever."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from idp.accounts import opening, usernames
from idp.accounts.records import Account, Username
from idp.database import writing
from idp.rules.account_types import AccountKind
from tests.accounts.making import NOW, account


def test_R21_the_second_of_a_name_gets_a_digit(db: Session) -> None:
    names = [account(db, given_name="Butrint", family_name="Boeren").username for _ in range(3)]
    assert names == ["butrint.boeren", "butrint.boeren1", "butrint.boeren2"]


def test_R21_a_name_with_many_namesakes_still_gets_one(db: Session) -> None:
    names = {
        account(db, given_name="Jan", family_name="Peeters").username for _ in range(usernames.LOOK_AHEAD + 3)
    }
    assert len(names) == usernames.LOOK_AHEAD + 3


def test_R21_a_race_for_one_name_gives_two_names(engine: Engine) -> None:
    opened: list[str] = []
    ready = threading.Barrier(6)

    def open_one() -> None:
        with Session(engine) as db:
            ready.wait()
            opened.append(account(db, given_name="Elif", family_name="Yilmaz").username)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == ["elif.yilmaz", *(f"elif.yilmaz{n}" for n in range(1, 6))]


def test_PW_35_an_old_name_is_never_given_out_again(db: Session) -> None:
    who = account(db)
    writing(db)
    assert usernames.rename(db, who, "ardalan.de.grote", NOW)
    db.commit()
    assert who.username == "ardalan.de.grote"
    old = db.scalars(select(Username).where(Username.skeleton == "ardalan.bhatti")).one()
    assert old.given_up_at == NOW
    assert account(db).username == "ardalan.bhatti1"


def test_PW_35_a_name_that_looks_like_anothers_is_taken(db: Session) -> None:
    account(db)
    other = account(db, given_name="Elif")
    writing(db)
    assert not usernames.rename(db, other, "Ardalan.Bhatti", NOW)
    assert other.username == "elif.bhatti"


def test_another_way_of_writing_ones_own_name_is_free(db: Session) -> None:
    who = account(db)
    writing(db)
    assert usernames.rename(db, who, "Ardalan.Bhatti", NOW)
    assert who.username == "Ardalan.Bhatti"


def test_a_name_that_was_asked_for_is_given_or_refused(db: Session) -> None:
    account(db)
    writing(db)
    person = opening.new_person(db, given_name="Els", family_name="Maes", now=NOW)
    with pytest.raises(opening.UsernameTaken):
        opening.open_account(db, person, AccountKind.STAFF, NOW, username="ardalan.bhatti")
    opened = opening.open_account(db, person, AccountKind.STAFF, NOW, username="els.maes.beheer")
    db.commit()
    assert db.get(Account, opened.id) is not None


def test_PR_01_each_person_has_an_opaque_subject_of_their_own(db: Session) -> None:
    subjects = {account(db).person.subject for _ in range(5)}
    assert len(subjects) == 5
    assert all(len(subject) == 43 for subject in subjects)
