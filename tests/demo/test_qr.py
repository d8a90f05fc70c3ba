"""R35: the QR code on a card says the pupil's own address, and readers can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from idp.demo import qr
from tests.support import needs

ADDRESS = "http://127.0.0.1:8000/k/3xh997qykk9ufh7vhsxnhtexac"
PIXELS = 4


@pytest.mark.parametrize(
    "address", [ADDRESS, "https://id.leerid.example/k/" + "z" * 26, "https://x.be/" + "a" * 150]
)
def test_R35_a_reader_finds_the_address(tmp_path: Path, address: str) -> None:
    if shutil.which("zbarimg") is None:
        needs.missing("zbarimg isn't installed (Debian: apt-get install zbar-tools)")
    image = tmp_path / "qr.pbm"
    image.write_text(as_pbm(qr.modules(address)))
    command = ["zbarimg", "--quiet", "--raw", "--nodbus", str(image)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == address


def as_pbm(rows: list[list[bool]]) -> str:
    """The plainest image there is: a text of ones and zeros."""
    lines = [
        " ".join(str(int(dark)) for dark in row for _ in range(PIXELS)) for row in rows for _ in range(PIXELS)
    ]
    return f"P1\n{len(rows) * PIXELS} {len(rows) * PIXELS}\n" + "\n".join(lines) + "\n"


def test_R35_the_drawing_has_the_same_modules() -> None:
    rows = qr.modules(ADDRESS)
    drawn = [[False] * len(rows) for _ in rows]
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", qr.path(rows)):
        assert width == back
        for place in range(int(x), int(x) + int(width)):
            drawn[int(y)][place] = True
    assert drawn == rows


def test_R35_a_light_edge_of_four_lets_readers_find_it() -> None:
    rows = qr.modules(ADDRESS)
    edges = [*rows[:4], *rows[-4:], *([*row[:4], *row[-4:]] for row in rows)]
    assert not any(module for edge in edges for module in edge)
