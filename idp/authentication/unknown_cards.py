"""Handles of cards that don't exist: a few are slips of the pen, many are somebody looking for one (PW-33)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import case
from sqlalchemy.orm import Session

from idp.authentication.records import FailureCounter
from idp.database import insert_into
from idp.rules.belgian_time import school_day

# A class of thirty that scans last year's cards is no attack.
ALLOWED = 60
WINDOW = timedelta(minutes=10)
KEY = "handles"


def count(db: Session, address: str, now: datetime) -> bool:
    """Counts one more for this address (a keyed digest); False when it was one too many."""
    row = {
        "subject": address,
        "bucket": KEY,
        "in_a_row": 1,
        "today": 0,
        "day": str(school_day(now)),
        "last_at": now,
    }
    over = FailureCounter.last_at <= now - WINDOW
    counted = (
        insert_into(db, FailureCounter)
        .values(row)
        .on_conflict_do_update(
            index_elements=["subject", "bucket"],
            set_={
                "in_a_row": case((over, 1), else_=FailureCounter.in_a_row + 1),
                "last_at": case((over, now), else_=FailureCounter.last_at),
            },
        )
        .returning(FailureCounter.in_a_row)
    )
    return (db.scalar(counted) or 0) <= ALLOWED
