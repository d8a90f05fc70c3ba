"""An application that is really there: it hears logout tokens, is opened in frames, and can be slow or wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.small_server import Answer, serving

PAGE = b"<!doctype html><title>Oefenapp</title><h1>Hier is de applicatie</h1>"


@dataclass
class Application:
    """A server that listens. `silent`: it takes a question and never answers. `page` is what it shows."""

    origin: str = ""
    page: bytes = PAGE
    status: int = 200
    silent: bool = False
    got: list[dict[str, Any]] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"{self.origin}/backchannel"

    @property
    def callback(self) -> str:
        return f"{self.origin}/callback"

    def framed(self) -> list[dict[str, list[str]]]:
        """What the frames of a farewell brought here."""
        return [parse_qs(urlsplit(path).query) for path in self.opened if path.startswith("/frontchannel")]


@contextmanager
def listening() -> Iterator[Application]:
    application = Application()

    class Hears(Answer):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            application.got.append({"type": self.headers["Content-Type"], "form": parse_qs(body)})
            self.answer(b"")

        def do_GET(self) -> None:
            application.opened.append(self.path)
            self.answer(application.page)

        def answer(self, body: bytes) -> None:
            if application.silent:
                application.closing.wait(20)
                return
            moved = {"Location": "/elsewhere"} if application.status in (301, 302, 307) else {}
            self.say(application.status, "text/html", body, **moved)

    with serving(Hears) as application.origin:
        try:
            yield application
        finally:
            application.closing.set()
