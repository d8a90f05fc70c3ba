"""Asking over and over which usernames somebody has: each time is in the log, and soon there is no answer (CV-43).

That a name is taken must be said to whoever gives a pupil another one. Whom it belongs to, and at which school, is never
said; and nobody makes a list of all pupils of the country out of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select

from idp.accounts.records import AuditEvent
from idp.api.problems import Problem
from idp.database import let_go, writing
from idp.schools.permissions import Actor
from idp.schools.renaming import TAKEN
from idp.schools.witnessing import disguised, witness
from idp.web.request import db, now, request_id, wiring

FOUND_TAKEN = "username:taken"
# Who renames a whole class of namesakes meets fewer.
TAKEN_AN_HOUR = 100
AN_HOUR = timedelta(hours=1)


def refuse_to_go_on(actor: Actor) -> None:
    """Raises Problem."""
    theirs = (AuditEvent.actor_id == actor.account_id, AuditEvent.school_number == actor.school_number)
    recent = (AuditEvent.at > now() - AN_HOUR, AuditEvent.what == FOUND_TAKEN)
    found = select(func.count()).where(*theirs, *recent)
    if (db().scalar(found) or 0) >= TAKEN_AN_HOUR:
        raise Problem(429)


def remember(actor: Actor, candidate: str, problems: Collection[str]) -> None:
    """Stored now, whatever follows: raising rolls back."""
    if TAKEN not in problems:
        return
    writing(db())
    name = disguised(candidate, wiring().keys.lookup)
    witness(db(), actor, FOUND_TAKEN, now=now(), request_id=request_id(), name=name)
    let_go(db())
