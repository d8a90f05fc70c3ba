"""Which applications are off at which schools, as this process knows it: asked at each sign-in, and read now and then."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.schools.records import SchoolApplication

EXTENSION = "leerid.switched_off"
# What a school switches off is off on every node within five seconds (FT-19).
REREAD_SECONDS = 3.0
NOWHERE: frozenset[int] = frozenset()


class SwitchedOff:
    """A copy in memory: few applications are off anywhere, and a sign-in at one that isn't costs no question."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.reading = threading.Lock()
        self.read_at = float("-inf")
        self.off: Mapping[str, frozenset[int]] = {}

    def schools(self, db: Session, client_id: str) -> frozenset[int]:
        """Where this application is off."""
        if self.is_old():
            with self.reading:
                if self.is_old():  # not when another thread was first
                    self.read(db)
        return self.off.get(client_id, NOWHERE)

    def is_old(self) -> bool:
        return self.clock() - self.read_at >= REREAD_SECONDS

    def read(self, db: Session) -> None:
        asked_at = self.clock()  # before the question: what changes meanwhile is seen the next time
        found: dict[str, set[int]] = defaultdict(set)
        columns = select(SchoolApplication.client_id, SchoolApplication.school_number)
        for client_id, school_number in db.execute(columns.where(SchoolApplication.off_at.is_not(None))):
            found[client_id].add(school_number)
        self.off = {client_id: frozenset(schools) for client_id, schools in found.items()}
        self.read_at = asked_at

    def forget(self) -> None:
        """Something changed here: the next one who asks reads it."""
        self.read_at = float("-inf")


class Application(Protocol):
    """A Flask application, for a room that doesn't know Flask."""

    extensions: dict[str, Any]


def switched_off(app: Application) -> SwitchedOff:
    return cast(SwitchedOff, app.extensions[EXTENSION])
