"""One POST to an address that an application registered: bounded, and never into our own network (OA-22, OA-24).

The name is resolved here and the connection made to the very address that was looked at, so that a second answer of the
name server can't lead elsewhere. What went wrong is told to the log only, in one word (OA-26).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, urlencode, urlsplit

SECONDS = 3.0
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class NotDelivered(Exception):
    """No answer."""


def post_form(address: str, fields: Mapping[str, str], ca_bundle: Path | None) -> int:
    """The status of the answer. Redirects are not followed, and no body is read. Raises NotDelivered."""
    parts = urlsplit(address)
    try:
        connection = connect(parts, ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise NotDelivered("no connection") from error
    deadline = threading.Timer(
        SECONDS, cut, [connection.sock]
    )  # a timeout per byte would let a slow drip go on
    deadline.daemon = True
    deadline.start()
    try:
        connection.request("POST", target(parts), urlencode(fields), headers(parts))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered("no answer") from error
    finally:
        deadline.cancel()
        connection.close()


def connect(parts: SplitResult, ca_bundle: Path | None) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    plain = socket.create_connection((allowed_address(host, port), port), timeout=SECONDS)
    connection.sock = plain
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=str(ca_bundle) if ca_bundle else None)
        try:
            connection.sock = context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
    return connection


def allowed_address(host: str, port: int) -> str:
    """Loopback only where the registration says so itself; otherwise the public internet."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        ip = ipaddress.ip_address(address.partition("%")[0])
        ip = getattr(ip, "ipv4_mapped", None) or ip
        if ip.is_loopback if host in LOOPBACK else ip.is_global and not ip.is_multicast:
            return address
    raise NotDelivered("address not allowed")


def target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def headers(parts: SplitResult) -> dict[str, str]:
    return {
        "Host": parts.netloc,
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "*/*",
        "User-Agent": "LeerID",
        "Connection": "close",
    }


def cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
