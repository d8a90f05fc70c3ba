"""Whom each line of a feed is about.

In this order: whoever has its key, at whatever school; else whoever had this stamnummer here, unless name and birth date say
that it was given to somebody else meanwhile (PR-04); else somebody new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    Subquery,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
)

from idp.rules.account_types import AccountKind
from idp.schools.imports.tables import accounts, enrolments, no_null, people, usable


def owned_lines(import_id: UUID, today: date) -> Subquery:
    """Whose each line is. All lines with one key have one owner, also when only one of their schools knew the pupil."""
    found = met(import_id, today)
    # Without a key, a line is about nobody but itself.
    key = func.coalesce(found.c.registry_key, cast(found.c.line, String))
    claim = case((found.c.is_holder, found.c.holder), else_=null())
    place = (found.c.school_number, found.c.pupil_number)
    with_account_first = case((and_(found.c.is_holder, found.c.holder_has_account), 0), else_=1)
    claimed = func.first_value(claim).over(
        partition_by=key, order_by=(claim.is_(None), with_account_first, *place)
    )
    first = func.first_value(found.c.person_id).over(partition_by=key, order_by=place)
    told_first = func.row_number().over(
        partition_by=key, order_by=(found.c.official_family_name.is_(None), *place)
    )
    return select(
        found,
        func.coalesce(found.c.keyed, claimed, type_=Uuid()).label("owner"),
        first.label("new_person"),
        (first == found.c.person_id).label("makes_person"),
        (told_first == 1).label("leads"),
    ).subquery("owned")


@dataclass(frozen=True)
class Sides:
    """A line, and whom and what the database has for it; each side may be missing."""

    line: FromClause  # of the feed
    enrolment: FromClause  # with this stamnummer at this school
    holder: FromClause  # the person whom that enrolment is of


def met(import_id: UUID, today: date) -> Subquery:
    """Each line with the enrolment, the person and the account that it meets."""
    line = usable(import_id).subquery("usable")
    holder, keyed = people.alias("holder"), people.alias("keyed")
    has_account = exists().where(accounts.c.person_id == holder.c.id, accounts.c.kind != AccountKind.STAFF)
    sides = Sides(line, enrolments, holder)
    return (
        select(
            line.c.school_number,
            line.c.pupil_number,
            line.c.line,
            line.c.registry_key,
            line.c.person_id,
            line.c.official_family_name,
            enrolments.c.id.label("enrolment_id"),
            holder.c.id.label("holder"),
            keyed.c.id.label("keyed"),
            is_still(sides, today).label("is_holder"),
            has_account.label("holder_has_account"),
        )
        .select_from(line)
        .outerjoin(
            enrolments,
            and_(
                enrolments.c.school_number == line.c.school_number,
                enrolments.c.pupil_number == line.c.pupil_number,
            ),
        )
        .outerjoin(holder, holder.c.id == enrolments.c.person_id)
        .outerjoin(keyed, keyed.c.registry_key == line.c.registry_key)
        # What was over before we knew of it, nobody needs to know.
        .where(or_(enrolments.c.id.is_not(None), line.c.ends_on >= today))
        .subquery("met")
    )


def is_still(sides: Sides, today: date) -> ColumnElement[bool]:
    """Whether the line is about the person who had this stamnummer before.

    A school may give a number out again. With another key it is somebody else, unless name and birth date are the same: then
    the key was corrected. Without one, while the enrolment runs, a name may be corrected, or a birth date, but not both at
    once. After it ended the name must be the same, or else the given name and the birth date.
    """
    line, enrolment, holder = sides.line, sides.enrolment, sides.holder
    same_name = enrolment.c.list_name == line.c.list_name
    same_given = enrolment.c.given_name == line.c.given_name
    same_birth = no_null(holder.c.birth_date == line.c.birth_date)
    other_birth = no_null(holder.c.birth_date != line.c.birth_date)
    return and_(
        enrolment.c.id.is_not(None),
        case(
            (no_null(holder.c.registry_key != line.c.registry_key), and_(same_name, same_birth)),
            (enrolment.c.ends_on < today, or_(same_name, and_(same_given, same_birth))),
            else_=or_(same_name, ~other_birth),
        ),
    )
