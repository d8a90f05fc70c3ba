"""A WSGI application over real HTTP, on a free port, in threads of this process."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.support import compiled_templates


class Handler(WSGIRequestHandler):
    """Says nothing on the terminal, and sends small answers at once."""

    disable_nagle_algorithm = True

    def log(self, *args: Any) -> None:
        pass


class Port:
    """A port of 127.0.0.1 that is ours before there is an application, so that its address can be in its settings."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(128)
        self.server: BaseWSGIServer | None = None
        self.thread: threading.Thread | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def serve(self, app: Any) -> None:
        if isinstance(app, Flask):
            compiled_templates.share(app)
        self.server = make_server(
            "127.0.0.1", 0, app, threaded=True, request_handler=Handler, fd=self.socket.fileno()
        )
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        if self.server is not None and self.thread is not None:
            closing = threading.Thread(target=self.server.shutdown)
            closing.start()
            while closing.is_alive():
                self.knock()
                closing.join(0.01)
            self.thread.join()
            self.server.server_close()
        self.socket.close()

    def knock(self) -> None:
        """A server sees that it has to go when somebody comes, or else at its next look around, half a second later."""
        with suppress(OSError):
            socket.create_connection(self.socket.getsockname(), timeout=1).close()
