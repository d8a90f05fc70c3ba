"""A real mail server that remembers what it was given, and the ways in which one fails."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

OK = "250 OK"


class MailServer:
    """On a port of its own, on which it comes and goes. What it says can be changed while it runs."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []
        self.connections = 0
        self.answer_to_data = OK
        self.answers_to: dict[str, str] = {}  # by recipient
        self.answer_to_reset: str | None = OK  # None: no answer at all
        self.drops_after_data = False
        self.hangs_up_at_goodbye = False
        self.has_data = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_running = False

    @contextmanager
    def running(self, tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
        server = Controller(self, hostname="127.0.0.1", port=self.port, ssl_context=tls)
        server.start()
        self.is_running = True
        try:
            yield self
        finally:
            self.is_running = False
            self.may_answer.set()
            server.stop()

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.answers_to.get(address, OK)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        if self.answer_to_data == OK:
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.has_data.set()
        while not self.may_answer.is_set():
            await asyncio.sleep(0.01)
        if self.drops_after_data:
            server.transport.abort()
        return self.answer_to_data

    async def handle_RSET(self, server: Any, _session: Any, _envelope: Any) -> str:
        if self.answer_to_reset is None:
            await self.stay_silent()
            return OK
        if self.answer_to_reset.startswith("421"):
            await server.push(self.answer_to_reset)
            server.transport.close()
        return self.answer_to_reset

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Any) -> str:
        if self.hangs_up_at_goodbye:
            server.transport.abort()
        return "221 bye"

    async def stay_silent(self) -> None:
        while self.is_running:
            await asyncio.sleep(0.01)

    @property
    def arrived(self) -> Counter[str]:
        """How often each mail arrived, by its number."""
        return Counter(str(mail["Message-ID"]) for mail in self.mails)

    def to(self, address: str) -> EmailMessage:
        """The newest mail for somebody."""
        return next(mail for mail in reversed(self.mails) if mail["To"] == address)


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


# What goes wrong with one, on the same port


@contextmanager
def silent(port: int) -> Iterator[list[socket.socket]]:
    """It takes the connection and says nothing. Gives the connections that it got."""
    with lines_to(port, lambda line: None) as lines:
        yield lines


@contextmanager
def turning_away(port: int, greeting: bytes = b"554 no mail here\r\n") -> Iterator[list[socket.socket]]:
    """It says that it takes no mail, to everybody."""
    with lines_to(port, lambda line: line.sendall(greeting)) as lines:
        yield lines


@contextmanager
def falling_silent(port: int) -> Iterator[list[socket.socket]]:
    """It greets, and then says no more."""
    with lines_to(port, lambda line: line.sendall(b"220 here I am\r\n")) as lines:
        yield lines


@contextmanager
def lines_to(port: int, greet: Callable[[socket.socket], object]) -> Iterator[list[socket.socket]]:
    lines: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port)) as listener:

        def take() -> None:
            while True:
                try:
                    line = listener.accept()[0]
                    lines.append(line)
                    greet(line)
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield lines
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            for line in lines:
                line.close()


def away(_port: int) -> AbstractContextManager[None]:
    """Nobody listens."""
    return nullcontext()
