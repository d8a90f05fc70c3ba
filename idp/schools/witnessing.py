"""What staff saw or did at a school, witnessed: one event for every view, search, print, export and change (OA-61)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from idp.accounts.history import note
from idp.rules.folding import folded
from idp.schools.permissions import Actor

LONGEST = 200


def witness(
    db: Session,
    actor: Actor,
    what: str,
    *,
    now: datetime,
    request_id: str,
    pupil_number: int | None = None,
    account_id: UUID | None = None,
    **detail: Any,
) -> None:
    """`what` is source:action, such as `pupil:viewed`; `detail` holds counts and choices, never a secret, a name or a term.

    The caller has said `writing`. Who can't be witnessed doesn't get to see it either: the event and what it is about are
    stored together or not at all.
    """
    note(
        db,
        what,
        now=now,
        request_id=request_id,
        account_id=account_id,
        actor_id=actor.account_id,
        school_number=actor.school_number,
        pupil_number=pupil_number,
        **{name: bounded(value) for name, value in detail.items()},
    )


def bounded(value: Any) -> Any:
    """OA-60: what somebody typed can't make an event long, nor a text that one of the databases can't look into."""
    if not isinstance(value, str):
        return value
    return value[:LONGEST].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def disguised(term: str, key: bytes) -> str:
    """A search term in the log: who searched the same twice can be seen, not what they searched (PR-11)."""
    return hmac.new(key, b"search:" + folded(term.strip()).encode(), hashlib.sha256).hexdigest()[:32]
