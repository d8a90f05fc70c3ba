"""A provider over HTTPS that a whole file of modules shares; a new pupil and a new browser for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.certification.houses import Houses, well_known_pupil
from tests.certification.plans import BASIC, Plan
from tests.certification.registrant import Registrant
from tests.certification.run import Run, certification_client
from tests.oidc.dynamic.shelf import Shelf, shelf_of_files
from tests.oidc.listening import Application, listening
from tests.support import databases
from tests.support.https import Authority, Door, SecureProvider
from tests.support.relying_party import RelyingParty


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables. What a certification asks doesn't depend on the kind of database."""
    file = tmp_path_factory.mktemp("certification") / "empty.db"
    databases.make_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="module")
def houses(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, keys_directory: Path, authority: Authority
) -> Iterator[Houses]:
    opened = Houses(tmp_path_factory.mktemp("houses"), empty_database, keys_directory, authority)
    yield opened
    opened.close()


@pytest.fixture
def house(houses: Houses) -> SecureProvider:
    """The provider as it is deployed."""
    return houses.as_deployed


@pytest.fixture(scope="module")
def clients() -> dict[Plan, RelyingParty]:
    """One for each plan of a file, as a certification registers them beforehand."""
    return {}


@pytest.fixture
def run(houses: Houses, plan: Plan, clients: dict[Plan, RelyingParty]) -> Run:
    """One module of a plan: its client, a browser that nobody signed in with, somebody to sign in."""
    house = houses.opened_up if plan.legacy else houses.as_deployed
    if plan not in clients:
        clients[plan] = certification_client(house, plan)
    return Run(house, plan, clients[plan], house.visitor(), well_known_pupil(house))


@pytest.fixture
def basic(house: SecureProvider) -> Callable[..., Run]:
    """A run of the Basic plan whose client has more in its registration."""

    def make(**registration: object) -> Run:
        rp = certification_client(house, BASIC, **registration)
        return Run(house, BASIC, rp, house.visitor(), well_known_pupil(house))

    return make


@pytest.fixture
def door(authority: Authority) -> Iterator[Door]:
    """The door of `application`: which TLS was spoken there."""
    made = Door(authority)
    yield made
    made.close()


@pytest.fixture
def application(door: Door) -> Iterator[Application]:
    """An application that is really there, over HTTPS."""
    with listening() as behind:
        door.open_to(int(behind.origin.rpartition(":")[2]))
        behind.origin = door.origin
        yield behind


@pytest.fixture
def site(door: Door) -> Iterator[Shelf]:
    """An application's documents, over HTTPS."""
    with shelf_of_files() as files:
        door.open_to(int(files.origin.rpartition(":")[2]))
        files.origin = door.origin
        yield files


@pytest.fixture
def make_registrant(door: Door) -> Iterator[Callable[[SecureProvider], Registrant]]:
    """Who registers with a provider, and takes everything back at the end."""
    made: list[Registrant] = []

    def make(house: SecureProvider) -> Registrant:
        made.append(Registrant(house, door.origin))
        return made[-1]

    yield make
    for each in made:
        each.take_back()


@pytest.fixture
def registrant(make_registrant: Callable[..., Registrant], house: SecureProvider) -> Registrant:
    return make_registrant(house)
