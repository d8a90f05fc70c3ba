"""An application that registers itself: it has an initial access token, and says what it is in JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import requests

from idp.oidc.dynamic import initial_tokens
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

WEB: dict[str, Any] = {
    "client_name": "Leesrijk",
    "redirect_uris": ["https://leesrijk.example/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
}


def token(provider: Provider, *, once: bool = True, label: str = "Uitgeverij Leesrijk") -> str:
    now = provider.clock()
    with provider.db() as db:
        return initial_tokens.make(db, label, now, now + timedelta(hours=1), once=once)


class Applicant:
    """Talks to one provider, at any of its nodes."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.http = requests.Session()
        self.http.trust_env = False

    def post(
        self, said: Any, *, bearer: str | None = None, at: str | None = None, **more: Any
    ) -> requests.Response:
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        return self.http.post(f"{at or self.provider.origin}/register", json=said, headers=headers, **more)

    def register(self, **changes: Any) -> dict[str, Any]:
        """Registered with a token of its own; what it was answered."""
        answer = self.try_to_register(**changes)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def try_to_register(self, **changes: Any) -> requests.Response:
        said = {member: value for member, value in {**WEB, **changes}.items() if value is not None}
        return self.post(said, bearer=token(self.provider))

    def manage(self, method: str, registered: dict[str, Any], **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
        return self.http.request(method, registered["registration_client_uri"], headers=headers, **more)

    def party(self, registered: dict[str, Any]) -> RelyingParty:
        return RelyingParty(
            issuer=self.provider.issuer,
            client_id=registered["client_id"],
            secret=registered.get("client_secret"),
            redirect_uri=registered["redirect_uris"][0],
            method=registered["token_endpoint_auth_method"],
            clock=self.provider.clock,
        )
