"""The numbers on the pages that said no: kept for a month, found by whoever is told one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from idp.accounts.records import Fault
from idp.database import insert_into

# As long as their columns.
LONGEST = {"application": 20, "reason": 60, "route": 200}


def keep(db: Session, traces: Sequence[Mapping[str, Any]]) -> None:
    """The first one of a number stays. The caller has said `writing`."""
    rows = [{**each, **{name: each[name][:most] for name, most in LONGEST.items()}} for each in traces]
    db.execute(insert_into(db, Fault).values(rows).on_conflict_do_nothing())


def found(db: Session, number: str) -> Fault | None:
    return db.get(Fault, number)
