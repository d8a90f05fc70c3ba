"""Each page with a foutnummer leaves a trace, by which the number can be looked up; as well as can be, and never in the way.

A trace says when, where and why, never who. It is written after the request's own work was rolled back, in a transaction
of its own. While the database is away, traces wait in memory for it; and nobody who makes errors on purpose fills the disk.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app, request
from sqlalchemy.orm import Session

from idp.database import flask_database, writing
from idp.web.request import now, request_id

log = logging.getLogger("leerid.faults")

OWN_NAME = "leerid"
# Of our own faults, and as many of refusals: who asks for pages that aren't there doesn't hide what went wrong.
MOST_A_MINUTE = 120
MOST_WAITING = 120
LEFT_ALONE_SECONDS = 60.0

Keep = Callable[[Session, Sequence[Mapping[str, Any]]], None]


@dataclass(frozen=True)
class Trace:
    """One page that said no. `route` is the pattern of its address, never the path or the query."""

    request_id: str
    at: datetime
    application: str
    status: int
    reason: str
    route: str


class Traces:
    """Those of this process."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self.lock = threading.Lock()
        self.waiting: deque[Trace] = deque(maxlen=MOST_WAITING)
        self.being_written = False
        self.counted: Counter[bool] = Counter()
        self.minute = self.left_alone_until = float("-inf")

    def leave(self, trace: Trace, *, database_away: bool = False) -> None:
        """Writes it; or lets it wait, when the database has just shown that it is away."""
        with self.lock:
            if not self.has_room(trace):
                return
            self.waiting.append(trace)
        if not database_away and time.monotonic() >= self.left_alone_until:
            self.write_waiting()

    def has_room(self, trace: Trace) -> bool:
        at = time.monotonic()
        if at - self.minute >= 60:
            self.minute, self.counted = at, Counter()
        ours = trace.status >= 500
        self.counted[ours] += 1
        return self.counted[ours] <= MOST_A_MINUTE

    def write_waiting(self) -> None:
        """One thread at a time: while it finds out that the database is away, no other page waits for that."""
        with self.lock:
            if self.being_written:
                return
            self.being_written = True
        while some := self.take():
            if not self.write(some):
                self.give_back(some)
                return

    def take(self) -> list[Trace]:
        with self.lock:
            some = list(self.waiting)
            self.waiting.clear()
            self.being_written = bool(some)
            return some

    def give_back(self, some: Sequence[Trace]) -> None:
        with self.lock:
            self.waiting.extendleft(reversed(some))
            self.being_written = False
            self.left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS

    def write(self, some: Sequence[Trace]) -> bool:
        try:
            with Session(flask_database.engine) as db:
                writing(db)
                self.keep(db, [asdict(trace) for trace in some])
                db.commit()
        except Exception as error:  # the page that it belongs to goes out, whatever this is
            log.warning("faults:not-kept", extra={"count": len(some), "error": type(error).__name__})
            return False
        return True


def install(app: Flask, keep: Keep) -> None:
    app.extensions["leerid.faults"] = Traces(keep)


def traces() -> Traces:
    found: Traces = current_app.extensions["leerid.faults"]
    return found


def leave_trace(status: int, reason: str, *, database_away: bool = False) -> None:
    """Of this request, which has said no: after its own work was rolled back."""
    route = str(request.url_rule) if request.url_rule else "-"
    traces().leave(Trace(request_id(), now(), OWN_NAME, status, reason, route), database_away=database_away)
