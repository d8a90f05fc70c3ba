"""A grant's family: opened with its code, ended with everything that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from idp.tokens.holders import families


def open_family(
    db: Session,
    *,
    client_id: str,
    account_id: UUID,
    session_digest: str | None,
    offline: bool,
    scope: Sequence[str],
    claims: Mapping[str, Any],
    signed_in_at: datetime,
    strength: int,
    acr: str,
    methods: Sequence[str],
    sid: str,
    released: Sequence[str],
    resource: str | None = None,
    now: datetime,
    expires_at: datetime,
) -> UUID:
    """A new family; what it gives lives until `expires_at` at the very most, however often it is refreshed (OA-13)."""
    family_id = uuid4()
    db.execute(
        families.insert(),
        {
            "id": family_id,
            "client_id": client_id,
            "account_id": account_id,
            "session_digest": session_digest,
            "offline": offline,
            "scope": " ".join(scope),
            "claims": dict(claims),
            "signed_in_at": signed_in_at,
            "strength": strength,
            "acr": acr,
            "methods": list(methods),
            "sid": sid,
            "released": list(released),
            "resource": resource,
            "created_at": now,
            "expires_at": expires_at,
        },
    )
    return family_id


BIND = families.update().where(families.c.id == bindparam("family_id")).values(jkt=bindparam("key"))


def bind(db: Session, family_id: UUID, jkt: str) -> None:
    """From now on its refresh tokens are worth nothing without this key (RFC 9449 section 5)."""
    db.connection().execute(BIND, {"family_id": family_id, "key": jkt})


REVOKE = (
    families.update()
    .where(families.c.id == bindparam("family_id"), families.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)


def revoke(db: Session, family_id: UUID, now: datetime) -> bool:
    """Ends a family: its code, its tokens and whatever would come of them. False when it had ended already."""
    return db.connection().execute(REVOKE, {"family_id": family_id, "at": now}).rowcount == 1


def revoke_application(db: Session, account_id: UUID, client_id: str, now: datetime) -> int:
    """Ends every family that this person gave this application (PR-20); answers how many."""
    found = families.update().where(
        families.c.account_id == account_id,
        families.c.client_id == client_id,
        families.c.revoked_at.is_(None),
    )
    return db.connection().execute(found.values(revoked_at=now)).rowcount


def revoke_all(db: Session, account_id: UUID, now: datetime) -> None:
    """Ends every grant of this person, those that outlive a session too."""
    theirs = (families.c.account_id == account_id, families.c.revoked_at.is_(None))
    db.execute(families.update().where(*theirs).values(revoked_at=now))


@dataclass(frozen=True)
class Ended:
    """An application in which a sign-in ended, in the words that it knows it by: whom a logout token goes to."""

    client_id: str
    sid: str
    account_id: UUID


def end_session(db: Session, session_digest: str, now: datetime) -> list[Ended]:
    """Ends what lives no longer than its session; answers every application that was signed in to with it.

    A family with `offline_access` stays (Back-Channel Logout 1.0 section 2.7), but its application is told all the same.
    """
    of_session = families.c.session_digest == session_digest
    told = select(families.c.client_id, families.c.sid, families.c.account_id).where(of_session).distinct()
    ended = [Ended(*row) for row in db.execute(told.order_by(families.c.client_id))]
    ending = families.update().where(
        of_session, families.c.offline.is_(False), families.c.revoked_at.is_(None)
    )
    db.execute(ending.values(revoked_at=now))
    return ended


def session_of(db: Session, client_id: str, sid: str) -> str | None:
    """The browser session that this application knows by this `sid`."""
    known = (families.c.client_id == client_id, families.c.sid == sid)
    return db.scalar(select(families.c.session_digest).where(*known).limit(1))
