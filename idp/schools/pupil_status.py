"""How a pupil stands in a school's list: the same rules in Python, for one pupil, and in SQL, for a list of thousands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sqlalchemy import ColumnElement, String, and_, case, or_, type_coerce

from idp.accounts.records import Account
from idp.accounts.standing import standing_of
from idp.rules.account_types import AccountKind
from idp.rules.belgian_time import school_day
from idp.rules.lifecycle import Standing
from idp.schools.records import Enrolment


class Status(StrEnum):
    """In the order in which a list sorts them."""

    ACTIVE = "active"
    NONE = "none"  # "Geen account" (R28, R83)
    EXPIRED = "expired"  # no own password was chosen in time (R12)
    PROTECTED = "protected"  # by a hundred failures in a row
    BLOCKED = "blocked"
    INACTIVE = "inactive"  # the enrolment at this school ended (R27)


class Type(StrEnum):
    """In the order in which a list sorts them (R29)."""

    NONE = ""
    BASIC = "basic"
    ADVANCED = "advanced"


# Who left may have an account that another school looks after: it is no longer this school's to know about (OA-54).
OF_A_PUPIL = and_(Account.person_id == Enrolment.person_id, Account.kind != AccountKind.STAFF)


def status_of(enrolment: Enrolment, account: Account | None, now: datetime) -> Status:
    if enrolment.ends_on < school_day(now):
        return Status.INACTIVE
    return of_standing(standing_of(account, now) if account is not None else Standing.NO_ACCOUNT)


def of_standing(standing: Standing) -> Status:
    match standing:
        case Standing.NO_ACCOUNT:
            return Status.NONE
        case Standing.ACTIVE:
            return Status.ACTIVE
        case Standing.INACTIVE:
            return Status.INACTIVE
        case Standing.BLOCKED:
            return Status.BLOCKED
        case Standing.PROTECTED:
            return Status.PROTECTED
        case Standing.TEMPORARY_EXPIRED:
            return Status.EXPIRED
        case _:
            assert_never(standing)


def type_of(enrolment: Enrolment, account: Account | None, now: datetime) -> Type:
    if account is None or enrolment.ends_on < school_day(now):
        return Type.NONE
    return Type(account.kind)


def status_in_sql(now: datetime) -> ColumnElement[str]:
    """`status_of` for a row of `enrolments` with its account, if any, joined by OF_A_PUPIL."""
    today = school_day(now)
    return case(
        (Enrolment.ends_on < today, str(Status.INACTIVE)),
        (Account.kind.is_(None), str(Status.NONE)),
        (Account.blocked_at.is_not(None), str(Status.BLOCKED)),
        (Account.active_until < today, str(Status.INACTIVE)),
        (Account.protected_at.is_not(None), str(Status.PROTECTED)),
        (Account.temporary_until <= now, str(Status.EXPIRED)),
        else_=str(Status.ACTIVE),
    )


def type_in_sql(now: datetime) -> ColumnElement[str]:
    nobodys = or_(Account.kind.is_(None), Enrolment.ends_on < school_day(now))
    return case((nobodys, str(Type.NONE)), else_=type_coerce(Account.kind, String))


def rank(choice: ColumnElement[str], choices: type[Status] | type[Type]) -> ColumnElement[int]:
    """A choice's place among its kind, to sort by."""
    return case({str(each): place for place, each in enumerate(choices)}, value=choice)
