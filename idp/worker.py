"""What happens behind the pages: lost passwords, mails, logout notices, the log's chain, clearing what has expired.

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
from idp.authentication.views import recovery_mails
from idp.clearing import clear_expired
from idp.database import flask_database
from idp.mail import delivery
from idp.oidc import backchannel
from idp.oidc.clients import register
from idp.tokens import switching_off
from idp.web.faults import traces
from idp.web.request import Wiring
from idp.web.waking import wake

PAUSE_SECONDS = 2.0
CLEARING_EVERY_SECONDS = 600.0
# An application that is down keeps no mail waiting.
PATIENCE_SECONDS = 1.0
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
        wake.set()
        if self.thread.is_alive():
            self.thread.join(STOP_WITHIN_SECONDS)

    def run(self) -> None:
        with self.app.app_context():
            while not self.stopping.is_set():
                self.go_round()
                wake.wait(PAUSE_SECONDS)
                wake.clear()

    def go_round(self) -> None:
        # First, because whoever signed out is looking at a page that waits for it.
        self.attempt("logout-notices", lambda: backchannel.deliver_due(self.app, PATIENCE_SECONDS))
        self.attempt("recovery", lambda: recovery_mails.answer_waiting(self.app))
        self.attempt("mail", lambda: delivery.deliver_due(self.app))
        self.attempt("log", self.link)
        self.attempt("faults", lambda: traces().write_waiting())
        self.attempt("applications", self.end_late_grants)
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

    def end_late_grants(self) -> None:
        """To an application that a school switched off a moment ago (FT-19)."""
        wiring: Wiring = self.app.extensions["leerid"]
        with Session(flask_database.engine) as db:
            switching_off.end_late_ones(db, register(self.app), wiring.clock())

    def clear(self) -> None:
        wiring: Wiring = self.app.extensions["leerid"]
        with Session(flask_database.engine) as db:
            cleared = clear_expired(db, wiring.settings, wiring.clock, self.stopping.is_set)
        log.info("worker:cleared", extra=cleared)
