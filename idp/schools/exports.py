"""How many pupils' data may leave through one member of staff in an hour, and when that raises an alarm (OA-63)."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from idp.database import insert_into, writing
from idp.schools.permissions import Actor
from idp.schools.records import ExportTally
from idp.schools.witnessing import witness
from idp.settings import Staff

security = logging.getLogger("leerid.security")


def spend(
    db: Session, actor: Actor, how_many: int, now: datetime, staff: Staff, *, request_id: str = "-"
) -> bool:
    """Counts this many pupils and answers True, or counts nothing and answers False: it would be too much for this hour.

    The caller has said `writing`, and calls this before anything else that it changes: a refusal is stored at once,
    because the Problem that follows it rolls everything back.
    """
    total = counted(db, actor, how_many, now, staff.exported_pupils_an_hour)
    if total is None:
        refuse(db, actor, how_many, now, request_id)
        return False
    if total - how_many <= staff.alarm_pupils_an_hour < total:
        raise_alarm(db, actor, total, now, request_id)
    return True


def counted(db: Session, actor: Actor, how_many: int, now: datetime, limit: int) -> int | None:
    """This hour's total with these, or None. One statement, so that two exports at once can't both have the last place."""
    if how_many > limit:
        return None
    first = insert_into(db, ExportTally).values(
        account_id=actor.account_id,
        school_number=actor.school_number,
        hour=now.replace(minute=0, second=0, microsecond=0),
        pupils=how_many,
    )
    more = first.on_conflict_do_update(
        index_elements=["account_id", "school_number", "hour"],
        set_={"pupils": ExportTally.pupils + how_many},
        where=ExportTally.pupils + how_many <= limit,
    )
    total: int | None = db.scalar(more.returning(ExportTally.pupils))
    return total


def raise_alarm(db: Session, actor: Actor, total: int, now: datetime, request_id: str) -> None:
    witness(db, actor, "export:alarm", now=now, request_id=request_id, pupils=total)
    security.warning("export:alarm", extra=about(actor, total))


def refuse(db: Session, actor: Actor, how_many: int, now: datetime, request_id: str) -> None:
    db.rollback()
    writing(db)
    witness(db, actor, "export:refused", now=now, request_id=request_id, pupils=how_many)
    db.commit()
    security.warning("export:refused", extra=about(actor, how_many))


def about(actor: Actor, pupils: int) -> dict[str, object]:
    """Ids only: no name is in a technical log (PR-08)."""
    return {"actor": str(actor.account_id), "school": actor.school_number, "pupils": pupils}
