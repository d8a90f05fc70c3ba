"""Delivering the outbox: each mail to the mail server, with retries, and without holding a transaction meanwhile.

The Message-ID comes from the row, so a mail that is sent twice (the worker died before it could write that down) is one
mail to the mail server and to whoever reads it.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask
from flask_mail import Connection, Mail, Message
from sqlalchemy.orm import Session

from idp.database import flask_database, let_go, writing
from idp.mail import outbox
from idp.mail.records import OutboxMail
from idp.settings import Mail as MailSettings
from idp.settings import Settings

log = logging.getLogger("leerid.mail")

EXTENSION = "leerid.mail"


@dataclass(frozen=True)
class Letter:
    """A mail as it is sent: a copy of its row, which no transaction stays open for."""

    id: UUID
    recipient: str
    subject: str
    text: str
    html: str


def deliver_due(app: Flask, limit: int = 50) -> int:
    """Sends what is due; answers how many were sent. Without a mail server, mails wait in the outbox."""
    with app.app_context():
        wiring = app.extensions["leerid"]
        if not wiring.settings.mail.server:
            return 0
        db = flask_database.session()
        letters = take_due(db, wiring.clock(), limit)
        return sum(deliver(db, post_of(app), letter, wiring.settings, wiring.clock()) for letter in letters)


def take_due(db: Session, now: datetime, limit: int) -> list[Letter]:
    """What this worker will send: marked as its own before the first byte leaves."""
    nothing_due = not outbox.due(db, now, 1)
    let_go(db)
    if nothing_due:  # looked at every two seconds, so without asking for the right to write
        return []
    writing(db)
    taken = []
    for mail in outbox.due(db, now, limit):
        if mail.expires_at is not None and mail.expires_at <= now:
            outbox.give_up(db, mail.id, now)
        elif outbox.take(db, mail, now):
            taken.append(letter_in(mail))
    let_go(db)
    return taken


def letter_in(mail: OutboxMail) -> Letter:
    return Letter(mail.id, mail.recipient, mail.subject, mail.text, mail.html)


def deliver(db: Session, post: Post, letter: Letter, settings: Settings, now: datetime) -> bool:
    try:
        post.send(message_of(letter, settings))
    except (OSError, smtplib.SMTPException) as error:
        # Only what kind of error: a server's own words repeat the address.
        log.warning("mail not sent", extra={"mail": str(letter.id), "error": type(error).__name__})
        writing(db)
        if outbox.mark_failed(db, letter.id, now):
            log.error("mail given up", extra={"mail": str(letter.id)})
        let_go(db)
        return False
    writing(db)
    outbox.mark_sent(db, letter.id, now)
    let_go(db)
    return True


def message_of(letter: Letter, settings: Settings) -> Message:
    message = Message(
        subject=letter.subject,
        recipients=[letter.recipient],
        body=letter.text,
        html=letter.html,
        sender=settings.mail.sender,
        # No auto-replies: nobody reads them.
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    message.msgId = f"<{letter.id}@{settings.issuer.partition('://')[2].partition(':')[0]}>"
    return message


class Post(Mail):
    """Flask-Mail with our settings; its own connection would wait for ever, and take any certificate."""

    def __init__(self, app: Flask, settings: MailSettings) -> None:
        self.settings = settings
        super().__init__(app)

    def init_mail(self, config: dict[str, Any], debug: bool | int = False, testing: bool = False) -> Any:
        wanted = self.settings
        return super().init_mail(
            {
                "MAIL_SERVER": wanted.server,
                "MAIL_PORT": wanted.port,
                "MAIL_USE_TLS": wanted.security == "starttls",
                "MAIL_USE_SSL": wanted.security == "tls",
                "MAIL_USERNAME": wanted.username,
                "MAIL_PASSWORD": password_in(wanted),
                "MAIL_DEFAULT_SENDER": wanted.sender,
                "MAIL_SUPPRESS_SEND": False,
            }
        )

    def connect(self) -> Connection:
        return CarefulConnection(self)


class CarefulConnection(Connection):
    """To the mail server that its certificate names, and not for longer than we set."""

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.timeout = post.settings.timeout_seconds

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        mail, context = self.mail, ssl.create_default_context()
        host: smtplib.SMTP | smtplib.SMTP_SSL
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, timeout=self.timeout, context=context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=self.timeout)
        if mail.use_tls:
            host.starttls(context=context)
        if mail.username and mail.password:
            host.login(mail.username, mail.password)
        return host


def post_of(app: Flask) -> Post:
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = Post(app, app.extensions["leerid"].settings.mail)
    post: Post = app.extensions[EXTENSION]
    return post


def password_in(settings: MailSettings) -> str | None:
    return settings.password_file.read_text(encoding="utf-8").strip() if settings.password_file else None
