"""A provider that can die: `leerid serve` in processes of its own, with the Schoolloket before it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from portals.schoolloket import app as schoolloket
from tests.portals.desks import desk_settings, register
from tests.support import databases
from tests.support.ports import free_port
from tests.support.provider import Provider, toml
from tests.support.server import Port

START_SECONDS = 60
# As dear as it takes for a save of some dozens to need several steps of a second.
DEAR_HASHING = {"memory_kib": 19456, "time_cost": 4, "at_once": 2}


@dataclass
class Mortal:
    """`kill` ends it as a power cut does, `start` begins it anew; `provider` makes its people and reads its records."""

    provider: Provider
    config: Path
    schoolloket: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        command = [sys.executable, "-m", "idp.cli", "serve", "--config", str(self.config)]
        with self.config.with_name("log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(f"{self.provider.issuer}/readyz"):
            assert self.processes[-1].poll() is None, self.config.with_name("log").read_text()[-2000:]
            assert time.monotonic() < deadline, "the provider didn't start"
            time.sleep(0.1)

    def kill(self) -> None:
        """Everything that belongs to it, at once, in the midst of whatever it does."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


@contextmanager
def mortal(folder: Path, database_url: str, keys: Path) -> Iterator[Mortal]:
    port = free_port()
    tables = {
        "issuer": f"http://127.0.0.1:{port}",
        "server": {"insecure_http": True, "port": port, "workers": 1},
    }
    provider = Provider(folder, database_url, keys, tables)
    for unused in provider.ports:  # it listens in its own process
        unused.close()
    desk = Port()
    config = folder / "config.toml"
    config.write_text(toml(settings_for(provider, database_url, keys, desk.origin)), encoding="utf-8")
    settings = desk_settings(
        provider, "schoolloket", desk.origin, register(provider, "schoolloket", desk.origin), folder
    )
    desk.serve(schoolloket.create_app(settings))
    with databases.engine_for(database_url, connections=4) as engine:
        provider.__dict__["engine"] = engine
        living = Mortal(provider, config, desk.origin)
        try:
            living.start()
            yield living
        finally:
            living.kill()
            desk.close()


def settings_for(provider: Provider, database_url: str, keys: Path, desk: str) -> dict[str, object]:
    return {
        "issuer": provider.issuer,
        "database": {"url": database_url},
        "keys": {"directory": str(keys)},
        "server": {"port": provider.settings.server.port, "workers": 1, "insecure_http": True},
        "staff": {"second_factor": "required"},
        "hashing": DEAR_HASHING,
        "clients": {"directory": str(provider.clients_directory)},
        "portals": {"schoolloket": desk},
    }


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False
