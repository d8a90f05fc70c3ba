"""The register of applications: one frozen Client per file, read again when a file changes."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from idp.oidc import registration
from idp.oidc.client import DYNAMIC, Client, ClientFileError, origin_of
from idp.oidc.registration import FOR_FILES, Hosts

__all__ = ["DYNAMIC", "Client", "ClientFileError", "ClientRegister", "origin_of", "register"]

log = logging.getLogger("leerid.clients")

# A name that none of them can have is not looked up, nor kept as unknown.
DYNAMIC_NAME = re.compile(rf"{DYNAMIC}[0-9a-f]{{32}}")

# What changes when a registration does: its time and its size.
Mark = tuple[int, int]


@dataclass(frozen=True)
class ReadFile:
    """A registration, and the file's mark from before it was read: what is written meanwhile is read again."""

    mark: Mark
    client: Client


class ClientRegister:
    """All applications. Looks for changed files at most every `reload_seconds`.

    A removed file is a removed application, at once and whatever is wrong with another. A change that is wrong is logged and
    not taken: that application stays as it was, and its file is read at every look until it is right.
    """

    def __init__(
        self,
        directory: Path,
        reload_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        hosts: Hosts = FOR_FILES,
    ) -> None:
        """Raises ClientFileError: a provider does not start with a registration that it can't trust."""
        self.directory = directory
        self.reload_seconds = reload_seconds
        self.clock = clock
        self.hosts = hosts
        self.looking = threading.Lock()
        self.looked_at = clock()
        self.files: Mapping[str, ReadFile] = {}
        self.clients: Mapping[str, Client] = {}
        self.complained: frozenset[str] = frozenset()
        # Applications that registered themselves; asked only for what looks like one of theirs.
        self.dynamic: Callable[[str], Client | None] | None = None
        self.all_dynamic: Callable[[], Iterable[Client]] | None = None
        for error in self.look():
            raise error

    def get(self, client_id: str) -> Client | None:
        self.look_again()
        if self.dynamic is not None and DYNAMIC_NAME.fullmatch(client_id):
            return self.dynamic(client_id)
        return self.clients.get(client_id)

    def all(self) -> tuple[Client, ...]:
        """Those with a file: the ones that an operator looked at."""
        self.look_again()
        return tuple(self.clients.values())

    def everyone(self) -> tuple[Client, ...]:
        """Those that registered themselves too."""
        return (*self.all(), *(self.all_dynamic() if self.all_dynamic is not None else ()))

    def look_again(self) -> None:
        asked_at = self.clock()
        if asked_at - self.looked_at < self.reload_seconds:
            return
        # While another thread looks, what is known will do; unless it must never be older than the request.
        if not self.looking.acquire(blocking=self.reload_seconds == 0):
            return
        try:
            self.looked_at = asked_at
            known = self.files
            self.complain(self.look())
            if self.files != known:
                log.info("clients:reloaded", extra={"count": len(self.clients)})
        finally:
            self.looking.release()

    def look(self) -> list[ClientFileError]:
        """Reads what changed; answers what is wrong."""
        files: dict[str, ReadFile] = {}
        errors: list[ClientFileError] = []
        for path in sorted(self.directory.glob("*.toml")):
            mark, known = mark_of(path), self.files.get(path.name)
            if mark is None:
                continue
            try:
                unchanged = known is not None and known.mark == mark
                files[path.name] = (
                    known if known and unchanged else ReadFile(mark, registration.read(path, self.hosts))
                )
            except ClientFileError as error:
                errors.append(error)
                if known is not None:
                    files[path.name] = known
        self.files = files
        self.clients = {each.client.client_id: each.client for each in files.values()}
        return errors

    def complain(self, errors: Iterable[ClientFileError]) -> None:
        """Once about each, and not at every look."""
        reasons = frozenset(str(error) for error in errors)
        for reason in reasons - self.complained:
            log.error("clients:refused", extra={"reason": reason})
        self.complained = reasons


def mark_of(path: Path) -> Mark | None:
    """None when it was removed between the listing and the look."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size


def read_all(directory: Path, hosts: Hosts = FOR_FILES) -> Mapping[str, Client]:
    """Every application, or ClientFileError."""
    clients = [registration.read(path, hosts) for path in sorted(directory.glob("*.toml"))]
    return {client.client_id: client for client in clients}


class Application(Protocol):
    """A Flask application, for a room that doesn't know Flask."""

    extensions: dict[str, Any]


def register(app: Application) -> ClientRegister:
    """The register that this application asks."""
    return cast(ClientRegister, app.extensions["leerid.clients"])
