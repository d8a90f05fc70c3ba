"""Which PKCE challenges came by of late: the same one twice is a stolen request, or a reload (OA-07)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import cast

from idp.oidc.clients import Application

REMEMBERED = timedelta(minutes=10)
MOST = 20_000


class Challenges:
    """In this process only: it notices, and decides nothing."""

    def __init__(self) -> None:
        self.seen: OrderedDict[str, datetime] = OrderedDict()
        self.lock = threading.Lock()

    def seen_before(self, challenge: str, now: datetime) -> bool:
        with self.lock:
            before = self.seen.pop(challenge, None)
            self.seen[challenge] = now
            if len(self.seen) > MOST:
                self.seen.popitem(last=False)
        return before is not None and now - before < REMEMBERED


def challenges(app: Application) -> Challenges:
    return cast(Challenges, app.extensions["leerid.challenges"])
