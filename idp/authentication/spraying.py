"""One guess on many accounts: somebody sprays. It stops nobody, it raises an alarm (PW-08)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.authentication.marks import mark
from idp.authentication.records import TriedGuess
from idp.database import insert_into
from idp.rules.sign_in_limits import SignInLimits, is_spraying

ALARM = "spray"


def remember(db: Session, guess: str, subject: str, now: datetime, limits: SignInLimits) -> bool:
    """This guess (a keyed digest) was wrong for this account; True when it is time for an alarm."""
    row = {"guess": guess, "subject": subject, "last_at": now}
    new = insert_into(db, TriedGuess).values(row)
    db.execute(new.on_conflict_do_update(index_elements=["guess", "subject"], set_={"last_at": now}))
    lately = (TriedGuess.guess == guess) & (TriedGuess.last_at > now - limits.spray_window)
    accounts = db.scalar(select(func.count()).select_from(TriedGuess).where(lately)) or 0
    return is_spraying(accounts, limits) and mark(db, guess, ALARM, now, limits.spray_window)
