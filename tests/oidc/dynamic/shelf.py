"""An application's own web server: documents at addresses, and who asked for them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


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

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shelf.asked.append(self.path)
            shelf.open.wait(10)
            kind, body = shelf.files.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in shelf.files else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    shelf.origin = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
