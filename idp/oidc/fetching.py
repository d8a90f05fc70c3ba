"""Reading what an application keeps at an address of its own: one whole, small document, or nothing (OA-22 to OA-26).

There is one error without a cause, and nothing fails quicker than anything else: whoever registers addresses learns
nothing about what is behind them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from idp.oidc import outgoing
from idp.oidc.outgoing import Gate, NotDelivered

log = logging.getLogger("leerid.oidc")

LARGEST = 64 * 1024
# How long a failure takes at least: a name that isn't there, or leads where we don't go, is known in a moment (OA-26).
LEAST_SECONDS = 0.2


class NotFetched(Exception):
    """It can't be had. Why is in our log, and nowhere else."""


@dataclass(frozen=True)
class Fetched:
    """A whole document. `content_type` is in small letters and without its parameters."""

    body: bytes
    content_type: str


class Fetcher:
    """Gets documents through one gate."""

    def __init__(self, ca_bundle: Path | None, allowed_hosts: Iterable[str]) -> None:
        self.gate = Gate(ca_bundle, frozenset(allowed_hosts))

    def get(self, address: str, *, accept: str) -> Fetched:
        """The document there, of one of the types in `accept` (with commas between; `*/*` is any). Raises NotFetched."""
        began = time.monotonic()
        headers = {"Accept": accept}
        try:
            with outgoing.answer(self.gate, "GET", address, headers) as response:
                return whole(response, accept)
        except NotDelivered as error:
            log.warning("fetch:failed", extra={"host": host_of(address), "why": str(error)})
        time.sleep(max(0.0, began + LEAST_SECONDS - time.monotonic()))
        raise NotFetched


def whole(response: HTTPResponse, accept: str) -> Fetched:
    """What came, once it is certain that all of it came. Raises NotDelivered."""
    if response.status != 200:  # a redirect too: what it leads to was not registered
        raise NotDelivered("not found")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NotDelivered("packed")  # a bomb, perhaps; we asked for none
    content_type = response.headers.get_content_type() if "Content-Type" in response.headers else ""
    if content_type not in kinds(accept) and "*/*" not in kinds(accept):
        raise NotDelivered("another type")
    announced = response.length
    if announced is None and not response.chunked:
        raise NotDelivered("without an end")  # a line that was cut looks just so
    if announced is not None and announced > LARGEST:
        raise NotDelivered("too large")
    body = response.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise NotDelivered("too large")
    if announced is not None and len(body) != announced:
        raise NotDelivered("not whole")
    return Fetched(body, content_type)


def kinds(accept: str) -> frozenset[str]:
    return frozenset(each.partition(";")[0].strip().lower() for each in accept.split(","))


def host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
