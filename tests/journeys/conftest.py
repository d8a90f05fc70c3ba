"""The whole of LeerID as `leerid demo` starts it: four servers, example people, one database of each kind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.databases import postgresql_cluster
from tests.support.ports import free_ports

START_SECONDS = 120


@dataclass(frozen=True)
class Town:
    """Where everything is, and who lives there."""

    told: dict[str, Any]
    clients: Path

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

    def user(self, username: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in self.told["users"] if each["username"] == username)
        return found

    def users(self, kind: str, state: str = "active", *, pictures: bool = False) -> list[dict[str, Any]]:
        return [
            each
            for each in self.told["users"]
            if (each["kind"], each["state"]) == (kind, state) and ("digits" in each) == pictures
        ]


@pytest.fixture(scope="session")
def town(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("demo")
    if database_kind == "sqlite":
        yield from running_town(folder, {})
        return
    with postgresql_cluster() as url:
        yield from running_town(folder, {"LEERID_DATABASE_URL": url})


def running_town(folder: Path, environment: dict[str, str]) -> Iterator[Town]:
    leerid = Path(sys.executable).with_name("leerid")
    port = free_ports(4)
    with (folder / "log").open("wb") as log:
        demo = subprocess.Popen(
            # A relative folder, as in `make run`.
            [str(leerid), "demo", "--data", "data", "--base-port", str(port)],
            cwd=folder,
            env=os.environ | environment,
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
        yield Town(json.loads(told.read_text()), told.parent / "clients")
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(30)


@pytest.fixture
def tablet(chromium: Browser) -> Iterator[Page]:
    """A fresh browser, as a pupil finds it."""
    with fresh(chromium) as context:
        yield context.new_page()


def fresh(chromium: Browser, **options: Any) -> BrowserContext:
    return chromium.new_context(locale="nl-BE", viewport={"width": 1024, "height": 768}, **options)
