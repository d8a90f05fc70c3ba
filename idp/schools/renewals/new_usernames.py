"""Usernames for pupils who get an account: for a whole school at once, each the first that nobody has (R21, R24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.records import Username
from idp.rules.usernames import candidates, skeleton

LOOK_AHEAD = 25
# So many values fit in one statement on every database.
AT_ONCE = 5_000


def free_for(db: Session, names: Sequence[tuple[str, str]]) -> list[str]:
    """For each given and family name a username that is free now; namesakes among them get different ones.

    A few statements for all of them together. Nothing is taken: the insert when they are saved decides.
    """
    streams = [candidates(given, family) for given, family in names]
    found: dict[int, str] = {}
    spoken_for: set[str] = set()
    look_ahead = 1
    while waiting := [which for which in range(len(names)) if which not in found]:
        offers = {which: list(islice(streams[which], look_ahead)) for which in waiting}
        taken = taken_of(db, (skeleton(offer) for each in offers.values() for offer in each))
        for which in waiting:
            free = first_free(offers[which], taken | spoken_for)
            if free is not None:
                found[which] = free
                spoken_for.add(skeleton(free))
        look_ahead = LOOK_AHEAD
    return [found[which] for which in range(len(names))]


def first_free(offers: Iterable[str], taken: set[str]) -> str | None:
    return next((offer for offer in offers if skeleton(offer) not in taken), None)


def taken_of(db: Session, skeletons: Iterable[str]) -> set[str]:
    taken: set[str] = set()
    asked = iter(set(skeletons))
    while some := list(islice(asked, AT_ONCE)):
        taken.update(db.scalars(select(Username.skeleton).where(Username.skeleton.in_(some))))
    return taken
