"""The outbox: a mail is a row in the transaction that caused it; the worker takes it from there."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from idp.mail.records import OutboxMail

# How long one worker has a mail to itself; afterwards another may think that it died.
LEASE = timedelta(minutes=5)
BACKOFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360))
TRIES = len(BACKOFF) + 1


def put(
    db: Session,
    kind: str,
    recipient: str,
    subject: str,
    text: str,
    html: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> UUID:
    """A mail to send. After `expires_at` it has no use any more and is not sent."""
    mail = OutboxMail(
        id=uuid4(),
        kind=kind,
        recipient=recipient,
        subject=subject,
        text=text,
        html=html,
        created_at=now,
        due_at=now,
        expires_at=expires_at,
        tries=0,
    )
    db.add(mail)
    return mail.id


def due(db: Session, now: datetime, limit: int = 50) -> list[OutboxMail]:
    """The mails whose time has come, oldest first."""
    waiting = OutboxMail.sent_at.is_(None) & OutboxMail.gave_up_at.is_(None) & (OutboxMail.due_at <= now)
    return list(db.scalars(select(OutboxMail).where(waiting).order_by(OutboxMail.due_at).limit(limit)))


def take(db: Session, mail: OutboxMail, now: datetime) -> bool:
    """Makes the mail this worker's for a while; of several workers one wins."""
    free = (OutboxMail.id == mail.id) & (OutboxMail.due_at == mail.due_at) & OutboxMail.sent_at.is_(None)
    taken = db.execute(
        update(OutboxMail)
        .where(free)
        .values(due_at=now + LEASE, tries=OutboxMail.tries + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)
    return bool(taken.rowcount)


def mark_sent(db: Session, mail_id: UUID, now: datetime) -> None:
    """Sent; what it said is wiped, because a link is a key to an account."""
    db.execute(update(OutboxMail).where(OutboxMail.id == mail_id).values(sent_at=now, text="", html=""))


def mark_failed(db: Session, mail_id: UUID, now: datetime) -> bool:
    """To be tried again later, or given up for good; answers whether it was given up."""
    mail = db.get_one(OutboxMail, mail_id)
    if mail.tries >= TRIES:
        give_up(db, mail_id, now)
        return True
    mail.due_at = now + BACKOFF[max(mail.tries, 1) - 1]
    return False


def give_up(db: Session, mail_id: UUID, now: datetime) -> None:
    db.execute(update(OutboxMail).where(OutboxMail.id == mail_id).values(gave_up_at=now, text="", html=""))
