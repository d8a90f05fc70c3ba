"""The outbox, and its delivery to a real mail server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.mail import outbox
from idp.mail.delivery import deliver_due
from idp.mail.records import OutboxMail
from tests.mail.letters import ARDALAN, go_on, number_of, only, put, row
from tests.support.https import Authority
from tests.support.mail_server import MailServer, html_of, text_of
from tests.support.provider import Provider

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_mail_is_sent_once_and_what_it_said_is_wiped(post: Provider, running: MailServer) -> None:
    number = put(post)
    assert deliver_due(post.app) == 1
    assert deliver_due(post.app) == 0
    (mail,) = running.mails
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (ARDALAN, "Hallo", "auto-generated")
    assert (text_of(mail).strip(), html_of(mail).strip()) == ("Dag é", "<p>Dag é</p>")
    assert mail["Message-ID"] == number_of(number)
    found = only(post)
    assert (found.sent_at is not None, found.text, found.html) == (True, "", "")


def test_mails_go_in_one_connection(post: Provider, running: MailServer) -> None:
    for each in range(7):
        put(post, f"pupil{each}@example.org")
    assert deliver_due(post.app) == 7
    assert [mail["To"] for mail in running.mails] == [f"pupil{each}@example.org" for each in range(7)]
    assert running.connections == 1


def test_nobody_is_called_when_nothing_is_due(post: Provider, running: MailServer) -> None:
    assert deliver_due(post.app) == 0
    assert running.connections == 0


def test_a_mail_that_has_no_use_any_more_is_not_sent(post: Provider, running: MailServer) -> None:
    put(post, expires=timedelta(hours=24))
    post.clock.move(hours=25)
    assert deliver_due(post.app) == 0
    assert running.mails == []
    found = only(post)
    assert (found.gave_up_at is not None, found.tries, found.text, found.html) == (True, 1, "", "")


def test_of_two_workers_one_takes_a_mail(post: Provider, running: MailServer) -> None:
    put(post)
    now = post.clock()
    with post.db() as db:
        (letter,) = outbox.due(db, now)
        assert outbox.take(db, letter, now)
        assert not outbox.take(db, letter, now)
    assert deliver_due(post.app) == 0
    post.clock.move(minutes=6)  # the first one died
    assert deliver_due(post.app) == 1


def test_without_a_mail_server_mails_wait(provider: Provider) -> None:
    put(provider)
    assert deliver_due(provider.app) == 0
    provider.clock.move(days=30)
    assert deliver_due(provider.app) == 0
    assert (only(provider).sent_at, only(provider).gave_up_at, only(provider).text) == (None, None, "Dag é")


def test_a_mail_that_waited_for_a_worker_is_sent_however_old_it_is(
    post: Provider, running: MailServer
) -> None:
    put(post)
    post.clock.move(days=30)
    assert deliver_due(post.app) == 1


def test_a_mail_on_which_workers_die_is_given_up_in_the_end(post: Provider, running: MailServer) -> None:
    number = put(post)
    with post.db() as db:
        (letter,) = outbox.due(db, post.clock())
        outbox.take(db, letter, post.clock())
    post.clock.move(days=4)
    assert deliver_due(post.app) == 0
    assert (row(post, number).gave_up_at is not None, running.mails) == (True, [])


def test_CV_31_a_server_that_cannot_prove_who_it_is_gets_nothing(
    open_provider: Callable[..., Provider], running: MailServer
) -> None:
    """STARTTLS is asked, and this server doesn't even offer it."""
    careful = open_provider(
        mail={"server": "127.0.0.1", "port": running.port, "security": "starttls", "timeout_seconds": 2}
    )
    put(careful)
    assert deliver_due(careful.app) == 0
    assert running.mails == []
    assert only(careful).last_error == "away SMTPNotSupportedError"


def test_CV_31_a_server_with_a_certificate_of_nobody_we_trust_gets_nothing(
    open_provider: Callable[..., Provider],
    mail_server: MailServer,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tried on a real connection: first the authority is one that nobody knows, then it is trusted."""
    careful = open_provider(
        mail={"server": "127.0.0.1", "port": mail_server.port, "security": "tls", "timeout_seconds": 2}
    )
    put(careful)
    with mail_server.running(authority.server_side):
        assert deliver_due(careful.app) == 0
        assert mail_server.mails == []
        assert only(careful).last_error == "away SSLCertVerificationError"
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert go_on(careful, hours=1) == 1
    assert len(mail_server.mails) == 1


# CV-36: nobody writes a header but us


@pytest.mark.parametrize(
    "hostile",
    [
        "Hallo\r\nBcc: everybody@example.org",
        "Hallo\nBcc: everybody@example.org",
        "Hallo\rBcc: everybody@example.org",
        "Hallo\u2028Bcc: everybody@example.org",
        "Hallo\x85Bcc: everybody@example.org",
        "Hallo\x0b\x0c\x1cBcc: everybody@example.org",
        "Hallo\r\n\r\n<script>alert(1)</script> Bcc: everybody@example.org",
    ],
)
def test_CV_36_a_subject_is_one_line(post: Provider, running: MailServer, hostile: str) -> None:
    put(post, subject=hostile)
    assert deliver_due(post.app) == 1
    (mail,) = running.mails
    assert (mail["Bcc"], mail["To"]) == (None, ARDALAN)
    assert mail["Subject"].startswith("Hallo ")
    assert mail["Subject"].endswith("Bcc: everybody@example.org")
    assert text_of(mail).strip() == "Dag é"


def test_a_long_subject_is_cut_and_a_foreign_one_arrives(post: Provider, running: MailServer) -> None:
    put(post, subject="Dag Ünal, " + "ä" * 300)
    assert deliver_due(post.app) == 1
    assert running.mails[0]["Subject"] == "Dag Ünal, " + "ä" * 190


@pytest.mark.parametrize(
    "hostile",
    [
        "a@example.org\r\nRCPT TO:<b@example.org>",
        "a@example.org\nBcc: b@example.org",
        "a@example.org, b@example.org",
        "a@example.org b@example.org",
        "Ardalan <a@example.org>",
        "a@example.org)b@example.org",
        "a@example.org>\u2028<b@example.org",
        "ä@example.org",
        "",
    ],
)
def test_CV_36_a_mail_goes_to_one_plain_address(db: Session, hostile: str) -> None:
    with pytest.raises(ValueError, match="one plain address"):
        outbox.put(db, "verify_email", hostile, "Hallo", "", "", NOW)
    assert db.scalars(select(OutboxMail)).all() == []


def test_CV_36_a_row_that_is_not_ours_is_given_up_and_the_next_one_arrives(
    post: Provider, running: MailServer
) -> None:
    number = put(post)
    with post.db() as db:
        db.get_one(OutboxMail, number).recipient = "a@example.org\r\nRCPT TO:<b@example.org>"
    put(post, "next@example.org")
    assert deliver_due(post.app) == 1
    assert [mail["To"] for mail in running.mails] == ["next@example.org"]
    assert row(post, number).last_error == "refused BadHeaderError"
