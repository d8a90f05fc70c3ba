"""The fixtures that every room's tests may ask for."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from idp import key_files
from idp.database import utc_now
from tests import outcomes, shifts
from tests.support import databases, needs
from tests.support.browser import NoChromium, Visitor, running_chromium
from tests.support.clock import Clock

if TYPE_CHECKING:
    from tests.support.https import Authority, SecureProvider
    from tests.support.provider import Provider

# A loaded machine isn't a bug, and a run that fails must fail again: no deadline, no database of examples.
hypothesis.settings.register_profile("leerid", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("leerid")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=[*databases.KINDS, "both"],
        default="both",
        help="which databases the tests run on; LEERID_TEST_DATABASE says the same and goes first",
    )


def pytest_configure(config: pytest.Config) -> None:
    outcomes.record(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever touches a database runs once on each.

    Except what one page does in a browser: that is about the page, and its room's other tests are about what is behind it.
    The journeys through all applications run on both.
    """
    if "database_kind" in metafunc.fixturenames:
        wanted = os.environ.get("LEERID_TEST_DATABASE") or metafunc.config.getoption("--database")
        one_page = "page" in metafunc.fixturenames
        kinds = databases.KINDS[: 1 if one_page else None] if wanted == "both" else (wanted,)
        metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        shifts.longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return shifts.Shifts(config, log)


def pytest_collection_finish() -> None:
    """What is there now stays: looking through it again and again for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for reason, count in needs.reasons(terminalreporter.stats.get("skipped", [])).items():
        terminalreporter.write_line(f"NOT RUN ({count}): {reason}", red=True, bold=True)


@pytest.fixture
def clock() -> Clock:
    """A clock for tests that need no provider; `provider.clock` is that of a provider."""
    return Clock()


@pytest.fixture(scope="session")
def keys_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every private key of a provider, made as `leerid keys new` makes them."""
    directory = tmp_path_factory.mktemp("keys")
    key_files.make_missing(directory, utc_now())
    if find_spec("idp.oidc.keys"):
        from idp.oidc import keys as signing_keys

        signing_keys.make_missing(directory / "signing", utc_now())
    return directory


# Databases


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: asking for it, however far away, makes a test run on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL database that this process started."""
    try:
        with databases.postgresql_cluster() as url:
            yield url
    except databases.NoPostgreSQL as error:
        needs.missing(str(error))


@pytest.fixture(scope="session")
def made_databases() -> dict[str, databases.WithTables]:
    """Each kind's database once it has its tables. What depends on the kind ends at each change of it; this doesn't."""
    return {}


@pytest.fixture(scope="session")
def database_with_tables(
    database_kind: str,
    made_databases: dict[str, databases.WithTables],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> databases.WithTables:
    if database_kind not in made_databases:
        if database_kind == "postgresql":
            url = str(request.getfixturevalue("postgresql"))
        else:
            url = f"sqlite:///{tmp_path_factory.mktemp('database')}/leerid.db"
        made_databases[database_kind] = databases.with_tables(url)
    return made_databases[database_kind]


@pytest.fixture
def database_url(database_with_tables: databases.WithTables) -> str:
    """A database with all tables and no rows."""
    database_with_tables.empty()
    return database_with_tables.url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with databases.engine_for(database_url, connections=8) as engine:
        yield engine


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    """A session without Flask or a provider, for the rooms that know neither. Say `writing(db)` before the first write."""
    with Session(engine) as session:
        yield session


# A provider


@pytest.fixture
def open_provider(
    tmp_path: Path, database_url: str, keys_directory: Path
) -> Iterator[Callable[..., Provider]]:
    """Makes a provider with other settings: `open_provider(tokens={"code_seconds": 5})`.

    `host="localhost"` gives it a name instead of an address: passkeys want one.
    """
    # Here, so that tests of rules don't wait for the whole application.
    from tests.support.provider import Provider

    opened: list[Provider] = []

    def open_one(*, host: str = "127.0.0.1", **tables: Any) -> Provider:
        folder = tmp_path / f"provider-{len(opened)}"
        folder.mkdir()
        provider = Provider(folder, database_url, keys_directory, tables, host)
        opened.append(provider)
        provider.start()
        return provider

    yield open_one
    for provider in opened:
        provider.stop()


@pytest.fixture
def provider(open_provider: Callable[..., Provider]) -> Provider:
    """A provider on a free port with an empty database, its own clients and a clock that can be moved."""
    return open_provider()


# A provider over HTTPS


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who issues certificates in these tests; `authority.file` is what to trust."""
    from tests.support.https import Authority

    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def open_secure_provider(
    tmp_path: Path, database_url: str, keys_directory: Path, authority: Authority
) -> Iterator[Callable[..., SecureProvider]]:
    """`open_provider`, but as in production: an issuer with https behind a proxy that holds the certificate."""
    from tests.support.https import SecureProvider

    opened: list[SecureProvider] = []

    def open_one(**tables: Any) -> SecureProvider:
        folder = tmp_path / f"secure-provider-{len(opened)}"
        folder.mkdir()
        opened.append(SecureProvider(folder, database_url, keys_directory, tables, authority))
        opened[-1].start()
        return opened[-1]

    yield open_one
    for each in opened:
        each.stop()


@pytest.fixture
def secure_provider(open_secure_provider: Callable[..., SecureProvider]) -> SecureProvider:
    """A provider over HTTPS, with its own visitors: `secure_provider.visitor()`."""
    return open_secure_provider()


# Browsers


@pytest.fixture
def new_visitor(provider: Provider) -> Iterator[Callable[..., Visitor]]:
    """Makes another browser without JavaScript: another device, with its own cookies."""
    made: list[Visitor] = []

    def make(*at_home: str, **options: Any) -> Visitor:
        made.append(Visitor(*(at_home or (provider.origin,)), **options))
        return made[-1]

    yield make
    for visitor in made:
        visitor.close()


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor]) -> Visitor:
    """A browser without JavaScript that stands before the provider."""
    return new_visitor()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    try:
        with running_chromium() as browser:
            yield browser
    except NoChromium as error:
        needs.missing(str(error))


@pytest.fixture
def browser_context(chromium: Browser) -> Iterator[BrowserContext]:
    """A device with Chromium: its own cookies, nothing remembered."""
    context = chromium.new_context(locale="nl-BE", timezone_id="Europe/Brussels", service_workers="block")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    """A page in Chromium, with JavaScript."""
    return browser_context.new_page()
