"""The migrations make exactly the tables that the records describe, on both engines."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, inspect, text
from sqlalchemy.engine import make_url

from idp import database_upgrade
from idp.schools.second_lock import VISIBLE
from tests.support.databases import engine_for


@pytest.fixture
def empty_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that holds nothing at all, not even a table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path}/new/leerid.db"
        return
    server = make_url(str(request.getfixturevalue("postgresql")))
    name = "migrations"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        # Without force: that may not end the server's own housekeeping, which leaves by itself.
        connection.execute(text(f"DROP DATABASE {name}"))
    admin.dispose()


def test_an_empty_database_gets_every_table(empty_database: str) -> None:
    assert database_upgrade.upgrade(empty_database) == database_upgrade.newest()
    assert database_upgrade.current(empty_database) == database_upgrade.newest()
    with engine_for(empty_database) as engine:
        expected = {*database_upgrade.metadata().tables, "alembic_version"}
        assert set(inspect(engine).get_table_names()) == expected


def test_the_steps_and_the_records_say_the_same(empty_database: str) -> None:
    database_upgrade.upgrade(empty_database)
    with engine_for(empty_database) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, database_upgrade.metadata()) == []


def test_the_steps_and_the_records_make_the_same_checks(empty_database: str, tmp_path: Path) -> None:
    """Alembic doesn't compare these, and they hold what the code promises."""
    database_upgrade.upgrade(empty_database)
    with engine_for(empty_database) as engine:
        by_steps = checks(engine)
        with engine.begin() as connection:
            connection.execution_options(writing=True)
            reflected = MetaData()
            reflected.reflect(connection)
            reflected.drop_all(connection)
            database_upgrade.metadata().create_all(connection)
        assert by_steps == checks(engine)
        assert ("accounts", "ck_accounts_basic_has_no_email") in {
            (table, name) for table, name, _ in by_steps
        }


def checks(engine: Engine) -> set[tuple[str, str, str]]:
    found = inspect(engine)
    return {
        (table, str(check["name"]), check["sqltext"])
        for table in database_upgrade.metadata().tables
        for check in found.get_check_constraints(table)
    }


def test_OA_59_the_steps_and_the_records_put_the_same_locks_on_the_log(empty_database: str) -> None:
    database_upgrade.upgrade(empty_database)
    with engine_for(empty_database) as engine:
        by_steps = triggers(engine)
        with engine.begin() as connection:
            connection.execution_options(writing=True)
            reflected = MetaData()
            reflected.reflect(connection)
            reflected.drop_all(connection)
            database_upgrade.metadata().create_all(connection)
        assert by_steps == triggers(engine)
        assert {name.rpartition("_")[0] for name, _ in by_steps} >= {"audit_events", "audit_links_never"}


def triggers(engine: Engine) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        else:
            found = (
                "SELECT tgname, pg_get_triggerdef(pg_trigger.oid) || pg_get_functiondef(tgfoid)"
                " FROM pg_trigger WHERE NOT tgisinternal"
            )
        return {(name, str(definition)) for name, definition in connection.execute(text(found))}


def test_OA_54_the_steps_and_the_records_show_one_school_alike(empty_database: str) -> None:
    database_upgrade.upgrade(empty_database)
    with engine_for(empty_database) as engine:
        by_steps = policies(engine)
        with engine.begin() as connection:
            connection.execution_options(writing=True)
            reflected = MetaData()
            reflected.reflect(connection)
            reflected.drop_all(connection)
            database_upgrade.metadata().create_all(connection)
        assert by_steps == policies(engine)
        locked = set(VISIBLE) if engine.dialect.name == "postgresql" else set()
        assert {table for table, *_ in by_steps} == locked


def policies(engine: Engine) -> set[tuple[object, ...]]:
    """Which tables are locked, for whom, and what a row must fulfil; SQLite knows no such lock."""
    if engine.dialect.name == "sqlite":
        return set()
    asked = text(
        "SELECT relname, relforcerowsecurity, polname, polcmd, pg_get_expr(polqual, polrelid), polwithcheck"
        " FROM pg_class LEFT JOIN pg_policy ON polrelid = pg_class.oid WHERE relrowsecurity"
    )
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(asked)}


def test_upgrading_again_changes_nothing(empty_database: str) -> None:
    database_upgrade.upgrade(empty_database)
    with engine_for(empty_database) as engine, engine.connect() as connection:
        connection.execution_options(writing=True)
        connection.execute(
            text("INSERT INTO schools (number, name, created_at) VALUES (2, 'Brussel', '2026-03-02')")
        )
        connection.commit()
    assert database_upgrade.upgrade(empty_database) == database_upgrade.newest()
    with engine_for(empty_database) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT name FROM schools")) == "Brussel"


def test_two_nodes_that_start_at_once_upgrade_once(empty_database: str) -> None:
    upgrade = "import sys; from idp.database_upgrade import upgrade; upgrade(sys.argv[1])"
    nodes = [subprocess.Popen([sys.executable, "-c", upgrade, empty_database]) for _ in range(2)]
    assert [node.wait(timeout=60) for node in nodes] == [0, 0]
    assert database_upgrade.current(empty_database) == database_upgrade.newest()


def test_a_database_without_tables_has_no_revision(empty_database: str) -> None:
    database_upgrade.make_folder(empty_database)
    assert database_upgrade.current(empty_database) is None
