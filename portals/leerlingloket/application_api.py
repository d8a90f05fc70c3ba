"""The provider's calls about a pupil's applications: the tiles, and which ones are put first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from portals.kit.idp_api import PATIENCE, IdpApi, read


@dataclass(frozen=True)
class Claim:
    """One thing that an application gets to know, and what for."""

    claim: str
    purpose: str


@dataclass(frozen=True)
class Application:
    """A tile on the dashboard."""

    client_id: str
    name: str
    description: str
    logo: str | None
    open_url: str
    favourite: bool
    claims: tuple[Claim, ...]


def applications(api: IdpApi, token: str) -> tuple[Application, ...]:
    """In the order of the dashboard."""
    return read(applications_from, api.get("/api/me/applications", token))


def put_first(api: IdpApi, token: str, client_id: str, first: bool) -> None:
    path = f"/api/me/applications/{quote(client_id, safe='')}/favourite"
    if first:
        api.put(path, token, None, patience=PATIENCE)
    else:
        api.delete(path, token)


def applications_from(answer: Any) -> tuple[Application, ...]:
    return tuple(map(application_from, answer["applications"]))


def application_from(answer: Any) -> Application:
    return Application(
        client_id=answer["client_id"],
        name=answer["name"],
        description=answer["description"],
        logo=answer["logo"],
        open_url=answer["open_url"],
        favourite=answer["favourite"],
        claims=tuple(Claim(each["claim"], each["purpose"]) for each in answer["claims"]),
    )
