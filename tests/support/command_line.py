"""`leerid`, as somebody runs it in a folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

import pytest

from idp.cli import main

CONFIG = """
issuer = "http://127.0.0.1:{port}"
[database]
url = "{database}"
[server]
port = {port}
workers = 1
insecure_http = true
[hashing]
memory_kib = 64
time_cost = 1
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Leerid = Callable[..., Ran]


def commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Leerid:
    """Runs it in this process. `given` is what somebody types."""

    def run(*words: object, given: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["leerid", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", StringIO(given))
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return Ran(int(left.value.code or 0), captured.out, captured.err)

    return run
