"""A provider, both desks and Rekenrijk, all up; for the conftest.py of each room that meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.portals.desks import Desks, open_desks
from tests.support import databases
from tests.support.browser import Visitor
from tests.support.provider import Provider


@pytest.fixture(scope="session")
def database_with_tables(tmp_path_factory: pytest.TempPathFactory) -> databases.WithTables:
    """SQLite only: a desk can't tell which database the provider has. The API's own tests run on both."""
    return databases.with_tables(f"sqlite:///{tmp_path_factory.mktemp('database')}/leerid.db")


@pytest.fixture
def desks(open_provider: Callable[..., Provider], tmp_path: Path) -> Iterator[Desks]:
    with open_desks(open_provider, tmp_path) as opened:
        yield opened


@pytest.fixture
def visitor(desks: Desks) -> Iterator[Visitor]:
    """A browser without JavaScript that reaches every application."""
    browser = desks.visitor()
    yield browser
    browser.close()
