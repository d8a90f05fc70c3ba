"""What we read at addresses of applications: small, whole, in time, from the internet only, and seldom."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest

from idp.database import utc_now
from idp.oidc import fetching, outgoing
from idp.oidc.fetching import LARGEST, LEAST_SECONDS, Fetched, Fetcher, NotFetched
from idp.oidc.outgoing import LOOPBACK, SECONDS, Gate, NotDelivered, gate_of, post_form
from idp.oidc.remembered import MOST, MOST_WAITING, Remembered
from idp.oidc.sector import fetch_sector
from idp.settings import parse
from tests.oidc.sink import Script, Sink, document, drip, says, sink
from tests.support.https import Authority, Door

JSON = "application/json"
NOW = utc_now()
HERE = Fetcher(None, LOOPBACK)
OUTSIDE = Fetcher(None, ())
Found = list[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that isn't about time takes none; what is about time says so."""
    monkeypatch.setattr(fetching, "LEAST_SECONDS", 0)


def fetched(script: Script, accept: str = JSON) -> Fetched | None:
    """What a fetcher makes of this server; None when it gives up."""
    with sink(script) as there:
        try:
            return HERE.get(f"{there.origin}/document", accept=accept)
        except NotFetched:
            return None


def all_at_once(tries: list[Callable[[], object]]) -> list[object]:
    with ThreadPoolExecutor(len(tries)) as pool:
        return [each.result() for each in [pool.submit(one) for one in tries]]


