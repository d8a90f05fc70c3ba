"""One cell: a text, a number, a day or a word of a few; else what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

from idp.rules.folding import folded
from idp.schools.imports.rows import Wrong

Choice = TypeVar("Choice")

LARGEST_NUMBER = 2**31 - 1
EARLIEST, LATEST = date(1900, 1, 1), date(2150, 12, 31)
# Some names need these to be written right.
JOINERS = str.maketrans("", "", "\u200c\u200d")
# No-break spaces and their like, but nothing that controls.
OTHER_SPACES = re.compile(r"[^\S \t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]")
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
BELGIAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


class BadCell(Exception):
    """What is wrong with the cell of one column. Doesn't hold what is in it."""

    def __init__(self, column: str, wrong: Wrong) -> None:
        super().__init__(column, wrong)
        self.column = column
        self.wrong = wrong


def text(cell: str, column: str, longest: int) -> str:
    """What is written there, or nothing; spaces around it don't count."""
    value = cell.strip()
    if not value.isascii():
        value = OTHER_SPACES.sub(" ", unicodedata.normalize("NFC", value))
    if len(value) > longest:
        raise BadCell(column, Wrong.TOO_LONG)
    if not value.isprintable() and not value.translate(JOINERS).isprintable():
        raise BadCell(column, Wrong.CONTROL)
    return value


def needed(cell: str, column: str, longest: int) -> str:
    value = text(cell, column, longest)
    if not value:
        raise BadCell(column, Wrong.EMPTY)
    return value


def optional(cell: str, column: str, longest: int) -> str | None:
    return text(cell, column, longest) or None


def number(cell: str, column: str) -> int:
    value = cell.strip()
    if not value:
        raise BadCell(column, Wrong.EMPTY)
    # Not more digits than int() may take for granted.
    if not (value.isascii() and value.isdigit() and len(value) <= 20 and 0 < int(value) <= LARGEST_NUMBER):
        raise BadCell(column, Wrong.NO_NUMBER)
    return int(value)


def day(cell: str, column: str) -> date:
    """`2025-09-01`, or as a spreadsheet writes it: `1/09/2025`."""
    value = cell.strip()
    if not value:
        raise BadCell(column, Wrong.EMPTY)
    found = read_day(value)
    if isinstance(found, Wrong):
        raise BadCell(column, found)
    return found


def optional_day(cell: str, column: str) -> date | None:
    return day(cell, column) if cell.strip() else None


@lru_cache(maxsize=30_000)
def read_day(value: str) -> date | Wrong:
    """A million rows have a few thousand different days."""
    if iso := ISO.fullmatch(value):
        year, month, day_of_month = iso.groups()
    elif belgian := BELGIAN.fullmatch(value):
        day_of_month, month, year = belgian.groups()
    else:
        return Wrong.NO_DATE
    try:
        found = date(int(year), int(month), int(day_of_month))
    except ValueError:
        return Wrong.IMPOSSIBLE
    return found if EARLIEST <= found <= LATEST else Wrong.IMPOSSIBLE


def choice(cell: str, column: str, words: Mapping[str, Choice]) -> Choice:
    """One of a few words, however its capitals, accents and spaces are."""
    found = words.get(cell)
    if found is None:
        found = words.get(folded(cell).strip().replace(" ", "_"))
    if found is None:
        raise BadCell(column, Wrong.UNKNOWN_WORD if cell.strip() else Wrong.EMPTY)
    return found
