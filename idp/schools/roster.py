"""A school's pupils as its staff may see them: every lookup carries the permission, so what they may not see isn't there.

A beheerder sees the whole school, a leerkracht the own classes (`may_see`). Whoever left stays to be seen for a year, but
the account that went along does not: another school may look after it now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select
from sqlalchemy.orm import Session, lazyload

from idp.accounts.records import Account, Person
from idp.rules.belgian_time import school_day
from idp.schools.finding import Filter, has_reported, matches
from idp.schools.permissions import Actor
from idp.schools.pupil_status import (
    OF_A_PUPIL,
    Status,
    Type,
    status_in_sql,
    status_of,
    type_in_sql,
    type_of,
)
from idp.schools.records import Enrolment, SelectedPupil
from idp.schools.sorting import BY_NAME, Sort, sorted_page

STAYS_FOR = timedelta(days=365)
# A summer: cards for September are made in June. Until then who comes is the pupil of another school, or of none.
COMES_WITHIN = timedelta(days=92)
LARGEST_NUMBER = 2**31 - 1
PER_PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """Which page of which list."""

    filter: Filter = field(default_factory=Filter)
    sort: Sort = Sort.FAMILY_NAME
    descending: bool = False
    page: int = 1
    per_page: int = PER_PAGE


@dataclass(frozen=True)
class Choices:
    """What the filter lists offer: what there is among the pupils that the actor may see."""

    groups: tuple[str, ...]
    classes: tuple[str, ...]
    statuses: tuple[Status, ...]
    types: tuple[Type, ...]


@dataclass(frozen=True)
class Listed:
    """A row of the list."""

    pupil_number: int
    given_name: str
    family_name: str
    group: str
    class_code: str
    status: Status
    type: Type
    reported: bool
    selected: bool


@dataclass(frozen=True)
class Page:
    """A page of the list. `total` follows the filter (R80), `selected_total` doesn't (R84), nor does `reported_total`."""

    total: int
    page: int
    pages: int
    selected_total: int
    reported_total: int
    rows: tuple[Listed, ...]
    choices: Choices


@dataclass(frozen=True)
class Pupil:
    """One pupil. `account` None: there is none, or it is no longer this school's to know about."""

    enrolment: Enrolment
    person: Person
    account: Account | None
    status: Status
    type: Type

    @property
    def number(self) -> int:
        return self.enrolment.pupil_number


def pupils_at(db: Session, actor: Actor, wanted: Wanted, now: datetime) -> Page:
    """One page of the actor's pupils, in two statements. Beyond the last page is the last page."""
    counted = overview(db, actor, wanted.filter, now)
    total = sum(row.matching for row in counted)
    pages = max(1, ceil(total / wanted.per_page))
    page = min(wanted.page, pages)
    rows = sorted_page(
        db,
        listing(actor, now).where(matches(wanted.filter, now)),
        wanted.sort,
        now,
        descending=wanted.descending,
        skip=(page - 1) * wanted.per_page,
        take=wanted.per_page,
    )
    return Page(
        total=total,
        page=page,
        pages=pages,
        selected_total=sum(row.selected for row in counted),
        reported_total=sum(row.reported for row in counted),
        rows=tuple(listed(row) for row in rows),
        choices=choices(counted, wanted.filter),
    )


def pupil_for(db: Session, actor: Actor, pupil_number: int, now: datetime) -> Pupil | None:
    """None for who isn't there, and for who isn't there for this actor."""
    return next(iter(pupils_for(db, actor, [pupil_number], now)), None)


def pupils_for(db: Session, actor: Actor, pupil_numbers: Collection[int], now: datetime) -> list[Pupil]:
    """Those of them whom the actor may see, in the order of the list."""
    known = [number for number in pupil_numbers if 0 <= number <= LARGEST_NUMBER]
    found = (
        select(Enrolment, Person, Account)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(Account, OF_A_PUPIL)
        .where(may_see(actor, now), Enrolment.pupil_number.in_(known))
        .order_by(*BY_NAME)
        .options(lazyload(Account.person))
    )
    return [pupil(*row, now) for row in db.execute(found)] if known else []


