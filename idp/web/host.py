"""Requests to the provider's own name are answered, and to no other: what a name server says decides nothing (OA-43)."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import BadRequest

from idp.web.request import settings

log = logging.getLogger("leerid.host")

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DEFAULT_PORTS = {"https": 443, "http": 80}
# A load balancer asks after each node by its address.
FOR_BALANCERS = frozenset({"/healthz", "/readyz"})


def install(app: Flask) -> None:
    app.before_request(refuse_other_hosts)


def refuse_other_hosts() -> None:
    """As a page or as JSON: each room answers a bad request in its own way."""
    if request.path not in FOR_BALANCERS and not is_ours(request.host, settings().issuer):
        log.info("host:refused")
        raise BadRequest


def is_ours(host: str, origin: str) -> bool:
    """Whether `host`, as a browser sends it, is that of `origin`; on this machine any port and any name for it will do."""
    ours = urlsplit(origin)
    try:
        theirs = urlsplit(f"//{host}")
        name, port = theirs.hostname, theirs.port
    except ValueError:
        return False
    if is_loopback(origin):
        return name in LOOPBACK
    default = DEFAULT_PORTS[ours.scheme]
    return name == ours.hostname and (port or default) == (ours.port or default)


def is_loopback(origin: str) -> bool:
    """Whether only this machine can reach it."""
    return urlsplit(origin).hostname in LOOPBACK
