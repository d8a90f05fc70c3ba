"""The gate through which we go to addresses that applications registered: bounded, and never into our own network.

A name is resolved here and the connection made to the very address that was looked at, so that a second answer of the name
server can't lead elsewhere (OA-22). All of it, from the name to the last byte, has three seconds (OA-24). What went wrong
is told to the log only, in one word (OA-26).
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from idp.oidc.clients import Application
from idp.settings import Settings, SettingsError

SECONDS = 3.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# All that was ever handed out of IPv6; what is not in here is no network of the internet.
INTERNET_6 = ipaddress.IPv6Network("2000::/3")
# What Python doesn't know in each of its versions: for protocols and examples, or with an IPv4 address inside.
ALSO_SPECIAL = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)
# How a network with IPv6 only writes the IPv4 addresses of the internet (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

# A kind of network, and the address in its own way of writing: what was looked at is what is connected to.
Place = tuple[int, tuple[Any, ...]]


class NotDelivered(Exception):
    """No answer."""


@dataclass(frozen=True)
class Gate:
    """Whom we believe besides the well-known certificates, and which hosts we ask although they aren't public."""

    ca_bundle: Path | None = None
    allowed_hosts: frozenset[str] = frozenset()

    @cached_property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_bundle is not None:
            context.load_verify_locations(self.ca_bundle)
        return context


def gate_of(settings: Settings) -> Gate:
    """A provider that may itself be reached without https is there to try things out, with applications beside it.

    Raises SettingsError for certificates that can't be read: better at once than at the first application that needs them.
    """
    bundle = settings.clients.ca_bundle_file
    hosts = frozenset(settings.clients.allowed_hosts.lower().split())
    beside = LOOPBACK if settings.server.insecure_http else frozenset[str]()
    made = Gate(bundle, hosts | beside)
    if bundle is not None:
        try:
            _ = made.trust
        except OSError as error:  # that is what SSLError is, too
            raise SettingsError(f"clients.ca_bundle_file: {bundle}: {error.strerror or error}") from None
    return made


def gate(app: Application) -> Gate:
    """The gate of this application."""
    found: Gate = app.extensions["leerid.gate"]
    return found


def post_form(address: str, fields: Mapping[str, str], gate: Gate) -> int:
    """The status of the answer. Redirects are not followed, and no body is read. Raises NotDelivered."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
    with answer(gate, "POST", address, headers, urlencode(fields)) as response:
        return response.status


@contextmanager
def answer(
    gate: Gate, method: str, address: str, headers: Mapping[str, str], body: str | None = None
) -> Iterator[http.client.HTTPResponse]:
    """The answer, its body still to be read while this lasts. Raises NotDelivered for all that goes wrong meanwhile."""
    until = time.monotonic() + SECONDS
    parts = parts_of(address)
    host, port = parts.hostname or "", port_of(parts)
    try:
        line = reach(allowed(gate, host, resolved(host, port, until)), until)
        if parts.scheme == "https":
            line = encrypted(line, gate.trust, host)
    except (OSError, ValueError) as error:
        raise NotDelivered("no connection") from error
    # A timeout for each byte would let a slow drip go on.
    deadline = threading.Timer(left(until), cut, [line])
    deadline.daemon = True
    deadline.start()
    connection = http.client.HTTPConnection(host, port)
    connection.sock = line
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection.request(method, target(parts), body, {**ALWAYS, "Host": parts.netloc, **headers})
        with connection.getresponse() as response:
            yield response
        if time.monotonic() >= until:  # what was read last may be a beginning only
            raise NotDelivered("too slow")
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered("no answer") from error
    finally:
        deadline.cancel()
        connection.close()


ALWAYS = {"User-Agent": "LeerID", "Accept-Encoding": "identity", "Connection": "close"}


def parts_of(address: str) -> SplitResult:
    """https, or http to this machine itself; registration says the same, and an address may come from elsewhere."""
    try:
        parts = urlsplit(address)
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        good = parts.scheme == "https" or plain
        if (
            good
            and parts.hostname
            and port_of(parts)
            and "@" not in parts.netloc
            and CLEAN.fullmatch(address)
        ):
            return parts
    except ValueError:
        pass
    raise NotDelivered("address not allowed")


# Nothing that could begin another line of the request.
CLEAN = re.compile(r"[!-~]{1,2000}")


def port_of(parts: SplitResult) -> int:
    return (443 if parts.scheme == "https" else 80) if parts.port is None else parts.port


def resolved(host: str, port: int, until: float) -> list[Place]:
    """Where it is. A resolver has no deadline of its own, so it is waited for and not longer."""
    found: list[Place] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys((family, place) for family, _, _, _, place in answers))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(left(until))
    return found


def allowed(gate: Gate, host: str, places: Iterable[Place]) -> list[Place]:
    """Those on the internet; all of them for a host that the operator named."""
    found = [each for each in places if may_be_asked(gate, host, str(each[1][0]))]
    if not found:
        raise NotDelivered("address not allowed")
    return found


def may_be_asked(gate: Gate, host: str, address: str) -> bool:
    if host in LOOPBACK:  # whatever the name server says of it
        return host in gate.allowed_hosts and ipaddress.ip_address(address).is_loopback
    return host in gate.allowed_hosts or is_public(address)


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None)
        if inside is None and ip not in INTERNET_6:
            return False
        ip = inside or ip
    return ip.is_global and not ip.is_multicast and not any(ip in each for each in ALSO_SPECIAL)


def reach(places: list[Place], until: float) -> socket.socket:
    """A line to the first of these that answers; one that doesn't leaves the others their share of the time."""
    for position, (family, place) in enumerate(places):
        line = socket.socket(family, socket.SOCK_STREAM)
        line.settimeout(left(until) / (len(places) - position))
        try:
            line.connect(place)
        except OSError:
            line.close()
            continue
        line.settimeout(SECONDS)
        return line
    raise NotDelivered("no connection")


def encrypted(line: socket.socket, trust: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    """Not shaken hands yet: that comes under the deadline too."""
    try:
        return trust.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        line.close()
        raise


def target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def left(until: float) -> float:
    return max(until - time.monotonic(), 0.01)


def cut(line: socket.socket) -> None:
    """Under the encryption: whoever reads meets the end of the line."""
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)
