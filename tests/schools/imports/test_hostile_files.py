"""OA-52: files that were made to hurt are refused with a line and a reason, within two seconds and a few megabytes.

Seconds of this process: what else the machine does isn't the file's fault.
"""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from idp.schools.imports import reading
from idp.schools.imports.reading import Format
from idp.schools.imports.rows import FeedRefused, Refusal
from tests.schools.imports.feeds import pupil, text_of

LARGEST = 200_000_000
GOOD = text_of([pupil(1), pupil(2)]).encode()
HEADER = GOOD.split(b"\n")[0] + b"\n"


def zipped(*files: tuple[str, bytes], stored: bool = False) -> bytes:
    file = io.BytesIO()
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", kind) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, kind)
    return file.getvalue()


def with_count(archive: bytes, count: int, length: int | None = None) -> bytes:
    """The same zip, whose end says that it holds `count` files in a list of `length` bytes."""
    place = archive.rfind(b"PK\x05\x06")
    listed = struct.pack("<HH", count, count)
    size = archive[place + 12 : place + 16] if length is None else struct.pack("<I", length)
    return archive[: place + 8] + listed + size + archive[place + 16 :]


def long_cell(path: Path) -> None:
    with path.open("wb") as file:
        file.write(GOOD + b'2;"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b'"\n')


def million_columns(path: Path) -> None:
    path.write_bytes(b";".join(b"kolom%d" % n for n in range(1_000_000)) + b"\n")


def bomb(path: Path) -> None:
    path.write_bytes(zipped(("users.csv", bytes(60_000_000))))


def never_closed_quote(path: Path) -> None:
    path.write_bytes(GOOD + b'2;"x\n' + GOOD * 20_000)


FILES: dict[str, tuple[bytes | Callable[[Path], None], Refusal, int | None]] = {
    "nothing": (b"", Refusal.EMPTY, None),
    "empty lines": (b"\n\n\n", Refusal.EMPTY, None),
    "a cell of 100 MB": (long_cell, Refusal.LONG_LINE, 4),
    "a million columns": (million_columns, Refusal.LONG_LINE, 1),
    "two hundred columns": (b"a;" * 200 + b"\n", Refusal.MANY_COLUMNS, 1),
    "a quote that never closes": (never_closed_quote, Refusal.QUOTES, 4),
    "a quote in the middle": (HEADER + b'2;"School" 2;1\n', Refusal.QUOTES, 2),
    "NUL": (GOOD + b"2;Scho\x00ol\n", Refusal.NUL, 4),
    "NUL in the header": (b"\x00" + GOOD, Refusal.NUL, 1),
    "UTF-16 with a mark": (GOOD.decode().encode("utf-16"), Refusal.UTF16, 1),
    "UTF-16 without": (GOOD.decode().encode("utf-16-le"), Refusal.NUL, 1),
    "UTF-32": (GOOD.decode().encode("utf-32-be"), Refusal.NUL, 1),
    "Latin-1": (GOOD + "2;Zoë\n".encode("latin-1"), Refusal.NO_UTF8, 4),
    "half a character": (GOOD + b"2;\xe2\x82", Refusal.NO_UTF8, 4),
    "a surrogate": (GOOD + b"2;\xed\xa0\x80\n", Refusal.NO_UTF8, 4),
    "mixed line ends": (GOOD + b"2;x\r\n", Refusal.MIXED_NEWLINES, 4),
    "lone carriage returns": (GOOD.replace(b"\n", b"\r"), Refusal.MIXED_NEWLINES, 1),
    "a carriage return in a cell": (GOOD + b"2;a\rb\n", Refusal.MIXED_NEWLINES, 4),
    "xlsx": (zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"")), Refusal.SPREADSHEET, None),
    "an xlsx that grows a thousandfold": (
        zipped(("[Content_Types].xml", b""), ("xl/sharedStrings.xml", bytes(20_000_000))),
        Refusal.SPREADSHEET,
        None,
    ),
    "an xlsx with a foreign entity": (
        zipped(
            ("[Content_Types].xml", b'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]><x>&y;</x>'),
        ),
        Refusal.SPREADSHEET,
        None,
    ),
    "xls": (b"\xd0\xcf\x11\xe0" + bytes(500), Refusal.SPREADSHEET, None),
    "a zip that grows a thousandfold": (bomb, Refusal.ZIP_BOMB, None),
    "a zip in a zip": (
        zipped(("orgs.csv", zipped(("users.csv", bytes(20_000_000))))),
        Refusal.FILE_MISSING,
        None,
    ),
    "many files": (
        zipped(*((f"f{n}.csv", b"") for n in range(200)), stored=True),
        Refusal.ZIP_BOMB,
        None,
    ),
    "a list that says little": (
        with_count(zipped(*((f"f{n}.csv", b"") for n in range(200)), stored=True), 3),
        Refusal.ZIP_BOMB,
        None,
    ),
    "a list longer than the file": (with_count(zipped(("a.csv", b"")), 1, 900_000), Refusal.ZIP_BOMB, None),
    "a list of millions": (
        zipped(("a.csv", b""))[:-22] + b"PK\x06\x07" + bytes(16) + zipped(("a.csv", b""))[-22:],
        Refusal.ZIP_BOMB,
        None,
    ),
    "half a zip": (zipped(("orgs.csv", b"a" * 1000))[:60], Refusal.NO_ZIP, None),
    "no zip at all": (b"PK\x03\x04" + bytes(1000), Refusal.NO_ZIP, None),
    "a zip without a manifest": (zipped(("orgs.csv", b"sourcedId\n")), Refusal.FILE_MISSING, None),
}


