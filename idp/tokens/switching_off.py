"""A school switched an application off: what its pupils gave it ends, unless another school of theirs has it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from idp.database import writing
from idp.schools.applications import left_without
from idp.schools.confinement import everywhere
from idp.schools.records import SchoolApplication
from idp.tokens.holders import families

# A node that didn't know yet may have let somebody in for a few seconds more (`schools/switched_off`).
LATE = timedelta(seconds=15)


class Registered(Protocol):
    """What is read of a registered application."""

    @property
    def schools(self) -> frozenset[int]: ...


class Register(Protocol):
    def get(self, client_id: str) -> Registered | None: ...


def end_at_school(
    db: Session, client_id: str, only_for: Collection[int], school_number: int, now: datetime
) -> int:
    """Ends every grant of this school's pupils to it, and with it every token; answers how many grants."""
    theirs = left_without(client_id, only_for, school_number, now)
    ending = families.update().where(
        families.c.client_id == client_id,
        families.c.revoked_at.is_(None),
        families.c.account_id.in_(theirs),
    )
    with everywhere(db):
        return db.connection().execute(ending.values(revoked_at=now)).rowcount


def end_late_ones(db: Session, register: Register, now: datetime) -> int:
    """Once more what was switched off a moment ago, for grants that another node still gave. Commits."""
    ended = 0
    for client_id, school_number in lately_off(db, now):
        client = register.get(client_id)
        if client is not None:
            writing(db)
            ended += end_at_school(db, client_id, client.schools, school_number, now)
            db.commit()
    return ended


def lately_off(db: Session, now: datetime) -> Sequence[Row[str, int]]:
    columns = select(SchoolApplication.client_id, SchoolApplication.school_number)
    return db.execute(columns.where(SchoolApplication.off_at > now - LATE)).all()
