"""A program that a person talks with: it says a line, is told one, and in the end says what it knows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 30


@dataclass(frozen=True)
class Conversation:
    """The running program, and the file with its complaints."""

    process: subprocess.Popen[str]
    complaints: Path

    def heard(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.complaints.read_text(encoding="utf-8")[-3000:]
        return line.strip()

    def told(self) -> Any:
        """Its next line, which is JSON."""
        return json.loads(self.heard())

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()


@contextmanager
def talking(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[Conversation]:
    """It and all that it starts end with the conversation, or when nothing comes of it."""
    complaints = folder / "complaints.txt"
    with complaints.open("wb") as written:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            start_new_session=True,
        )
    patience = threading.Timer(PATIENCE, end, [process])
    patience.start()
    with process:
        try:
            yield Conversation(process, complaints)
            process.wait(PATIENCE)
        finally:
            patience.cancel()
            end(process)


def end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
