"""One address where many different names fail: somebody tries a whole class, picture by picture.

What counts is a typed name that shows the pictures, and failed without getting in afterwards. Only typed sign-in with
pictures closes, for that address and for a while; cards, own devices and words go on, because a whole school has one
address.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from idp.authentication.marks import mark, marked_at
from idp.authentication.records import FailedName
from idp.database import insert_into
from idp.rules.sign_in_limits import SignInLimits, address_closes

CLOSED = "address"


def closed_until(db: Session, address: str, now: datetime, limits: SignInLimits) -> datetime | None:
    closed_at = marked_at(db, address, CLOSED)
    if closed_at is None or closed_at + limits.address_closed_for <= now:
        return None
    return closed_at + limits.address_closed_for


def remember(db: Session, address: str, subject: str, now: datetime, limits: SignInLimits) -> bool:
    """A typed name with pictures failed here; True when that closes the address now."""
    row = {"address": address, "subject": subject, "last_at": now}
    new = insert_into(db, FailedName).values(row)
    db.execute(new.on_conflict_do_update(index_elements=["address", "subject"], set_={"last_at": now}))
    lately = (FailedName.address == address) & (FailedName.last_at > now - limits.address_window)
    names = db.scalar(select(func.count()).select_from(FailedName).where(lately)) or 0
    return address_closes(names, limits) and mark(db, address, CLOSED, now, limits.address_closed_for)


def forgive(db: Session, address: str, subject: str) -> None:
    """Whoever gets in after a slip was no stranger: thirty children of six make many."""
    theirs = (FailedName.address == address) & (FailedName.subject == subject)
    db.execute(delete(FailedName).where(theirs).execution_options(synchronize_session=False))
