"""The nonces of proofs (RFC 9449 section 8): ours to choose, another one each minute, and kept nowhere.

Each is a keyed hash of its minute, so every node knows the nonces of all others and none is stored. A proof that was made
before it was asked for, by whoever had an application's key for a moment, has none that is good.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from flask import Flask

from idp.web.request import Wiring

MINUTE = 60
# A nonce is good for its own minute and these: of a moment ago, and of a node whose clock is a little ahead.
GOOD_AROUND = (0, -1, -2, 1)


class Nonces:
    def __init__(self, key: bytes) -> None:
        self.key = hmac.digest(key, b"dpop-nonces", "sha256")

    def fresh(self, now: datetime) -> str:
        return self.of(minute(now))

    def is_good(self, nonce: str, now: datetime) -> bool:
        presented = nonce.encode("utf-8", "surrogatepass")
        return any(
            hmac.compare_digest(presented, self.of(minute(now) + each).encode()) for each in GOOD_AROUND
        )

    def of(self, which: int) -> str:
        mixed = hmac.digest(self.key, str(which).encode(), "sha256")
        return base64.urlsafe_b64encode(mixed).rstrip(b"=").decode()


def minute(now: datetime) -> int:
    return int(now.timestamp()) // MINUTE


def nonces(app: Flask) -> Nonces:
    """This application's; from the key that signs form tokens, which are nonces for people."""
    found: Nonces | None = app.extensions.get("leerid.nonces")
    if found is None:
        held: Wiring = app.extensions["leerid"]
        found = app.extensions["leerid.nonces"] = Nonces(held.keys.cookies)
    return found
