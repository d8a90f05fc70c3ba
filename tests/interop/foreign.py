"""Starting somebody else's relying party: a process of its own, over HTTPS, that knows our issuer and its registration."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.interop.waiting import wait_for
from tests.support.https import Door, SecureProvider
from tests.support.needs import missing
from tests.support.ports import free_port

HERE = Path(__file__).parent
HOUSE = HERE.parents[1]
SHOWN_TO_SUPPLIERS = HOUSE / "templates" / "idp" / "developers"
NODE_MODULES = HERE / "node_modules"
SECRET = "a-secret-with-every-sign-that-hurts-+%:&=-0123456789"
CLAIMS = {"given_name": "Om je te begroeten", "preferred_username": "Om je werk te bewaren"}


@dataclass(frozen=True)
class Library:
    """A relying party's library: the program that uses it, and the addresses that this program has."""

    name: str
    program: Path
    packages: tuple[str, ...]  # Python's, when it is a Python program
    secret: str = SECRET
    login: str = "/login"
    callback: str = "/callback"
    home: str = "/"
    bye: str = "/bye"
    registration: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def need(self) -> None:
        """Without what it is written in, its tests can't run."""
        if self.packages:
            for package in self.packages:
                if find_spec(package) is None:
                    missing(f"the Python package {package} isn't there (make install)")
        else:
            need_node()


def need_node() -> None:
    if shutil.which("node") is None:
        missing("Node.js isn't there (Debian: nodejs)")
    if not NODE_MODULES.is_dir():
        missing("the packages of tests/interop/package-lock.json aren't there (make node-packages)")


@dataclass(frozen=True)
class Running:
    """A relying party that is there, at `origin`."""

    library: Library
    house: SecureProvider
    origin: str

    def at(self, path: str) -> str:
        return self.origin + path


def register(house: SecureProvider, library: Library, origin: str) -> None:
    house.register(
        {
            "client_id": library.name,
            "name": library.name,
            "description": "Een applicatie van iemand anders.",
            "client_secret_sha256": hashlib.sha256(library.secret.encode()).hexdigest(),
            "redirect_uris": [origin + library.callback],
            "post_logout_redirect_uris": [origin + library.bye],
            "backchannel_logout_uri": f"{origin}/backchannel-logout",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile offline_access",
            "approval": "none",
            "claims": CLAIMS,
            **library.registration,
        }
    )


@contextmanager
def running(library: Library, house: SecureProvider, folder: Path) -> Iterator[Running]:
    """Starts the program behind a door with TLS, as behind a supplier's proxy, and registers what it is."""
    library.need()
    door, port = Door(house.authority), free_port()
    register(house, library, door.origin)
    environment = {
        **surroundings(house),
        "ISSUER": house.issuer,
        "CLIENT_ID": library.name,
        "CLIENT_SECRET": library.secret,
        "ORIGIN": door.origin,
        "PORT": str(port),
        "COOKIE_KEY": "a-key-for-this-test-only",
        "DATABASE": str(folder / f"{library.name}.db"),
        **library.environment,
    }
    log = folder / f"{library.name}.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            command(library, folder),
            env=environment,
            cwd=folder,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(port, process, log)
        door.open_to(port)
        yield Running(library, house, door.origin)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        door.close()


def surroundings(house: SecureProvider) -> dict[str, str]:
    """Little, and nothing of ours: where programs are, and whom to trust."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **house.authority.environment}


def command(library: Library, folder: Path) -> list[str]:
    if library.packages:
        return [sys.executable, str(HERE / "serving.py"), str(library.program)]
    return node(library.program, folder)


def node(program: Path, folder: Path) -> list[str]:
    return ["node", *flags_of_node(), str(beside_its_packages(program, folder))]


def beside_its_packages(program: Path, folder: Path) -> Path:
    """Node looks for packages in the folder of a program; the examples that suppliers read have none in theirs."""
    (folder / "node_modules").symlink_to(NODE_MODULES)
    return Path(shutil.copy(program, folder))


def flags_of_node() -> list[str]:
    """Node 18 gives its Web Cryptography to who asks; later ones to everybody."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return ["--experimental-global-webcrypto"] if version.startswith("v18.") else []


def session_on(text: str) -> dict[str, Any]:
    """What a program's page says of who is signed in there."""
    found: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return found