def pupil(enrolment: Enrolment, person: Person, account: Account | None, now: datetime) -> Pupil:
    left = enrolment.ends_on < school_day(now)
    return Pupil(
        enrolment=enrolment,
        person=person,
        account=None if left else account,
        status=status_of(enrolment, account, now),
        type=type_of(enrolment, account, now),
    )


def how_many(db: Session, actors: Sequence[Actor], now: datetime) -> dict[int, int]:
    """The pupils of each of these schools, one actor a school, as the list without a filter counts them."""
    here = [and_(may_see(actor, now), Enrolment.ends_on >= school_day(now)) for actor in actors]
    counted = [
        select(func.count()).select_from(Enrolment).where(condition).scalar_subquery() for condition in here
    ]
    row = db.execute(select(*counted)).one() if counted else ()
    return {actor.school_number: count for actor, count in zip(actors, row, strict=True)}


def may_see(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The permission: this school's pupils of today, of soon and of the last year; a leerkracht's own classes only."""
    today = school_day(now)
    of_school = and_(
        Enrolment.school_number == actor.school_number,
        Enrolment.ends_on >= today - STAYS_FOR,
        Enrolment.starts_on <= today + COMES_WITHIN,
    )
    if actor.classes is None:
        return of_school
    return and_(of_school, Enrolment.class_code.in_(sorted(actor.classes)))


def is_selected(actor: Actor) -> ColumnElement[bool]:
    """Ticked in this sign-in. A list of numbers and no join: that is looked up once, however many pupils there are."""
    own = select(SelectedPupil.pupil_number).where(
        SelectedPupil.session_digest == actor.session_digest,
        SelectedPupil.school_number == actor.school_number,
    )
    return Enrolment.pupil_number.in_(own)


def overview(db: Session, actor: Actor, wanted: Filter, now: datetime) -> Sequence[Row[Any]]:
    """How many of each kind there are, match and are selected: every number and every choice of the page at once."""
    counted = (
        select(
            Enrolment.administrative_group.label("in_group"),
            Enrolment.class_code.label("in_class"),
            status_in_sql(now).label("has_status"),
            type_in_sql(now).label("has_type"),
            func.sum(case((matches(wanted, now), 1), else_=0)).label("matching"),
            func.sum(case((is_selected(actor), 1), else_=0)).label("selected"),
            func.sum(case((has_reported(now), 1), else_=0)).label("reported"),
        )
        .select_from(Enrolment)
        .outerjoin(Account, OF_A_PUPIL)
        .where(may_see(actor, now))
        # By their names: to PostgreSQL the same expression with parameters of its own is another expression.
        .group_by("in_group", "in_class", "has_status", "has_type")
    )
    return db.execute(counted).all()


def choices(counted: Sequence[Row[Any]], wanted: Filter) -> Choices:
    """The groups and classes of who left are offered to who looks for those."""
    left = wanted.status is Status.INACTIVE
    looked_at = [row for row in counted if (row.has_status == Status.INACTIVE) is left]
    statuses, types = {row.has_status for row in counted}, {row.has_type for row in looked_at}
    return Choices(
        groups=tuple(sorted({row.in_group for row in looked_at} - {""})),
        classes=tuple(sorted({row.in_class for row in looked_at} - {""})),
        statuses=tuple(each for each in Status if each in statuses),
        types=tuple(each for each in Type if each and each in types),
    )


def listing(actor: Actor, now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Enrolment.pupil_number,
            Enrolment.given_name,
            Enrolment.family_name,
            Enrolment.administrative_group,
            Enrolment.class_code,
            status_in_sql(now).label("has_status"),
            type_in_sql(now).label("has_type"),
            has_reported(now).label("reported"),
            is_selected(actor).label("selected"),
        )
        .select_from(Enrolment)
        .outerjoin(Account, OF_A_PUPIL)
        .where(may_see(actor, now))
    )


def listed(row: Row[Any]) -> Listed:
    return Listed(
        pupil_number=row.pupil_number,
        given_name=row.given_name,
        family_name=row.family_name,
        group=row.administrative_group,
        class_code=row.class_code,
        status=Status(row.has_status),
        type=Type(row.has_type),
        reported=bool(row.reported),
        selected=bool(row.selected),
    )
