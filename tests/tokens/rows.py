"""Valid records for the tests of this room: a person who signed in, and what an application was granted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from idp.accounts.records import Account, Person
from idp.authentication import sessions
from idp.database import writing
from idp.rules.account_types import AccountKind, SessionLimits, Strength
from idp.tokens import families
from idp.tokens.secrets import new_value


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a browser session."""

    account_id: UUID
    person_id: UUID
    session_digest: str


def signed_in(db: Session, now: datetime, **account: Any) -> SignedIn:
    """Somebody who signed in just now. Keywords change the account."""
    writing(db)
    person = Person(
        subject=new_value(), given_name="Amélie", family_name="Peeters", created_at=now, updated_at=now
    )
    db.add(person)
    db.flush()
    username = f"amelie.peeters.{str(person.id)[:8]}"
    made = Account(
        person_id=person.id,
        username=username,
        username_skeleton=username,
        kind="advanced",
        secret_kind="text",
        sign_ins_count_from=now - timedelta(days=1),
        created_at=now,
    )
    for name, value in account.items():
        setattr(made, name, value)
    db.add(made)
    db.flush()
    proof = sessions.Proof(made.id, AccountKind.ADVANCED, now, Strength.PASSWORD, ("pwd",))
    limits = SessionLimits(idle=timedelta(minutes=30), absolute=timedelta(hours=10))
    _, sign_in = sessions.start(db, proof, limits, now)
    found = SignedIn(made.id, person.id, sign_in.session_digest)
    db.commit()
    return found


def family(db: Session, who: SignedIn, now: datetime, **changes: Any) -> UUID:
    """What `who` granted an application. The caller has said `writing`."""
    values: dict[str, Any] = {
        "client_id": "oefenapp",
        "account_id": who.account_id,
        "session_digest": who.session_digest,
        "offline": False,
        "scope": ("openid", "profile"),
        "claims": {},
        "signed_in_at": now,
        "strength": 4,
        "acr": "urn:leerid:acr:password",
        "methods": ("pwd",),
        "sid": new_value(),
        "released": (),
        "now": now,
        "expires_at": now + timedelta(days=30),
        **changes,
    }
    return families.open_family(db, **values)
