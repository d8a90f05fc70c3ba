"""Which applications a person used, and what they got: of live grants, and of what stays of cleared ones (PR-12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from idp.accounts.records import Account
from idp.database import insert_into, writing
from idp.rules.account_types import AccountKind
from idp.tokens.records import ApplicationUse, Approval, GrantFamily, RefreshToken

AT_ONCE = 500


@dataclass(frozen=True)
class Use:
    """One application, and what it ever got. `shares`: it may still get it, without asking anew."""

    client_id: str
    first_at: datetime
    last_at: datetime
    claims: tuple[str, ...]
    shares: bool


@dataclass(frozen=True)
class Piece:
    """A part of that: one grant, or what stays of several."""

    first_at: datetime
    last_at: datetime
    claims: frozenset[str]

    def __add__(self, other: Piece) -> Piece:
        return Piece(
            min(self.first_at, other.first_at), max(self.last_at, other.last_at), self.claims | other.claims
        )


# Telling


def uses_of(db: Session, account_id: UUID, *, since: datetime, now: datetime) -> list[Use]:
    """Used since then, the last used first. Three short looks, each along an index."""
    pieces: dict[str, list[Piece]] = defaultdict(list)
    shares: set[str] = set()
    for row in db.execute(grants().where(GrantFamily.account_id == account_id)):
        pieces[row.client_id].append(piece_of(row))
        if row.revoked_at is None and row.expires_at > now:
            shares.add(row.client_id)
    for kept in db.scalars(select(ApplicationUse).where(ApplicationUse.account_id == account_id)):
        pieces[kept.client_id].append(Piece(kept.first_at, kept.last_at, frozenset(kept.claims)))
    said = select(Approval.client_id, Approval.scopes).where(Approval.account_id == account_id)
    shares.update(row.client_id for row in db.execute(said) if row.scopes)  # without any, it was withdrawn
    found = [use_of(client_id, added(each), client_id in shares) for client_id, each in pieces.items()]
    return sorted(
        (use for use in found if use.last_at >= since),
        key=lambda use: (use.last_at, use.client_id),
        reverse=True,
    )


def has_used(db: Session, account_id: UUID, client_id: str) -> bool:
    """Whether there is anything between these two that could be ended."""
    return any(
        db.scalar(
            select(record.client_id)
            .where(record.account_id == account_id, record.client_id == client_id)
            .limit(1)
        )
        for record in (GrantFamily, Approval, ApplicationUse)
    )


def grants() -> Select[*tuple[Any, ...]]:
    """Each grant with the last moment that something came of it: refreshed is used, too."""
    refreshed = (
        select(func.max(RefreshToken.issued_at))
        .where(RefreshToken.family_id == GrantFamily.id)
        .scalar_subquery()
    )
    return select(
        GrantFamily.id,
        GrantFamily.account_id,
        GrantFamily.client_id,
        GrantFamily.released,
        GrantFamily.created_at,
        GrantFamily.expires_at,
        GrantFamily.revoked_at,
        refreshed.label("refreshed_at"),
    )


def piece_of(grant: Row[*tuple[Any, ...]]) -> Piece:
    return Piece(
        grant.created_at,
        max(grant.created_at, grant.refreshed_at or grant.created_at),
        frozenset(grant.released),
    )


def added(pieces: Sequence[Piece]) -> Piece:
    first, *others = pieces
    for other in others:
        first = first + other
    return first


def use_of(client_id: str, piece: Piece, shares: bool) -> Use:
    return Use(client_id, piece.first_at, piece.last_at, tuple(sorted(piece.claims)), shares)


# Clearing


def fold_some(db: Session, expired_before: datetime) -> int:
    """Clears some grants that ended before then, and keeps what they say of applications, in one short transaction.

    Both or neither: a grant that was folded is gone, so none is counted twice. Answers how many went.
    """
    writing(db)
    gone = db.execute(
        grants()
        .where(GrantFamily.expires_at < expired_before)
        .order_by(GrantFamily.expires_at)
        .limit(AT_ONCE)
        .with_for_update(of=GrantFamily, skip_locked=True)
    ).all()
    keep(db, pupils_among(db, gone))
    ids = [grant.id for grant in gone]
    db.execute(
        delete(GrantFamily).where(GrantFamily.id.in_(ids)), execution_options={"synchronize_session": False}
    )
    db.commit()
    return len(ids)


def pupils_among(db: Session, gone: Sequence[Row[*tuple[Any, ...]]]) -> list[Row[*tuple[Any, ...]]]:
    """What staff uses is nobody's to be told (PR-05)."""
    theirs = select(Account.id).where(
        Account.id.in_({grant.account_id for grant in gone}), Account.kind != AccountKind.STAFF
    )
    pupils = set(db.scalars(theirs))
    return [grant for grant in gone if grant.account_id in pupils]


Key = tuple[UUID, str]


def keep(db: Session, gone: Iterable[Row[*tuple[Any, ...]]]) -> None:
    pieces: dict[Key, list[Piece]] = defaultdict(list)
    for grant in gone:
        pieces[grant.account_id, grant.client_id].append(piece_of(grant))
    if not pieces:
        return
    new = {key: added(each) for key, each in sorted(pieces.items())}
    make_room(db, new)
    known = {(row.account_id, row.client_id): row for row in db.execute(held(new))}
    for (account_id, client_id), piece in new.items():
        before = known[account_id, client_id]
        whole = piece + Piece(before.first_at, before.last_at, frozenset(before.claims))
        db.execute(
            update(ApplicationUse)
            .where(ApplicationUse.account_id == account_id, ApplicationUse.client_id == client_id)
            .values(first_at=whole.first_at, last_at=whole.last_at, claims=sorted(whole.claims)),
            execution_options={"synchronize_session": False},
        )


def make_room(db: Session, new: Mapping[Key, Piece]) -> None:
    """A row for each, so that each can be held: of two workers with grants of one pupil, the second adds to the first."""
    rows = [
        {
            "account_id": account_id,
            "client_id": client_id,
            "first_at": piece.first_at,
            "last_at": piece.last_at,
            "claims": [],
        }
        for (account_id, client_id), piece in new.items()
    ]
    db.execute(insert_into(db, ApplicationUse).on_conflict_do_nothing(), rows)


def held(new: Iterable[Key]) -> Select[*tuple[Any, ...]]:
    """In one order always: two workers never wait for each other."""
    columns = ApplicationUse.__table__.c
    key = tuple_(columns.account_id, columns.client_id)
    return (
        select(columns.account_id, columns.client_id, columns.first_at, columns.last_at, columns.claims)
        .where(key.in_(list(new)))
        .order_by(columns.account_id, columns.client_id)
        .with_for_update()
    )
