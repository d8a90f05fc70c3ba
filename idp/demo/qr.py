"""A QR code as an SVG drawing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

# Finding the best mask takes nine tenths of the time, and readers take any.
MASK = 2
# Holds 62 characters; a longer address makes it grow by itself.
VERSION = 4
QUIET_ZONE = 4


def modules(text: str) -> list[list[bool]]:
    """Dark and light, row by row, with the light edge that readers need."""
    code = QRCode(version=VERSION, error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, mask_pattern=MASK)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def path(rows: list[list[bool]]) -> str:
    """The dark modules as one SVG path: a bar for each run in a row."""
    return "".join(bar for y, row in enumerate(rows) for bar in bars(y, row))


def bars(y: int, row: list[bool]) -> Iterator[str]:
    x = 0
    for dark, run in groupby(row):
        width = len(list(run))
        if dark:
            yield f"M{x} {y}h{width}v1h-{width}z"
        x += width
