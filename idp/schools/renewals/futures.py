"""What the account of a pupil without one would be: its kind (R1) and its last day (R27).

Asked of all schools: a pupil of two of them has one account, and this school's view alone could make it the wrong kind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.rules.account_types import AccountKind
from idp.rules.belgian_time import school_day
from idp.schools.confinement import everywhere
from idp.schools.enrolling import kind_for
from idp.schools.enrolments import end_of
from idp.schools.records import Enrolment


@dataclass(frozen=True)
class Future:
    kind: AccountKind
    active_until: date


def futures_of(db: Session, people: Collection[UUID], now: datetime) -> dict[UUID, Future]:
    """By person. The caller has found them at the actor's school, and tells nothing else of what is elsewhere."""
    enrolments: dict[UUID, list[Enrolment]] = {person: [] for person in people}
    with everywhere(db):
        for each in db.scalars(select(Enrolment).where(Enrolment.person_id.in_(people))):
            enrolments[each.person_id].append(each)
    return {person: future_of(own, now) for person, own in enrolments.items()}


def future_of(enrolments: Sequence[Enrolment], now: datetime) -> Future:
    today = school_day(now)
    ended = today - timedelta(days=1)
    return Future(kind_for(enrolments, today) or AccountKind.BASIC, end_of(enrolments) or ended)
