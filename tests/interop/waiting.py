"""Waiting until a program that was started listens."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

PATIENCE = 20.0


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises when it ended instead, or takes too long, with what it said."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"it did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
