"""Ports for servers that start a while after their port was chosen.

Not from the range that the kernel lends to connections: between the choice and the start it would lend one of them out.
Every process that tests has a range of its own, and never chooses a port twice.
"""

from __future__ import annotations

import itertools
import os
import socket

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
FIRST = 20_000 + 2_000 * (WORKER % 5) + os.getpid() % 100 * 10
choices = itertools.count(FIRST)


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens on."""
    while True:
        first, *_rest = row = list(itertools.islice(choices, count))
        if all(is_free(port) for port in row):
            return first


def free_port() -> int:
    return free_ports(1)


def is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
