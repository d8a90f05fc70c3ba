"""The lines of a text that nobody has looked at yet: bounded, UTF-8, one kind of line end, no NUL (OA-52).

One line at a time is in memory, so that neither a cell of a hundred megabytes nor a million columns ever is. No cell of a
feed has a line end in it: quotes that don't close on their own line are a mistake, and it is known which line has it.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import IO

from idp.schools.imports.rows import FeedRefused, Refusal

LONGEST_LINE = 16_384
MOST_COLUMNS = 100


def lines(file: IO[bytes], part: str = "") -> Iterator[tuple[int, str]]:
    """Each line with its number, without its end; empty ones are passed over. Raises FeedRefused."""
    ending = None
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            raw = without_mark(raw, part)
        if b"\x00" in raw:
            raise FeedRefused(Refusal.NUL, number, part)
        if len(raw) > LONGEST_LINE:
            raise FeedRefused(Refusal.LONG_LINE, number, part)
        text, found = split_ending(raw)
        if found and ending is None:
            ending = found
        if b"\r" in text or (found and found != ending):
            raise FeedRefused(Refusal.MIXED_NEWLINES, number, part)
        if text:
            try:
                yield number, text.decode("utf-8")
            except UnicodeDecodeError:
                raise FeedRefused(Refusal.NO_UTF8, number, part) from None


def without_mark(first: bytes, part: str) -> bytes:
    """The first line without the byte order mark of UTF-8; that of UTF-16 is refused by name."""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FeedRefused(Refusal.UTF16, 1, part)
    return first.removeprefix(codecs.BOM_UTF8)


def split_ending(raw: bytes) -> tuple[bytes, bytes]:
    if raw.endswith(b"\r\n"):
        return raw[:-2], b"\r\n"
    if raw.endswith(b"\n"):
        return raw[:-1], b"\n"
    return raw, b""


def table(file: IO[bytes], delimiters: str, part: str = "") -> Iterator[tuple[int, list[str]]]:
    """The cells of each line; the first one, the names of the columns, decides which delimiter it is. Raises FeedRefused."""
    delimiter = ""
    for number, line in lines(file, part):
        if not delimiter:
            delimiter = max(delimiters, key=line.count)
            if line.count(delimiter) >= MOST_COLUMNS:
                raise FeedRefused(Refusal.MANY_COLUMNS, number, part)
        yield number, cells(line, delimiter, number, part)
    if not delimiter:
        raise FeedRefused(Refusal.EMPTY, None, part)


def cells(line: str, delimiter: str, number: int, part: str) -> list[str]:
    if '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise FeedRefused(Refusal.QUOTES, number, part) from None
