"""What a renewal works with: the vault and its keys, the clock, and what the operator decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from idp.accounts.credentials import Vault
from idp.database import Clock
from idp.key_files import SealingRing
from idp.schools.renewals import making
from idp.settings import Pictures, Staff


@dataclass(frozen=True)
class Means:
    vault: Vault
    clock: Clock
    staff: Staff
    pictures: Pictures
    request_id: str

    @property
    def ring(self) -> SealingRing:
        return self.vault.ring

    @property
    def life(self) -> timedelta:
        """How long a renewal lives from its last step."""
        return timedelta(minutes=self.staff.renewal_minutes)

    @property
    def way(self) -> int:
        """How passwords are made now; what was begun in another way is over."""
        return making.maker(self.pictures.length)
