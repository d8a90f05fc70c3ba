"""An application's own web server: documents at addresses, and who asked for them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.small_server import Answer, serving


@dataclass
class Shelf:
    origin: str = ""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    # While it isn't set, nobody gets an answer.
    open: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, kind: str, body: bytes) -> str:
        """Answers its address."""
        self.files[path] = (kind, body)
        return self.origin + path

    def put_list(self, path: str, value: Any) -> str:
        return self.put(path, "application/json", json.dumps(value).encode())


@contextmanager
def shelf_of_files() -> Iterator[Shelf]:
    shelf = Shelf()
    shelf.open.set()

    class Hands(Answer):
        def do_GET(self) -> None:
            shelf.asked.append(self.path)
            shelf.open.wait(10)
            self.say(
                200 if self.path in shelf.files else 404, *shelf.files.get(self.path, ("text/plain", b""))
            )

    with serving(Hands) as shelf.origin:
        yield shelf
