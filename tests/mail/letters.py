"""Mails in the outbox, as the tests put them there, and what became of them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from idp.mail import outbox
from idp.mail.delivery import deliver_due
from idp.mail.records import OutboxMail
from tests.support.mail_server import MailServer
from tests.support.provider import Provider

ARDALAN = "ardalan@example.org"


def put(
    provider: Provider,
    recipient: str = ARDALAN,
    *,
    subject: str = "Hallo",
    kind: str = "verify_email",
    expires: timedelta | None = None,
) -> UUID:
    now = provider.clock()
    until = now + expires if expires else None
    with provider.db() as db:
        return outbox.put(db, kind, recipient, subject, "Dag é", "<p>Dag é</p>", now, until)


def mail_to(server: MailServer) -> dict[str, object]:
    """The settings of whoever sends mails there."""
    return {"server": "127.0.0.1", "port": server.port, "security": "none", "timeout_seconds": 1}


def number_of(mail: UUID) -> str:
    """The Message-ID."""
    return f"<{mail}@127.0.0.1>"


def row(provider: Provider, mail: UUID) -> OutboxMail:
    with provider.reading() as db:
        return db.get_one(OutboxMail, mail)


def only(provider: Provider) -> OutboxMail:
    with provider.reading() as db:
        return db.scalars(select(OutboxMail)).one()


def go_on(provider: Provider, **time: float) -> int:
    """One round of the worker, that much later."""
    provider.clock.move(**time)
    return deliver_due(provider.app)
