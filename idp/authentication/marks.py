"""Something that is to be said once in a while, not each time: the first to mark it in that while wins."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.authentication.records import FailureCounter
from idp.database import insert_into
from idp.rules.belgian_time import school_day


def mark(db: Session, subject: str, what: str, now: datetime, every: timedelta) -> bool:
    """True when nobody marked this in the last `every`."""
    row = {
        "subject": subject,
        "bucket": what,
        "in_a_row": 0,
        "today": 0,
        "day": str(school_day(now)),
        "last_at": now,
    }
    long_ago = FailureCounter.last_at <= now - every
    new = insert_into(db, FailureCounter).values(row)
    again = new.on_conflict_do_update(
        index_elements=["subject", "bucket"], set_={"last_at": now}, where=long_ago
    )
    return db.scalar(again.returning(FailureCounter.subject)) is not None


def marked_at(db: Session, subject: str, what: str) -> datetime | None:
    mine = (FailureCounter.subject == subject) & (FailureCounter.bucket == what)
    return db.scalar(select(FailureCounter.last_at).where(mine))
