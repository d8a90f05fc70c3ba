"""Documents of applications, kept for a while: however many ask, an address is visited once a minute at most (OA-25)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from idp.oidc.clients import Application
from idp.oidc.fetching import Fetcher, NotFetched

# How many of our threads may be on the way or wait for one that is; the others serve everybody else (OA-25).
MOST_WAITING = 4
# For a place among them: most addresses answer sooner.
PATIENCE = 0.5
# For a document that is there as for one that isn't; nobody can have us visit an address more often.
ONCE_A = timedelta(minutes=1)
MOST = 500


Enough = Callable[[bytes], bool]


class Document:
    """What is known of one address. Whoever holds `visiting` is on the way there."""

    def __init__(self) -> None:
        self.visiting = threading.Lock()
        self.body: bytes | None = None
        self.fetched_at: datetime | None = None
        self.failed_at: datetime | None = None
        # When it was read, and somebody had hoped for more than stood in it.
        self.searched_at: datetime | None = None

    def is_younger_than(self, age: timedelta, now: datetime) -> bool:
        return since(self.fetched_at, now, age)

    def is_enough(self, enough: Enough) -> bool:
        return self.body is not None and enough(self.body)

    def deserves_a_visit(self, fresh_for: timedelta, now: datetime, enough: Enough) -> bool:
        if since(self.failed_at, now, ONCE_A):
            return False
        if not self.is_younger_than(fresh_for, now):
            return True
        return not self.is_enough(enough) and not since(self.searched_at, now, ONCE_A)


class Remembered:
    """What a fetcher brought, in this process. `now` is the caller's clock."""

    def __init__(self, fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.documents: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self.changing = threading.Lock()
        self.places = threading.BoundedSemaphore(MOST_WAITING)

    def get(
        self,
        address: str,
        accept: str,
        *,
        fresh_for: timedelta,
        now: datetime,
        enough: Enough = lambda _: True,
    ) -> bytes:
        """The document, at most `fresh_for` old, but seldom asked for twice within a minute. Raises NotFetched.

        When what we have isn't `enough`, a newer one may be: then it is read again before its time, once a minute. Of those
        who ask at once one goes, and the others wait for it, unless it was in vain last time. While the application can't
        be reached, what it said before counts for as long again: a hiccup there keeps nobody out.
        """
        fresh_for = max(fresh_for, ONCE_A)
        document = self.document(address, accept)
        if document.deserves_a_visit(fresh_for, now, enough):
            self.go_or_wait(document, address, accept, fresh_for, now, enough)
        if document.body is None or not document.is_younger_than(2 * fresh_for, now):
            raise NotFetched
        return document.body

    def go_or_wait(
        self,
        document: Document,
        address: str,
        accept: str,
        fresh_for: timedelta,
        now: datetime,
        enough: Enough,
    ) -> None:
        will_do = document.is_younger_than(2 * fresh_for, now) and document.is_enough(enough)
        # An application that doesn't answer keeps one of us waiting each minute, not all who name it.
        worth_waiting = not will_do and document.failed_at is None
        if not self.places.acquire(timeout=PATIENCE if worth_waiting else 0):
            return
        try:
            if document.visiting.acquire(blocking=worth_waiting):
                try:
                    if document.deserves_a_visit(fresh_for, now, enough):  # nobody went while we waited
                        self.visit(document, address, accept, now, enough)
                finally:
                    document.visiting.release()
        finally:
            self.places.release()

    def visit(self, document: Document, address: str, accept: str, now: datetime, enough: Enough) -> None:
        searching = document.is_younger_than(ONCE_A, now)
        try:
            found = self.fetcher.get(address, accept=accept)
        except NotFetched:
            document.failed_at = now
            return
        document.body, document.fetched_at, document.failed_at = found.body, now, None
        if searching or not enough(found.body):
            document.searched_at = now

    def document(self, address: str, accept: str) -> Document:
        """The one for this address; the one that was asked for longest ago makes room."""
        with self.changing:
            found = self.documents.setdefault((address, accept), Document())
            self.documents.move_to_end((address, accept))
            if len(self.documents) > MOST:
                self.documents.popitem(last=False)
            return found


def since(moment: datetime | None, now: datetime, age: timedelta) -> bool:
    """Whether it was less than this ago. Of two who ask at once the later may go first; what is far ahead is of a clock
    that was wrong, and tells nothing.
    """
    return moment is not None and -ONCE_A < now - moment < age


def remembered(app: Application) -> Remembered:
    """What this application's process remembers."""
    found: Remembered = app.extensions["leerid.remembered"]
    return found
