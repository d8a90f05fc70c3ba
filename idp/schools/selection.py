"""Which pupils are ticked: on every page and under every filter, for one sign-in at one school (R84)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, func, literal, select
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.database import UtcDateTime, insert_into
from idp.schools.finding import Filter, matches
from idp.schools.permissions import Actor
from idp.schools.pupil_status import OF_A_PUPIL
from idp.schools.records import Enrolment, SelectedPupil
from idp.schools.roster import is_selected, may_see
from idp.schools.sorting import BY_NAME

MOST = 5_000


@dataclass(frozen=True)
class Change:
    """What becomes of the ticks, in this order: none left, these away, these added, all that this filter shows added."""

    clear: bool = False
    remove: Collection[int] = ()
    add: Collection[int] = ()
    all_of: Filter | None = None


def change(db: Session, actor: Actor, wanted: Change, now: datetime) -> int | None:
    """How many are selected then; None, and the caller rolls back, when that would be more than MOST.

    Numbers that the actor may not see are as good as not said. The caller has said `writing`.
    """
    own = (
        SelectedPupil.session_digest == actor.session_digest,
        SelectedPupil.school_number == actor.school_number,
    )
    if wanted.clear:
        db.execute(delete(SelectedPupil).where(*own))
    if wanted.remove:
        db.execute(delete(SelectedPupil).where(*own, SelectedPupil.pupil_number.in_(wanted.remove)))
    if wanted.add:
        tick(db, ticks(actor, now).where(Enrolment.pupil_number.in_(wanted.add)))
    if wanted.all_of is not None:
        tick(db, ticks(actor, now).where(matches(wanted.all_of, now)))
    total = selected_total(db, actor, now)
    return total if total <= MOST else None


def tick(db: Session, rows: Select[str, int, int, datetime]) -> None:
    columns = ["session_digest", "school_number", "pupil_number", "at"]
    db.execute(insert_into(db, SelectedPupil).from_select(columns, rows).on_conflict_do_nothing())


def ticks(actor: Actor, now: datetime) -> Select[str, int, int, datetime]:
    return (
        select(
            literal(actor.session_digest),
            Enrolment.school_number,
            Enrolment.pupil_number,
            literal(now, UtcDateTime()),
        )
        .outerjoin(Account, OF_A_PUPIL)
        .where(may_see(actor, now))
    )


def selected_total(db: Session, actor: Actor, now: datetime) -> int:
    found = select(func.count()).select_from(Enrolment).where(may_see(actor, now), is_selected(actor))
    return db.scalar(found) or 0


def selected_numbers(db: Session, actor: Actor, now: datetime) -> list[int]:
    """Their stamnummers, in the order of the list."""
    found = select(Enrolment.pupil_number).where(may_see(actor, now), is_selected(actor))
    return list(db.scalars(found.order_by(*BY_NAME)))