def leading_to(monkeypatch: pytest.MonkeyPatch, *answers: list[tuple[str, int]]) -> list[str]:
    """A name server that gives these answers one after another, the last one for ever. Answers who was asked for."""
    asked: list[str] = []

    def answer(host: str, port: int, **_: Any) -> Found:
        places = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [
            (socket.AF_INET6, 1, 6, "", (address, at, 0, 0))
            if ":" in address
            else (socket.AF_INET, 1, 6, "", (address, at))
            for address, at in places
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


# What is had


def test_a_document_is_had_whole() -> None:
    with sink(says(document(b'{"keys": []}', "Application/JSON; charset=utf-8"))) as there:
        found = HERE.get(f"{there.origin}/keys?of=me", accept=f"application/jwk-set+json, {JSON}")
    assert found == Fetched(b'{"keys": []}', JSON)
    lines = there.came[0].decode().split("\r\n")
    assert lines[0] == "GET /keys?of=me HTTP/1.1"
    assert set(lines[1:-2]) == {
        f"Host: 127.0.0.1:{there.port}",
        "User-Agent: LeerID",
        "Accept-Encoding: identity",
        "Connection: close",
        f"Accept: application/jwk-set+json, {JSON}",
    }, "nothing about us, no cookie, no proof"


def test_a_document_in_pieces_is_had_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert fetched(says(head + b"1\r\n[\r\n1\r\n]\r\n0\r\n\r\n")) == Fetched(b"[]", JSON)


def test_the_largest_that_fits() -> None:
    found = fetched(says(document(b"x" * LARGEST, "image/png")), "image/png, image/jpeg")
    assert found is not None
    assert len(found.body) == LARGEST


# Where we don't go (OA-22)


def corpus(port: int) -> list[str]:
    """Addresses of this machine and its network, in every spelling that some library understands; and no addresses."""
    hosts = (
        "127.0.0.1", "localhost", "[::1]", "LOCALHOST", "localhost.", "127.1", "127.0.1", "127.8.8.8", "2130706433",
        "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
        "[2001:0:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1",
        "192.0.0.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "[fd00::1]", "[fe80::1]",
        "[fe80::1%25lo]", "[fec0::1]", "[ff02::1]", "[64:ff9b::a00:1]", "[100::1]", "[3fff:ffff::%lo]",
    )  # fmt: skip
    here = f"127.0.0.1:{port}"
    return [
        *(f"{scheme}://{host}:{port}/x" for host in hosts for scheme in ("https", "http")),
        f"file://{here}/etc/passwd",
        "file:///etc/passwd",
        f"ftp://{here}/",
        f"gopher://{here}/_GET",
        f"dict://{here}/",
        f"//{here}/",
        f"HTTP://{here}/",
        f"https:/{here}/",
        f"https:{here}",
        here,
        f"https://example.org@{here}/",
        f"https://{here}@{here}/",
        f"http://localhost:{port}@{here}/",
        f"https://{here}\\@example.org/",
        f"https://{here}#@example.org/",
        f"http://{here}/a b",
        f"http://{here}/\r\nX-Ours: 1",
        f"http://{here}/\tx",
        f" http://{here}/",
        f"http://{here}/é",
        f"http://{here}/" + "x" * 3000,
        f"https://127.0.0.1:{port}0000/",
        "https://127.0.0.1:0/",
        "https://127.0.0.1:x/",
        "https://[::1/",
        "https://:443/",
        "https://",
        "",
    ]


def test_OA_22_CV_37_nothing_connects_to_this_machine_or_its_network() -> None:
    with sink() as there:
        tries: list[Callable[[], object]] = []
        for address in corpus(there.port):
            tries.append(lambda address=address: not_fetched(OUTSIDE, address))  # type: ignore[misc]
            tries.append(lambda address=address: not_posted(address))  # type: ignore[misc]
        assert set(all_at_once(tries)) == {True}
        assert there.visits == 0


def not_fetched(fetcher: Fetcher, address: str) -> bool:
    with pytest.raises(NotFetched) as raised:
        fetcher.get(address, accept="*/*")
    assert raised.value.args == (), "one error for each cause"
    assert raised.value.__context__ is None, "and no cause to show by accident"
    return True


def not_posted(address: str) -> bool:
    with pytest.raises(NotDelivered):
        post_form(address, {"logout_token": "x"}, Gate())
    return True


def test_OA_22_http_is_for_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with sink() as there:
        leading_to(monkeypatch, [("127.0.0.1", there.port)])
        named = Fetcher(None, {"intern.example"})
        assert not_fetched(named, f"http://intern.example:{there.port}/")
        assert there.visits == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3", "127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        ["0.0.0.0"],
        [],
    ],
    ids=str,
)
def test_OA_22_CV_37_a_name_that_leads_inside(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    with sink() as there:
        leading_to(monkeypatch, [(address, there.port) for address in addresses])
        assert not_fetched(OUTSIDE, f"https://app.example:{there.port}/keys")
        assert not_fetched(HERE, f"https://app.example:{there.port}/keys")
        assert there.visits == 0


def test_OA_22_localhost_is_this_machine_whatever_the_name_server_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leading_to(monkeypatch, [("10.0.0.1", 80)])
    assert not_fetched(HERE, "http://localhost/")


def test_OA_22_CV_37_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: a second answer would lead elsewhere, so there is no second question."""
    with sink() as looked_at, sink() as elsewhere:
        asked = leading_to(monkeypatch, [("127.0.0.1", looked_at.port)], [("127.0.0.1", elsewhere.port)])
        assert not_fetched(Fetcher(None, {"app.example"}), "https://app.example/keys"), "it speaks no TLS"
        assert asked == ["app.example"]
        assert (looked_at.visits, elsewhere.visits) == (1, 0)


def test_OA_22_of_several_places_the_allowed_ones_are_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    with sink() as there, socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]
        closed.close()
        leading_to(monkeypatch, [("10.0.0.1", 80), ("127.0.0.1", nobody), ("127.0.0.1", there.port)])
        found = HERE.get("http://localhost/keys", accept=JSON)
    assert found.body == b"{}"


def test_OA_22_which_addresses_are_of_the_internet() -> None:
    for address in ("8.8.8.8", "2a00:1450:400e::1", "64:ff9b::808:808", "::ffff:8.8.8.8"):
        assert outgoing.is_public(address), address
    for address in (
        *("127.0.0.1", "0.0.0.0", "10.0.0.1", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.127.0.1"),
        *("192.0.0.8", "192.88.99.1", "198.19.0.1", "224.0.0.1", "239.0.0.1", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "2002:808:808::1",
        ),
        *(
            "2001:0:808:808::",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fe80::1%lo",
            "fec0::1",
            "ff0e::1",
            "100::1",
        ),
    ):
        assert not outgoing.is_public(address), address


@pytest.mark.parametrize(
    "spoilt",
    [
        "http://x@127.0.0.1:{}/", "http://:@127.0.0.1:{}/", "http://@127.0.0.1:{}/", "http://127.0.0.1:{}/a b",
        "http://127.0.0.1:{}/\r\nX-Ours: 1", "http://127.0.0.1:{}/\n", "http://127.0.0.1:{}/\t", " http://127.0.0.1:{}/",
        "http://127.0.0.1:{}/é", "http://127.0.0.1:{}/\0", "http://127.0.0.1:{}/\x7f", "ftp://127.0.0.1:{}/",
    ],
)  # fmt: skip
def test_OA_22_what_two_could_read_differently_is_nowhere(spoilt: str) -> None:
    """Also where we do go."""
    with sink() as there:
        assert not_fetched(HERE, spoilt.format(there.port))
        assert not_fetched(HERE, f"http://127.0.0.1:{there.port}/" + "x" * 2000)
        assert there.visits == 0


def test_OA_22_only_a_provider_for_trying_out_asks_its_own_machine() -> None:
    table: dict[str, Any] = {
        "issuer": "https://id.leerid.example",
        "clients": {"allowed_hosts": "App.intern"},
    }
    assert gate_of(parse(table)).allowed_hosts == {"app.intern"}
    table = {"issuer": "http://127.0.0.1:8000", "server": {"insecure_http": True}}
    assert gate_of(parse(table)).allowed_hosts == LOOPBACK


# What is given up (OA-24)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_OA_24_CV_37_a_redirect_is_not_followed(status: int) -> None:
    with sink() as target:
        where = f"Location: {target.origin}/"
        assert fetched(says(document(b"{}", JSON, f"{status} Elsewhere", where))) is None
        assert target.visits == 0


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PACKED = gzip.compress(b"0" * 10_000_000)
WRONG: dict[str, bytes] = {
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "a part": document(b"{}", JSON, "206 Partial Content"),
    "created": document(b"{}", JSON, "201 Created"),
    "not modified": document(b"", JSON, "304 Not Modified"),
    "not found": document(b"{}", JSON, "404 Not Found"),
    "an error": document(b"{}", JSON, "500 Internal Server Error"),
    "a page": document(b"{}", "text/html"),
    "no type": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "a type that is none": document(b"{}", "json"),
    "a bomb": document(PACKED, JSON, "200 OK", "Content-Encoding: gzip"),
    "packed otherwise": document(b"{}", JSON, "200 OK", "Content-Encoding: br"),
    "packed twice": document(b"{}", JSON, "200 OK", "Content-Encoding: identity, gzip"),
    "packed in transfer": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "too large": document(b"x" * (LARGEST + 1)),
    "too large, it says": HEAD + b"Content-Length: 99999999999\r\n\r\n{}",
    "too large in pieces": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"ffff\r\n%b\r\n" % (b"x" * 0xFFFF) * 2,
    "cut short": HEAD + b"Content-Length: 3\r\n\r\n{}",
    "cut short in pieces": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "cut in a piece": HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{}",
    "no end": HEAD + b"\r\n{}",
    "a length that is none": HEAD + b"Content-Length: -1\r\n\r\n{}",
    "no HTTP": b"SSH-2.0-OpenSSH_9\r\n",
    "nothing": b"",
    "a long line": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "many lines": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_OA_24_what_is_not_one_whole_small_document_is_nothing(answer: bytes) -> None:
    assert fetched(says(answer)) is None


def test_OA_24_whoever_takes_their_time_is_given_up_in_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte by byte, in the head or the body, in pieces, in silence, in a handshake, or already at the name server."""
    open_ = threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, *rest: Any, **more: Any) -> Any:
        if host == "slow.example" and open_.wait(2 * SECONDS):
            raise socket.gaierror
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    def going_on() -> bool:
        return not open_.is_set()

    slowly = [
        drip(b"", b"", going_on),
        drip(b"H", b"T", going_on),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", going_on),
        drip(b"HTTP/1.1 200 OK\r\nX: ", b"x", going_on),
        drip(HEAD + b"Content-Length: 60000\r\n\r\n", b" ", going_on),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", going_on),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0", going_on),
    ]

    def try_one(script: Script, scheme: str = "http") -> float:
        with sink(script) as there:
            began = time.monotonic()
            assert not_fetched(HERE, f"{scheme}://127.0.0.1:{there.port}/")
            return time.monotonic() - began

    def try_name() -> float:
        began = time.monotonic()
        assert not_fetched(OUTSIDE, "https://slow.example/")
        return time.monotonic() - began

    tries: list[Callable[[], object]] = [lambda script=script: try_one(script) for script in slowly]  # type: ignore[misc]
    tries += [lambda: try_one(slowly[0], "https"), try_name]
    try:
        taken = all_at_once(tries)
    finally:
        open_.set()
    assert all(isinstance(each, float) and SECONDS - 0.5 < each < SECONDS + 2 for each in taken), taken


