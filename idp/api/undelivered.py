"""Mails and logout notices that could not be delivered, for the operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from flask import Response, current_app, jsonify
from sqlalchemy.orm import Session

from idp.api.describing import MOMENT, NUMBER, TEXT, described, one_of, or_null, several, thing
from idp.api.holding import SCHOOL, operator, register
from idp.api.room import api
from idp.mail import undelivered as mails
from idp.mail.outbox import Why
from idp.mail.records import OutboxMail
from idp.rules.masking import mask_email
from idp.web.request import db, now

LOOKED_BACK = timedelta(days=30)
LISTED = 200

MAIL = thing(
    kind=TEXT,
    recipient=TEXT,
    created_at=MOMENT,
    gave_up_at=MOMENT,
    tries=NUMBER,
    why=one_of(*Why),
    error=TEXT,
)
NOTICE = thing(application=TEXT, created_at=MOMENT, gave_up_at=MOMENT, tries=NUMBER)
UNDELIVERED = thing(
    mails=several(MAIL, LISTED),
    notices=several(NOTICE, LISTED),
    waiting=thing(mails=NUMBER, since=or_null(MOMENT)),
)


class Notice(Protocol):
    """What this room reads of a logout notice."""

    client_id: Any
    created_at: Any
    gave_up_at: Any
    tries: Any


class Unreached(Protocol):
    """The notices that were given up, which the protocol's room keeps."""

    def __call__(self, db: Session, since: datetime, most: int) -> Sequence[Notice]: ...


@api.get("/operators/undelivered")
@described(
    "What could not be delivered in the last 30 days: mails, and applications that weren't told of a signing out",
    UNDELIVERED,
    scopes=(SCHOOL,),
    refusals=(404,),
)
def undelivered() -> Response:
    """No mail's words and nobody's account: an address is masked, as for a school (R98)."""
    operator()
    since = now() - LOOKED_BACK
    unreached = cast(Unreached, current_app.extensions["leerid.unreached"])
    waiting = mails.waiting(db())
    return jsonify(
        mails=[mail_of(mail) for mail in mails.given_up(db(), since, LISTED)],
        notices=[notice_of(notice) for notice in unreached(db(), since, LISTED)],
        waiting={"mails": waiting.mails, "since": moment(waiting.since) if waiting.since else None},
    )


def mail_of(mail: OutboxMail) -> dict[str, Any]:
    assert mail.gave_up_at is not None
    return {
        "kind": mail.kind,
        "recipient": mask_email(mail.recipient),
        "created_at": moment(mail.created_at),
        "gave_up_at": moment(mail.gave_up_at),
        "tries": mail.tries,
        "why": mails.why(mail),
        "error": mails.error(mail),
    }


def notice_of(notice: Notice) -> dict[str, Any]:
    client = register().get(notice.client_id)
    return {
        "application": client.name if client else notice.client_id,
        "created_at": moment(notice.created_at),
        "gave_up_at": moment(notice.gave_up_at),
        "tries": notice.tries,
    }


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
