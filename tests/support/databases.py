"""Two real databases: a SQLite file, and a PostgreSQL cluster of this test run's own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

from idp.database import engine_options, prepare
from idp.database_upgrade import metadata

KINDS = ("sqlite", "postgresql")
LOCKED = ("audit_events", "audit_links")
START_SECONDS = 30


def make_tables(url: str) -> None:
    with engine_for(url) as engine:
        metadata().create_all(engine)


@dataclass(frozen=True)
class WithTables:
    """A database with all tables; `empty` takes every row out again."""

    url: str
    empty: Callable[[], None]


def with_tables(url: str) -> WithTables:
    make_tables(url)
    address = make_url(url)
    postgresql = address.drivername.startswith("postgresql")
    return WithTables(url, postgresql_emptier(address) if postgresql else sqlite_emptier(address))


def sqlite_emptier(address: URL) -> Callable[[], None]:
    """Puts the empty file back: that is quicker than fifty statements."""
    file, blank = str(address.database), sqlite3.connect(":memory:")
    with closing(sqlite3.connect(file)) as made:
        made.backup(blank)

    def empty() -> None:
        with closing(sqlite3.connect(file)) as used:
            blank.backup(used)

    return empty


def postgresql_emptier(address: URL) -> Callable[[], None]:
    """Rows, not tables: that is quicker. As the superuser, whom the locks of the log let pass when asked like this."""
    whose = address.set(drivername="postgresql", username="postgres")
    connection = psycopg.connect(whose.render_as_string(hide_password=False), autocommit=True)
    connection.execute("SET session_replication_role = replica")
    deletions = "; ".join(f"DELETE FROM {table.name}" for table in metadata().sorted_tables).encode()

    def empty() -> None:
        connection.execute(deletions)

    return empty


def unlocking(how: str) -> list[str]:
    return [f"ALTER TABLE {table} {how} TRIGGER USER" for table in LOCKED]


@contextmanager
def unlocked(connection: Connection) -> Iterator[None]:
    """Without the locks of the log, which let nobody empty it: what only the owner of the tables can do."""
    if connection.dialect.name == "sqlite":
        kept = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (:one, :other)"),
            dict(zip(("one", "other"), LOCKED, strict=True)),
        ).all()
        before = [f"DROP TRIGGER {each.name}" for each in kept]
        after = [str(each.sql) for each in kept]
    else:
        before, after = unlocking("DISABLE"), unlocking("ENABLE")
    for statement in before:
        connection.exec_driver_sql(statement)
    yield
    for statement in after:
        connection.exec_driver_sql(statement)


@contextmanager
def engine_for(url: str, connections: int = 1) -> Iterator[Engine]:
    """An engine of our own, with the same manners as the provider's."""
    engine = create_engine(url, **engine_options(url, connections, 10))
    prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


class NoPostgreSQL(Exception):
    """There is no PostgreSQL server to start."""


def postgresql_programs() -> Path:
    """Where Debian keeps `initdb` and `postgres`: the newest version that is there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    elsewhere = shutil.which("postgres")
    if elsewhere is None:
        raise NoPostgreSQL("PostgreSQL isn't installed (Debian: apt-get install postgresql)")
    return Path(elsewhere).resolve().parent


@contextmanager
def postgresql_cluster() -> Iterator[str]:
    """A fresh cluster on a Unix socket in a folder of its own; gives the URL of its database, and leaves nothing behind."""
    programs = postgresql_programs()
    owner = unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="leerid-pg-"))
    try:
        if owner:
            shutil.chown(folder, owner["user"], owner["group"])
        initialise(programs, folder, owner)
        with running(programs, folder, owner):
            yield owned_by_nobody_special(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def owned_by_nobody_special(folder: Path) -> str:
    """The URL for a role that is no superuser: row-level security doesn't hold for those."""
    engine = create_engine(
        f"postgresql+psycopg://postgres@/postgres?host={folder}", isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE leerid LOGIN CREATEDB"))
        connection.execute(text("CREATE DATABASE leerid OWNER leerid"))
    engine.dispose()
    return f"postgresql+psycopg://leerid@/leerid?host={folder}"


def unprivileged_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as the user its package made."""
    if os.geteuid() != 0:
        return {}
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgreSQL("this is root, and there is no user postgres to run PostgreSQL") from None
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def initialise(programs: Path, folder: Path, owner: dict[str, Any]) -> None:
    options = ["-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"]
    command = [str(programs / "initdb"), "-D", str(folder / "data"), *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **owner)
    if done.returncode != 0:
        raise NoPostgreSQL(f"initdb failed: {done.stderr.strip()[-300:]}")


@contextmanager
def running(programs: Path, folder: Path, owner: dict[str, Any]) -> Iterator[None]:
    quick = (
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "listen_addresses=",
        "max_connections=200",
    )
    command = [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
    for setting in quick:
        command += ["-c", setting]
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        server = subprocess.Popen[bytes](
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **owner
        )
    try:
        wait_until_ready(programs, folder, server)
        yield
    finally:
        server.send_signal(signal.SIGQUIT)  # at once: nothing in it needs keeping
        server.wait(timeout=START_SECONDS)
        Path(log.name).unlink(missing_ok=True)


def wait_until_ready(programs: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        asked = subprocess.run([programs / "pg_isready", "-q", "-h", folder], cwd=folder, check=False)
        if asked.returncode == 0:
            return
        time.sleep(0.05)
    raise NoPostgreSQL("PostgreSQL did not start")
