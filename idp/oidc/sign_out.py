"""A browser session that ended: what hung on it ends too, and every application that it was used for is told.

However it ended (signing out, "Niet jij?", somebody else who signed in), the road is this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.orm import Session

from idp.accounts import lookup
from idp.authentication.views import SessionEnds
from idp.oidc import backchannel, subjects
from idp.oidc.clients import ClientRegister
from idp.tokens import families
from idp.tokens.families import Ended


def ending_with_sessions(clients: ClientRegister, pairwise_key: bytes) -> SessionEnds:
    """What to do when a session ends, for `when_session_ends`."""

    def session_ended(db: Session, session_digest: str, now: datetime) -> None:
        tell(db, families.end_session(db, session_digest, now), clients, pairwise_key, now)

    return session_ended


def tell(
    db: Session, ended: Iterable[Ended], clients: ClientRegister, pairwise_key: bytes, now: datetime
) -> None:
    """Writes down whom to tell, for the worker; the caller has said `writing`."""
    for each in ended:
        client, account = clients.get(each.client_id), lookup.by_id(db, each.account_id)
        if client is not None and client.backchannel_logout_uri and account is not None:
            subject = subjects.subject_for(client, account.person, pairwise_key)
            backchannel.notify(db, client.client_id, subject, each.sid, now)
            # Not sooner: until it is stored there is nothing for the worker to find.
            event.listen(db, "after_commit", wake_worker, once=True)


def wake_worker(_: Session) -> None:
    backchannel.wake.set()
