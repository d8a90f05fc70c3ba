"""What a person saw or allowed before of what an application gets. A value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Approved:
    claims: frozenset[str]
    scopes: frozenset[str]
    at: datetime

    @property
    def withdrawn(self) -> bool:
        """An application asks for one scope at least, so of none the pupil said: no more."""
        return not self.scopes
