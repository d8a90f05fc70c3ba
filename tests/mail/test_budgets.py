"""OA-46: how many mails one person, one mailbox or one place may cause."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from idp.database import writing
from idp.mail import budgets
from idp.mail.budgets import FOR_ACCOUNT, FOR_MAILBOX, FOR_NETWORK, Budget
from idp.mail.records import MailTally

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def spent(db: Session, asked: dict[str, tuple[Budget, ...]], now: datetime = NOW) -> bool:
    writing(db)
    fits = budgets.spend(db, asked, now)
    db.commit()
    return fits


@pytest.mark.parametrize(
    ("budget", "most", "opens_after"),
    [
        (FOR_ACCOUNT, 5, timedelta(days=1)),
        (FOR_MAILBOX, 3, timedelta(hours=1)),
        (FOR_NETWORK, 200, timedelta(hours=1)),
    ],
)
def test_OA_46_so_many_fit_and_no_more(
    db: Session, budget: tuple[Budget, ...], most: int, opens_after: timedelta
) -> None:
    answers = [spent(db, {"a": budget}, NOW + timedelta(seconds=second)) for second in range(most + 3)]
    assert answers == [True] * most + [False] * 3
    assert not spent(db, {"a": budget}, NOW + opens_after - timedelta(seconds=1))
    assert spent(db, {"a": budget}, NOW + opens_after)
    assert not spent(db, {"a": budget}, NOW + opens_after)  # the second one of before counts still


def test_OA_46_a_mailbox_gets_ten_a_day_however_they_are_spread(db: Session) -> None:
    answers = [spent(db, {"a": FOR_MAILBOX}, NOW + timedelta(minutes=30 * turn)) for turn in range(40)]
    assert sum(answers) == 10


def test_OA_46_what_one_refuses_costs_the_others_nothing(db: Session) -> None:
    for _ in range(3):
        assert spent(db, {"mailbox": FOR_MAILBOX})
    for _ in range(9):
        assert not spent(db, {"mailbox": FOR_MAILBOX, "pupil": FOR_ACCOUNT})
    assert spent(db, {"pupil": FOR_ACCOUNT})
    assert len(db.scalars(select(MailTally.moments).where(MailTally.subject == "pupil")).one()) == 1


def test_OA_46_of_many_at_once_only_so_many_fit(db: Session, engine: Engine) -> None:
    won: list[bool] = []
    ready = threading.Barrier(8)

    def ask(number: int) -> None:
        with Session(engine) as own:
            ready.wait()
            won.append(spent(own, {"mailbox": FOR_MAILBOX, f"pupil{number}": FOR_ACCOUNT}))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), won.count(True)) == (8, 3)
