"""Telling applications that a sign-in ended (OIDC Back-Channel Logout 1.0): a row first, delivered by the worker."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
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
from idp.web import waking
from idp.web.request import Wiring

log = logging.getLogger("leerid.backchannel")

# Set when there is something to deliver, so that the worker doesn't sleep on.
wake = waking.wake

TOKEN_LIFE = timedelta(minutes=2)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(hours=24)
AT_A_TIME = 200
MOST_AT_ONCE = 16


def notify(
    db: Session,
    client_id: str,
    subject: str,
    sid: str,
    now: datetime,
    *,
    farewell: str | None = None,
    by_token: bool = True,
) -> None:
    """Writes down that this application is to be told. The caller has said `writing`.

    One that takes no token is settled at once: it is written down for the page only (`farewells`).
    """
    db.execute(
        insert(LogoutNotice).values(
            id=uuid4(),
            client_id=client_id,
            subject=subject,
            sid=sid,
            created_at=now,
            due_at=now,
            tries=0,
            delivered_at=None if by_token else now,
            farewell=farewell,
        )
    )


def deliver_due(app: Flask, patience: float | None = None) -> int:
    """Tries every notice that is due, once; answers how many arrived.

    Each application has a thread of its own, so that one that is down keeps no other waiting (FT-20). With `patience` in
    seconds the caller doesn't wait longer either: what hasn't answered by then goes on by itself.
    """
    wiring = cast(Wiring, app.extensions["leerid"])
    by_client: dict[str, list[LogoutNotice]] = {}
    with app.app_context(), Session(flask_database.engine) as db:
        for notice in due(db, wiring.clock()):
            by_client.setdefault(notice.client_id, []).append(notice)
    if not by_client:
        return 0
    pool = ThreadPoolExecutor(min(len(by_client), MOST_AT_ONCE), thread_name_prefix="backchannel")
    told = [pool.submit(tell_application, app, wiring, notices) for notices in by_client.values()]
    pool.shutdown(wait=False)
    return sum(each.result() for each in wait(told, patience).done)


def tell_application(app: Flask, wiring: Wiring, notices: Sequence[LogoutNotice]) -> int:
    """The notices for one application, one after the other. When it doesn't answer, one wait is enough."""
    arrived, silent = 0, False
    with app.app_context(), Session(flask_database.engine) as db:
        for notice in notices:
            if not claim(db, notice, wiring.clock()) or silent:
                continue
            if deliver(app, wiring, notice):
                arrived += 1
                settle(db, notice, delivered_at=wiring.clock())
            else:
                silent = True
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
            client.backchannel_logout_uri, {"logout_token": token}, outgoing.gate(app)
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
