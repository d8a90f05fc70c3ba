"""Whoever asks the API: somebody signed in at a desk as it really goes, and what they ask with that token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider

DESKS = {"leerid:school": "schoolloket", "leerid:self": "leerlingloket"}


@dataclass(frozen=True)
class Caller:
    """Somebody with a token, or with none."""

    origin: str
    token: str | None

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.request(
            method,
            self.origin + path,
            headers={**headers, **options.pop("headers", {})},
            timeout=20,
            **options,
        )

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self.ask("POST", path, json=body)

    def told(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


def nobody(provider: Provider) -> Caller:
    return Caller(provider.origin, None)


def signed_in(provider: Provider, who: Made, scope: str = "leerid:school") -> Caller:
    """Signs in at the desk that this scope belongs to, in a browser of its own."""
    desk = provider.relying_party(DESKS[scope], first_party=True, scope=f"openid {scope}")
    visitor = Visitor(provider.origin)
    asked = desk.ask(scope=f"openid {scope}")
    page = visitor.get(asked.url)
    page = visitor.submit(button="login-next", username=who.username)
    page = visitor.submit(button="login-submit", password=who.password)
    assert page.left_for is not None, page.text
    tokens = desk.exchange(desk.code(page.left_for, asked), asked)
    visitor.close()
    return Caller(provider.origin, tokens.access_token)
