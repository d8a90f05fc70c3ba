"""Which applications a school uses, and in which order its pupils find them (requirements, section 5.11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from idp.accounts.records import Account
from idp.database import insert_into
from idp.rules.belgian_time import next_midnight, school_day
from idp.schools.permissions import Actor
from idp.schools.records import Enrolment, School, SchoolApplication

SWITCHED_ON = "application:switched-on"
SWITCHED_OFF = "application:switched-off"
ORDERED = "applications:ordered"


@dataclass(frozen=True)
class Decided:
    """What one school decided about one application. Without a `position` it comes after those that have one, by name."""

    position: int | None = None
    off: bool = False


UNDECIDED = Decided()
Decisions = Mapping[tuple[int, str], Decided]


def decided_by(db: Session, schools: Iterable[int]) -> Decisions:
    """Everything that these schools decided, by school and application."""
    columns = select(
        SchoolApplication.school_number,
        SchoolApplication.client_id,
        SchoolApplication.position,
        SchoolApplication.off_at,
    ).where(SchoolApplication.school_number.in_(schools))
    return {
        (row.school_number, row.client_id): Decided(row.position, row.off_at is not None)
        for row in db.execute(columns)
    }


def meant_for(only_for: Collection[int], schools: Iterable[int]) -> list[int]:
    """Those of `schools` that an application is for; `only_for` is what its registration says, empty for all of them."""
    return [number for number in schools if not only_for or number in only_for]


def may_use(only_for: Collection[int], schools: Collection[int], off: Collection[int]) -> bool:
    """Whether somebody of these schools may use an application that is `off` at those.

    Who is at no school may use what is for everybody: nobody switched it off for them.
    """
    if not schools:
        return not only_for
    return any(number not in off for number in meant_for(only_for, schools))


def switch(db: Session, actor: Actor, client_id: str, *, on: bool, now: datetime) -> bool:
    """On or off at the actor's school. False when it was so already. The caller has said `writing`."""
    here = {"school_number": actor.school_number, "client_id": client_id}
    if is_off(db, actor.school_number, client_id) is not on:
        return False
    decided: dict[str, Any] = {"off_at": None if on else now, "off_by": None if on else actor.account_id}
    row = insert_into(db, SchoolApplication).values(**here, **decided)
    db.execute(row.on_conflict_do_update(index_elements=list(here), set_=decided))
    return True


def is_off(db: Session, school_number: int, client_id: str) -> bool:
    here = SchoolApplication.school_number == school_number, SchoolApplication.client_id == client_id
    return db.scalar(select(SchoolApplication.off_at).where(*here)) is not None


def arrange(db: Session, school_number: int, client_ids: Sequence[str]) -> None:
    """These first, in this order; every other one after them, by name. The caller has said `writing`."""
    of_school = SchoolApplication.school_number == school_number
    db.execute(update(SchoolApplication).where(of_school).values(position=None))
    if not client_ids:
        return
    row = insert_into(db, SchoolApplication)
    placed = row.on_conflict_do_update(
        index_elements=["school_number", "client_id"], set_={"position": row.excluded.position}
    )
    db.connection().execute(
        placed,
        [
            {"school_number": school_number, "client_id": client_id, "position": position}
            for position, client_id in enumerate(client_ids, start=1)
        ],
    )


def left_without(
    client_id: str, only_for: Collection[int], school_number: int, now: datetime
) -> Select[UUID]:
    """The accounts of this school's pupils who have no other school where the application is on.

    It looks at other schools too, so it is asked `everywhere`.
    """
    elsewhere, its_school = aliased(Enrolment), aliased(School)
    off = select(SchoolApplication.school_number).where(
        SchoolApplication.client_id == client_id, SchoolApplication.off_at.is_not(None)
    )
    still_on = (
        exists()
        .where(elsewhere.person_id == Account.person_id, elsewhere.school_number != school_number)
        .where(elsewhere.starts_on <= school_day(now), elsewhere.ends_on >= school_day(now))
        .where(its_school.number == elsewhere.school_number)
        .where(or_(its_school.closed_at.is_(None), its_school.closed_at >= next_midnight(now)))
        .where(elsewhere.school_number.not_in(off))
    )
    if only_for:
        still_on = still_on.where(elsewhere.school_number.in_(only_for))
    return (
        select(Account.id)
        .join(Enrolment, Enrolment.person_id == Account.person_id)
        .where(Enrolment.school_number == school_number)
        .where(Enrolment.starts_on <= school_day(now), Enrolment.ends_on >= school_day(now))
        .where(~still_on)
    )
