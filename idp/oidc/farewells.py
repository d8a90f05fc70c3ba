"""A signing out, as the page after it tells of it: every application that it was told to, and how that went.

The page is found by a random value in its address, good in one browser and for ten minutes. Kept is a digest of the two,
with what is told to each application.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.oidc.clients import Client, ClientRegister
from idp.oidc.records import LogoutNotice
from idp.tokens import secrets

LIFE = timedelta(minutes=10)
# How long an application has before we say that it wasn't reached; it is told again and again all the same.
PATIENCE = timedelta(seconds=5)
# A frame can't tell us how it went: it was opened, and this is the time that it gets.
FRAME_TIME = timedelta(seconds=3)


class State(StrEnum):
    """How it stands with one application."""

    BUSY = "busy"
    OUT = "out"
    UNREACHED = "unreached"


@dataclass(frozen=True)
class Told:
    """One application, and what became of telling it."""

    client: Client
    sid: str
    state: State

    @property
    def by_frame(self) -> bool:
        """Whether opening its frame is all the telling that there is."""
        return bool(self.client.frontchannel_logout_uri) and not self.client.backchannel_logout_uri


def digest(value: str, browser_id: str) -> str:
    return secrets.digest(f"{value} {browser_id}")


def told(
    db: Session, clients: ClientRegister, value: str, browser_id: str, now: datetime
) -> tuple[Told, ...]:
    """Every application of this signing out, by name; nothing for another browser, or later."""
    known = (LogoutNotice.farewell == digest(value, browser_id), LogoutNotice.created_at > now - LIFE)
    found = [(clients.get(each.client_id), each) for each in db.scalars(select(LogoutNotice).where(*known))]
    return tuple(
        sorted(
            (Told(client, each.sid, state_of(each, client, now)) for client, each in found if client),
            key=lambda each: (each.client.name.casefold(), each.client.client_id),
        )
    )


def state_of(notice: LogoutNotice, client: Client, now: datetime) -> State:
    if notice.delivered_at is not None and notice.tries:
        return State.OUT
    waited = now - notice.created_at
    if notice.delivered_at is not None:  # settled from the start: there was no token to send
        if not client.frontchannel_logout_uri:
            return State.UNREACHED
        return State.OUT if waited >= FRAME_TIME else State.BUSY
    return State.UNREACHED if notice.gave_up_at is not None or waited >= PATIENCE else State.BUSY


def worth_a_page(told: Iterable[Told], asker: Client | None) -> bool:
    """Not when only the asker was used: it knows. Unless the browser itself must tell it, which takes a page."""
    return any(
        asker is None or each.client.client_id != asker.client_id or each.client.frontchannel_logout_uri
        for each in told
    )
