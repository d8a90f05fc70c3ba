"""The provider as a configuration makes it, on keys and a database of its own for a moment, asked as strangers would ask.

What a setting says is one thing, what is answered another (CV-31): `leerid check --deploy` looks at both.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask

from idp import key_files
from idp.app import create_app
from idp.database import Base, flask_database
from idp.oidc import keys as signing_keys
from idp.oidc.clients import Client
from idp.settings import Database, Settings

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NOBODY = {"client_id": "nobody", "redirect_uri": "https://elsewhere.example/", "response_type": "code"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str = ""

    @property
    def leads_to(self) -> str:
        return self.headers.get("Location", "")

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True)
class Asked:
    """What one application's requests brought."""

    whole: Answer  # everything as it should be
    posted: Answer  # the same, in the body of a form
    near: Answer  # an address that is registered but for one character
    bare: Answer  # no code_challenge
    plain: Answer  # code_challenge_method=plain


@dataclass(frozen=True)
class Rehearsal:
    stranger: Answer  # an application that nobody registered
    misled: Answer  # the discovery document, by way of a proxy that names another host
    clients: Mapping[str, Asked]


def rehearse(settings: Settings, clients: tuple[Client, ...]) -> Rehearsal:
    with provider(settings) as app:
        return Rehearsal(
            stranger=ask(app, settings, NOBODY),
            misled=misled(app, settings),
            clients={each.client_id: asked(app, settings, each) for each in clients if asks_codes(each)},
        )


def asks_codes(client: Client) -> bool:
    """Whether a browser brings its requests, word for word."""
    pushes = client.require_pushed_authorization_requests or client.require_signed_request_object
    return "code" in client.response_types and not pushes


@contextmanager
def provider(settings: Settings) -> Iterator[Flask]:
    with tempfile.TemporaryDirectory(prefix="leerid-check-") as made:
        folder = Path(made)
        now = datetime.now(UTC)
        key_files.make_missing(folder / "keys", now)
        signing_keys.make_missing(folder / "keys" / "signing", now)
        elsewhere = replace(
            settings,
            keys=replace(settings.keys, directory=folder / "keys"),
            database=Database(url=f"sqlite:///{folder / 'leerid.db'}"),
        )
        app = create_app(elsewhere)
        with app.app_context():
            try:
                Base.metadata.create_all(flask_database.engine)
                yield app
            finally:
                flask_database.engine.dispose()


def asked(app: Flask, settings: Settings, client: Client) -> Asked:
    right = {
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uris[0],
        "response_type": "code",
        "scope": "openid",
        "state": "rehearsal",
        "nonce": "rehearsal",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    without = {name: value for name, value in right.items() if not name.startswith("code_")}
    return Asked(
        whole=ask(app, settings, right),
        posted=ask(app, settings, right, posted=True),
        near=ask(app, settings, {**right, "redirect_uri": f"{client.redirect_uris[0]}x"}),
        bare=ask(app, settings, without),
        plain=ask(app, settings, {**right, "code_challenge_method": "plain"}),
    )


def ask(app: Flask, settings: Settings, parameters: dict[str, str], *, posted: bool = False) -> Answer:
    """As a page of another site would."""
    filled: dict[str, Any] = {"data": parameters} if posted else {"query_string": parameters}
    answer = app.test_client().open(
        "/authorize",
        method="POST" if posted else "GET",
        base_url=settings.issuer,
        headers={"Origin": "https://elsewhere.example"},
        **filled,
    )
    return Answer(answer.status_code, dict(answer.headers), answer.get_data(as_text=True))


def misled(app: Flask, settings: Settings) -> Answer:
    named = {"X-Forwarded-Host": "elsewhere.example", "Forwarded": "host=elsewhere.example;proto=http"}
    answer = app.test_client().get(
        "/.well-known/openid-configuration", base_url=settings.issuer, headers=named
    )
    return Answer(answer.status_code, dict(answer.headers), answer.get_data(as_text=True))
