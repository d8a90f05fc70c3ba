"""The outbox: a mail is a row in the transaction that caused it; the worker takes it from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, CursorResult, func, select, update
from sqlalchemy.orm import Session

from idp.mail.records import OutboxMail

# How long one worker has a mail to itself; afterwards another may think that it died.
LEASE = timedelta(minutes=5)
# Short, because a link in a mail lives for an hour; the last one goes on.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15))
# A weekend without a mail server is found out; later than that, a mail says nothing new.
GIVE_UP_AFTER = timedelta(days=3)
LONGEST_SUBJECT = 200


class Why(StrEnum):
    """Why a mail isn't there."""

    REFUSED = "refused"  # the mail server will never take this one
    LATER = "later"  # it doesn't take this one now
    AWAY = "away"  # it takes none now, or isn't there
    EXPIRED = "expired"  # what the mail says has no use any more


@dataclass(frozen=True)
class Letter:
    """A mail as it is sent: a copy of its row, which no transaction stays open for."""

    id: UUID
    kind: str
    recipient: str
    subject: str
    text: str
    html: str
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    tries: int

    def has_no_use(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def is_too_old(self, now: datetime) -> bool:
        """Tried for so long that it is left; one that waited for a worker is tried, however old it is."""
        return self.tries > 0 and self.created_at + GIVE_UP_AFTER <= now


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
        recipient=only_address(recipient),
        subject=one_line(subject),
        text=text,
        html=html,
        created_at=now,
        due_at=now,
        expires_at=expires_at,
        tries=0,
    )
    db.add(mail)
    return mail.id


def only_address(recipient: str) -> str:
    """CV-36: one mailbox, without a name, a second one or a line that a header could go on with."""
    plain = recipient.isascii() and recipient.isprintable() and "@" in recipient
    if not plain or parseaddr(recipient) != ("", recipient):
        raise ValueError("a mail goes to one plain address")
    return recipient


def one_line(subject: str) -> str:
    """CV-36: whatever ends a line in some alphabet is a space."""
    return " ".join(subject.split())[:LONGEST_SUBJECT]


def due(db: Session, now: datetime, limit: int = 50) -> list[Letter]:
    """The mails whose time has come, oldest first."""
    waiting = select(OutboxMail).where(is_waiting(), OutboxMail.due_at <= now)
    return [letter_in(mail) for mail in db.scalars(waiting.order_by(OutboxMail.due_at).limit(limit))]


def sent_lately(db: Session, since: datetime, most: int) -> int:
    """How many were sent since then, as far as counting to `most` tells. A lease looks ahead, so `due_at` finds them."""
    sent = select(OutboxMail.id).where(OutboxMail.due_at > since, OutboxMail.sent_at > since).limit(most)
    return db.scalar(select(func.count()).select_from(sent.subquery())) or 0


def is_waiting() -> ColumnElement[bool]:
    return OutboxMail.sent_at.is_(None) & OutboxMail.gave_up_at.is_(None)


def letter_in(mail: OutboxMail) -> Letter:
    return Letter(
        id=mail.id,
        kind=mail.kind,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        created_at=mail.created_at,
        due_at=mail.due_at,
        expires_at=mail.expires_at,
        tries=mail.tries,
    )


def take(db: Session, letter: Letter, now: datetime) -> bool:
    """Makes the mail this worker's for a while, before its first byte leaves; of several workers one wins."""
    free = is_waiting() & (OutboxMail.id == letter.id) & (OutboxMail.due_at == letter.due_at)
    taken = db.execute(
        update(OutboxMail)
        .where(free)
        .values(due_at=now + LEASE, tries=OutboxMail.tries + 1)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)
    return bool(taken.rowcount)


# What became of it


def mark_sent(db: Session, mail_id: UUID, now: datetime) -> None:
    """Sent; what it said is wiped, because a link is a key to an account."""
    change(db, mail_id, sent_at=now, text="", html="")


def try_again(db: Session, letter: Letter, now: datetime, error: str) -> bool:
    """Later; or never, when that has gone on for too long. Answers whether it will be tried again."""
    at = now + WAITS[min(letter.tries, len(WAITS) - 1)]
    if at > letter.created_at + GIVE_UP_AFTER:
        give_up(db, letter.id, now, error)
        return False
    change(db, letter.id, due_at=at, last_error=error)
    return True


def give_up(db: Session, mail_id: UUID, now: datetime, error: str | None = None) -> None:
    """Never sent: to whom it was and why the last try failed stay for the operators, what it said goes."""
    why = {} if error is None else {"last_error": error}
    change(db, mail_id, gave_up_at=now, text="", html="", **why)


def change(db: Session, mail_id: UUID, **values: object) -> None:
    changed = update(OutboxMail).where(OutboxMail.id == mail_id).values(**values)
    db.execute(changed, execution_options={"synchronize_session": False})
