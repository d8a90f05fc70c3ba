"""What happened to one pupil and who of which schools saw it: staff as role and school, and never by name (PR-12, PR-13).

An event with the account is surely about this pupil. One that only says a stamnummer is, as far back as that number was
this pupil's: schools give a number to somebody else in time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from idp.accounts.records import AuditEvent
from idp.schools.appointments import Role
from idp.schools.log import OPERATOR, among, counted_at, midnight
from idp.schools.records import Appointment, Enrolment, Operator, School

A_PAGE = 20
# Besides what has the account: a card, a list or a page about a pupil of this number, from before there was an account too.
SEEN = frozenset(
    {
        "pupil:viewed",
        "card:printed",
        "pupils:exported",
        "renewal:printed",
        "renewal:exported",
        "pupil:data-taken",
    }
)


@dataclass(frozen=True)
class By:
    """Somebody of a school's staff, as far as a pupil is told. `role` is empty for who had none there."""

    role: str
    school_name: str


@dataclass(frozen=True)
class Happened:
    """One event. `by` None: the pupil, or nobody."""

    id: int
    at: datetime
    what: str
    by: By | None
    school_number: int | None
    pupil_number: int | None
    request_id: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Whose:
    """The pupil whom it is about. `account_id` None: there is no account (yet).

    `school_number`: told to this school, so without what happened at another one (OA-54).
    """

    account_id: UUID | None
    enrolments: tuple[Enrolment, ...]
    school_number: int | None = None


@dataclass(frozen=True)
class Wanted:
    """Which events. `before` is the id of the last one that was told; `kinds` None: every one there is."""

    since: datetime
    before: int | None = None
    most: int | None = None
    kinds: Collection[str] | None = field(default=SEEN)


def happened(db: Session, whose: Whose, wanted: Wanted) -> list[Happened]:
    """The newest first. One look along an index for the account, and one for each school."""
    within = moments(db, wanted)
    looks = [of_account(whose.account_id, whose.school_number)] if whose.account_id else []
    looks += [of_number(db, each, whose.account_id, wanted.kinds) for each in whose.enrolments]
    events: dict[int, AuditEvent] = {}
    for condition in looks:
        # By the moment and not by the number alone: along that, PostgreSQL would go through everybody's events.
        found = select(AuditEvent).where(condition, within).order_by(*NEWEST_FIRST).limit(wanted.most)
        events.update({event.id: event for event in db.scalars(found)})
    ordered = sorted(events.values(), key=lambda event: (event.at, event.id), reverse=True)
    return told(db, ordered[: wanted.most])


NEWEST_FIRST = (AuditEvent.at.desc(), AuditEvent.id.desc())


def moments(db: Session, wanted: Wanted) -> ColumnElement[bool]:
    """Since then, and before the event that was told last; nothing when that is none."""
    since = AuditEvent.at >= wanted.since
    if wanted.before is None:
        return since
    at = db.scalar(select(AuditEvent.at).where(AuditEvent.id == wanted.before))
    if at is None:
        return false()
    further = or_(AuditEvent.at < at, AuditEvent.id < wanted.before)
    return and_(since, AuditEvent.at <= at, further)


def of_account(account_id: UUID, school_number: int | None) -> ColumnElement[bool]:
    theirs = AuditEvent.account_id == account_id
    if school_number is None:
        return theirs
    return and_(theirs, or_(AuditEvent.school_number.is_(None), AuditEvent.school_number == school_number))


def of_number(
    db: Session, enrolment: Enrolment, account_id: UUID | None, kinds: Collection[str] | None
) -> ColumnElement[bool]:
    """Of this stamnummer at its school, alone or in a list of several."""
    number = enrolment.pupil_number
    conditions = [
        AuditEvent.school_number == enrolment.school_number,
        AuditEvent.account_id.is_(None),
        AuditEvent.at >= theirs_since(db, enrolment, account_id),
        or_(AuditEvent.pupil_number == number, among(db, number)),
    ]
    if kinds is not None:
        conditions.insert(1, AuditEvent.what.in_(sorted(kinds)))
    return and_(*conditions)


def theirs_since(db: Session, enrolment: Enrolment, account_id: UUID | None) -> datetime:
    """Since when the number is this pupil's: an enrolment begins anew each year, an event with the account proves more."""
    begun = midnight(enrolment.starts_on)
    if account_id is None:
        return begun
    proven = db.scalar(
        select(func.min(AuditEvent.at)).where(
            AuditEvent.account_id == account_id,
            AuditEvent.school_number == enrolment.school_number,
            AuditEvent.pupil_number == enrolment.pupil_number,
        )
    )
    return min(begun, proven) if proven is not None else begun


# By whom


def told(db: Session, events: Sequence[AuditEvent]) -> list[Happened]:
    by = Staff(db, events)
    return [
        Happened(
            id=each.id,
            at=each.at,
            what=each.what,
            by=by.who(each),
            school_number=each.school_number,
            pupil_number=each.pupil_number,
            request_id=each.request_id,
            detail=dict(each.detail),
        )
        for each in events
    ]


class Staff:
    """The roles that these events' actors had at the schools where they did it."""

    def __init__(self, db: Session, events: Iterable[AuditEvent]) -> None:
        done = [each for each in events if each.actor_id is not None]
        actors, numbers = {each.actor_id for each in done}, {each.school_number for each in done}
        self.schools: dict[int, str] = {}
        self.appointments: list[tuple[UUID, int, Any]] = []
        self.operators: set[UUID] = set()
        if not done:
            return
        named = select(School.number, School.name).where(School.number.in_(numbers - {None}))
        self.schools = {row.number: row.name for row in db.execute(named)}
        held = select(
            Appointment.account_id,
            Appointment.school_number,
            Appointment.role,
            Appointment.since,
            Appointment.ended_at,
        )
        there = Appointment.account_id.in_(actors) & Appointment.school_number.in_(numbers - {None})
        self.appointments = [
            (row.account_id, row.school_number, row) for row in db.execute(held.where(there))
        ]
        run = select(Operator.account_id).where(Operator.account_id.in_(actors))
        self.operators = set(db.scalars(run))

    def who(self, event: AuditEvent) -> By | None:
        """With the role of then."""
        if event.actor_id is None:
            return None
        roles = {
            held.role
            for account_id, school, held in self.appointments
            if (account_id, school) == (event.actor_id, event.school_number) and counted_at(held, event.at)
        }
        role = Role.BEHEERDER if Role.BEHEERDER in roles else next(iter(roles), "")
        if not role and event.actor_id in self.operators:
            role = OPERATOR
        return By(str(role), self.schools.get(event.school_number or 0, ""))
