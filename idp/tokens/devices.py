"""A device that waits for a person: found by either of its codes, answered once, good for tokens once (RFC 8628)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from idp.database import insert_into
from idp.tokens.holders import SELECTED, Grant, grant_of, joined, table_of
from idp.tokens.records import DeviceGrant
from idp.tokens.secrets import could_be_ours, digest, new_value

devices = table_of(DeviceGrant)

# RFC 8628 section 3.5: who asks too soon waits five seconds more from then on.
SLOWER_BY = 5
# One question may be a moment longer on its way than the next.
EARLY = timedelta(seconds=1)


class State(StrEnum):
    """How it stands with a device."""

    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    SPENT = "spent"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Device:
    """A device that asked once, whatever became of it since."""

    digest: str = field(repr=False)
    client_id: str
    scope: tuple[str, ...]
    resource: str | None
    jkt: str | None
    created_at: datetime
    expires_at: datetime
    interval_seconds: int
    family_id: UUID | None
    denied_at: datetime | None
    spent_at: datetime | None

    def state(self, now: datetime) -> State:
        if self.spent_at is not None:
            return State.SPENT
        if self.denied_at is not None:
            return State.DENIED
        if self.expires_at <= now:
            return State.EXPIRED
        return State.WAITING if self.family_id is None else State.APPROVED


# A device asks


def start(
    db: Session,
    *,
    user_code: str,
    client_id: str,
    scope: Sequence[str],
    resource: str | None,
    jkt: str | None,
    interval: int,
    now: datetime,
    seconds: int,
) -> str | None:
    """The device's own code. None when another device has this user code (a keyed digest): draw another one."""
    device_code = new_value()
    row = insert_into(db, DeviceGrant).values(
        digest=digest(device_code),
        user_code=user_code,
        client_id=client_id,
        scope=" ".join(scope),
        resource=resource,
        jkt=jkt,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
        interval_seconds=interval,
    )
    # RETURNING and not a row count, which PostgreSQL's driver doesn't give for an INSERT.
    new = row.on_conflict_do_nothing(index_elements=["user_code"]).returning(DeviceGrant.digest)
    return device_code if db.scalar(new) is not None else None


COLUMNS = tuple(
    devices.c[name]
    for name in (
        *("digest", "client_id", "scope", "resource", "jkt", "created_at", "expires_at"),
        *("interval_seconds", "family_id", "denied_at", "spent_at"),
    )
)


def by_device_code(db: Session, presented: str) -> Device | None:
    if not could_be_ours(presented):
        return None
    return found(db, devices.c.digest == digest(presented))


def by_user_code(db: Session, user_code: str) -> Device | None:
    """By the keyed digest of what people type."""
    return found(db, devices.c.user_code == user_code)


def found(db: Session, condition: ColumnElement[bool]) -> Device | None:
    row = db.connection().execute(select(*COLUMNS).where(condition)).one_or_none()
    return device_of(row) if row else None


def device_of(row: Row[tuple[object, ...]]) -> Device:
    values = dict(row._mapping)
    return Device(scope=tuple(values.pop("scope").split()), **values)


def grant_behind(db: Session, device: Device) -> Grant | None:
    """What somebody approved for it."""
    row = (
        db.connection()
        .execute(select(*SELECTED).select_from(joined(devices)).where(devices.c.digest == device.digest))
        .one_or_none()
    )
    return grant_of(row) if row else None


def in_time(db: Session, device: Device, now: datetime) -> bool:
    """Whether it waited long enough since it last asked; if not, it must wait longer from now on.

    One UPDATE decides: of twenty questions at once one is in time.
    """
    mine = devices.c.digest == device.digest
    since = now - timedelta(seconds=device.interval_seconds) + EARLY
    patient = mine & or_(devices.c.polled_at.is_(None), devices.c.polled_at <= since)
    if db.connection().execute(devices.update().where(patient).values(polled_at=now)).rowcount == 1:
        return True
    slower = {"polled_at": now, "interval_seconds": devices.c.interval_seconds + SLOWER_BY}
    db.connection().execute(devices.update().where(mine).values(slower))
    return False


# A person answers, the device collects: each is one UPDATE that one caller wins


def approve(db: Session, device: Device, family_id: UUID, now: datetime) -> bool:
    return changed(db, device, now, devices.c.family_id.is_(None), family_id=family_id)


def deny(db: Session, device: Device, now: datetime) -> bool:
    return changed(db, device, now, devices.c.family_id.is_(None), denied_at=now)


def spend(db: Session, device: Device, now: datetime) -> bool:
    return changed(db, device, now, devices.c.family_id.is_not(None), spent_at=now)


def changed(
    db: Session, device: Device, now: datetime, condition: ColumnElement[bool], **values: object
) -> bool:
    """Whether it expired is decided here too, and not by a clean-up (CV-39)."""
    open_still = (
        devices.c.digest == device.digest,
        devices.c.denied_at.is_(None),
        devices.c.spent_at.is_(None),
        devices.c.expires_at > now,
        condition,
    )
    statement = devices.update().where(*open_still).values(**values)
    return db.connection().execute(statement).rowcount == 1
