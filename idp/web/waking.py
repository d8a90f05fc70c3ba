"""The work behind the pages sleeps between two rounds; what should not wait for the next one wakes it."""

from __future__ import annotations

import threading

from sqlalchemy import event
from sqlalchemy.orm import Session

# Set when there is something to do, so that this process's worker doesn't sleep on.
wake = threading.Event()


def wake_worker_after(db: Session) -> None:
    """Once this transaction is stored, and not sooner: until then the worker would find nothing."""
    event.listen(db, "after_commit", wake_worker, once=True)


def wake_worker(_: Session) -> None:
    wake.set()
