"""Requests to the desk's own name are answered, and to no other: what a name server says decides nothing (OA-43)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request

from portals.kit.desk import settings
from portals.kit.errors import ShownError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_PORTS = {"https": 443, "http": 80}


def install(app: Flask) -> None:
    app.before_request(refuse_other_hosts)


def refuse_other_hosts() -> None:
    """But for load balancers, who ask after each node by its address."""
    if request.path != "/healthz" and not is_ours(request.host, settings().origin):
        raise ShownError(400, "bad-request")


def is_ours(host: str, origin: str) -> bool:
    """Whether `host`, as a browser sends it, is that of `origin`; on this machine any port and any name for it will do."""
    ours = urlsplit(origin)
    try:
        theirs = urlsplit(f"//{host}")
        name, port = theirs.hostname, theirs.port
    except ValueError:
        return False
    if ours.hostname in LOOPBACK:
        return name in LOOPBACK
    default = DEFAULT_PORTS[ours.scheme]
    return name == ours.hostname and (port or default) == (ours.port or default)
