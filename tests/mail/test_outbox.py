"""The outbox, and its delivery to a real mail server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from idp.mail import outbox
from idp.mail.delivery import deliver_due
from idp.mail.records import OutboxMail
from tests.support.provider import Provider


class Mailbox:
    """A mail server's memory; `refusing` makes it say no."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refusing = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        from email import message_from_bytes

        if self.refusing:
            return "451 try again later"
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def post(open_provider: Callable[..., Provider], mailbox: Mailbox) -> Iterator[Provider]:
    """A provider with a mail server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    yield open_provider(mail={"server": "127.0.0.1", "port": port, "security": "none", "timeout_seconds": 2})
    server.stop()


def put(provider: Provider, *, expires: timedelta | None = None) -> None:
    now = provider.clock()
    with provider.db() as db:
        outbox.put(
            db,
            "verify_email",
            "ardalan@example.org",
            "Hallo",
            "Dag é",
            "<p>Dag é</p>",
            now,
            now + expires if expires else None,
        )


def only(provider: Provider) -> OutboxMail:
    with provider.reading() as db:
        return db.scalars(select(OutboxMail)).one()


def test_a_mail_is_sent_once_and_what_it_said_is_wiped(post: Provider, mailbox: Mailbox) -> None:
    put(post)
    assert deliver_due(post.app) == 1
    assert deliver_due(post.app) == 0
    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("ardalan@example.org", "Hallo")
    assert [part.get_content_type() for part in mail.walk()][-2:] == ["text/plain", "text/html"]
    row = only(post)
    assert mail["Message-ID"] == f"<{row.id}@127.0.0.1>"
    assert (row.sent_at is not None, row.text, row.html) == (True, "", "")


def test_a_server_that_says_no_is_asked_again_later_and_not_for_ever(
    post: Provider, mailbox: Mailbox
) -> None:
    mailbox.refusing = True
    put(post)
    tries = 0
    while only(post).gave_up_at is None:
        assert deliver_due(post.app) == 0
        assert deliver_due(post.app) == 0  # nothing is due yet
        tries += 1
        assert only(post).tries == tries
        post.clock.move(hours=7)
    assert tries == outbox.TRIES
    assert only(post).text == ""
    mailbox.refusing = False
    assert deliver_due(post.app) == 0


def test_a_mail_arrives_after_an_outage_with_the_same_number(post: Provider, mailbox: Mailbox) -> None:
    mailbox.refusing = True
    put(post)
    deliver_due(post.app)
    mailbox.refusing = False
    post.clock.move(minutes=2)
    assert deliver_due(post.app) == 1
    assert mailbox.mails[0]["Message-ID"] == f"<{only(post).id}@127.0.0.1>"


def test_a_mail_that_has_no_use_any_more_is_not_sent(post: Provider, mailbox: Mailbox) -> None:
    put(post, expires=timedelta(hours=24))
    post.clock.move(hours=25)
    assert deliver_due(post.app) == 0
    assert mailbox.mails == []
    assert only(post).gave_up_at is not None


def test_of_two_workers_one_takes_a_mail(post: Provider) -> None:
    put(post)
    now = post.clock()
    with post.db() as db:
        (mail,) = outbox.due(db, now)
        assert outbox.take(db, mail, now)
        assert not outbox.take(db, mail, now)
    assert deliver_due(post.app) == 0
    post.clock.move(minutes=6)  # the first one died
    assert deliver_due(post.app) == 1


def test_without_a_mail_server_mails_wait(provider: Provider) -> None:
    put(provider)
    assert deliver_due(provider.app) == 0
    assert only(provider).sent_at is None


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    open_provider: Callable[..., Provider], post: Provider, mailbox: Mailbox
) -> None:
    """STARTTLS is asked, and this server doesn't even offer it."""
    port = post.settings.mail.port
    careful = open_provider(
        mail={"server": "127.0.0.1", "port": port, "security": "starttls", "timeout_seconds": 2}
    )
    put(careful)
    assert deliver_due(careful.app) == 0
    assert mailbox.mails == []
