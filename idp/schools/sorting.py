"""In which order a list of pupils stands: six columns, both ways, the same on both engines and never by chance (R82)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Row, Select, collate
from sqlalchemy.orm import Session

from idp.rules.folding import folded
from idp.schools.pupil_status import Status, Type, rank, status_in_sql, type_in_sql
from idp.schools.records import Enrolment


class Sort(StrEnum):
    """The columns of the list (R81)."""

    FAMILY_NAME = "family_name"
    GIVEN_NAME = "given_name"
    PUPIL_NUMBER = "pupil_number"
    GROUP = "group"
    STATUS = "status"
    TYPE = "type"


# `list_name` goes letter by letter on both engines, so its index serves.
BY_NAME = (Enrolment.list_name, Enrolment.pupil_number)


def sorted_page(
    db: Session,
    rows: Select[*tuple[Any, ...]],
    sort: Sort,
    now: datetime,
    *,
    descending: bool,
    skip: int,
    take: int,
) -> Sequence[Row[Any]]:
    """`take` of the rows. Ties go by name and stamnummer, forwards always, so that a page never changes by itself."""
    if sort is Sort.GIVEN_NAME:
        return by_given_name(db, rows, descending, slice(skip, skip + take))
    key = sort_key(db, sort, now)
    ordered = rows.order_by(key.desc() if descending else key.asc(), *BY_NAME)
    return db.execute(ordered.offset(skip).limit(take)).all()


def sort_key(db: Session, sort: Sort, now: datetime) -> ColumnElement[Any]:
    match sort:
        case Sort.FAMILY_NAME | Sort.GIVEN_NAME:
            return Enrolment.list_name.expression
        case Sort.PUPIL_NUMBER:
            return Enrolment.pupil_number.expression
        case Sort.GROUP:
            return collate(Enrolment.administrative_group, letter_by_letter(db))
        case Sort.STATUS:
            return rank(status_in_sql(now), Status)
        case Sort.TYPE:
            return rank(type_in_sql(now), Type)
        case _:
            assert_never(sort)


def letter_by_letter(db: Session) -> str:
    return "C" if db.get_bind().dialect.name == "postgresql" else "BINARY"


def by_given_name(
    db: Session, rows: Select[*tuple[Any, ...]], descending: bool, chosen: slice
) -> Sequence[Row[Any]]:
    """No column holds given names folded, so here `Élise` gets her place between D and F. One statement more for that."""
    names = rows.with_only_columns(Enrolment.pupil_number, Enrolment.given_name).order_by(*BY_NAME)
    ordered = sorted(db.execute(names), key=lambda row: folded_once(row.given_name), reverse=descending)
    page = [row.pupil_number for row in ordered[chosen]]
    found = {row.pupil_number: row for row in db.execute(rows.where(Enrolment.pupil_number.in_(page)))}
    return [found[number] for number in page if number in found]


# A school has a few hundred given names, and the next one has the same ones.
folded_once = lru_cache(maxsize=20_000)(folded)
