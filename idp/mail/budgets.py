"""How many mails one person, one mailbox or one place may cause, so that nobody is buried in them (OA-46)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.database import insert_into
from idp.mail.records import MailTally

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST = DAY  # nobody looks further back


@dataclass(frozen=True)
class Budget:
    """At most so many in any stretch of time of that length."""

    most: int
    within: timedelta


FOR_ACCOUNT = (Budget(5, DAY),)
FOR_MAILBOX = (Budget(3, HOUR), Budget(10, DAY))
# To an address that somebody says is theirs: whose it really is keeps some of the same mails for a lost password.
FOR_MAILBOX_UNPROVEN = (Budget(2, HOUR), Budget(6, DAY))
# What tells somebody what happened: other people's mails wait behind it in one queue.
FOR_NOTICES = (Budget(10, DAY),)
# A school is one address, and thirty pupils link an address in one lesson: twenty would stop the last ten.
FOR_NETWORK = (Budget(200, HOUR),)
# A browser in which somebody signed in before: what one bored pupil uses up, others at that school don't lack.
FOR_BROWSER = (Budget(5, HOUR),)


def spend(db: Session, budgets: Mapping[str, tuple[Budget, ...]], now: datetime) -> bool:
    """Counts one mail for each of these subjects (keyed digests); or, when one of them had enough, for none.

    The caller has said `writing`. Each row is held from the reading to the writing, so mails that are asked for at the same
    time, on any node, follow each other; always in the same order, so that they never wait for one another.
    """
    subjects = sorted(budgets)
    empty = [{"subject": subject, "moments": [], "last_at": now} for subject in subjects]
    db.execute(insert_into(db, MailTally).values(empty).on_conflict_do_nothing())
    held = select(MailTally.subject, MailTally.moments).where(MailTally.subject.in_(subjects))
    rows = db.execute(held.order_by(MailTally.subject).with_for_update()).all()
    sent = {row.subject: lately(row.moments, now) for row in rows}
    if not all(fits(sent[subject], budgets[subject], now) for subject in subjects):
        return False
    for subject in subjects:
        moments = [moment.isoformat() for moment in (*sent[subject], now.astimezone(UTC))]
        counted = update(MailTally).where(MailTally.subject == subject)
        db.execute(
            counted.values(moments=moments, last_at=now), execution_options={"synchronize_session": False}
        )
    return True


def fits(sent: list[datetime], budgets: tuple[Budget, ...], now: datetime) -> bool:
    """Whether one more still fits in every budget."""
    return all(sum(moment > now - each.within for moment in sent) < each.most for each in budgets)


def lately(moments: list[str], now: datetime) -> list[datetime]:
    return [moment for moment in map(datetime.fromisoformat, moments) if moment > now - LONGEST]
