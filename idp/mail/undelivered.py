"""What the operators see of mails that didn't arrive: to whom and why, never what they said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.mail.outbox import Why, is_waiting
from idp.mail.records import OutboxMail


@dataclass(frozen=True)
class Waiting:
    """The mails that a worker still tries to send."""

    mails: int
    since: datetime | None


def given_up(db: Session, since: datetime, most: int) -> Sequence[OutboxMail]:
    """Newest first."""
    found = select(OutboxMail).where(OutboxMail.gave_up_at >= since)
    return db.scalars(found.order_by(OutboxMail.gave_up_at.desc(), OutboxMail.id).limit(most)).all()


def why(mail: OutboxMail) -> Why:
    """Why a mail was given up; one that was tried and never spoken of again met a worker that died."""
    if mail.expires_at is not None and mail.gave_up_at is not None and mail.expires_at <= mail.gave_up_at:
        return Why.EXPIRED
    word = (mail.last_error or "").partition(" ")[0]
    return Why(word) if word in set(Why) else Why.AWAY


def error(mail: OutboxMail) -> str:
    """What the last try met, such as `SMTPDataError 554`."""
    return (mail.last_error or "").partition(" ")[2]


def waiting(db: Session) -> Waiting:
    mails, since = db.execute(select(func.count(), func.min(OutboxMail.created_at)).where(is_waiting())).one()
    return Waiting(mails, since)
