"""A browser session that ended: what hung on it ends too, and every application that it was used for is told.

However it ended (signing out, "Niet jij?", somebody else who signed in), the road is this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import g
from sqlalchemy.orm import Session

from idp.accounts import lookup
from idp.authentication.views import SessionEnds
from idp.oidc import backchannel, subjects
from idp.oidc.clients import Client, ClientRegister
from idp.tokens import families
from idp.tokens.families import Ended
from idp.web.waking import wake_worker_after


@dataclass(frozen=True)
class Farewell:
    """A signing out that a page will tell of (`farewells`), and which application asked for it."""

    digest: str
    asker: str | None


def in_farewell(farewell: Farewell) -> None:
    """From now on in this request, whoever is told that a session ended is told in this farewell."""
    g.farewell = farewell


def ending_with_sessions(clients: ClientRegister, pairwise_key: bytes) -> SessionEnds:
    """What to do when a session ends, for `when_session_ends`."""

    def session_ended(db: Session, session_digest: str, now: datetime) -> None:
        ended = families.end_session(db, session_digest, now)
        tell(db, ended, clients, pairwise_key, now, farewell=g.get("farewell"))

    return session_ended


def tell(
    db: Session,
    ended: Iterable[Ended],
    clients: ClientRegister,
    pairwise_key: bytes,
    now: datetime,
    *,
    farewell: Farewell | None,
) -> None:
    """Writes down whom to tell, for the worker and the page; the caller has said `writing`."""
    for each in ended:
        client, account = clients.get(each.client_id), lookup.by_id(db, each.account_id)
        if client is None or account is None:
            continue
        by_token = bool(client.backchannel_logout_uri)
        if by_token or (farewell is not None and is_news_to(client, farewell)):
            backchannel.notify(
                db,
                client.client_id,
                subjects.subject_for(client, account.person, pairwise_key),
                each.sid,
                now,
                farewell=farewell.digest if farewell else None,
                by_token=by_token,
            )
        if by_token:
            wake_worker_after(db)


def is_news_to(client: Client, farewell: Farewell) -> bool:
    """An application that can't be told is on the page as not reached; but not the one that asked, for it knows."""
    return bool(client.frontchannel_logout_uri) or client.client_id != farewell.asker
