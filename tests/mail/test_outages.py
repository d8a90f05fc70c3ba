"""FT-10: the mail server refuses, hangs, says no or hangs up; mails wait for it, and each arrives once."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from idp import database_upgrade
from idp.mail import outbox
from idp.mail.delivery import deliver_due
from idp.mail.records import OutboxMail
from tests.mail.letters import go_on, mail_to, number_of, only, put, row
from tests.support.browser import Visitor
from tests.support.mail_server import MailServer, away, falling_silent, silent, turning_away
from tests.support.provider import Provider, toml

Trouble = Callable[[int], AbstractContextManager[Any]]


@pytest.mark.parametrize("trouble", [away, silent, falling_silent, turning_away])
def test_FT_10_after_two_hours_without_a_server_each_mail_arrives_once(
    post: Provider, mail_server: MailServer, trouble: Trouble
) -> None:
    with trouble(mail_server.port):
        told = [put(post, f"pupil{each}@example.org") for each in range(3)]
        day, hour = put(post, expires=timedelta(hours=24)), put(post, expires=timedelta(hours=1))
        for _ in range(8):
            assert go_on(post, minutes=15) == 0
    with mail_server.running():
        arrive(post)
    assert mail_server.arrived == {number_of(each): 1 for each in (*told, day)}
    assert row(post, hour).gave_up_at is not None, "a link that is over is not sent"


@pytest.mark.parametrize("answer", ["451 try again later", "421 closing"])
def test_FT_10_after_two_hours_of_later_each_mail_arrives_once(
    post: Provider, running: MailServer, answer: str
) -> None:
    running.answer_to_data = answer
    told = [put(post, f"pupil{each}@example.org") for each in range(3)]
    hour = put(post, expires=timedelta(hours=1))
    for _ in range(24):
        assert go_on(post, minutes=5) == 0
    running.answer_to_data = "250 OK"
    arrive(post)
    assert running.arrived == {number_of(each): 1 for each in told}
    assert row(post, hour).gave_up_at is not None


def test_FT_10_a_server_that_hangs_up_after_the_last_byte_gets_the_same_number_again(
    post: Provider, running: MailServer
) -> None:
    """It may have the mail, or not: whoever reads it sees one."""
    running.drops_after_data = True
    told = {number_of(put(post, f"pupil{each}@example.org")) for each in range(3)}
    for _ in range(8):
        assert go_on(post, minutes=15) == 0
    running.drops_after_data = False
    arrive(post)
    assert set(running.arrived) == told
    with post.reading() as db:
        assert all(mail.sent_at is not None for mail in db.scalars(select(OutboxMail)))


def arrive(provider: Provider) -> None:
    """Within a quarter of an hour after the server is back."""
    for _ in range(16):
        go_on(provider, minutes=1)


def test_OA_46_beyond_the_budget_of_an_hour_mails_wait_and_none_is_lost(
    open_provider: Callable[..., Provider], mail_server: MailServer, running: MailServer
) -> None:
    post = open_provider(mail={**mail_to(mail_server), "most_an_hour": 4})
    told = [put(post, f"pupil{each}@example.org") for each in range(7)]
    assert deliver_due(post.app) == 4
    assert go_on(post, minutes=59) == 0
    assert go_on(post, minutes=2) == 3
    assert running.arrived == {number_of(each): 1 for each in told}


@pytest.mark.parametrize("answer", ["550 no such user", "554 no", "552 too large"])
def test_a_mail_that_is_refused_for_good_is_given_up_at_once(
    post: Provider, running: MailServer, answer: str
) -> None:
    running.answers_to["gone@example.org"] = answer
    gone, there = put(post, "gone@example.org"), put(post, "there@example.org")
    assert deliver_due(post.app) == 1
    refused = row(post, gone)
    assert (refused.gave_up_at is not None, refused.tries) == (True, 1)
    assert refused.last_error == f"refused SMTPRecipientsRefused {answer[:3]}"
    assert (refused.text, refused.html, refused.kind, refused.recipient) == (
        "",
        "",
        "verify_email",
        "gone@example.org",
    )
    assert row(post, there).sent_at is not None
    del running.answers_to["gone@example.org"]
    assert go_on(post, hours=2) == 0
    assert running.connections == 1


def test_a_mail_whose_content_is_refused_is_given_up_at_once(post: Provider, running: MailServer) -> None:
    running.answer_to_data = "554 this is spam"
    number = put(post)
    assert deliver_due(post.app) == 0
    assert row(post, number).gave_up_at is not None
    assert row(post, number).last_error == "refused SMTPDataError 554"


@pytest.mark.parametrize("code", ["550", "452"])
def test_PR_08_OA_60_what_a_server_says_is_in_no_log_and_no_record(
    post: Provider, running: MailServer, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    """It repeats the address, and may hold whatever it likes."""
    running.answers_to["gone@example.org"] = f'{code} <gone@example.org> \x1b[31m {{"level": "INFO"}}'
    number = put(post, "gone@example.org")
    with caplog.at_level("DEBUG"):
        deliver_due(post.app)
    told = [record for record in caplog.records if record.name == "leerid.mail"]
    assert [vars(record)["error"] for record in told] == [f"SMTPRecipientsRefused {code}"]
    for record in told:
        assert "gone@" not in str(vars(record))
        assert "INFO" not in str(vars(record)["error"])
    assert str(row(post, number).last_error).endswith(f" SMTPRecipientsRefused {code}")


def test_a_recipient_for_later_keeps_nobody_else_waiting(post: Provider, running: MailServer) -> None:
    post.clock.stop()
    running.answers_to["full@example.org"] = "452 mailbox full"
    full, there = put(post, "full@example.org"), put(post, "there@example.org")
    assert deliver_due(post.app) == 1
    assert row(post, full).last_error == "later SMTPRecipientsRefused 452"
    assert row(post, there).sent_at is not None
    del running.answers_to["full@example.org"]
    assert go_on(post, seconds=59) == 0
    assert go_on(post, seconds=1) == 1
    assert running.connections == 2


def test_a_mail_is_tried_for_three_days_and_not_for_ever(post: Provider, running: MailServer) -> None:
    running.answer_to_data = "451 try again later"
    number, began = put(post), post.clock()
    waits = []
    while (found := row(post, number)).gave_up_at is None:
        assert found.due_at <= began + outbox.GIVE_UP_AFTER
        waits.append(round((found.due_at - post.clock()) / timedelta(minutes=1)))
        post.clock.set(max(found.due_at, post.clock()))
        assert deliver_due(post.app) == 0
        assert deliver_due(post.app) == 0  # nothing is due yet
        if len(waits) == 6:  # as often as that says: the rest of the days in one step
            post.clock.set(began + outbox.GIVE_UP_AFTER - timedelta(minutes=10))
    assert waits[:6] == [0, 1, 5, 15, 15, 15]
    assert (found.text, found.last_error) == ("", "later SMTPDataError 451")
    running.answer_to_data = "250 OK"
    assert go_on(post, hours=1) == 0
    assert running.mails == []


# Nobody waits for the server


def test_one_failed_connection_is_the_only_one_of_its_round(post: Provider, mail_server: MailServer) -> None:
    with silent(mail_server.port) as lines:
        for each in range(50):
            put(post, f"pupil{each}@example.org")
        post.clock.stop()
        began = time.monotonic()
        assert deliver_due(post.app) == 0
        assert time.monotonic() - began < 1 + 3, "one time the timeout, and some slack"
        assert len(lines) == 1
        assert go_on(post, seconds=29) == 0
        assert len(lines) == 1, "and then it is left alone for a while"
        assert go_on(post, seconds=1) == 0
        assert len(lines) == 2
    with post.reading() as db:
        tried = [mail.last_error for mail in db.scalars(select(OutboxMail)) if mail.tries]
    assert tried == ["away TimeoutError"] * 2
    with mail_server.running():
        arrive(post)
    assert len(mail_server.arrived) == 50


def test_a_server_that_falls_silent_between_two_mails_is_waited_for_once(
    post: Provider, running: MailServer
) -> None:
    first, second = put(post, "first@example.org"), put(post, "second@example.org")
    running.answer_to_reset = None
    began = time.monotonic()
    assert deliver_due(post.app) == 1
    assert time.monotonic() - began < 1 + 3
    assert row(post, first).sent_at is not None
    assert row(post, second).last_error == "away TimeoutError"


def test_a_server_that_closes_the_line_between_two_mails_is_called_again(
    post: Provider, running: MailServer
) -> None:
    put(post, "first@example.org")
    put(post, "second@example.org")
    running.answer_to_reset = "421 enough for one connection"
    assert deliver_due(post.app) == 2
    assert running.connections == 2


def test_a_server_without_a_goodbye_takes_nothing_back(post: Provider, running: MailServer) -> None:
    put(post)
    running.hangs_up_at_goodbye = True
    assert deliver_due(post.app) == 1
    assert only(post).sent_at is not None


def test_a_slow_server_lets_the_other_work_have_its_turn(
    post: Provider, running: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.mail.delivery.ROUND_SECONDS", 0.0)
    put(post, "first@example.org")
    put(post, "second@example.org")
    assert deliver_due(post.app) == 1
    assert deliver_due(post.app) == 1


def test_a_clock_that_is_set_back_holds_no_mail_up(post: Provider, mail_server: MailServer) -> None:
    put(post)
    put(post)
    assert deliver_due(post.app) == 0
    post.clock.move(minutes=-20)
    put(post)
    with mail_server.running():
        assert deliver_due(post.app) == 1


def test_FT_10_a_request_never_speaks_to_the_mail_server(post: Provider, mail_server: MailServer) -> None:
    pupil = post.people.pupil("advanced", offer_email=True)
    with silent(mail_server.port) as lines:
        visitor = Visitor(post.origin)
        asked = post.relying_party().ask()
        visitor.get(asked.url)
        visitor.submit(button="login-next", username=pupil.username)
        visitor.submit(button="login-submit", password=pupil.password)
        page = visitor.submit(button="email-submit", email="ardalan@example.org")
        assert "ardalan@example.org" in page.text
        assert lines == []
        assert only(post).tries == 0
        visitor.close()
        deliver_due(post.app)
        assert len(lines) == 1


# A worker that dies


@pytest.fixture
def lasting(keys_directory: Path, tmp_path: Path, mail_server: MailServer) -> Iterator[Provider]:
    """With a database that another process takes for its own."""
    url = f"sqlite:///{tmp_path}/leerid.db"
    database_upgrade.upgrade(url)
    provider = Provider(tmp_path, url, keys_directory, {"mail": mail_to(mail_server)})
    provider.start()
    yield provider
    provider.stop()


def test_FT_10_a_worker_that_is_killed_after_the_last_byte_sends_the_same_number_again(
    lasting: Provider, running: MailServer, tmp_path: Path
) -> None:
    number = put(lasting)
    running.may_answer.clear()
    worker = start_worker(lasting, tmp_path)
    try:
        assert running.has_data.wait(60), (tmp_path / "worker.log").read_text()[-2000:]
    finally:
        worker.kill()
        worker.wait(10)
    running.may_answer.set()
    assert row(lasting, number).sent_at is None
    assert go_on(lasting, minutes=4) == 0, "it might be busy with it still"
    assert go_on(lasting, minutes=2) == 1
    assert running.arrived == {number_of(number): 2}, "one mail, to whoever reads it"


def start_worker(provider: Provider, folder: Path) -> subprocess.Popen[bytes]:
    settings, config = provider.settings, folder / "config.toml"
    told = {
        "issuer": provider.issuer,
        "database": {"url": settings.database.url},
        "keys": {"directory": str(settings.keys.directory)},
        "server": {"insecure_http": True},
        "clients": {"directory": str(provider.clients_directory)},
        "mail": {
            "server": settings.mail.server,
            "port": settings.mail.port,
            "security": settings.mail.security,
            "timeout_seconds": 60,
        },
    }
    config.write_text(toml(told), encoding="utf-8")
    command = [sys.executable, "-m", "idp.cli", "worker", "--config", str(config)]
    with (folder / "worker.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)
