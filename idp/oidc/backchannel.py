"""Telling applications that a sign-in ended (OIDC Back-Channel Logout 1.0): a row first, delivered by the worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from idp.database import flask_database, let_go, writing
from idp.oidc import outgoing
from idp.oidc.clients import Client, register
from idp.oidc.keys import key_ring
from idp.oidc.protocol import LOGOUT_EVENT
from idp.oidc.records import LogoutNotice
from idp.tokens import secrets
from idp.web.request import Wiring

log = logging.getLogger("leerid.backchannel")

# Set when there is something to deliver, so that the worker doesn't sleep on.
wake = threading.Event()

TOKEN_LIFE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(hours=24)
AT_A_TIME = 50


def notify(db: Session, client_id: str, subject: str, sid: str, now: datetime) -> None:
    """Writes down that this application is to be told. The caller has said `writing`."""
    db.execute(
        insert(LogoutNotice).values(
            id=uuid4(), client_id=client_id, subject=subject, sid=sid, created_at=now, due_at=now, tries=0
        )
    )


def deliver_due(app: Flask) -> int:
    """Tries every notice that is due, once; answers how many arrived."""
    wiring = cast(Wiring, app.extensions["leerid"])
    silent: set[str] = set()  # applications that didn't answer just now: one wait each is enough
    arrived = 0
    with app.app_context(), Session(flask_database.engine) as db:
        for notice in due(db, wiring.clock()):
            if not claim(db, notice, wiring.clock()) or notice.client_id in silent:
                continue
            if deliver(app, wiring, notice):
                arrived += 1
                settle(db, notice, delivered_at=wiring.clock())
            else:
                silent.add(notice.client_id)
                give_up_in_time(db, notice, wiring.clock())
    return arrived


def due(db: Session, now: datetime) -> Sequence[LogoutNotice]:
    waiting = (
        LogoutNotice.due_at <= now,
        LogoutNotice.delivered_at.is_(None),
        LogoutNotice.gave_up_at.is_(None),
    )
    found = db.scalars(
        select(LogoutNotice).where(*waiting).order_by(LogoutNotice.due_at).limit(AT_A_TIME)
    ).all()
    db.expunge_all()
    let_go(db)
    return found


def claim(db: Session, notice: LogoutNotice, now: datetime) -> bool:
    """Of several workers one wins. Its next try is set first, so that a worker that dies loses nothing."""
    seen = (
        LogoutNotice.id == notice.id,
        LogoutNotice.tries == notice.tries,
        LogoutNotice.delivered_at.is_(None),
    )
    writing(db)
    claimed = db.connection().execute(
        update(LogoutNotice)
        .where(*seen)
        .values(tries=notice.tries + 1, due_at=now + wait_after(notice.tries))
    )
    db.commit()
    return claimed.rowcount == 1


def wait_after(tries: int) -> timedelta:
    """10 s, 40 s, 160 s, ... 4 hours."""
    return min(FIRST_WAIT * int(4 ** min(tries, 10)), LONGEST_WAIT)


def deliver(app: Flask, wiring: Wiring, notice: LogoutNotice) -> bool:
    client = register(app).get(notice.client_id)
    if client is None or not client.backchannel_logout_uri:  # unregistered since: nobody to tell
        return True
    now = wiring.clock()
    claims = logout_token(client, notice, wiring.settings.issuer, now)
    token = key_ring(app).sign(claims, alg=client.id_token_signed_response_alg, typ="logout+jwt", now=now)
    try:
        status = outgoing.post_form(
            client.backchannel_logout_uri, {"logout_token": token}, wiring.settings.clients.ca_bundle_file
        )
    except outgoing.NotDelivered as error:
        log.warning("backchannel:unreachable", extra={"client_id": client.client_id, "why": str(error)})
        return False
    log.info("backchannel:answered", extra={"client_id": client.client_id, "status": status})
    return 200 <= status < 300


def logout_token(client: Client, notice: LogoutNotice, issuer: str, now: datetime) -> dict[str, Any]:
    """Section 2.4: never a nonce, so that it can't be taken for an ID token."""
    return {
        "iss": issuer,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFE).timestamp()),
        "jti": secrets.new_value(),
        "events": {LOGOUT_EVENT: {}},
        "sub": notice.subject,
        "sid": notice.sid,
    }


def give_up_in_time(db: Session, notice: LogoutNotice, now: datetime) -> None:
    if now + wait_after(notice.tries) > notice.created_at + GIVE_UP_AFTER:
        log.warning("backchannel:gave-up", extra={"client_id": notice.client_id})
        settle(db, notice, gave_up_at=now)


def settle(db: Session, notice: LogoutNotice, **moment: datetime) -> None:
    writing(db)
    db.execute(update(LogoutNotice).where(LogoutNotice.id == notice.id).values(**moment))
    db.commit()
