"""The records of mails: what is to be sent, and how many were."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base


class OutboxMail(Base):
    """A mail as a row first; its id makes the Message-ID, so that each arrives once."""

    __tablename__ = "outbox_mails"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # What kind of mail: the name of its template. Who looks at what failed sees this and not the mail.
    kind: Mapped[str] = mapped_column(String(30))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None] = mapped_column(index=True)
    # Why the last try failed, in a word and a number: never the mail server's own words, which repeat the address.
    last_error: Mapped[str | None] = mapped_column(String(60))


class MailTally(Base):
    """When mails were caused of late, by an account or a place or for a mailbox; under a keyed digest, naming nobody."""

    __tablename__ = "mail_tallies"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    moments: Mapped[list[str]]
    last_at: Mapped[datetime] = mapped_column(index=True)
