"""The browser's session, single sign-on: start, resume, end. The cookie's value is known to the browser only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, inspect, select, update
from sqlalchemy.orm import Session

from idp.accounts import opaque
from idp.accounts.records import Account
from idp.authentication.records import BrowserSession
from idp.authentication.sign_in import SignIn
from idp.rules import lifecycle
from idp.rules.account_types import AccountKind, SessionLimits, Strength
from idp.rules.devices import Device
from idp.rules.lifecycle import LifeMoments
from idp.settings import Sessions

# A session is "seen" once a minute at most: what reads it must not have to write each time.
SEEN_EVERY = timedelta(seconds=60)


@dataclass(frozen=True)
class Found:
    """A session that may be used, and whether it is time to write down that it was."""

    sign_in: SignIn
    touch_due: bool


def resume(db: Session, cookie_value: str, now: datetime) -> SignIn | None:
    """Who is signed in with this cookie, if that still counts. One statement; writes nothing."""
    found = find(db, cookie_value, now)
    return found.sign_in if found else None


def find(db: Session, cookie_value: str, now: datetime) -> Found | None:
    row = db.connection().execute(FIND, {"presented": opaque.digest(cookie_value)}).one_or_none()
    if row is None or not still_counts(row, now):
        return None
    sign_in = SignIn(
        session_digest=row.digest,
        sid_seed=row.sid_seed,
        account_id=row.account_id,
        kind=row.kind,
        at=row.signed_in_at,
        strength=Strength(row.strength),
        methods=tuple(row.methods),
    )
    return Found(sign_in, touch_due=row.last_seen_at + SEEN_EVERY <= now)


# Columns and not a record: every single sign-on begins with this statement.
FIND = (
    select(
        *inspect(BrowserSession).local_table.c,
        Account.kind,
        Account.active_until,
        Account.blocked_at,
        Account.temporary_until,
        Account.sign_ins_count_from,
    )
    .join(Account, Account.id == BrowserSession.account_id)
    .where(BrowserSession.cookie_digest == bindparam("presented"))
)


def still_counts(row: Row[*tuple[Any, ...]], now: datetime) -> bool:
    return (
        row.ended_at is None
        and now < row.expires_at
        and now < row.last_seen_at + timedelta(seconds=row.idle_seconds)
        and row.signed_in_at >= row.sign_ins_count_from
        and lifecycle.may_sign_in(lifecycle.standing(moments_of(row), now))
    )


def moments_of(row: Row[*tuple[Any, ...]]) -> LifeMoments:
    """Not `protected_at`: it stops guessing, and must not let a bully end what the owner had begun before."""
    return LifeMoments(
        active_until=row.active_until, blocked_at=row.blocked_at, temporary_until=row.temporary_until
    )


def touch(db: Session, session_digest: str, now: datetime) -> None:
    """Writes down that the session is in use; the idle time begins anew."""
    mine = (BrowserSession.digest == session_digest) & (BrowserSession.last_seen_at <= now - SEEN_EVERY)
    db.execute(update(BrowserSession).where(mine).values(last_seen_at=now))


@dataclass(frozen=True)
class Proof:
    """What a sign-in just showed."""

    account_id: UUID
    kind: AccountKind
    at: datetime
    strength: Strength
    methods: tuple[str, ...]


def start(
    db: Session,
    proof: Proof,
    limits: SessionLimits,
    now: datetime,
    *,
    before: SignIn | None = None,
    device: Device = Device.OTHER,
    keeps_end: bool = False,
) -> tuple[str, SignIn]:
    """The session after a sign-in: always with a new cookie value, whatever the browser brought (OA-35).

    `before` is who was signed in here. The same person proving it once more keeps the session, and with it what other
    applications hold; somebody else ends it. With `keeps_end` not everything was proven anew: the longest time that it may
    last isn't either. Answers the cookie's value and the sign-in.
    """
    value = opaque.new_value()
    if before is not None and before.account_id == proof.account_id:
        renewed = columns(value, proof, limits, now, device)
        if keeps_end:
            del renewed["expires_at"]
        return value, renew(db, before, renewed, proof)
    if before is not None:
        end(db, before.session_digest, now)
    name, seed = opaque.digest(value), opaque.new_value()
    db.add(
        BrowserSession(
            digest=name,
            sid_seed=seed,
            account_id=proof.account_id,
            **columns(value, proof, limits, now, device),
        )
    )
    return value, sign_in_from(name, seed, proof)


def renew(db: Session, before: SignIn, columns: dict[str, Any], proof: Proof) -> SignIn:
    mine = BrowserSession.digest == before.session_digest
    db.execute(update(BrowserSession).where(mine).values(columns))
    return sign_in_from(before.session_digest, before.sid_seed, proof)


def columns(value: str, proof: Proof, limits: SessionLimits, now: datetime, device: Device) -> dict[str, Any]:
    return {
        "cookie_digest": opaque.digest(value),
        "signed_in_at": proof.at,
        "last_seen_at": now,
        "idle_seconds": int(limits.idle.total_seconds()),
        "expires_at": now + limits.absolute,
        "strength": int(proof.strength),
        "methods": list(proof.methods),
        "device": device,
    }


def sign_in_from(name: str, seed: str, proof: Proof) -> SignIn:
    return SignIn(name, seed, proof.account_id, proof.kind, proof.at, proof.strength, proof.methods)


def end(db: Session, session_digest: str, now: datetime) -> bool:
    """Ends it for good; what hangs on it (tokens) looks at this moment. False when it had ended already."""
    mine = (BrowserSession.digest == session_digest) & BrowserSession.ended_at.is_(None)
    return db.connection().execute(update(BrowserSession).where(mine).values(ended_at=now)).rowcount == 1


def left_behind(db: Session, cookie_value: str, account_id: UUID) -> str | None:
    """The session behind this cookie that nobody ended, when it is another account's; used or idle."""
    theirs = (
        BrowserSession.cookie_digest == opaque.digest(cookie_value),
        BrowserSession.account_id != account_id,
        BrowserSession.ended_at.is_(None),
    )
    return db.scalar(select(BrowserSession.digest).where(*theirs))


