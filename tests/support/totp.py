"""The codes of an app, made by no code of ours (RFC 6238, RFC 4226 section 5.3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

STEP = 30


def code_at(secret: str, moment: datetime) -> str:
    """What the app shows then; `secret` as it is typed into an app, with or without spaces."""
    counter = int(moment.timestamp()) // STEP
    key = base64.b32decode(secret.replace(" ", ""))
    digest = hmac.new(key, counter.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
