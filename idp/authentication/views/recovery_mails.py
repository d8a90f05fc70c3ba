"""Answering who said that a password is lost: behind the pages, so that no page's timing tells whose it was (OA-38)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from idp.accounts import history
from idp.authentication import recovering
from idp.authentication.recovering import Answer, Asked
from idp.authentication.views import letters
from idp.database import flask_database, let_go, writing
from idp.web.request import Wiring

log = logging.getLogger("leerid.recovery")

# Where the link in the mail leads; its page is in `views/recovering.py`.
PATH = "/reset"


def answer_waiting(app: Flask) -> int:
    """Answers every request that waits; how many mails that gave."""
    wiring: Wiring = app.extensions["leerid"]
    with app.app_context():
        db = flask_database.session()
        waiting = recovering.waiting(db)
        let_go(db)
        return sum(try_to_answer(db, wiring, each) for each in waiting)


def try_to_answer(db: Session, wiring: Wiring, request_id: UUID) -> int:
    """One that goes wrong waits for the next round, and keeps nobody else waiting."""
    try:
        return answer(db, wiring, request_id)
    except Exception as error:
        db.rollback()
        log.error("recovery:fault", exc_info=error)
        return 0


def answer(db: Session, wiring: Wiring, request_id: UUID) -> int:
    """In one transaction: whatever dies on the way, somebody gets one mail."""
    life = timedelta(minutes=wiring.settings.mail.recovery_minutes)
    writing(db)
    now = wiring.clock()
    asked = recovering.take(db, request_id)
    if asked is None:
        let_go(db)
        return 0  # another worker was first
    answers = recovering.answer(db, asked, wiring.keys.lookup, now, life)
    for each in answers:
        send(db, wiring, each, now)
        note(db, each, asked, now)
    let_go(db)
    return len(answers)


def send(db: Session, wiring: Wiring, found: Answer, now: datetime) -> None:
    minutes = wiring.settings.mail.recovery_minutes
    letters.write(
        db,
        "reset_password",
        found.address,
        language=found.language,
        now=now,
        expires_at=now + timedelta(minutes=minutes),
        minutes=minutes,
        ways=[
            {
                "given_name": way.account.person.given_name,
                "username": way.account.username,
                "link": f"{wiring.settings.issuer}{PATH}/{way.token}",
            }
            for way in found.ways
        ],
    )


def note(db: Session, found: Answer, asked: Asked, now: datetime) -> None:
    """Under the number of the request that it began with."""
    for way in found.ways:
        history.note(
            db, "account:recovery-asked", now=now, request_id=asked.request_id, account_id=way.account.id
        )
