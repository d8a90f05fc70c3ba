"""What a caller asks of a sign-in: since when, how strong, who, and the way back. A value; login never learns why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from idp.rules.account_types import Strength


@dataclass(frozen=True)
class AskedBy:
    """The application that asks, as the page shows it."""

    name: str
    logo: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None


@dataclass(frozen=True)
class Requirement:
    """Everything that login needs to know. `return_to` was checked by the caller: login goes there and nowhere else."""

    return_to: str  # a path of the provider, or a registered portal's address
    after: datetime | None = None  # the earliest sign-in that still counts
    strength: Strength | None = None  # the weakest that will do
    hint: str = ""  # fills in the name
    account_id: UUID | None = None  # only this account will do
    ask_name: bool = False  # somebody else may be meant than who is signed in: begin with the name
    asked_by: AskedBy | None = None
    locales: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()  # the origins where the way back may end, for the page's form-action

    def to_json(self) -> dict[str, Any]:
        return {
            "return_to": self.return_to,
            "after": self.after.isoformat() if self.after else None,
            "strength": int(self.strength) if self.strength is not None else None,
            "hint": self.hint,
            "account_id": str(self.account_id) if self.account_id else None,
            "ask_name": self.ask_name,
            "asked_by": asdict(self.asked_by) if self.asked_by else None,
            "locales": list(self.locales),
            "leads_to": list(self.leads_to),
        }

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Requirement:
        return cls(
            return_to=table["return_to"],
            after=datetime.fromisoformat(table["after"]) if table["after"] else None,
            strength=Strength(table["strength"]) if table["strength"] is not None else None,
            hint=table["hint"],
            account_id=UUID(table["account_id"]) if table["account_id"] else None,
            ask_name=table.get("ask_name", False),
            asked_by=AskedBy(**table["asked_by"]) if table["asked_by"] else None,
            locales=tuple(table["locales"]),
            leads_to=tuple(table["leads_to"]),
        )
