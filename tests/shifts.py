"""Which process does which tests, when several share them (`pytest -n`)."""

from __future__ import annotations

import re

import pytest
from xdist.scheduler import LoadFileScheduling

TOWN = "tests/journeys/"
OWN_TOWN = "tests/journeys/test_accessibility.py"


class Shifts(LoadFileScheduling):
    """A file goes to one process. What visits the same town goes there together: founding one takes long."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        kind = re.search(r"\[(sqlite|postgresql)\b", test)
        if file.startswith(TOWN) and file != OWN_TOWN and kind is not None:
            return f"{TOWN} {kind[1]}"
        return file


def longest_first(items: list[pytest.Item]) -> None:
    """So that nobody works alone at the end: in a town one waits long for the pages of few tests."""
    items.sort(key=lambda item: not item.nodeid.startswith(TOWN))
