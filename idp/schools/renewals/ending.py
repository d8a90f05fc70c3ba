"""A renewal is over: cancelled, or its time ran out. The seed goes, and with it every way to make its passwords (PW-22)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from idp.database import let_go, writing
from idp.schools.permissions import Actor
from idp.schools.records import Renewal, RenewedPupil


def cancel(db: Session, renewal: Renewal, now: datetime) -> None:
    """What was done stays done. The caller holds it."""
    renewal.cancelled_at = now
    renewal.sealed_seed = None
    if renewal.saved_from is None:
        forget_pupils(db, [renewal.id])


def make_room(db: Session, actor: Actor, now: datetime, most: int) -> None:
    """Ends the oldest proposals of this sign-in, so that `most` are left. The caller has said `writing`."""
    unsaved = (Renewal.saved_from.is_(None), Renewal.sealed_seed.is_not(None))
    theirs = (
        Renewal.school_number == actor.school_number,
        Renewal.actor_id == actor.account_id,
        Renewal.session_digest == actor.session_digest,
    )
    newest_first = select(Renewal.id).where(*theirs, *unsaved).order_by(Renewal.created_at.desc(), Renewal.id)
    ended = (
        update(Renewal)
        .where(Renewal.id.in_(db.scalars(newest_first.offset(most)).all()), *unsaved)
        .values(cancelled_at=now, sealed_seed=None)
        .returning(Renewal.id)
    )
    forget_pupils(db, db.scalars(ended.execution_options(synchronize_session=False)).all())


def forget_pupils(db: Session, renewals: Collection[UUID]) -> None:
    """Of what nothing came of: who was in it is nobody's business any more, and a school is many rows."""
    theirs = delete(RenewedPupil).where(RenewedPupil.renewal_id.in_(renewals))
    db.execute(theirs, execution_options={"synchronize_session": False})


def drop_seeds(db: Session, now: datetime) -> int:
    """Of what ran out. Nobody could use them any more: this only takes them out of the database. Answers how many."""
    ran_out = (Renewal.expires_at <= now, Renewal.sealed_seed.is_not(None))
    none = db.scalar(select(Renewal.id).where(*ran_out).limit(1)) is None
    let_go(db)
    if none:
        return 0
    writing(db)
    done = db.execute(
        update(Renewal).where(*ran_out).values(sealed_seed=None),
        execution_options={"synchronize_session": False},
    )
    db.commit()
    assert isinstance(done, CursorResult)
    return done.rowcount
