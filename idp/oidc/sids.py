"""The session id that an application knows a sign-in by: another one for each application (PR-02)."""

from __future__ import annotations

import base64
import hmac


def sid_for(client_id: str, sid_seed: str, pairwise_key: bytes) -> str:
    """256 bits in 43 characters (Back-Channel Logout 1.0 section 2.1)."""
    mixed = hmac.digest(pairwise_key, f"sid|{sid_seed}|{client_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(mixed).decode("ascii").rstrip("=")
