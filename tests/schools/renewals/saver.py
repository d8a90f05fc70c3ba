"""Processes that save a renewal and die in the midst of it by kill -9: at a given place, after so many steps.

`python -m tests.schools.renewals.saver` reads an errand a line, forks a process for each, and writes how it ended: all is
imported once, and nobody has threads when it forks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session, configure_mappers

from idp import key_files
from idp.accounts.credentials import Vault
from idp.database import utc_now
from idp.schools.appointments import Role
from idp.schools.permissions import Actor
from idp.schools.renewals import saving
from idp.schools.renewals.means import Means
from idp.schools.renewals.purposes import State
from idp.settings import Hashing, Pictures, Staff
from tests.support.databases import engine_for
from tests.support.provider import CHEAP_HASHING

PUPILS_A_STEP = 30


class Place(StrEnum):
    """Where in a step it dies."""

    HASHING = "hashing"
    HOLDING = "holding"  # before the renewal is held
    CLAIMING = "claiming"  # before the pupils are claimed
    COMMITTING = "committing"  # everything written, nothing committed
    COMMITTED = "committed"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Errand:
    """What a process is to do, as it is written on its line."""

    database_url: str
    keys: str
    account_id: str
    session_digest: str
    school: int
    renewal: str
    steps: int
    dies: Place

    @property
    def actor(self) -> Actor:
        return Actor(UUID(self.account_id), self.session_digest, self.school, Role.BEHEERDER, None)


class Nursery:
    """The other end of that: sends processes out and hears how they ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.to, self.back = process.stdin, process.stdout

    def send(self, errand: Errand) -> int:
        """The exit code, or the signal that ended it as a negative number."""
        self.to.write(json.dumps(vars(errand)) + "\n")
        self.to.flush()
        return int(self.back.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    command = [sys.executable, "-m", __name__]
    pipe, root = subprocess.PIPE, Path(__file__).parents[3]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=root) as process:
        yield Nursery(process)


class Fate:
    """Knows where in the step we are by who asks the time: before holding, before claiming, before the commit."""

    def __init__(self, errand: Errand) -> None:
        self.errand = errand
        self.step = self.asked = self.hashed = 0

    def clock(self) -> datetime:
        self.asked += 1
        self.meet((Place.HOLDING, Place.CLAIMING, Place.COMMITTING)[self.asked - 1])
        return utc_now()

    def enough(self) -> bool:
        self.hashed += 1
        if self.hashed > PUPILS_A_STEP // 2:
            self.meet(Place.HASHING)
        return self.hashed >= PUPILS_A_STEP and self.errand.dies is not Place.NOWHERE

    def committed(self) -> None:
        self.meet(Place.COMMITTED)
        self.step, self.asked, self.hashed = self.step + 1, 0, 0

    def meet(self, place: Place) -> None:
        if self.step >= self.errand.steps and place is self.errand.dies:
            os.kill(os.getpid(), signal.SIGKILL)


def save(errand: Errand) -> None:
    """Saves until it is saved, or until its fate."""
    fate, renewal = Fate(errand), UUID(errand.renewal)
    vault = Vault(key_files.load(Path(errand.keys)).sealing, Hashing(**CHEAP_HASHING))
    means = Means(vault, fate.clock, Staff(), Pictures(), "ABCDE-FGHJK")
    with engine_for(errand.database_url) as engine:
        state = None
        while state is not State.SAVED:
            with Session(engine) as db:
                saving.begin(db, means, errand.actor, renewal, None, utc_now())
                step = saving.advance(db, means, errand.actor, renewal, utc_now(), fate.enough)
                db.commit()
            state = step.state
            fate.committed()


def main() -> None:
    configure_mappers()
    for line in sys.stdin:
        written = json.loads(line)
        errand = Errand(**{**written, "dies": Place(written["dies"])})
        child = os.fork()
        if child == 0:
            save(errand)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
