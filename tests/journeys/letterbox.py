"""Mails as they really go: the worker of LeerID delivers them to a mail server, and somebody opens the link in one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from tests.journeys.conftest import Town
from tests.support.mail_server import MailServer, text_of
from tests.support.ports import free_port

ARRIVES_WITHIN_SECONDS = 30


@dataclass
class Letterbox:
    """Of everybody in town."""

    town: Town
    server: MailServer

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.server.mails if mail["To"] == address]

    def newest_to(self, address: str, *, count: int = 1) -> EmailMessage:
        """Waits until so many came."""
        ends_at = time.monotonic() + ARRIVES_WITHIN_SECONDS
        while len(self.mails_to(address)) < count:
            assert time.monotonic() < ends_at, f"no mail {count} for {address}: {self.server.arrived}"
            time.sleep(0.1)
        return self.mails_to(address)[-1]

    def links_in(self, mail: EmailMessage) -> list[str]:
        """As somebody clicks them in a mail program."""
        return re.findall(re.escape(self.town.issuer) + r"/\S+", text_of(mail))


@contextmanager
def delivered(town: Town) -> Iterator[Letterbox]:
    """Runs `leerid worker` on the town's own configuration, with a mail server besides."""
    server = MailServer(free_port())
    told = {"SERVER": "127.0.0.1", "PORT": str(server.port), "SECURITY": "none"}
    command = [sys.executable, "-m", "idp.cli", "worker", "--config", str(town.data / "config.toml")]
    with server.running(), (town.data / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            command,
            env=os.environ | {f"LEERID_MAIL_{key}": value for key, value in told.items()},
            stdout=log,
            stderr=log,
        )
        try:
            yield Letterbox(town, server)
        finally:
            worker.terminate()
            worker.wait(20)
