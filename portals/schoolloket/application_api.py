"""The provider's calls about a school's applications: which ones there are, on or off, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portals.kit.idp_api import IdpApi, read


@dataclass(frozen=True)
class Claim:
    """One thing that an application gets to know of a pupil, and what for."""

    claim: str
    purpose: str


@dataclass(frozen=True)
class SchoolApplication:
    """An application that is open to the school."""

    client_id: str
    name: str
    description: str
    logo: str | None
    on: bool
    on_dashboard: bool
    claims: tuple[Claim, ...]


class ApplicationApi:
    """The calls about one school, with one token."""

    def __init__(self, api: IdpApi, token: str, school_number: int) -> None:
        self.api = api
        self.token = token
        self.root = f"/api/schools/{school_number}/applications"

    def all(self) -> tuple[SchoolApplication, ...]:
        """In the order of the dashboard."""
        return read(applications_from, self.api.get(self.root, self.token))

    def arrange(self, client_ids: Sequence[str]) -> None:
        self.api.put(self.root, self.token, {"applications": list(client_ids)})

    def switch(self, client_id: str, on: bool) -> None:
        self.api.put(f"{self.root}/{quote(client_id, safe='')}", self.token, {"on": on})


def applications_from(answer: Any) -> tuple[SchoolApplication, ...]:
    return tuple(map(application_from, answer["applications"]))


def application_from(answer: Any) -> SchoolApplication:
    return SchoolApplication(
        client_id=answer["client_id"],
        name=answer["name"],
        description=answer["description"],
        logo=answer["logo"],
        on=answer["on"],
        on_dashboard=answer["on_dashboard"],
        claims=tuple(Claim(each["claim"], each["purpose"]) for each in answer["claims"]),
    )
