"""Who stands behind a grant, read as one row: its family, the account, the person and the browser session.

These are plain values and not records: a token is looked up on each request, and one row of columns costs half of four
records. `SELECTED` goes into a SELECT after the caller's own columns, `joined` is what it selects from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Integer, String, Table, bindparam, column, select, table
from sqlalchemy.orm import Session

from idp.accounts.records import Account, Person
from idp.database import UtcDateTime
from idp.rules.account_types import AccountKind
from idp.rules.lifecycle import LifeMoments, may_sign_in, standing
from idp.tokens.records import GrantFamily


@dataclass(frozen=True)
class HeldAccount:
    """What is told of an account, and the moments that decide whether it still may."""

    life: LifeMoments
    id: UUID
    username: str
    kind: AccountKind
    email: str | None
    email_verified_at: datetime | None
    sign_ins_count_from: datetime


@dataclass(frozen=True)
class HeldPerson:
    """What is told of a person."""

    id: UUID
    subject: str
    given_name: str
    family_name: str
    sex: str | None
    birth_date: date | None
    other_claims: Mapping[str, Any]
    updated_at: datetime


@dataclass(frozen=True)
class HeldSession:
    """The moments of the browser session that a grant came from."""

    last_seen_at: datetime
    idle_until: datetime
    expires_at: datetime
    ended_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        return self.ended_at is not None or self.expires_at <= now or self.idle_until <= now


@dataclass(frozen=True)
class Grant:
    """What one person let one application do."""

    family_id: UUID
    client_id: str
    scope: tuple[str, ...]
    claims: Mapping[str, Any]
    signed_in_at: datetime
    strength: int
    acr: str
    methods: tuple[str, ...]
    sid: str
    offline: bool
    session_digest: str | None
    expires_at: datetime
    revoked_at: datetime | None
    resource: str | None
    jkt: str | None
    account: HeldAccount
    person: HeldPerson
    session: HeldSession | None

    def refusal(self, now: datetime) -> str | None:
        """Why nothing of this grant is good any more (CV-07); None while it is."""
        if self.revoked_at is not None:
            return "grant-revoked"
        if self.expires_at <= now:
            return "grant-expired"
        if self.signed_in_at < self.account.sign_ins_count_from:
            return "sign-in-no-longer-counts"
        if not may_sign_in(standing(self.account.life, now)):
            return "account-may-not-sign-in"
        if not self.offline and (self.session is None or self.session.is_over(now)):
            return "session-over"
        return None


def table_of(record: type[Any]) -> Table:
    found = record.__table__
    assert isinstance(found, Table)
    return found


families = table_of(GrantFamily)
accounts = table_of(Account)
people = table_of(Person)
# By its name only: this room must not know `authentication`, whose record it is.
sessions = table(
    "browser_sessions",
    column("digest", String),
    column("last_seen_at", UtcDateTime),
    column("idle_seconds", Integer),
    column("expires_at", UtcDateTime),
    column("ended_at", UtcDateTime),
)

OF_FAMILY = (
    "id", "client_id", "scope", "claims", "signed_in_at", "strength", "acr", "methods", "sid", "offline",
    "session_digest", "expires_at", "revoked_at", "resource", "jkt",
)  # fmt: skip
OF_ACCOUNT = ("id", "username", "kind", "email", "email_verified_at", "sign_ins_count_from")
# Not `protected_at`: it stops guessing, and must not let a bully end what the owner had begun before.
OF_LIFE = ("active_until", "blocked_at", "temporary_until")
OF_PERSON = (
    "id", "subject", "given_name", "family_name", "sex", "birth_date", "other_claims", "updated_at",
)  # fmt: skip
OF_SESSION = ("last_seen_at", "idle_seconds", "expires_at", "ended_at")

SELECTED: tuple[ColumnElement[Any], ...] = (
    *(families.c[name] for name in OF_FAMILY),
    *(accounts.c[name] for name in OF_ACCOUNT),
    *(accounts.c[name] for name in OF_LIFE),
    *(people.c[name] for name in OF_PERSON),
    *(sessions.c[name] for name in OF_SESSION),
)
# Where in SELECTED each begins.
ACCOUNT = len(OF_FAMILY)
LIFE = ACCOUNT + len(OF_ACCOUNT)
PERSON = LIFE + len(OF_LIFE)
SESSION = PERSON + len(OF_PERSON)


def joined(issued: Table) -> FromClause:
    """A table of issued values with everything that decides about them; a session may be gone already."""
    return (
        issued.join(families, families.c.id == issued.c.family_id)
        .join(accounts, accounts.c.id == families.c.account_id)
        .join(people, people.c.id == accounts.c.person_id)
        .outerjoin(sessions, sessions.c.digest == families.c.session_digest)
    )


def grant_of(values: Sequence[Any]) -> Grant:
    """The grant in the values of SELECTED."""
    family = dict(zip(OF_FAMILY, values[:ACCOUNT], strict=True))
    life = LifeMoments(**dict(zip(OF_LIFE, values[LIFE:PERSON], strict=True)))
    return Grant(
        family_id=family.pop("id"),
        scope=tuple(family.pop("scope").split()),
        methods=tuple(family.pop("methods")),
        account=HeldAccount(life, *values[ACCOUNT:LIFE]),
        person=HeldPerson(*values[PERSON:SESSION]),
        session=session_of(*values[SESSION:]),
        **family,
    )


def session_of(
    last_seen_at: datetime | None, idle_seconds: int, expires_at: datetime, ended_at: datetime | None
) -> HeldSession | None:
    if last_seen_at is None:
        return None
    return HeldSession(last_seen_at, last_seen_at + timedelta(seconds=idle_seconds), expires_at, ended_at)


FIND = (
    select(*SELECTED)
    .select_from(
        families.join(accounts, accounts.c.id == families.c.account_id)
        .join(people, people.c.id == accounts.c.person_id)
        .outerjoin(sessions, sessions.c.digest == families.c.session_digest)
    )
    .where(families.c.id == bindparam("family_id"))
)


def find(db: Session, family_id: UUID) -> Grant:
    """The grant of a family that is known to be there, because it was opened just now."""
    return grant_of(db.connection().execute(FIND, {"family_id": family_id}).one())
