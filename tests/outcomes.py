"""What became of each test when it was last run: written by every run, read by `python -m tests.tables`.

It stands in pytest's cache, where nobody commits it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
FILE = ROOT / ".pytest_cache" / "outcomes.json"


class Outcome(IntEnum):
    """From good to bad: of several, the worst counts."""

    PASSED = 0
    NOT_RUN = 1
    FAILED = 2


class Recorder:
    """A plugin that hears of every test, in whichever process it ran, and adds what it heard to the file.

    Whoever runs whole files runs each test with all the parameters it has now; `some` of them prove nothing about others.
    """

    def __init__(self, file: Path = FILE, *, some: bool = False) -> None:
        self.file = file
        self.some = some
        self.heard: dict[str, Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        became = {"passed": Outcome.PASSED, "skipped": Outcome.NOT_RUN}.get(report.outcome, Outcome.FAILED)
        self.heard[report.nodeid] = max(became, self.heard.get(report.nodeid, Outcome.PASSED))

    def pytest_sessionfinish(self) -> None:
        if not self.heard:
            return
        again = set() if self.some else {function_of(test) for test in self.heard}
        before = {test: was for test, was in read(self.file).items() if function_of(test) not in again}
        together = {**before, **self.heard}
        self.file.parent.mkdir(exist_ok=True)
        written = self.file.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps({test: int(became) for test, became in together.items()}))
        written.replace(self.file)


def record(config: Any) -> None:
    """In the process that hears of all of them."""
    if not hasattr(config, "workerinput"):
        chosen = config.option.keyword or config.option.markexpr or any("::" in each for each in config.args)
        config.pluginmanager.register(Recorder(some=bool(chosen)), "leerid-outcomes")


def read(file: Path = FILE) -> dict[str, Outcome]:
    """Test, with its parameters -> outcome."""
    if not file.exists():
        return {}
    return {test: Outcome(became) for test, became in json.loads(file.read_text()).items()}


def function_of(test: str) -> str:
    return test.partition("[")[0]


def still_there(outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
    """Without the tests that were taken away or got another name."""
    texts: dict[str, str] = {}
    kept = {}
    for test, became in outcomes.items():
        path, _, name = function_of(test).partition("::")
        if path not in texts:
            file = ROOT / path
            texts[path] = file.read_text(encoding="utf-8") if file.is_file() else ""
        if f"def {name.rpartition('::')[2]}(" in texts[path]:
            kept[test] = became
    return kept


class Results:
    """Answers what became of a file, a folder, a test, or a test with certain parameters."""

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        self.outcomes = outcomes

    def of(self, place: str) -> Outcome:
        """`oidc/test_token.py`, `oidc/dynamic/`, `oidc/test_token.py::test_x` or `oidc/test_token.py::test_x[basic]`."""
        return worst(became for test, became in self.outcomes.items() if covers(f"tests/{place}", test))


def covers(place: str, test: str) -> bool:
    return (
        test == place
        or test.startswith((f"{place}::", f"{place}["))
        or (place.endswith("/") and test.startswith(place))
    )


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, default=Outcome.NOT_RUN)
