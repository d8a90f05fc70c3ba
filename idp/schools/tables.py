"""A pupil as a row of a file: what a school takes along to its own programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from idp.accounts.secret import Secret
from idp.rules.account_types import AccountKind
from idp.rules.folding import folded


@dataclass(frozen=True)
class Row:
    """`secret` None: a file without passwords; `account_type` None: a pupil without account."""

    pupil_number: int
    given_name: str
    family_name: str
    username: str
    secret: Secret | None
    group: str
    sex: str | None
    birth_date: date | None
    account_type: AccountKind | None
    class_code: str

    @property
    def password(self) -> str:
        return self.secret.reveal() if self.secret else ""


def list_order(rows: Iterable[Row]) -> list[Row]:
    """By name, as in the list on the screen, and not by group as the cards (R111)."""
    return sorted(rows, key=lambda row: (folded(row.family_name), folded(row.given_name), row.pupil_number))