def is_opened_by(db: Session, session_digest: str, cookie_value: str) -> bool:
    """Whether this cookie is that session's, however long ago it was last used."""
    it = (
        BrowserSession.digest == session_digest,
        BrowserSession.cookie_digest == opaque.digest(cookie_value),
    )
    return db.scalar(select(BrowserSession.digest).where(*it)) is not None


def others_of(db: Session, account_id: UUID, mine: str) -> list[str]:
    """Where else this account is signed in."""
    theirs = (
        BrowserSession.account_id == account_id,
        BrowserSession.digest != mine,
        BrowserSession.ended_at.is_(None),
    )
    return list(db.scalars(select(BrowserSession.digest).where(*theirs)))


def live_of(db: Session, account_id: UUID, now: datetime) -> list[BrowserSession]:
    """Everywhere this account is signed in, whoever was seen last first; those that only nobody ended yet are none."""
    theirs = (
        BrowserSession.account_id == account_id,
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > now,
        BrowserSession.signed_in_at >= Account.sign_ins_count_from,
    )
    found = select(BrowserSession).join(Account, Account.id == BrowserSession.account_id).where(*theirs)
    return [
        each
        for each in db.scalars(found.order_by(BrowserSession.last_seen_at.desc(), BrowserSession.digest))
        if now < each.last_seen_at + timedelta(seconds=each.idle_seconds)
    ]


def limits_for(kind: AccountKind, settings: Sessions) -> SessionLimits:
    """What the operator set: shorter for staff, who see other people's data."""
    staff = kind is AccountKind.STAFF
    return SessionLimits(
        idle=timedelta(minutes=settings.staff_idle_minutes if staff else settings.pupil_idle_minutes),
        absolute=timedelta(hours=settings.staff_hours if staff else settings.pupil_hours),
    )
