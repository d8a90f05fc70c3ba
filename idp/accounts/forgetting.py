"""What is forgotten of the log, and when: events of more than two years ago, from the beginning of the chain (PR-08).

The link of the last one that goes stays behind, so that the chain of the rest still begins somewhere. The newest event
always stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from idp.accounts.records import AuditEvent, AuditLink
from idp.database import let_go, writing

# A little more than the 24 months of the database's own lock (`keeping`).
KEPT = timedelta(days=733)
AT_ONCE = 500


def forget_some(db: Session, now: datetime) -> int:
    """One short transaction; answers how many events went."""
    if last_to_go(db, now - KEPT) is None:
        let_go(db)
        return 0
    writing(db)
    last = last_to_go(db, now - KEPT)
    if last is None:  # another process was first
        db.rollback()
        return 0
    through = select(AuditLink.event_id).where(AuditLink.position <= last)
    gone = db.connection().execute(delete(AuditEvent).where(AuditEvent.id.in_(through)))
    db.execute(delete(AuditLink).where(AuditLink.position < last))
    db.commit()
    return gone.rowcount


def last_to_go(db: Session, before: datetime) -> int | None:
    """The last place, of the first few hundred, up to which everything is old. Nothing may be left out in between."""
    newest = db.scalar(select(func.max(AuditLink.position))) or 0
    first = (
        select(AuditLink.position, AuditLink.linked_at, AuditEvent.at)
        .join(AuditEvent, AuditEvent.id == AuditLink.event_id)
        .where(AuditLink.position < newest)
        .order_by(AuditLink.position)
        .limit(AT_ONCE)
    )
    last = None
    for link in db.execute(first):
        if link.at >= before or link.linked_at >= before:
            break
        last = link.position
    return last
