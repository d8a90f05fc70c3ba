"""Something at rest that must be read back: locked with a key that the database doesn't have, and bound to whose it is.

What is moved to another account, or to another purpose, no longer opens.
"""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.key_files import SealingRing

VERSION = "v1"
NONCE_BYTES = 12


class BoxTampered(Exception):
    """What is stored doesn't open: it was moved, changed, or its key is gone. Names no secret."""


def lock(ring: SealingRing, content: bytes, bound_to: str) -> str:
    """`content` under today's key, as text for a column; `bound_to` says whose it is and what it is for."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = AESGCM(ring.keys[ring.current]).encrypt(nonce, content, label(bound_to))
    return f"{VERSION}.{ring.current}.{base64.urlsafe_b64encode(nonce + box).decode()}"


def open_(ring: SealingRing, text: str, bound_to: str) -> bytes:
    """The content. Raises BoxTampered."""
    try:
        version, key_id, box_text = text.split(".")
        box = base64.b64decode(box_text, altchars=b"-_", validate=True)
        if version != VERSION:
            raise BoxTampered
        return AESGCM(ring.keys[key_id]).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], label(bound_to))
    except (ValueError, KeyError, InvalidTag) as error:
        raise BoxTampered from error


def is_stale(ring: SealingRing, text: str) -> bool:
    """Whether it was locked with an older key than today's."""
    return text.split(".")[1] != ring.current


def label(bound_to: str) -> bytes:
    return f"{bound_to}|{VERSION}".encode()
