"""What happens behind the pages: mails, logout notices, the log's chain, and clearing away what has expired.

Every process that serves does this work in a thread of its own, unless `server.run_worker` is false; `leerid worker` does
nothing else. Two of them never send the same thing twice: each row is claimed by one UPDATE that only one can win.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy.orm import Session

from idp.accounts.chain import Linker
from idp.clearing import clear_expired
from idp.database import flask_database
from idp.mail import delivery
from idp.oidc import backchannel
from idp.web.faults import traces
from idp.web.request import Wiring

PAUSE_SECONDS = 2.0
CLEARING_EVERY_SECONDS = 600.0
STOP_WITHIN_SECONDS = 5.0

log = logging.getLogger("leerid.worker")


class BackgroundWork:
    """One thread that goes round until it is told to stop."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()
        self.cleared_at = float("-inf")
        self.linker = Linker()
        self.thread = threading.Thread(target=self.run, name="background-work", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Lets the round that has begun end, and no other begin."""
        self.stopping.set()
        backchannel.wake.set()
        if self.thread.is_alive():
            self.thread.join(STOP_WITHIN_SECONDS)

    def run(self) -> None:
        with self.app.app_context():
            while not self.stopping.is_set():
                self.go_round()
                backchannel.wake.wait(PAUSE_SECONDS)
                backchannel.wake.clear()

    def go_round(self) -> None:
        self.attempt("mail", lambda: delivery.deliver_due(self.app))
        self.attempt("logout-notices", lambda: backchannel.deliver_due(self.app))
        self.attempt("log", self.link)
        self.attempt("faults", lambda: traces().write_waiting())
        if time.monotonic() - self.cleared_at >= CLEARING_EVERY_SECONDS:
            self.cleared_at = time.monotonic()
            self.attempt("clearing", self.clear)

    def attempt(self, what: str, work: Callable[[], object]) -> None:
        """A fault in one kind of work neither ends the thread nor keeps the other kinds waiting."""
        try:
            work()
        except Exception as error:
            log.error("worker:fault", exc_info=error, extra={"work": what})

    def link(self) -> None:
        wiring: Wiring = self.app.extensions["leerid"]
        with Session(flask_database.engine) as db:
            self.linker.go_round(db, wiring.keys.audit, wiring.clock)

    def clear(self) -> None:
        wiring: Wiring = self.app.extensions["leerid"]
        with Session(flask_database.engine) as db:
            cleared = clear_expired(db, wiring.settings, wiring.clock, self.stopping.is_set)
        log.info("worker:cleared", extra=cleared)
