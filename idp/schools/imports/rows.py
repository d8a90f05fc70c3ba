"""What a feed says, line by line: an enrolment, or what is wrong with the line; or that the whole of it is refused."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Row(NamedTuple):
    """One pupil at one school, checked: whatever the format, this is what it says."""

    line: int
    school_number: int
    school_name: str | None
    pupil_number: int
    given_name: str
    family_name: str
    official_given_name: str | None
    official_family_name: str | None
    sex: str | None
    birth_date: date | None
    administrative_group: str
    class_code: str
    ordinary_secondary: bool
    # As the feed has it. Only its keyed digest is stored (PR-19).
    pupil_key: str | None
    starts_on: date
    ends_on: date


class Wrong(StrEnum):
    """What can be wrong with one line."""

    CELLS = "cells"  # more or fewer than the first line has
    EMPTY = "empty"
    NO_NUMBER = "no_number"
    TOO_LONG = "too_long"
    CONTROL = "control"  # characters that nobody sees
    NO_DATE = "no_date"
    IMPOSSIBLE = "impossible"  # a date that can't be meant
    UNKNOWN_WORD = "unknown_word"
    ENDS_FIRST = "ends_first"
    DUPLICATE = "duplicate"
    UNKNOWN_SCHOOL = "unknown_school"
    CLOSED_SCHOOL = "closed_school"
    TWO_PEOPLE = "two_people"  # the key belongs to somebody else, and both have an account


class BadRow(NamedTuple):
    """A line that isn't used, which column is to blame, and as far as it can be read, about which pupil it was."""

    line: int
    column: str
    wrong: Wrong
    school_number: int | None = None
    pupil_number: int | None = None


class Refusal(StrEnum):
    """Why a whole feed is refused, before anything of it is used."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    SPREADSHEET = "spreadsheet"
    NO_UTF8 = "no_utf8"
    UTF16 = "utf16"
    NUL = "nul"
    MIXED_NEWLINES = "mixed_newlines"
    LONG_LINE = "long_line"
    QUOTES = "quotes"
    NO_HEADER = "no_header"
    COLUMN_MISSING = "column_missing"
    COLUMN_TWICE = "column_twice"
    MANY_COLUMNS = "many_columns"
    MANY_BAD_ROWS = "many_bad_rows"
    NO_ZIP = "no_zip"
    ZIP_BOMB = "zip_bomb"
    ZIP_NAMES = "zip_names"
    NO_ONEROSTER = "no_oneroster"
    NO_BULK = "no_bulk"
    FILE_MISSING = "file_missing"
    LOST = "lost"


SENTENCES = {
    Refusal.EMPTY: "there is nothing in it",
    Refusal.TOO_LARGE: "it is larger than the settings allow",
    Refusal.SPREADSHEET: "a spreadsheet can't be imported: save it as CSV (UTF-8) first",
    Refusal.NO_UTF8: "the text isn't UTF-8",
    Refusal.UTF16: "the text is UTF-16: save it as UTF-8",
    Refusal.NUL: "there is a NUL character in it",
    Refusal.MIXED_NEWLINES: "the lines end in different ways",
    Refusal.LONG_LINE: "the line is too long",
    Refusal.QUOTES: "the quotes don't match",
    Refusal.NO_HEADER: "the first line doesn't name the columns",
    Refusal.COLUMN_MISSING: "there is no column of this name",
    Refusal.COLUMN_TWICE: "there are two columns of this name",
    Refusal.MANY_COLUMNS: "there are too many columns",
    Refusal.MANY_BAD_ROWS: "so many lines are wrong that it must be another kind of file",
    Refusal.NO_ZIP: "it isn't a zip file that can be read",
    Refusal.ZIP_BOMB: "the zip file becomes too large when it is unpacked",
    Refusal.ZIP_NAMES: "the zip file holds a folder, a path or a name twice",
    Refusal.NO_ONEROSTER: "manifest.csv doesn't say OneRoster 1.2",
    Refusal.NO_BULK: "only whole files can be imported (bulk), not what changed since (delta)",
    Refusal.FILE_MISSING: "a file that is needed isn't in the zip file",
    Refusal.LOST: "what was read of it isn't there any more: send it again",
}


class FeedRefused(Exception):
    """The whole feed is refused. `part` is a column, or a file in a zip; never anything that a line holds."""

    def __init__(self, refusal: Refusal, line: int | None = None, part: str = "") -> None:
        super().__init__(refusal, line, part)
        self.refusal = refusal
        self.line = line
        self.part = part

    def __str__(self) -> str:
        return sentence(self.refusal, self.line, self.part)


def sentence(refusal: Refusal, line: int | None, part: str) -> str:
    """`line 17, naam: the quotes don't match`."""
    place = ", ".join(each for each in (f"line {line}" if line is not None else "", part) if each)
    return f"{place}: {SENTENCES[refusal]}" if place else SENTENCES[refusal]
