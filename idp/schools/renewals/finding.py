"""Finding a renewal: only in the sign-in and at the school that it was begun in, by who began it (PW-23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil
from idp.schools.renewals.means import Means
from idp.schools.renewals.purposes import Purpose, needed_for


class NotThere(Exception):
    """There is no such renewal for whoever asks: unknown, somebody else's, or cancelled."""


class RunOut(Exception):
    """It was theirs, and its time is over."""


def renewal_of(db: Session, means: Means, actor: Actor, renewal_id: UUID, now: datetime) -> Renewal:
    """The renewal, of which the seed still makes what was shown. Raises NotThere or RunOut."""
    return open_one(db.get(Renewal, renewal_id), means, actor, now)


def held(db: Session, means: Means, actor: Actor, renewal_id: UUID, now: datetime) -> Renewal:
    """The same as it is now, and nobody else changes it before this transaction ends. The caller has said `writing`."""
    found = db.get(Renewal, renewal_id, populate_existing=True, with_for_update=True)
    return open_one(found, means, actor, now)


def open_one(renewal: Renewal | None, means: Means, actor: Actor, now: datetime) -> Renewal:
    if renewal is None or not belongs_to(renewal, actor) or renewal.cancelled_at is not None:
        raise NotThere
    if renewal.expires_at <= now or renewal.sealed_seed is None or renewal.maker != means.way:
        raise RunOut
    return renewal


def belongs_to(renewal: Renewal, actor: Actor) -> bool:
    """And may still do what it is for: a role can change meanwhile."""
    whose = (renewal.school_number, renewal.actor_id, renewal.session_digest)
    allowed = needed_for(Purpose(renewal.purpose), renewal.new_username)
    return whose == (actor.school_number, actor.account_id, actor.session_digest) and all(
        map(actor.may, allowed)
    )


def pupils_in(db: Session, renewal_id: UUID) -> Sequence[RenewedPupil]:
    """Everybody it was asked for, in the order of the list."""
    found = select(RenewedPupil).where(RenewedPupil.renewal_id == renewal_id)
    return db.scalars(found.order_by(RenewedPupil.position)).all()


@dataclass(frozen=True)
class Progress:
    done: int
    total: int


def progress_of(db: Session, renewal_id: UUID) -> Progress:
    """Of those who are ticked and weren't left out."""
    wanted = (
        RenewedPupil.renewal_id == renewal_id,
        RenewedPupil.ticked.is_(True),
        RenewedPupil.left_out.is_(None),
    )
    counted = select(func.count(), func.count(RenewedPupil.done_at)).where(*wanted)
    total, done = db.execute(counted).one()
    return Progress(done, total)
