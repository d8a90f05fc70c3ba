"""The answer to a requirement: who signed in, when, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from idp.rules.account_types import AccountKind, Strength


@dataclass(frozen=True)
class SignIn:
    """A sign-in that this browser may go on using."""

    session_digest: str
    sid_seed: str  # where per-application session ids come from
    account_id: UUID
    kind: AccountKind
    at: datetime
    strength: Strength
    methods: tuple[str, ...]  # `amr` values (RFC 8176): "pwd", ...
