"""The real server process: what it refuses to serve, and who can't keep others out."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from idp import database_upgrade, key_files, settings
from idp.database import utc_now
from idp.deadlines import RECEIVE_WITHIN_SECONDS
from idp.oidc import keys as signing_keys
from idp.serve import CannotServe, serve
from idp.settings import Demo, Server, Settings
from tests.support.ports import free_port

ROOT = Path(__file__).parents[1]
THREADS = 2
HALF_HEADER = b"GET /login HTTP/1.1\r\nHost: 127"
HALF_BODY = (
    b"POST /login/x/name HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 500\r\n\r\na="
)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`leerid serve` with two threads; answers its address."""
    issuer = f"http://127.0.0.1:{free_port()}"
    config = folder / "config.toml"
    config.write_text(
        f'issuer = "{issuer}"\n[database]\nurl = "sqlite:///leerid.db"\n[server]\n'
        f"port = {urlsplit(issuer).port}\nworkers = 1\nthreads = {THREADS}\ninsecure_http = true\n"
    )
    known = settings.load(config)
    (folder / "clients").mkdir()
    key_files.make_missing(known.keys.directory, utc_now())
    signing_keys.make_missing(known.keys.directory / "signing", utc_now())
    database_upgrade.upgrade(known.database.url)
    command = [sys.executable, "-m", "idp.cli", "serve", "--config", str(config)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for(f"{issuer}/healthz")
        yield issuer
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            requests.get(address, timeout=5)
            return
        except requests.ConnectionError:
            assert time.monotonic() < deadline, "the server didn't start"
            time.sleep(0.1)


def test_OA_47_half_requests_keep_nobody_out_for_long(tmp_path: Path) -> None:
    with served(tmp_path) as issuer, ExitStack() as open_sockets:
        address = ("127.0.0.1", urlsplit(issuer).port)
        for half in (b"", HALF_HEADER, HALF_BODY):
            slow = [open_sockets.enter_context(socket.create_connection(address)) for _ in range(2 * THREADS)]
            for each in slow:
                each.sendall(half)
        began = time.monotonic()
        assert requests.get(f"{issuer}/healthz", timeout=30).json() == {"status": "ok"}
        assert time.monotonic() - began < RECEIVE_WITHIN_SECONDS + 4
        slow[0].settimeout(5)
        while slow[0].recv(1000):  # whatever it is told: the connection is over, or this times out
            pass


def test_OA_47_connections_that_say_nothing_take_no_thread(tmp_path: Path) -> None:
    with served(tmp_path) as issuer, ExitStack() as open_sockets:
        for _ in range(4 * THREADS):
            open_sockets.enter_context(socket.create_connection(("127.0.0.1", urlsplit(issuer).port)))
        began = time.monotonic()
        requests.get(f"{issuer}/healthz", timeout=30)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("issuer", "insecure_http"), [("https://127.0.0.1", False), ("http://id.example.be", True)]
)
def test_FT_23_the_demonstration_is_served_to_this_machine_only(issuer: str, insecure_http: bool) -> None:
    public = replace(
        Settings("https://id.example.be"),
        issuer=issuer,
        server=Server(insecure_http=insecure_http),
        demo=Demo(enabled=True),
    )
    with pytest.raises(CannotServe, match=r"demo\.enabled"):
        serve(public)
