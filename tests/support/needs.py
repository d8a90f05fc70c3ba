"""What a test needs from the machine: there, or loudly reported. In CI its absence is a failure."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

NOT_RUN = "NOT RUN: "


def missing(reason: str) -> NoReturn:
    """Ends this test: as a failure where CI=true, else as a skip that the summary repeats."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true, so that is a failure)", pytrace=False)
    # Only outside of the check: a laptop without PostgreSQL or Apache still runs all other tests, and its summary says how
    # many this cost. `.ci/run` sets CI=true and fails above, so nothing is skipped where it counts.
    pytest.skip(NOT_RUN + reason)


def reasons(skipped: list[pytest.TestReport]) -> dict[str, int]:
    """Of the skipped tests, why those did not run that should have, and how many each reason cost."""
    counted: dict[str, int] = {}
    for report in skipped:
        if isinstance(report.longrepr, tuple) and NOT_RUN in (text := str(report.longrepr[2])):
            reason = text.partition(NOT_RUN)[2]
            counted[reason] = counted.get(reason, 0) + 1
    return counted
