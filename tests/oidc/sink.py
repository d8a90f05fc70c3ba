"""A server that says any bytes at all, and counts who came: for what must be refused, given up, or never connected to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Script = Callable[[socket.socket], None]


@dataclass
class Sink:
    """`came` are the first bytes that each visitor sent."""

    port: int
    came: list[bytes] = field(default_factory=list)
    visits: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def document(
    body: bytes, content_type: str = "application/json", status: str = "200 OK", *more: str
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def says(answer: bytes) -> Script:
    return lambda line: line.sendall(answer)


SAYS_SOMETHING = says(document(b"{}"))


@contextmanager
def sink(script: Script = SAYS_SOMETHING) -> Iterator[Sink]:
    """Listens on 127.0.0.1, and on ::1 where a machine has it, under one port."""
    with socket.create_server(("127.0.0.1", 0)) as first:
        made = Sink(first.getsockname()[1])
        listening = [first]
        with suppress(OSError):
            listening.append(socket.create_server(("::1", made.port), family=socket.AF_INET6))
        for each in listening:
            threading.Thread(target=serve, args=(each, made, script), daemon=True).start()
        try:
            yield made
        finally:
            made.closing.set()
            for each in listening:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)  # or `accept` would go on waiting
                each.close()


def serve(listening: socket.socket, made: Sink, script: Script) -> None:
    with suppress(OSError):
        while True:
            line, _ = listening.accept()
            made.visits += 1
            threading.Thread(target=answer, args=(line, made, script), daemon=True).start()


def answer(line: socket.socket, made: Sink, script: Script) -> None:
    with line, suppress(OSError):
        made.came.append(line.recv(10_000))
        script(line)


def drip(first: bytes, piece: bytes, made: Callable[[], bool]) -> Script:
    """Says something, and then a little more each moment, for as long as somebody listens."""

    def script(line: socket.socket) -> None:
        line.sendall(first)
        pause = threading.Event()
        while made() and not pause.wait(0.05):
            line.sendall(piece)

    return script
