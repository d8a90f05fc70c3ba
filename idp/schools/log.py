"""What happened at a school: who of its staff did what, about which pupil, when and in which request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from idp.accounts.records import Account, AuditEvent
from idp.rules.belgian_time import BRUSSELS
from idp.rules.usernames import skeleton
from idp.schools.appointments import Role
from idp.schools.records import Appointment, Enrolment, Operator

A_PAGE = 50
AT_ONCE = 1000
# No log is older, and no calendar that a person means goes further.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
OPERATOR = "operator"


@dataclass(frozen=True)
class Asked:
    """Which events of a school: everything that is None doesn't matter."""

    school_number: int
    first_day: date | None = None
    last_day: date | None = None
    what: str | None = None
    pupil_number: int | None = None
    actor: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Who:
    """A member of staff, with the role of then; empty when they had none there."""

    username: str
    name: str
    role: str


@dataclass(frozen=True)
class Whom:
    """A pupil, by the name of now; without one when the school knows that number no more."""

    pupil_number: int
    given_name: str
    family_name: str


@dataclass(frozen=True)
class Entry:
    """One event, told to people."""

    at: datetime
    what: str
    actor: Who | None
    pupil: Whom | None
    number: str
    detail: dict[str, Any]


def how_many(db: Session, asked: Asked) -> int:
    return db.scalar(select(func.count()).select_from(AuditEvent).where(*conditions(db, asked))) or 0


def page_of(db: Session, asked: Asked, page: int) -> list[Entry]:
    """The newest first; pages count from 1."""
    newest = select(AuditEvent).where(*conditions(db, asked)).order_by(AuditEvent.id.desc())
    return told(db, asked.school_number, db.scalars(newest.limit(A_PAGE).offset((page - 1) * A_PAGE)).all())


def all_of(db: Session, asked: Asked) -> Iterator[Entry]:
    """Every one, the newest first, a thousand in memory at a time."""
    newest = select(AuditEvent).where(*conditions(db, asked)).order_by(AuditEvent.id.desc()).limit(AT_ONCE)
    events = db.scalars(newest).all()
    while events:
        last = events[-1].id
        yield from told(db, asked.school_number, events)
        db.expunge_all()
        events = db.scalars(newest.where(AuditEvent.id < last)).all()


def conditions(db: Session, asked: Asked) -> list[ColumnElement[bool]]:
    """The school is always one of them. What pupils do themselves has no school in the log, and so isn't here."""
    found = [AuditEvent.school_number == asked.school_number]
    if asked.first_day is not None:
        found.append(AuditEvent.at >= midnight(asked.first_day))
    if asked.last_day is not None:
        found.append(AuditEvent.at < midnight(min(asked.last_day, LAST_DAY) + timedelta(days=1)))
    if asked.what is not None:
        found.append(AuditEvent.what == asked.what)
    if asked.pupil_number is not None:
        found.append(or_(AuditEvent.pupil_number == asked.pupil_number, among(db, asked.pupil_number)))
    if asked.actor is not None:
        theirs = select(Account.id).where(Account.username_skeleton == skeleton(asked.actor))
        found.append(AuditEvent.actor_id.in_(theirs))
    if asked.request_id is not None:
        found.append(AuditEvent.request_id == asked.request_id)
    return found


def among(db: Session, pupil_number: int) -> ColumnElement[bool]:
    """One of the pupils of a list, a printed sheet or a table; `pupils` may be a mere count as well."""
    if db.get_bind().dialect.name == "postgresql":
        return cast(AuditEvent.detail, JSONB)["pupils"].contains([pupil_number])
    each = func.json_each(AuditEvent.detail, "$.pupils").table_valued("value", "path")
    listed = func.json_type(AuditEvent.detail, "$.pupils") == "array"
    return and_(listed, exists(select(1).select_from(each).where(each.c.value == pupil_number)))


def midnight(day: date) -> datetime:
    """When that day begins in Belgium."""
    return datetime.combine(max(day, FIRST_DAY), time.min, tzinfo=BRUSSELS).astimezone(UTC)


# With names


def told(db: Session, school_number: int, events: Sequence[AuditEvent]) -> list[Entry]:
    staff = Staff(db, school_number, {event.actor_id for event in events if event.actor_id})
    numbers = {event.pupil_number for event in events if event.pupil_number is not None}
    pupils = pupils_by_number(db, school_number, numbers)
    return [
        Entry(
            event.at,
            event.what,
            staff.who(event.actor_id, event.at),
            pupils.get(event.pupil_number) if event.pupil_number is not None else None,
            event.request_id,
            dict(event.detail),
        )
        for event in events
    ]


def staff_of(db: Session, school_number: int, now: datetime) -> list[Who]:
    """Everybody who works or worked there, by name: whom the log can be asked about."""
    ever = select(Appointment.account_id).where(Appointment.school_number == school_number)
    staff = Staff(db, school_number, set(db.scalars(ever)))
    everybody = [who for account_id in staff.names if (who := staff.who(account_id, now))]
    return sorted(everybody, key=lambda who: (who.name.casefold(), who.username))


class Staff:
    """These people, as one school knows them."""

    def __init__(self, db: Session, school_number: int, account_ids: set[UUID]) -> None:
        accounts = db.scalars(select(Account).where(Account.id.in_(account_ids)))
        self.names = {each.id: (each.username, full_name(each)) for each in accounts}
        self.roles: dict[UUID, list[Appointment]] = defaultdict(list)
        theirs = and_(Appointment.school_number == school_number, Appointment.account_id.in_(account_ids))
        for each in db.scalars(select(Appointment).where(theirs)):
            self.roles[each.account_id].append(each)
        self.operators = set(
            db.scalars(select(Operator.account_id).where(Operator.account_id.in_(account_ids)))
        )

    def who(self, account_id: UUID | None, at: datetime) -> Who | None:
        if account_id is None:
            return None
        username, name = self.names.get(account_id, ("", ""))
        return Who(username, name, self.role(account_id, at))

    def role(self, account_id: UUID, at: datetime) -> str:
        held = {each.role for each in self.roles[account_id] if counted_at(each, at)}
        if held:
            return str(Role.BEHEERDER if Role.BEHEERDER in held else held.pop())
        return OPERATOR if account_id in self.operators else ""


def counted_at(appointment: Appointment, at: datetime) -> bool:
    return appointment.since <= at and (appointment.ended_at is None or at < appointment.ended_at)


def full_name(account: Account) -> str:
    return f"{account.person.given_name} {account.person.family_name}".strip()


def pupils_by_number(db: Session, school_number: int, numbers: Iterable[int]) -> dict[int, Whom]:
    wanted = set(numbers)
    theirs = (Enrolment.school_number == school_number) & Enrolment.pupil_number.in_(wanted)
    columns = select(Enrolment.pupil_number, Enrolment.given_name, Enrolment.family_name).where(theirs)
    found = {row.pupil_number: Whom(*row) for row in db.execute(columns)}
    return {number: found.get(number, Whom(number, "", "")) for number in wanted}
