"""The whole of LeerID as `leerid demo` starts it: five servers, example people, one database of each kind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.databases import postgresql_cluster
from tests.support.ports import free_ports

START_SECONDS = 120
SCREENSHOTS = "LEERID_SCREENSHOTS"
# A loaded machine is slow, not wrong.
expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Town:
    """Where everything is, and who lives there. `told` stays true: whoever gets a new password has it there too."""

    told: dict[str, Any]
    data: Path
    database_url: str = ""  # none given: SQLite, among the data
    issued: set[str] = field(default_factory=set)

    @property
    def clients(self) -> Path:
        return self.data / "clients"

    @property
    def issuer(self) -> str:
        return str(self.told["issuer"])

    @property
    def leerlingloket(self) -> str:
        return str(self.told["leerlingloket"])

    @property
    def sample_app(self) -> str:
        return str(self.told["sample_app"])

    @property
    def schoolloket(self) -> str:
        return str(self.told["schoolloket"])

    @property
    def staff(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.told["staff"]
        return found

    def employee(self, username: str) -> dict[str, Any]:
        return next(each for each in self.staff if each["username"] == username)

    def user(self, username: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.told["users"] if each["username"] == username)
        return found

    def users(self, kind: str, state: str = "active", *, pictures: bool = False) -> list[dict[str, Any]]:
        return [
            each
            for each in self.told["users"]
            if (each["kind"], each["state"]) == (kind, state) and ("digits" in each) == pictures
        ]

    def learn(self, username: str, password: str) -> None:
        """A card with this new password was handed out."""
        self.issued.add(password)
        pupil = next((each for each in self.told["users"] if each["username"] == username), None)
        if pupil is None:  # opened since the town was founded
            return
        pupil["password"] = password
        if "digits" in pupil:
            pupil["digits"] = password
        if pupil["kind"] == "advanced":
            pupil["state"] = "must-choose"


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Town]]:
    """Founds the town of each kind of database when it is first visited; they stay until the last test."""
    with ExitStack() as standing:
        founded: dict[str, Town] = {}

        def found(kind: str) -> Town:
            if kind not in founded:
                url = standing.enter_context(postgresql_cluster()) if kind == "postgresql" else ""
                folder = tmp_path_factory.mktemp("demo")
                founded[kind] = standing.enter_context(running_town(folder, url))
            return founded[kind]

        yield found


@pytest.fixture
def town(database_kind: str, towns: Callable[[str], Town]) -> Town:
    return towns(database_kind)


@contextmanager
def running_town(folder: Path, database_url: str = "") -> Iterator[Town]:
    leerid = Path(sys.executable).with_name("leerid")
    port = free_ports(5)
    (folder / "tmp").mkdir()
    # A relative folder, as in `make run`. A town hashes thousands of passwords, and what that costs is no matter here.
    command = [str(leerid), "demo", "--data", "data", "--base-port", str(port), "--weak-hashing"]
    with (folder / "log").open("wb") as log:
        demo = subprocess.Popen(
            [*command, "--database", database_url] if database_url else command,
            cwd=folder,
            env=os.environ | {"TMPDIR": str(folder / "tmp")},
            stdout=log,
            stderr=log,
        )
    try:
        told = folder / "data" / "demo.json"
        ends_at = time.monotonic() + START_SECONDS
        while not told.exists():
            assert demo.poll() is None, (folder / "log").read_text()[-3000:]
            assert time.monotonic() < ends_at, "the demonstration did not start"
            time.sleep(0.2)
        yield Town(json.loads(told.read_text()), told.parent, database_url)
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(30)


@pytest.fixture
def tablet(chromium: Browser) -> Iterator[Page]:
    """A fresh browser, as a pupil finds it."""
    with fresh(chromium) as context:
        yield context.new_page()


@pytest.fixture
def office(chromium: Browser) -> Iterator[Page]:
    """A fresh browser on a desk at school."""
    with fresh(chromium) as context:
        context.set_default_timeout(20_000)
        yield context.new_page()


def fresh(chromium: Browser, **options: Any) -> BrowserContext:
    return chromium.new_context(locale="nl-BE", viewport={"width": 1024, "height": 768}, **options)


Camera = Callable[[Page, str], None]


@pytest.fixture
def shoot(request: pytest.FixtureRequest, tmp_path: Path) -> Camera:
    """Keeps a picture of a page, to look at afterwards: in the folder LEERID_SCREENSHOTS, or with what pytest keeps."""
    kept = Path(os.environ[SCREENSHOTS]) if SCREENSHOTS in os.environ else tmp_path
    kept.mkdir(parents=True, exist_ok=True)
    kind = request.getfixturevalue("database_kind") if "database_kind" in request.fixturenames else "sqlite"

    def keep(page: Page, name: str) -> None:
        page.screenshot(path=kept / f"{kind} {name}.png")

    return keep
