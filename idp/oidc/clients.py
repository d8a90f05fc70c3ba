"""The register of applications: one frozen Client per file, read again when a file changes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from idp.oidc import registration
from idp.oidc.client import Client, ClientFileError, origin_of

__all__ = ["Client", "ClientFileError", "ClientRegister", "origin_of", "register"]

log = logging.getLogger("leerid.clients")

Marks = frozenset[tuple[str, int, int]]


class ClientRegister:
    """All applications. Looks for changed files at most every `reload_seconds`; a bad change is logged and not taken."""

    def __init__(
        self, directory: Path, reload_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises ClientFileError: a provider does not start with a registration that it can't trust."""
        self.directory = directory
        self.reload_seconds = reload_seconds
        self.clock = clock
        self.looking = threading.Lock()
        self.marks = marks_of(directory)
        self.clients = read_all(directory)
        self.looked_at = clock()

    def get(self, client_id: str) -> Client | None:
        self.look_again()
        return self.clients.get(client_id)

    def all(self) -> tuple[Client, ...]:
        self.look_again()
        return tuple(self.clients.values())

    def look_again(self) -> None:
        if self.clock() - self.looked_at < self.reload_seconds or not self.looking.acquire(blocking=False):
            return
        try:
            marks = marks_of(self.directory)
            if marks != self.marks:
                self.marks = marks
                self.clients = read_all(self.directory)
                log.info("clients:reloaded", extra={"count": len(self.clients)})
        except ClientFileError as error:
            log.error("clients:refused", extra={"reason": str(error)})
        finally:
            self.looked_at = self.clock()
            self.looking.release()


def marks_of(directory: Path) -> Marks:
    """What changes when a registration does: names, times and sizes."""
    marks = set()
    for path in directory.glob("*.toml"):
        try:
            seen = path.stat()
        except OSError:  # removed between the listing and the look
            continue
        marks.add((path.name, seen.st_mtime_ns, seen.st_size))
    return frozenset(marks)


def read_all(directory: Path) -> Mapping[str, Client]:
    clients = [registration.read(path) for path in sorted(directory.glob("*.toml"))]
    return {client.client_id: client for client in clients}


class Application(Protocol):
    """A Flask application, for a room that doesn't know Flask."""

    extensions: dict[str, Any]


def register(app: Application) -> ClientRegister:
    """The register that this application asks."""
    return cast(ClientRegister, app.extensions["leerid.clients"])
