"""An opaque value that opens something, and the digest that is all we keep of it."""

from __future__ import annotations

import hashlib
import re
import secrets

VALUE = re.compile(r"[A-Za-z0-9_-]{43}")


def new_value() -> str:
    """256 random bits in 43 characters: nothing to guess, nothing to decode, nothing to read."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """What is stored. A fast hash is enough: there are no likely values to try."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def could_be_ours(presented: str) -> bool:
    """Whether it has the shape of a value of ours; anything else isn't worth a look in the database (OA-47)."""
    return VALUE.fullmatch(presented) is not None
