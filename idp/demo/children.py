"""The servers of a demonstration: started together, and ended together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import idp

START_WITHIN_SECONDS = 60.0
END_WITHIN_SECONDS = 10.0
PR_SET_PDEATHSIG = 1


class CannotShow(Exception):
    """Why the demonstration can't be shown; said in one sentence."""


@dataclass(frozen=True)
class Program:
    """A server to run: its name, `python -m` what, where it answers, and where its log goes."""

    name: str
    module: Sequence[str]
    answers_at: str
    log: Path
    environment: dict[str, str]


@dataclass
class Running:
    program: Program
    process: subprocess.Popen[bytes]


def start(programs: Sequence[Program]) -> list[Running]:
    """All of them at once. When one can't be started, none is left running."""
    running: list[Running] = []
    try:
        for program in programs:
            running.append(Running(program, spawn(program)))  # noqa: PERF401 - one by one, to end those that began
        for each in running:
            wait_until_it_answers(each)
    except BaseException:
        end(running)
        raise
    return running


def spawn(program: Program) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C reaches us only, and we end each in order."""
    with program.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *program.module],
            env={**inherited_environment(), **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no thread runs yet
        )


def inherited_environment() -> dict[str, str]:
    """Ours, but with no setting that goes before config.toml, and with this same code on the path."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEERID_")}
    code = str(Path(str(idp.__file__)).parent.parent)
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (code, kept.get("PYTHONPATH"))))}


def end_with_parent() -> None:
    """Linux ends a child when the one who started it is gone, even if that was killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until_it_answers(each: Running) -> None:
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if each.process.poll() is not None:
            raise CannotShow(f"{each.program.name} didn't start: {last_words(each.program.log)}")
        if answers(each.program.answers_at):
            return
        time.sleep(0.1)
    raise CannotShow(
        f"{each.program.name} doesn't answer at {each.program.answers_at}; see {each.program.log}"
    )


def answers(address: str) -> bool:
    """Any answer will do, a refusal too: somebody is there."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"see {log}"


def one_that_ended(running: Sequence[Running]) -> Running | None:
    return next((each for each in running if each.process.poll() is not None), None)


def end(running: Sequence[Running]) -> None:
    """Asks all of them to finish, waits, and then insists."""
    for each in running:
        each.process.terminate()
    deadline = time.monotonic() + END_WITHIN_SECONDS
    for each in running:
        try:
            each.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()
