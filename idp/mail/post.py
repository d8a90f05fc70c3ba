"""The mail server: one connection for a round of mails, and what its answers mean for a mail."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from flask import Flask
from flask_mail import BadHeaderError, Connection, Mail, Message

from idp.mail.outbox import Why
from idp.settings import Mail as MailSettings

EXTENSION = "leerid.mail"

# A server that is away isn't asked again at once: the worker has other work than waiting for it.
LEFT_ALONE = timedelta(seconds=30)
CLOSES = 421  # RFC 5321 section 3.8: it ends the connection, whatever was asked


@dataclass(frozen=True)
class Sent:
    """The mail server has it."""


@dataclass(frozen=True)
class Failed:
    """It doesn't. `error` is the kind of error and the server's number: its words repeat the address."""

    why: Why
    error: str


Outcome = Sent | Failed


class Post(Mail):
    """Flask-Mail with our settings; its own connection would wait for ever, and take any certificate."""

    def __init__(self, app: Flask, settings: MailSettings) -> None:
        self.settings = settings
        self.left_alone_until = datetime.min.replace(tzinfo=UTC)
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

    def connect(self) -> CarefulConnection:
        return CarefulConnection(self)

    def leave_alone(self, now: datetime) -> None:
        self.left_alone_until = now + LEFT_ALONE

    def is_left_alone(self, now: datetime) -> bool:
        """Also when the clock was set back, no longer than that."""
        return now < self.left_alone_until <= now + LEFT_ALONE


class CarefulConnection(Connection):
    """To the mail server that its certificate names, not for longer than we set, and only when there is a mail to give."""

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.timeout = post.settings.timeout_seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, exc_type: type[BaseException], exc_value: BaseException, tb: TracebackType) -> None:
        """A goodbye that isn't answered takes nothing back: the mails are sent."""
        if self.host is not None:
            with suppress(OSError):
                self.host.quit()
            self.host.close()

    def hand_over(self, message: Message) -> Outcome:
        try:
            self.be_connected()
        except (OSError, ValueError) as error:
            return Failed(Why.AWAY, named(error))
        try:
            self.send(message)
        except OSError as error:  # every error of smtplib is one
            return meaning_of(error)
        except (BadHeaderError, ValueError) as error:  # it can't even be written
            return Failed(Why.REFUSED, named(error))
        return Sent()

    def be_connected(self) -> None:
        """A server may close the line after so many mails, so before the next one it is asked."""
        if self.host is not None and not self.is_open(self.host):
            self.host.close()
            self.host = None
        if self.host is None:
            self.host = self.configure_host()

    def is_open(self, host: smtplib.SMTP) -> bool:
        try:
            return host.rset()[0] == 250
        except OSError as error:
            if fell_silent(error):
                raise  # to wait for it a second time would be twice as long
            return False

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        mail, context = self.mail, ssl.create_default_context()
        host: smtplib.SMTP | smtplib.SMTP_SSL
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, timeout=self.timeout, context=context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=self.timeout)
        try:
            if mail.use_tls:
                host.starttls(context=context)
            if mail.username and mail.password:
                host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host


def meaning_of(error: OSError) -> Failed:
    """Only what the server says about this recipient or this content is about this mail; the rest is about itself."""
    return Failed(about_this_mail(error), named(error))


def about_this_mail(error: OSError) -> Why:
    if not isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError):
        return Why.AWAY
    code = number_in(error)
    if code == CLOSES or code is None:
        return Why.AWAY
    return Why.REFUSED if code >= 500 else Why.LATER


def named(error: Exception) -> str:
    """What kind of error and the server's number, such as `SMTPDataError 554`."""
    if fell_silent(error):
        return TimeoutError.__name__
    return f"{type(error).__name__} {number_in(error) or ''}".strip()


def number_in(error: Exception) -> int | None:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return max((code for code, _ in error.recipients.values()), default=None)
        case smtplib.SMTPResponseException() if error.smtp_code > 0:
            return error.smtp_code
        case _:
            return None


def fell_silent(error: Exception) -> bool:
    """smtplib says of a server that doesn't answer in time that it closed the line."""
    return isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)


def post_of(app: Flask) -> Post:
    if EXTENSION not in app.extensions:
        app.extensions[EXTENSION] = Post(app, app.extensions["leerid"].settings.mail)
    post: Post = app.extensions[EXTENSION]
    return post


def password_in(settings: MailSettings) -> str | None:
    return settings.password_file.read_text(encoding="utf-8").strip() if settings.password_file else None
