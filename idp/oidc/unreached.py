"""The applications that could not be told of a signing out, for whoever runs LeerID."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.oidc.records import LogoutNotice


def given_up(db: Session, since: datetime, most: int) -> Sequence[LogoutNotice]:
    """The notices that nobody tries any more, newest first."""
    found = select(LogoutNotice).where(LogoutNotice.gave_up_at >= since)
    return db.scalars(found.order_by(LogoutNotice.gave_up_at.desc(), LogoutNotice.id).limit(most)).all()
