"""A provider to measure: its folder, its database with 64 pupils, two trusted clients, and the server itself.

`python -m tests.bench.house FOLDER --database URL --port 4810 --users users.csv` makes one for another load generator;
`leerid serve --config FOLDER/config.toml` then serves it. Sign-in limits are lifted, as all load comes from one address.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from idp import key_files, settings
from idp.accounts.credentials import Vault
from idp.accounts.opening import new_person, open_account
from idp.accounts.passwords import choose
from idp.accounts.secret import Secret
from idp.app import create_app
from idp.database import flask_database, utc_now, writing
from idp.database_upgrade import upgrade
from idp.oidc import keys as signing_keys
from idp.rules.account_types import AccountKind, SecretKind

REDIRECT_URI = "https://rp.example.test/cb"
SECRET = "bench-client-secret-0123456789abcdef"
UNLIMITED = 1_000_000_000

CLIENT = """
client_id = "{client_id}"
name = "Meting"
description = "Alleen om te meten."
client_secret_sha256 = "{digest}"
token_endpoint_auth_method = "client_secret_basic"
redirect_uris = ["{redirect_uri}"]
grant_types = ["authorization_code", "refresh_token"]
scope = "openid profile email offline_access"
id_token_signed_response_alg = "{algorithm}"
approval = "none"

[claims]
name = "Om te meten"
given_name = "Om te meten"
family_name = "Om te meten"
email = "Om te meten"
email_verified = "Om te meten"
"""

CONFIGURATION = """
issuer = "http://127.0.0.1:{port}"
[database]
url = "{url}"
[keys]
directory = "{folder}/keys"
[clients]
directory = "{folder}/clients"
[server]
port = {port}
workers = 2
threads = 8
insecure_http = true
[logging]
level = "WARNING"
[throttle]
free_attempts = {unlimited}
typed_first_limit = {unlimited}
typed_second_limit = {unlimited}
typed_day_limit = {unlimited}
account_limit = {unlimited}
address_names = {unlimited}
spray_accounts = {unlimited}
"""


@dataclass
class House:
    folder: Path
    port: int
    people: list[tuple[str, str]]
    client_secret: str = SECRET
    pids: list[int] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def configuration(self) -> Path:
        return self.folder / "config.toml"


def build(folder: Path, url: str, port: int, people: list[tuple[str, str]]) -> House:
    """Fills `folder` and the empty database at `url`."""
    now = utc_now()
    folder.mkdir(parents=True, exist_ok=True)
    key_files.make_missing(folder / "keys", now)
    signing_keys.make_missing(folder / "keys" / "signing", now)
    (folder / "clients").mkdir(exist_ok=True)
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    for client_id, algorithm in (("bench", "RS256"), ("bench-es", "ES256")):
        text = CLIENT.format(
            client_id=client_id, digest=digest, redirect_uri=REDIRECT_URI, algorithm=algorithm
        )
        (folder / "clients" / f"{client_id}.toml").write_text(text)
    house = House(folder, port, people)
    house.configuration.write_text(
        CONFIGURATION.format(folder=folder, port=port, url=url, unlimited=UNLIMITED), encoding="utf-8"
    )
    upgrade(url)
    people_in(house)
    return house


def people_in(house: House) -> None:
    """An account with an own password for everyone; hashed by two threads, written at once."""
    known = settings.load(house.configuration)
    vault = Vault(key_files.load(known.keys.directory).sealing, known.hashing)
    with create_app(known).app_context():
        db, now = flask_database.session(), utc_now()
        writing(db)
        accounts = []
        for username, _ in house.people:
            person = new_person(db, given_name=username, family_name="Meting", now=now)
            account = open_account(
                db, person, AccountKind.ADVANCED, now, active_until=None, username=username
            )
            account.email, account.email_folded = f"{username}@mail.example", f"{username}@mail.example"
            account.email_verified_at = now
            accounts.append(account)
        db.flush()
        with ThreadPoolExecutor(2) as pool:
            sealed = pool.map(
                lambda pair: vault.seal(Secret(pair[1][1]), pair[0].id, SecretKind.TEXT),
                list(zip(accounts, house.people, strict=True)),
            )
        for account, locked in zip(accounts, sealed, strict=True):
            choose(account, locked, now)
        db.commit()


@contextmanager
def built(folder: Path, kind: str) -> Iterator[House]:
    """A house on a fresh database of `kind`."""
    people = [(f"bench{number:03}", f"Measured-word-{number:03}") for number in range(64)]
    port = free_port()
    if kind == "sqlite":
        yield build(folder, f"sqlite:///{folder}/leerid.db", port, people)
        return
    with postgresql(folder) as (url, pid):
        house = build(folder, url, port, people)
        house.pids.append(pid)
        yield house


@contextmanager
def postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    """A PostgreSQL of its own with Debian's shipped settings; its URL and its first process.

    The role of the URL is no superuser, so that row-level security costs here what it costs in production.
    """
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    data, port = folder / "pg", free_port()
    data.mkdir()
    folder.chmod(0o755)
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(data, "postgres", "postgres")
    initdb = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "owner"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=data, **owner)
    server = subprocess.Popen(
        [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(data)],
        stderr=subprocess.DEVNULL,
        cwd=data,
        **owner,
    )
    try:
        wait_for(port)
        time.sleep(1)
        server_at = f"127.0.0.1:{port}"
        admin = create_engine(
            f"postgresql+psycopg://owner@{server_at}/postgres", isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.exec_driver_sql("CREATE ROLE leerid LOGIN")
            connection.exec_driver_sql("CREATE DATABASE leerid OWNER leerid")
        admin.dispose()
        yield f"postgresql+psycopg://leerid@{server_at}/leerid", server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


@contextmanager
def served(house: House) -> Iterator[House]:
    """`leerid serve`, as in production; its process is the first of `house.pids`."""
    leerid = Path(sys.executable).with_name("leerid")
    server = subprocess.Popen([str(leerid), "serve", "--config", str(house.configuration)])
    house.pids.insert(0, server.pid)
    try:
        wait_for(house.port)
        yield house
    finally:
        house.pids.remove(server.pid)
        server.terminate()
        server.wait(20)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nothing listens on port {port}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, default=4810)
    parser.add_argument("--users", type=Path, required=True, help="CSV: username,password")
    asked = parser.parse_args()
    with asked.users.open(newline="") as file:
        people = [(row[0], row[1]) for row in csv.reader(file) if len(row) == 2 and row[0] != "username"]
    shutil.rmtree(asked.folder, ignore_errors=True)
    build(asked.folder, asked.database, asked.port, people)


if __name__ == "__main__":
    main()
