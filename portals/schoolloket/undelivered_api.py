"""The provider's call about what could not be delivered, for whoever runs LeerID."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portals.kit.idp_api import IdpApi, read


@dataclass(frozen=True)
class Mail:
    """One that was given up: its kind and why are words of the API, the address is masked."""

    kind: str
    recipient: str
    created_at: datetime
    gave_up_at: datetime
    tries: int
    why: str
    error: str


@dataclass(frozen=True)
class Notice:
    """An application that was never told that somebody signed out."""

    application: str
    created_at: datetime
    gave_up_at: datetime
    tries: int


@dataclass(frozen=True)
class Undelivered:
    """What was given up, newest first, and how many mails still wait."""

    mails: tuple[Mail, ...]
    notices: tuple[Notice, ...]
    waiting: int
    waiting_since: datetime | None


def undelivered(api: IdpApi, token: str) -> Undelivered:
    return read(undelivered_from, api.get("/api/operators/undelivered", token))


def undelivered_from(answer: Any) -> Undelivered:
    waiting = answer["waiting"]
    return Undelivered(
        mails=tuple(map(mail_from, answer["mails"])),
        notices=tuple(map(notice_from, answer["notices"])),
        waiting=waiting["mails"],
        waiting_since=datetime.fromisoformat(waiting["since"]) if waiting["since"] else None,
    )


def mail_from(answer: Any) -> Mail:
    return Mail(
        kind=answer["kind"],
        recipient=answer["recipient"],
        created_at=datetime.fromisoformat(answer["created_at"]),
        gave_up_at=datetime.fromisoformat(answer["gave_up_at"]),
        tries=answer["tries"],
        why=answer["why"],
        error=answer["error"],
    )


def notice_from(answer: Any) -> Notice:
    return Notice(
        application=answer["application"],
        created_at=datetime.fromisoformat(answer["created_at"]),
        gave_up_at=datetime.fromisoformat(answer["gave_up_at"]),
        tries=answer["tries"],
    )