# What a failure tells (OA-26)


def test_OA_26_a_failure_tells_nothing_about_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred and forty tries: ports open and closed, private networks, names that lead inside or aren't there."""
    monkeypatch.setattr(fetching, "LEAST_SECONDS", LEAST_SECONDS)
    real = socket.getaddrinfo

    def slow(host: str, *rest: Any, **more: Any) -> Any:
        if host == "niet.example":
            time.sleep(0.04)
            raise socket.gaierror
        return real("10.0.0.9" if host == "wel.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with sink() as there, socket.create_server(("127.0.0.1", 0)) as closed:
        shut = closed.getsockname()[1]
        closed.close()
        places = [
            f"https://127.0.0.1:{there.port}/",
            f"https://127.0.0.1:{shut}/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://wel.example/",
            "https://niet.example/",
        ]
        with ThreadPoolExecutor(20) as pool:
            taken = {place: list(pool.map(time_of_failure, [place] * 40)) for place in places}
        assert there.visits == 0
    # The quicker half: a busy machine slows some down, and hides no place that is known sooner.
    usual = [quantiles(times, n=4)[0] for times in taken.values()]
    assert max(usual) - min(usual) < 0.02
    assert min(map(min, taken.values())) >= LEAST_SECONDS


def time_of_failure(address: str) -> float:
    began = time.perf_counter()
    assert not_fetched(OUTSIDE, address)
    return time.perf_counter() - began


def test_OA_26_the_cause_is_in_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    assert not_fetched(OUTSIDE, "https://10.0.0.1/geheim?sleutel=1")
    told = [record.__dict__ for record in caplog.records if record.message == "fetch:failed"]
    assert [(each["host"], each["why"]) for each in told] == [("10.0.0.1", "address not allowed")]
    assert "geheim" not in str(told)


# Encrypted


@pytest.fixture
def door(authority: Authority) -> Iterator[Door]:
    with sink() as behind:
        opened = Door(authority)
        opened.open_to(behind.port)
        yield opened
        opened.close()


def test_TLS_1_3_is_what_we_speak(authority: Authority, door: Door) -> None:
    """`oidcc-backchannel-rp-initiated-logout` warns otherwise."""
    gate = Gate(authority.file, LOOPBACK)
    assert Fetcher(gate.ca_bundle, gate.allowed_hosts).get(f"{door.origin}/", accept=JSON).body == b"{}"
    assert post_form(f"{door.origin_by_name}/", {"logout_token": "x"}, gate) == 200
    assert door.versions == ["TLSv1.3", "TLSv1.3"]


def test_a_certificate_must_be_one_that_we_believe(authority: Authority, door: Door, tmp_path: Path) -> None:
    assert not_fetched(HERE, f"{door.origin}/")
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    assert not_fetched(Fetcher(other.file, LOOPBACK), f"{door.origin}/")
    assert Gate(authority.file).trust.cert_store_stats()["x509_ca"] == 1 + well_known()


def well_known() -> int:
    return Gate().trust.cert_store_stats()["x509_ca"]


def test_a_certificate_must_be_of_that_host(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, door: Door
) -> None:
    leading_to(monkeypatch, [("127.0.0.1", door.port)])
    assert not_fetched(Fetcher(authority.file, {"app.example"}), f"https://app.example:{door.port}/")
    assert Fetcher(authority.file, LOOPBACK).get(f"{door.origin_by_name}/", accept=JSON).body == b"{}"


# What is remembered (OA-25)


class Shelf:
    """A document that changes, or isn't there."""

    def __init__(self, there: Sink) -> None:
        self.there = there
        self.remembered = Remembered(HERE)

    def get(
        self, after: timedelta = timedelta(), fresh_for: timedelta = timedelta(minutes=15)
    ) -> bytes | None:
        try:
            return self.remembered.get(f"{self.there.origin}/", JSON, fresh_for=fresh_for, now=NOW + after)
        except NotFetched:
            return None


MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def counting(line: socket.socket, seen: list[int]) -> None:
    seen.append(1)
    line.sendall(document(json.dumps(len(seen)).encode()))


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    seen: list[int] = []
    with sink(lambda line: counting(line, seen)) as there:
        yield Shelf(there)


def test_OA_25_a_thousand_who_ask_cause_one_visit() -> None:
    def slowly(line: socket.socket) -> None:
        time.sleep(0.3)
        line.sendall(document(b"{}"))

    with sink(slowly) as there:
        shelf = Shelf(there)
        with ThreadPoolExecutor(50) as pool:
            assert set(pool.map(lambda _: shelf.get(), range(1000))) == {b"{}"}
        assert there.visits == 1


def test_OA_25_a_thousand_who_ask_for_what_is_not_there_cause_one_visit() -> None:
    with sink(says(document(b"{}", JSON, "404 Not Found"))) as there:
        shelf = Shelf(there)
        with ThreadPoolExecutor(50) as pool:
            assert set(pool.map(lambda _: shelf.get(), range(1000))) == {None}
        assert there.visits == 1
        assert shelf.get(MINUTE - SECOND) is None
        assert there.visits == 1
        assert shelf.get(MINUTE) is None
        assert there.visits == 2


def test_a_document_is_read_again_when_it_is_no_longer_fresh(shelf: Shelf) -> None:
    assert shelf.get() == b"1"
    assert shelf.get(15 * MINUTE - SECOND) == b"1"
    assert shelf.get(15 * MINUTE) == b"2"
    assert shelf.get(16 * MINUTE) == b"2"


def test_OA_25_nobody_has_it_read_more_often_than_once_a_minute(shelf: Shelf) -> None:
    assert [shelf.get(after * SECOND, timedelta()) for after in (0, 1, 59, 60, 61)] == [
        b"1",
        b"1",
        b"1",
        b"2",
        b"2",
    ]


def test_OA_25_who_hopes_for_more_than_there_is_has_it_read_again_once_a_minute(shelf: Shelf) -> None:
    def hoping_for(wanted: bytes, after: timedelta) -> bytes:
        return shelf.remembered.get(
            f"{shelf.there.origin}/",
            JSON,
            fresh_for=15 * MINUTE,
            now=NOW + after,
            enough=lambda body: body == wanted,
        )

    assert hoping_for(b"1", timedelta()) == b"1"
    assert hoping_for(b"2", SECOND) == b"2", "a new one, right after the first"
    assert hoping_for(b"3", 2 * SECOND) == b"2"
    assert hoping_for(b"3", SECOND + MINUTE) == b"3"
    with ThreadPoolExecutor(20) as pool:
        tries = pool.map(lambda _: hoping_for(b"x", 5 * MINUTE), range(500))
        assert set(tries) == {b"4"}
    assert shelf.there.visits == 4


def test_OA_25_who_hopes_in_vain_at_first_has_nothing_read_again(shelf: Shelf) -> None:
    def ask(number: int) -> bytes:
        at = NOW + number * SECOND / 20
        address = f"{shelf.there.origin}/"
        return shelf.remembered.get(address, JSON, fresh_for=MINUTE, now=at, enough=lambda _: False)

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(1000))) == {b"1"}
    assert shelf.there.visits == 1


