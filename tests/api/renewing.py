"""Renewing passwords over HTTP, as the Schoolloket does it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import requests

from tests.api.staff import Caller, signed_in
from tests.support.people import Made
from tests.support.provider import Provider

SCHOOL = 2


@dataclass(frozen=True)
class Desk:
    """Somebody at the Schoolloket, with one school open."""

    caller: Caller
    school: int = SCHOOL

    def at(self, path: str) -> str:
        return f"/api/schools/{self.school}/{path}"

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.caller.get(self.at(path), **query)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.caller.post(self.at(path), {} if body is None else body)

    def delete(self, path: str) -> requests.Response:
        return self.caller.ask("DELETE", self.at(path))

    def propose(self, pupils: Collection[int] | str, purpose: str = "renewal", **more: Any) -> str:
        wanted = pupils if isinstance(pupils, str) else list(pupils)
        answer = self.post("renewals", {"purpose": purpose, "pupils": wanted, **more})
        assert answer.status_code == 201, answer.text
        return f"renewals/{answer.json()['id']}"

    def look(self, renewal: str) -> Any:
        answer = self.get(renewal)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def save(self, renewal: str, pupils: Collection[int] | None = None) -> Any:
        """Until it is saved; what the last call said."""
        body = {} if pupils is None else {"pupils": list(pupils)}
        while True:
            answer = self.post(f"{renewal}/save", body)
            assert answer.status_code == 200, answer.text
            if answer.json()["state"] == "saved":
                return answer.json()

    def renew(self, pupils: Collection[int] | str, purpose: str = "renewal", **more: Any) -> str:
        renewal = self.propose(pupils, purpose, **more)
        self.save(renewal)
        return renewal


def desk_of(provider: Provider, who: Made | None = None, school: int = SCHOOL) -> Desk:
    """A beheerder of the school who just signed in, or somebody else."""
    return Desk(signed_in(provider, who or provider.people.staff(school=school)), school)
