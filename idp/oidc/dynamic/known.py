"""What was found lately of applications that registered themselves, so that not every request asks the database."""

from __future__ import annotations

import time
from collections.abc import Callable

from idp.oidc.client import Client

# Names can be made up faster than they are forgotten.
MOST = 2000


class Known:
    """Remembers for `seconds`, that there is none too; another process learns that late of a deletion."""

    def __init__(
        self,
        look_up: Callable[[str], Client | None],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.look_up = look_up
        self.seconds = seconds
        self.clock = clock
        self.found: dict[str, tuple[float, Client | None]] = {}

    def get(self, client_id: str) -> Client | None:
        asked_at = self.clock()
        looked_at, client = self.found.get(client_id, (float("-inf"), None))
        if asked_at - looked_at < self.seconds:
            return client
        client = self.look_up(client_id)
        if len(self.found) >= MOST:
            self.found.clear()
        self.found[client_id] = asked_at, client
        return client

    def forget(self, client_id: str) -> None:
        self.found.pop(client_id, None)