@pytest.mark.parametrize("name", FILES)
def test_OA_52_it_is_refused_in_time(name: str, tmp_path: Path) -> None:
    content, refusal, line = FILES[name]
    path = tmp_path / "feed"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content(path)
    tracemalloc.start()
    began = time.process_time()
    with path.open("rb") as file, pytest.raises(FeedRefused) as refused:
        for _ in reading.rows(reading.received(file), None, LARGEST):
            pass
    took, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (refused.value.refusal, refused.value.line) == (refusal, line)
    assert took < 2
    assert peak < 20_000_000


@pytest.mark.parametrize(
    "name",
    [
        "../orgs.csv", "..\\orgs.csv", "/etc/orgs.csv", "C:orgs.csv", "a/orgs.csv", "orgs/", ".orgs.csv",
        "orgs\x01.csv", "örgs.csv", "x" * 300,
    ],
)  # fmt: skip
def test_OA_53_a_name_in_a_zip_leads_nowhere(name: str) -> None:
    file = io.BytesIO(zipped((name, b"x")))
    with pytest.raises(FeedRefused) as refused:
        list(reading.rows(reading.received(file), None, LARGEST))
    assert refused.value.refusal is Refusal.ZIP_NAMES


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_OA_52_a_name_that_is_there_twice_is_refused() -> None:
    file = io.BytesIO(zipped(("orgs.csv", b"x"), ("orgs.csv", b"y")))
    with pytest.raises(FeedRefused) as refused:
        list(reading.rows(reading.received(file), None, LARGEST))
    assert refused.value.refusal is Refusal.ZIP_NAMES


def test_OA_52_a_file_beyond_what_is_allowed_is_not_read() -> None:
    with pytest.raises(FeedRefused) as refused:
        list(reading.rows(reading.received(io.BytesIO(GOOD)), None, len(GOOD) - 1))
    assert refused.value.refusal is Refusal.TOO_LARGE


@pytest.mark.parametrize(
    ("content", "wanted", "refusal"),
    [
        (zipped(("orgs.csv", b"")), Format.FEED, Refusal.SPREADSHEET),
        (GOOD, Format.ONEROSTER, Refusal.NO_ZIP),
    ],
)
def test_OA_52_another_format_than_was_asked_is_refused(
    content: bytes, wanted: Format, refusal: Refusal
) -> None:
    with pytest.raises(FeedRefused) as refused:
        list(reading.rows(reading.received(io.BytesIO(content)), wanted, LARGEST))
    assert refused.value.refusal is refusal


def test_OA_52_reading_a_long_feed_keeps_memory_flat(tmp_path: Path) -> None:
    path = tmp_path / "feed"
    line = text_of([pupil()]).encode().split(b"\n")[1] + b"\n"
    with path.open("wb") as file:
        file.write(HEADER)
        for _ in range(10_000):
            file.write(line)
    tracemalloc.start()
    with path.open("rb") as file:
        read = sum(1 for _ in reading.rows(reading.received(file), None, LARGEST))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == 10_000
    assert peak < 3_000_000
