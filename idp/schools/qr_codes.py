"""A QR code as rows of dark and light."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# Finding the best mask takes nine tenths of the time, and readers take any.
MASK = 2
# Holds 62 characters; a longer address makes it grow by itself.
VERSION = 4
QUIET_ZONE = 4

_DARK = re.compile(rb"\x01+")


def modules(text: str) -> list[list[bool]]:
    """Dark and light, row by row, with the light edge that readers need."""
    code = QRCode(version=VERSION, error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def runs(row: list[bool]) -> Iterator[tuple[int, int]]:
    """Where dark begins in a row, and how long it lasts."""
    return ((run.start(), run.end() - run.start()) for run in _DARK.finditer(bytes(row)))


def path(rows: list[list[bool]]) -> str:
    """The dark modules as one SVG path: a bar for each run in a row."""
    return "".join(f"M{x} {y}h{width}v1h-{width}z" for y, row in enumerate(rows) for x, width in runs(row))
