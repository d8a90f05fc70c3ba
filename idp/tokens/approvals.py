"""What a person saw or allowed of what an application gets; remembered, and added to (PR-12, PR-20)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.database import insert_into
from idp.tokens.approved import Approved
from idp.tokens.records import Approval


def approved(db: Session, account_id: UUID, client_id: str) -> Approved | None:
    found = db.execute(
        select(Approval.claims, Approval.scopes, Approval.at).where(
            Approval.account_id == account_id, Approval.client_id == client_id
        )
    ).first()
    return Approved(frozenset(found.claims), frozenset(found.scopes), found.at) if found else None


def remember(
    db: Session,
    account_id: UUID,
    client_id: str,
    *,
    claims: Collection[str],
    scopes: Collection[str],
    now: datetime,
) -> None:
    """Adds to what was approved before. Two tabs at once: the second insert finds the first, and adds to that."""
    before = approved(db, account_id, client_id)
    if before is None:
        try:
            with db.begin_nested():
                db.execute(
                    insert(Approval).values(
                        account_id=account_id,
                        client_id=client_id,
                        claims=sorted(claims),
                        scopes=sorted(scopes),
                        at=now,
                    )
                )
            return
        except IntegrityError:
            before = approved(db, account_id, client_id) or Approved(frozenset(), frozenset(), now)
    db.execute(
        update(Approval)
        .where(Approval.account_id == account_id, Approval.client_id == client_id)
        .values(
            claims=sorted(before.claims | set(claims)), scopes=sorted(before.scopes | set(scopes)), at=now
        )
    )


def withdraw(db: Session, account_id: UUID, client_id: str, now: datetime) -> None:
    """The pupil ends an application's access: the next time it is asked again, also where no page would have stood."""
    nothing = {"claims": [], "scopes": [], "at": now}
    kept = insert_into(db, Approval).values(account_id=account_id, client_id=client_id, **nothing)
    db.execute(
        kept.on_conflict_do_update(index_elements=[Approval.account_id, Approval.client_id], set_=nothing)
    )
