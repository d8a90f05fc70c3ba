"""What a list of pupils is narrowed to: words, a group, a class, a status, a type (R78, R79)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, true

from idp.accounts.records import Account
from idp.rules.belgian_time import school_day
from idp.rules.folding import folded
from idp.schools.pupil_status import Status, Type, status_in_sql, type_in_sql
from idp.schools.records import Enrolment

# A tablet types another one than the one in the name: what stands on either side is found with both.
APOSTROPHES = str.maketrans(dict.fromkeys("'\u2019\u2018\u00b4`", " "))


@dataclass(frozen=True)
class Filter:
    """What is empty narrows nothing."""

    q: str = ""
    group: str = ""
    class_code: str = ""
    status: Status | None = None
    type: Type | None = None
    reported: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Without capitals and accents, as `list_name` is; what can't be printed can't be in a name either."""
        plain = "".join(sign if sign.isprintable() else " " for sign in self.q)
        return tuple(dict.fromkeys(folded(plain.translate(APOSTROPHES)).split()))


def matches(wanted: Filter, now: datetime) -> ColumnElement[bool]:
    """Without a choice of status: everybody but those who left."""
    conditions = [has_word(word) for word in wanted.words]
    if wanted.group:
        conditions.append(Enrolment.administrative_group == wanted.group)
    if wanted.class_code:
        conditions.append(Enrolment.class_code == wanted.class_code)
    if wanted.type is not None:
        conditions.append(type_in_sql(now) == str(wanted.type))
    if wanted.reported:
        conditions.append(has_reported(now))
    if wanted.status is None:
        conditions.append(Enrolment.ends_on >= school_day(now))
    else:
        conditions.append(status_in_sql(now) == str(wanted.status))
    return and_(true(), *conditions)


def has_reported(now: datetime) -> ColumnElement[bool]:
    """ "Dit was ik niet", for the school that looks after the account now."""
    return and_(Account.not_me_at.is_not(None), Enrolment.ends_on >= school_day(now))


def has_word(word: str) -> ColumnElement[bool]:
    """In the name or in the stamnummer, as any part of it. The word's own % and _ are letters like any other."""
    in_name = Enrolment.list_name.contains(word, autoescape=True)
    return in_name | cast(Enrolment.pupil_number, String).contains(word, autoescape=True)
