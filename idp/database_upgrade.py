"""Brings a database to the shape that this version of the code expects.

All steps run in one transaction, behind a lock, so that two processes that start at the same time upgrade once, and a
step that fails leaves nothing behind.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from idp.database import Base, prepare

ROOMS_WITH_RECORDS = ("accounts", "schools", "authentication", "tokens", "oidc", "mail")
# What more than a room's own records, and more than columns and constraints, comes with the tables.
WITH_THE_TABLES = ("idp.schools.import_records", "idp.schools.second_lock")

ENGINES = ("postgresql", "sqlite")

# Any number, as long as nobody else on this PostgreSQL server uses it for a lock of their own.
POSTGRESQL_LOCK = 7133431


class UnknownDatabase(Exception):
    """database.url leads to nothing that we can use; it isn't repeated, because it may hold a password."""


def upgrade(url: str) -> str:
    """Runs every step that is missing; answers the revision that the database now has."""
    make_folder(url)
    with connected(url, writing=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRESQL_LOCK})
        command.upgrade(alembic_config(connection), "head")
        connection.commit()
    return newest()


def current(url: str) -> str | None:
    """The revision that the database has; None when it is empty."""
    with connected(url) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision that this code expects."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def metadata() -> MetaData:
    """Every table, with every room's records loaded."""
    for module in (*(f"idp.{room}.records" for room in ROOMS_WITH_RECORDS), *WITH_THE_TABLES):
        importlib.import_module(module)
    return Base.metadata


def alembic_config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def connected(url: str, *, writing: bool = False) -> Iterator[Connection]:
    engine = create_engine(read_url(url))
    prepare(engine)
    try:
        with engine.connect() as connection:
            yield connection.execution_options(writing=True) if writing else connection
    finally:
        engine.dispose()


def read_url(url: str) -> URL:
    """Raises UnknownDatabase."""
    try:
        parts = make_url(url)
    except ArgumentError:
        raise UnknownDatabase("database.url: isn't the address of a database") from None
    if parts.get_backend_name() not in ENGINES:
        raise UnknownDatabase(f"database.url: {parts.get_backend_name()} isn't one of {', '.join(ENGINES)}")
    return parts


def make_folder(url: str) -> None:
    """SQLite makes the file but not the folder around it."""
    parts = read_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database not in (None, "", ":memory:"):
        Path(str(parts.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
