"""The provider as the tests meet it: the real application on a real port, with a database, keys and clients of its own."""

from __future__ import annotations

import hashlib
import json
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from idp import key_files
from idp import settings as provider_settings
from idp.app import create_app
from idp.database import flask_database, writing
from idp.key_files import KeyFiles
from idp.settings import Settings
from tests.support import quick_routes, quick_statements
from tests.support.clock import Clock
from tests.support.people import People
from tests.support.relying_party import RelyingParty
from tests.support.server import Port

# The cheapest that Argon2id can be: real hashes, without the wait.
CHEAP_HASHING = {"memory_kib": 8, "time_cost": 1, "parallelism": 1, "at_once": 8}

quick_routes.share()
quick_statements.compile_once()


def merged(tables: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of settings; those of `others` go first, key by key."""
    found = dict(tables)
    for name, table in others.items():
        found[name] = {**found.get(name, {}), **table} if isinstance(table, Mapping) else table
    return found


class Provider:
    """One provider. `clock` is its time, `people` makes its people, `register` its clients.

    `issuer` is its name and `origin` where it is: one and the same, unless a test gives it an issuer with https.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        keys_directory: Path,
        tables: Mapping[str, Any],
        host: str = "127.0.0.1",
    ) -> None:
        self.ports = [Port()]
        self.origin = self.ports[0].origin.replace("127.0.0.1", host)
        self.clients_directory = folder / "clients"
        self.clients_directory.mkdir()
        self.settings = self.configure(database_url, keys_directory, tables)
        self.issuer = self.settings.issuer
        self.keys: KeyFiles = key_files.load(keys_directory)
        self.clock = Clock()
        self.apps: list[Flask] = []
        self.people = People(self)

    def configure(self, database_url: str, keys_directory: Path, tables: Mapping[str, Any]) -> Settings:
        wanted: dict[str, Any] = {
            "issuer": self.origin,
            "database": {"url": database_url},
            "keys": {"directory": str(keys_directory)},
            "server": {"insecure_http": True},
            "staff": {"second_factor": "optional"},
            "hashing": CHEAP_HASHING,
            "clients": {"directory": str(self.clients_directory), "reload_seconds": 0},
        }
        return provider_settings.parse(merged(wanted, tables))

    @property
    def app(self) -> Flask:
        return self.apps[0]

    @cached_property
    def engine(self) -> Engine:
        with self.app.app_context():
            return flask_database.engine

    def start(self) -> None:
        self.serve(self.ports[0])

    def another_node(self) -> str:
        """A second process's worth of provider: same settings, same database, its own memory. Answers its address."""
        self.ports.append(Port())
        self.serve(self.ports[-1])
        return self.ports[-1].origin

    def serve(self, port: Port) -> None:
        app = create_app(self.settings, self.clock)
        self.apps.append(app)
        port.serve(app)

    def stop(self) -> None:
        for port in self.ports:
            port.close()
        for app in self.apps:
            with app.app_context():
                flask_database.engine.dispose()

    @contextmanager
    def db(self) -> Iterator[Session]:
        """A session that may write, committed at the end. Make no request inside: SQLite has one writer."""
        with Session(self.engine, expire_on_commit=False) as session:
            writing(session)
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session to look with; it keeps nothing and holds nobody up."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def register(self, registration: str | Mapping[str, Any]) -> None:
        """Registers an application: TOML text, or a table with its keys. The next request knows it."""
        text = registration if isinstance(registration, str) else toml(registration)
        client_id = tomllib.loads(text)["client_id"]
        (self.clients_directory / f"{client_id}.toml").write_text(text, encoding="utf-8")

    def unregister(self, client_id: str) -> None:
        (self.clients_directory / f"{client_id}.toml").unlink()

    def relying_party(self, client_id: str = "oefenapp", **registration: Any) -> RelyingParty:
        """A registered application that asks no approval, as a client to test with. Keywords change its registration."""
        secret = secrets.token_urlsafe(32)
        callback = f"https://{client_id}.example/callback"
        table: dict[str, Any] = {
            "client_id": client_id,
            "name": client_id.title(),
            "description": "Een applicatie om mee te oefenen.",
            "client_secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
            "token_endpoint_auth_method": "client_secret_basic",
            "redirect_uris": [callback],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "pkce": "required",
            "scope": "openid profile email leerid offline_access",
            "approval": "none",
            **registration,
        }
        public = table["token_endpoint_auth_method"] in ("none", "private_key_jwt")
        if public:
            del table["client_secret_sha256"]
        self.register(table)
        return RelyingParty(
            issuer=self.issuer,
            client_id=client_id,
            secret=None if public else secret,
            redirect_uri=table["redirect_uris"][0],
            method=table["token_endpoint_auth_method"],
            clock=self.clock,
        )


def toml(table: Mapping[str, Any]) -> str:
    """A table as TOML: what is a table inside it is written inline."""
    return "".join(f"{json.dumps(key)} = {toml_value(value)}\n" for key, value in table.items())


def toml_value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)
