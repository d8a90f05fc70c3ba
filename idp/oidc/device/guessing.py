"""Wrong codes, counted per browser, per account and per network, so that nobody finds another one's device by trying.

A network is closed only to who isn't signed in: a school is one address, and a bored pupil must not stop its boards. Counted
after the look: parallel tries win as many more as there are threads, which helps nobody against 33 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from idp.authentication.records import FailureCounter
from idp.authentication.subjects import keyed
from idp.database import insert_into
from idp.rules.belgian_time import school_day

row = FailureCounter

WINDOW = timedelta(minutes=10)
FOR_BROWSER = 10
FOR_ACCOUNT = 10
# Thirty pupils who each mistype a code twice are no attack.
FOR_NETWORK = 60
# Devices and pushed requests without a secret, from one network: every board of a large school, again and again.
ASKED_BY_NETWORK = 1000

WRONG = "device-codes"
ASKED = "device-asked"

Limits = Mapping[str, int]  # whom it is counted for (a keyed digest) -> how many are allowed


def of_browser(key: bytes, browser_id: str) -> str:
    return keyed(key, b"browser", browser_id.encode())


def closed(db: Session, limits: Limits, now: datetime) -> bool:
    """Whether one of these tried too often of late."""
    lately = (row.bucket == WRONG) & row.subject.in_(list(limits)) & (row.last_at > now - WINDOW)
    counted = db.execute(select(row.subject, row.in_a_row).where(lately))
    return any(count >= limits[subject] for subject, count in counted)


def count_wrong(db: Session, limits: Limits, now: datetime) -> None:
    """The caller has said `writing`."""
    for subject in sorted(limits):  # in one order always, so that no two wait for each other
        count(db, subject, WRONG, now)


def may_ask(db: Session, network: str, now: datetime) -> bool:
    """Counts one more that asked without proof of who it is; False when it was one too many."""
    return count(db, network, ASKED, now) <= ASKED_BY_NETWORK


def count(db: Session, subject: str, what: str, now: datetime) -> int:
    """One more, in a window that begins with the first."""
    new = insert_into(db, FailureCounter).values(
        subject=subject, bucket=what, in_a_row=1, today=0, day=str(school_day(now)), last_at=now
    )
    over = row.last_at <= now - WINDOW
    counted = new.on_conflict_do_update(
        index_elements=["subject", "bucket"],
        set_={
            "in_a_row": case((over, 1), else_=row.in_a_row + 1),
            "last_at": case((over, now), else_=row.last_at),
        },
    )
    return db.scalar(counted.returning(row.in_a_row)) or 0
