"""What happened to an account, who did it, in which request: one row an event, never a secret, name or address."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from idp.accounts.records import AuditEvent


def note(
    db: Session,
    what: str,
    *,
    now: datetime,
    request_id: str,
    account_id: UUID | None = None,
    actor_id: UUID | None = None,
    school_number: int | None = None,
    pupil_number: int | None = None,
    **detail: Any,
) -> None:
    """`what` is source:action, such as `account:signed-in`. `now` is the moment of writing, also when the work took long:
    an event that is minutes older than its neighbours in the log is taken for back-dated (`verifying`).
    """
    db.add(
        AuditEvent(
            at=now,
            what=what,
            account_id=account_id,
            actor_id=actor_id,
            school_number=school_number,
            pupil_number=pupil_number,
            request_id=request_id,
            detail=detail,
        )
    )
