"""A request arrives in time or not at all: gunicorn's threads, which otherwise wait for ever for its last byte (OA-47).

Whoever sends half a request to each thread would keep everybody else out. Here a connection costs no thread before its
first byte, and has ten seconds from then until all that it sends is in; after them there is nothing more to read.
A proxy that takes requests in whole before it passes them on stands in front of a real provider; this is the net beneath.
"""

from __future__ import annotations

import socket
import threading
import time
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

RECEIVE_WITHIN_SECONDS = 10.0


class DeadlineWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's own, with deadlines that its main loop looks at once a second."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lock = threading.Lock()
        self.deadlines: dict[Any, float] = {}

    def enqueue_req(self, conn: Any) -> None:
        """A connection for a thread; a new one waits in the main loop until it says something."""
        if not conn.initialized and not conn.data_ready:
            self.wait_for_first_byte(conn)
            return
        with self.lock:
            self.deadlines[conn] = time.monotonic() + RECEIVE_WITHIN_SECONDS
        super().enqueue_req(conn)

    def wait_for_first_byte(self, conn: Any) -> None:
        conn.timeout = time.monotonic() + RECEIVE_WITHIN_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle(self, conn: Any) -> Any:
        try:
            return super().handle(conn)
        finally:
            with self.lock:
                self.deadlines.pop(conn, None)

    def murder_pending(self) -> None:
        """From the main loop: hangs up on who says nothing, and stops listening to who takes too long."""
        if not self.alive:  # nobody who has yet to begin keeps a worker from stopping
            for conn in self.pending_conns:
                conn.timeout = 0.0
        super().murder_pending()
        self.stop_listening(time.monotonic())

    def stop_listening(self, now: float) -> None:
        """The thread that waits reads an end instead. An answer that is on its way, to a request that is in, still goes."""
        with self.lock:
            for conn in [each for each, deadline in self.deadlines.items() if deadline <= now]:
                del self.deadlines[conn]
                try:
                    conn.sock.shutdown(socket.SHUT_RD)
                except OSError:  # gone already
                    continue
