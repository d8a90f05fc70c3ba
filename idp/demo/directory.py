"""The folder of a demonstration: keys, configuration, registrations and secrets, made once and used again."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import idp
from idp import key_files
from idp.oidc import keys as signing_keys

# The packaged registrations say where the applications are when the first port is 8000.
PACKAGED_ADDRESS = re.compile(r"http://127\.0\.0\.1:800([0-4])\b")
PORTALS = ("leerlingloket", "schoolloket")
SECRET_LINE = re.compile(r"^client_secret_sha256\s*=.*$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Where a demonstration keeps its things, and where it answers."""

    folder: Path
    host: str
    base_port: int
    database_url: str
    weak_hashing: bool = False

    def origin(self, which: int) -> str:
        return f"http://{self.host}:{self.base_port + which}"

    @property
    def issuer(self) -> str:
        return self.origin(0)

    @property
    def leerlingloket(self) -> str:
        return self.origin(1)

    @property
    def schoolloket(self) -> str:
        return self.origin(2)

    @property
    def sample_app(self) -> str:
        return self.origin(3)

    @property
    def try_it(self) -> str:
        return self.origin(4)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def clients(self) -> Path:
        return self.folder / "clients"

    @property
    def people(self) -> Path:
        return self.folder / "people.json"

    @property
    def announcement(self) -> Path:
        return self.folder / "demo.json"

    def secret(self, name: str) -> Path:
        return self.folder / "secrets" / name

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"


@dataclass(frozen=True, repr=False)
class RegisteredClient:
    client_id: str
    client_secret: str | None
    redirect_uris: list[str]
    pkce: str


def prepare(place: Place, now: datetime) -> list[RegisteredClient]:
    """Everything but the database. Keys and secrets stay as they are; what holds an address is written anew."""
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("secrets", "logs", "clients"):
        (place.folder / name).mkdir(exist_ok=True, mode=0o700)
    key_files.make_missing(place.folder / "keys", now)
    signing_keys.make_missing(place.folder / "keys" / "signing", now)
    for portal in PORTALS:
        make_secret(place.secret(f"{portal}.cookies"), base64.b64encode(secrets.token_bytes(32)).decode())
    registered = list(register_packaged(place))
    place.config.write_text(configuration(place), encoding="utf-8")
    return registered


def register_packaged(place: Place) -> Iterator[RegisteredClient]:
    """Copies of the registrations that travel with the code, with this demonstration's addresses and secrets."""
    packaged = Path(str(idp.__file__)).parent.parent / "clients"
    for logo in (*packaged.glob("*.svg"), *packaged.glob("*.png")):
        shutil.copyfile(logo, place.clients / logo.name)
    for path in sorted(packaged.glob("*.toml")):
        text = PACKAGED_ADDRESS.sub(
            lambda found: place.origin(int(found[1])), path.read_text(encoding="utf-8")
        )
        table = tomllib.loads(text)
        secret = secret_for(place, table)
        if secret is not None:
            text = with_digest(text, hashlib.sha256(secret.encode()).hexdigest())
        (place.clients / path.name).write_text(text, encoding="utf-8")
        yield RegisteredClient(
            table["client_id"], secret, list(table["redirect_uris"]), str(table.get("pkce", "required"))
        )


def secret_for(place: Place, table: dict[str, Any]) -> str | None:
    method = table.get("token_endpoint_auth_method", "client_secret_basic")
    if not str(method).startswith("client_secret_"):
        return None
    return make_secret(place.secret(f"{table['client_id']}.secret"), secrets.token_urlsafe(32))


def make_secret(path: Path, fresh: str) -> str:
    """The secret in the file; `fresh` when there was no file."""
    if not path.exists():
        key_files.write_private(path, fresh.encode() + b"\n")
    return path.read_text(encoding="ascii").strip()


def with_digest(text: str, digest: str) -> str:
    line = f'client_secret_sha256 = "{digest}"'
    return SECRET_LINE.sub(line, text) if SECRET_LINE.search(text) else f"{line}\n{text}"


def configuration(place: Place) -> str:
    """One file for all servers, as in production; only the http and the demo's own pages are not."""
    lines = [
        "# Made by `leerid demo`, anew at each start.",
        f"issuer = {quoted(place.issuer)}",
        *table("database", url=place.database_url),
        *table("keys", directory="keys"),
        *(table("hashing", memory_kib=64, time_cost=1) if place.weak_hashing else ()),
        *table("staff", second_factor="optional"),
        *table("server", host=place.host, port=place.base_port, workers=1, threads=8, insecure_http=True),
        *table("clients", directory="clients"),
        *table("portals", leerlingloket=place.leerlingloket, schoolloket=place.schoolloket),
        *table(
            "demo",
            enabled=True,
            sample_app=place.sample_app,
            try_it=place.try_it,
            people_file=place.people.name,
        ),
    ]
    for which, portal in enumerate(PORTALS, start=1):
        lines += table(
            portal,
            origin=place.origin(which),
            client_id=portal,
            client_secret_file=f"secrets/{portal}.secret",
            cookie_key_file=f"secrets/{portal}.cookies",
            host=place.host,
            port=place.base_port + which,
            insecure_http=True,
        )
    return "\n".join(lines) + "\n"


def table(name: str, **values: str | int | bool) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {quoted(value)}" for key, value in values.items())]


def quoted(value: str | int | bool) -> str:
    """TOML writes texts, numbers and truth as JSON does."""
    return json.dumps(value, ensure_ascii=False)
