"""For each library a provider of its own, and its program running; for each test a new pupil and a new browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.interop.foreign import Library, Running, running
from tests.interop.house import open_house
from tests.support.browser import Visitor
from tests.support.https import Authority, SecureProvider
from tests.support.people import Made

Opening = Callable[..., AbstractContextManager[SecureProvider]]


@pytest.fixture(scope="module")
def open_one(tmp_path_factory: pytest.TempPathFactory, keys_directory: Path, authority: Authority) -> Opening:
    """A provider, for as long as the programs that meet it. Keywords are tables of its settings."""

    @contextmanager
    def opening(**tables: Any) -> Iterator[SecureProvider]:
        house = open_house(tmp_path_factory.mktemp("house"), keys_directory, authority, tables)
        try:
            yield house
        finally:
            house.stop()

    return opening


@pytest.fixture(scope="module")
def application(
    library: Library, open_one: Opening, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with open_one() as house, running(library, house, tmp_path_factory.mktemp("program")) as started:
        yield started


@pytest.fixture
def house(application: Running) -> SecureProvider:
    return application.house


@pytest.fixture
def pupil(house: SecureProvider) -> Made:
    return house.people.pupil()


@pytest.fixture
def browser(house: SecureProvider, application: Running) -> Visitor:
    return house.visitor(application.origin)
