"""Delivering the outbox: a round of mails to the mail server, with retries, and without holding a transaction meanwhile.

The Message-ID comes from the row, so a mail that is sent twice (the worker died before it could write that down) is one
mail to the mail server and to whoever reads it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask
from flask_mail import Message
from sqlalchemy.orm import Session

from idp.database import flask_database, let_go, writing
from idp.mail import outbox
from idp.mail.outbox import Letter, Why
from idp.mail.post import CarefulConnection, Failed, Outcome, Post, Sent, post_of
from idp.settings import Settings

log = logging.getLogger("leerid.mail")

AT_A_TIME = 50
HOUR = timedelta(hours=1)
# However slow the mail server is: then the worker's other work has its turn.
ROUND_SECONDS = 10.0

Clock = Callable[[], datetime]


def deliver_due(app: Flask) -> int:
    """Sends what is due; answers how many were sent. Without a mail server, mails wait in the outbox."""
    with app.app_context():
        wiring, post = app.extensions["leerid"], post_of(app)
        settings: Settings = wiring.settings
        clock: Clock = wiring.clock
        if not settings.mail.server or post.is_left_alone(clock()):
            return 0
        db, sent, until = flask_database.session(), 0, time.monotonic() + ROUND_SECONDS
        with post.connect() as connection:
            for letter in what_may_go(db, post, clock()):
                outcome = deliver(db, connection, letter, settings, clock)
                sent += isinstance(outcome, Sent)
                if isinstance(outcome, Failed) and outcome.why is Why.AWAY:
                    post.leave_alone(clock())  # the others wait for it too, and none of them was tried
                    break
                if time.monotonic() >= until:
                    break
        return sent


def what_may_go(db: Session, post: Post, now: datetime) -> list[Letter]:
    """Looked at every two seconds, so without asking for the right to write.

    Over all people there is a budget too (OA-46): more than that is no school year that begins. The others wait their turn.
    """
    found = outbox.due(db, now, AT_A_TIME)
    if found:
        most = post.settings.most_an_hour
        room = most - outbox.sent_lately(db, now - HOUR, most)
        if room < len(found):
            log.warning("mail:hour-is-full", extra={"most_an_hour": most})
            post.leave_alone(now)
            found = found[:room]
    let_go(db)
    return found


def deliver(
    db: Session, connection: CarefulConnection, letter: Letter, settings: Settings, clock: Clock
) -> Outcome | None:
    """One mail, when it is still to be sent and no other worker has it."""
    if not is_ours(db, letter, clock()):
        return None
    outcome = connection.hand_over(message_of(letter, settings))
    settle(db, letter, outcome, clock())
    return outcome


def is_ours(db: Session, letter: Letter, now: datetime) -> bool:
    writing(db)
    taken = outbox.take(db, letter, now)
    over = letter.has_no_use(now) or letter.is_too_old(now)
    if taken and over:
        outbox.give_up(db, letter.id, now)
        tell(letter, Why.EXPIRED)
    let_go(db)
    return taken and not over


def settle(db: Session, letter: Letter, outcome: Outcome, now: datetime) -> None:
    writing(db)
    match outcome:
        case Sent():
            outbox.mark_sent(db, letter.id, now)
        case Failed(Why.REFUSED, error):
            outbox.give_up(db, letter.id, now, f"{outcome.why} {error}")
            tell(letter, outcome.why, error)
        case Failed(why, error):
            goes_on = outbox.try_again(db, letter, now, f"{why} {error}")
            tell(letter, why, error, goes_on=goes_on)
    let_go(db)


def tell(letter: Letter, why: Why, error: str = "", *, goes_on: bool = False) -> None:
    """For the technical log: which mail of which kind, never to whom."""
    about = {"mail": str(letter.id), "kind": letter.kind, "why": str(why), "error": error}
    if goes_on:
        log.warning("mail:not-sent", extra=about)
    else:
        log.error("mail:given-up", extra=about)


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
