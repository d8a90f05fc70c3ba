"""A value that means nothing outside the database, and the digest of it that the database keeps."""

from __future__ import annotations

import hashlib
import secrets


def new_value() -> str:
    """43 characters that fit in an address or a cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(value: str) -> str:
    """Plain SHA-256 will do: what is digested is random and long, so there is nothing to guess."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