def test_of_two_who_ask_at_once_the_later_one_may_go_first(shelf: Shelf) -> None:
    assert [shelf.get(SECOND), shelf.get()] == [b"1", b"1"]


def test_a_clock_that_was_wrong_keeps_nothing(shelf: Shelf) -> None:
    assert shelf.get(timedelta(days=900)) == b"1"
    assert shelf.get() == b"2"


def test_while_an_application_is_down_what_it_said_counts_as_long_again(shelf: Shelf) -> None:
    assert shelf.get() == b"1"
    shelf.remembered.fetcher = OUTSIDE
    assert shelf.get(15 * MINUTE) == b"1"
    assert shelf.get(30 * MINUTE - SECOND) == b"1"
    assert shelf.get(30 * MINUTE) is None
    shelf.remembered.fetcher = HERE
    assert shelf.get(31 * MINUTE) == b"2"


def test_who_comes_while_an_old_one_is_read_again_does_not_wait() -> None:
    slow = threading.Event()

    def answer(line: socket.socket) -> None:
        if there.visits > 1:
            slow.wait(5)
        line.sendall(document(json.dumps(there.visits).encode()))

    with sink(answer) as there:
        shelf = Shelf(there)
        assert shelf.get() == b"1"
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(shelf.get, 15 * MINUTE)
            while there.visits < 2:
                time.sleep(0.01)
            assert shelf.get(15 * MINUTE) == b"1"
            assert not first.done()
            slow.set()
            assert first.result() == b"2"


