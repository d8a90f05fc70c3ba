"""Another username for a pupil, by the school (R25): the same rules as for a new one, and not too many an hour (PW-35)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.accounts import lookup, usernames
from idp.accounts.records import Account, AuditEvent, Username
from idp.rules.usernames import problems, skeleton
from idp.schools.permissions import Actor

RENAMED = "pupil:renamed"
TAKEN = "taken"
IN = timedelta(hours=1)


def what_is_wrong(db: Session, candidate: str, own: Account | None) -> tuple[str, ...]:
    """Why this can't be the username: of R22 to R24 everything at once, else that somebody has or had it (R21).

    The pupil's own name, also with other capitals, is free to the pupil.
    """
    found = problems(candidate)
    if found:
        return tuple(map(str, found))
    seen = skeleton(candidate)
    if own is not None and seen == own.username_skeleton:
        return ()
    taken = select(Username.skeleton).where(Username.skeleton == seen)
    return (TAKEN,) if db.scalar(taken) is not None else ()


def changed_enough(db: Session, actor: Actor, most: int, now: datetime) -> bool:
    """Whether the actor renamed as many pupils as one may in an hour. The caller has said `writing`.

    The actor's own account is held meanwhile, so that two changes at once count as two.
    """
    lookup.by_id_held(db, actor.account_id)
    renamed = select(func.count()).where(
        AuditEvent.actor_id == actor.account_id,
        AuditEvent.at > now - IN,
        AuditEvent.what == RENAMED,
        AuditEvent.school_number == actor.school_number,
    )
    return (db.scalar(renamed) or 0) >= most


def rename(db: Session, account: Account, username: str, now: datetime) -> tuple[str, ...]:
    """Renames, or answers why not. The old name is never given out again. The caller has said `writing`."""
    held = lookup.by_id_held(db, account.id)
    if held is None:
        return ()
    wrong = what_is_wrong(db, username, held)
    if not wrong and not usernames.rename(db, held, username, now):
        return (TAKEN,)  # by somebody who was quicker
    return wrong
