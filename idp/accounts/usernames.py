"""Giving out usernames: each once in the whole system, for ever (R21, PR-04). The insert decides a race."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.accounts.records import Account, Username
from idp.database import insert_into
from idp.rules.usernames import candidates, skeleton

LOOK_AHEAD = 25


def claim_for_name(db: Session, given_name: str, family_name: str, account_id: UUID, now: datetime) -> str:
    """The first `voornaam.naam`, `voornaam.naam1`, … that is free, taken for this account."""
    stream = candidates(given_name, family_name)
    while True:
        for username in free_ones(db, stream):
            if claim(db, username, account_id, now):
                return username


def claim(db: Session, username: str, account_id: UUID, now: datetime) -> bool:
    """Takes the username; False when it was ever given out, or looks like one that was."""
    row = {"skeleton": skeleton(username), "account_id": account_id, "taken_at": now}
    new = insert_into(db, Username).values(row).on_conflict_do_nothing()
    return db.scalar(new.returning(Username.skeleton)) is not None


def rename(db: Session, account: Account, username: str, now: datetime) -> bool:
    """Another username for an account; the old one is never given out again (PW-35). False when it is taken.

    The caller has asked `rules.usernames.problems` first.
    """
    seen = skeleton(username)
    if seen != account.username_skeleton:
        if not claim(db, username, account.id, now):
            return False
        old = Username.skeleton == account.username_skeleton
        db.execute(update(Username).where(old).values(given_up_at=now))
        account.username_skeleton = seen
    account.username = username
    return True


def free_ones(db: Session, stream: Iterator[str]) -> list[str]:
    """Of the next candidates those that nobody has, so that a common name doesn't cost an insert for each namesake."""
    next_ones = {skeleton(username): username for username in islice(stream, LOOK_AHEAD)}
    taken = set(db.scalars(select(Username.skeleton).where(Username.skeleton.in_(next_ones))))
    return [username for seen, username in next_ones.items() if seen not in taken]