def test_OA_25_an_application_that_never_answers_keeps_one_of_us_waiting_a_minute() -> None:
    """The first time those who ask wait for it together; from then on one does."""
    answering = threading.Event()

    def never(line: socket.socket) -> None:
        answering.wait(10)

    with sink(never) as there:
        shelf = Shelf(there)
        assert shelf.get() is None
        with ThreadPoolExecutor(8) as pool:
            one = pool.submit(shelf.get, MINUTE)
            while there.visits < 2:
                time.sleep(0.01)
            assert set(pool.map(lambda _: shelf.get(MINUTE), range(7))) == {None}
            assert not one.done()
            answering.set()
            assert one.result() is None


def test_OA_25_applications_that_never_answer_leave_most_of_us_free() -> None:
    """Who names always another slow address keeps as many of us waiting as there are places, and the rest goes on."""
    answering = threading.Event()

    def never(line: socket.socket) -> None:
        answering.wait(10)

    with sink(never) as there, ThreadPoolExecutor(12) as pool:
        shelf = Shelf(there)
        slow = [
            pool.submit(shelf.remembered.get, f"{there.origin}/{number}", JSON, fresh_for=MINUTE, now=NOW)
            for number in range(MOST_WAITING)
        ]
        while there.visits < MOST_WAITING:
            time.sleep(0.01)
        with pytest.raises(NotFetched):
            shelf.remembered.get(f"{there.origin}/more", JSON, fresh_for=MINUTE, now=NOW)
        assert not any(each.done() for each in slow)
        assert there.visits == MOST_WAITING
        answering.set()
        assert all(isinstance(one.exception(), NotFetched) for one in slow)


def test_OA_25_what_is_remembered_has_a_bound() -> None:
    kept = Remembered(OUTSIDE)
    for number in range(MOST + 20):
        with pytest.raises(NotFetched):
            kept.get(f"ftp://{number}/", JSON, fresh_for=MINUTE, now=NOW)
    assert len(kept.documents) == MOST


# Sectors


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'"https://a.example/cb"',
        b"[1]",
        b'[["https://a.example/cb"]]',
        b"[null]",
        b"null",
        b"",
        b"[",
        b"\xff",
    ],
)
def test_PR_03_a_sector_is_a_list_of_addresses(body: bytes) -> None:
    with sink(says(document(body))) as there, pytest.raises(NotFetched):
        fetch_sector(HERE, f"{there.origin}/")


def test_PR_03_the_addresses_of_a_sector() -> None:
    addresses = ["https://a.example/cb", "https://b.example/cb"]
    with sink(says(document(json.dumps(addresses).encode()))) as there:
        assert fetch_sector(HERE, f"{there.origin}/") == addresses
