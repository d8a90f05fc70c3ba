"""The real server process: what it refuses to serve, who can't keep others out, and where a request ends."""

from __future__ import annotations

import os
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
from idp.serve import LONGEST_REQUEST_LINE, CannotServe, serve
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
def served(folder: Path, **environment: str) -> Iterator[str]:
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
        server = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **environment}
        )
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
        # Whoever sits on a thread is sent away after that long; nobody had to be.
        assert requests.get(f"{issuer}/healthz", timeout=RECEIVE_WITHIN_SECONDS - 1).status_code == 200


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


# Where one request ends and the next begins (OA-48)

POST = b"POST /nergens HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SMUGGLED = (
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"  # nothing else in these tests is answered with 200
)
LENGTH, CHUNKED, LAST = b"Content-Length: %d\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"
# What a proxy and a server could read differently: how long the request is.
AMBIGUOUS = {
    "CL.TE": POST + LENGTH % (len(LAST) + len(SMUGGLED)) + CHUNKED + b"\r\n" + LAST + SMUGGLED,
    "TE.CL": POST + CHUNKED + LENGTH % 4 + b"\r\n%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n" + LAST,
    "TE.TE": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n" + LAST + SMUGGLED,
    "TE of another kind": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + LAST + SMUGGLED,
    "TE not the last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + LAST + SMUGGLED,
    "TE with a space": POST + b"Transfer-Encoding : chunked\r\n\r\n" + LAST + SMUGGLED,
    "TE with a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + LAST + SMUGGLED,
    "TE folded": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + LAST + SMUGGLED,
    "TE with NUL": POST + b"Transfer-Encoding: chunked\x00\r\n\r\n" + LAST + SMUGGLED,
    "TE in HTTP/1.0": POST.replace(b"1.1", b"1.0", 1) + CHUNKED + b"\r\n" + LAST + SMUGGLED,
    "CL.CL": POST + LENGTH % 0 + LENGTH % len(SMUGGLED) + b"\r\n" + SMUGGLED,
    **{
        f"CL {said!r}": POST + b"Content-Length: " + said.encode() + b"\r\n\r\n" + SMUGGLED
        for said in ("0, 41", "+0", "-1", "0x0", "0_0", "", "\N{ARABIC-INDIC DIGIT ZERO}")
    },
    **{
        f"chunk {said!r}": POST + CHUNKED + b"\r\n" + said + SMUGGLED
        for said in (
            b"0x0\r\n\r\n", b"+0\r\n\r\n", b"0\n\n", b"1;a=\nb\r\nx\r\n0\r\n\r\n", b"1\r\nxyz\r\n0\r\n\r\n"
        )
    },
    "bare LF": POST.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n" + SMUGGLED,
    "bare LF in a header": POST + b"X: a\n" + LENGTH % len(SMUGGLED) + b"\r\n" + SMUGGLED,
    "bare CR in a header": POST + b"X: a\r" + LENGTH % len(SMUGGLED) + b"\r\n" + SMUGGLED,
}  # fmt: skip
CLEAR = (
    POST + LENGTH % len(SMUGGLED) + b"\r\n" + SMUGGLED,
    POST + CHUNKED + b"\r\n%x\r\n" % len(SMUGGLED) + SMUGGLED + b"\r\n" + LAST,
)


def answers(issuer: str, sent: bytes, *, ends: bool) -> list[bytes]:
    """The status of each answer to these bytes; `ends` says whether the server must hang up after them."""
    heard = b""
    with socket.create_connection(("127.0.0.1", urlsplit(issuer).port), timeout=5) as connection:
        connection.sendall(sent)
        while ends or b'"ok"' not in heard:
            more = connection.recv(65_536)
            if not more:
                assert ends
                break
            heard += more
    return [answer[:3] for answer in heard.split(b"HTTP/1.1 ")[1:]]


def test_OA_48_CV_25_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(
    tmp_path: Path,
) -> None:
    with served(tmp_path) as issuer:
        for name, hostile in AMBIGUOUS.items():
            heard = answers(issuer, hostile, ends=True)
            assert b"200" not in heard, name
            assert heard[-1] in (b"400", b"501"), name
        for clear in CLEAR:
            assert answers(issuer, clear + SMUGGLED, ends=False) == [b"404", b"200"]


def test_CV_31_the_running_socket_is_what_was_configured(tmp_path: Path) -> None:
    with served(tmp_path) as issuer:
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection(("127.0.0.2", urlsplit(issuer).port), timeout=5),
        ):
            pass
        rest = len("GET / HTTP/1.1")
        fits, too_long = (f"{issuer}/{'a' * (LONGEST_REQUEST_LINE - rest + more)}" for more in (0, 1))
        assert requests.get(fits, timeout=10).status_code == 404
        assert requests.get(too_long, timeout=10).status_code in (400, 414)
        faked = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7", "Forwarded": "proto=https"}
        assert "Strict-Transport-Security" not in requests.get(issuer, headers=faked, timeout=10).headers
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(issuer.replace("http:", "https:"), timeout=10)


def test_CV_24_no_debugger_is_served_whatever_the_environment_says(tmp_path: Path) -> None:
    with served(tmp_path, FLASK_DEBUG="1", FLASK_ENV="development", WERKZEUG_DEBUG_PIN="off") as issuer:
        assert requests.get(f"{issuer}/console", timeout=10).status_code == 404
        for asked in ("cmd=resource&f=debugger.js", "cmd=pinauth&pin=0&s=x", "cmd=printpin&s=x"):
            answer = requests.get(f"{issuer}/nergens?__debugger__=yes&{asked}", timeout=10)
            assert (answer.status_code, "foutnummer" in answer.text.lower()) == (404, True), asked
            assert "Werkzeug" not in answer.text, asked
    code = "import sys, idp.app, idp.serve; print([name for name in sys.modules if 'werkzeug.debug' in name])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
