"""OneRoster 1.2 CSV, as other school systems write it: a zip with one file for each kind of thing, whole files only (bulk).

What is read, and what it becomes (FORMAT.md has the same list for who makes one):
orgs: identifier (instellingsnummer), name, type `school` · academicSessions: startDate, endDate · classes: title
(administratieve groep), classCode (klas), metadata.onderwijs, termSourcedIds · users: identifier (stamnummer),
preferredGivenName or givenName, preferredFamilyName or familyName, userMasterIdentifier (leerling_sleutel) ·
demographics: birthDate, sex · enrollments: of a student in a class with `homeroom`, with beginDate and endDate or else its
class's term. Whoever has demographics has official names: givenName and familyName.

Users are kept in a database in a temporary file while the enrolments stream past, so that memory stays flat.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import IO, Any
from zipfile import ZipFile

from idp.schools.imports import archive, feed
from idp.schools.imports.cells import BadCell, choice, day, needed, number, optional, optional_day, text
from idp.schools.imports.lines import table
from idp.schools.imports.rows import BadRow, FeedRefused, Refusal, Row, Wrong

VERSION = "1.2"
NEEDED = ("orgs", "academicSessions", "classes", "users", "enrollments")
SEX = {"male": "M", "female": "V", "other": "X", "unspecified": None, "": None}
AT_ONCE = 5_000
# Only what a country could have; more would be another kind of file, and wouldn't fit in memory.
MOST_CLASSES = 200_000

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Organisation:
    number: str
    name: str


@dataclass(frozen=True)
class Classroom:
    group: str
    code: str
    education: str
    term: str


@dataclass(frozen=True)
class Rooms:
    """The few things that many enrolments share, by their sourcedId."""

    schools: Mapping[str, Organisation]
    classes: Mapping[str, Classroom]
    terms: Mapping[str, tuple[str, str]]


def rows(file: IO[bytes], largest: int) -> Iterator[Row | BadRow]:
    """What each enrolment says; its line is that in enrollments.csv. Raises FeedRefused."""
    # A name of nothing is a file that is gone when it is closed.
    with archive.opened(file, largest) as opened, closing(sqlite3.connect("")) as kept:
        refuse_another_kind(opened)
        rooms = Rooms(schools_in(opened), classes_in(opened), terms_in(opened))
        keep_people(kept, opened)
        for line, cells in records(opened, "enrollments"):
            if is_of_a_pupil(cells, rooms):
                yield enrolment(line, cells, rooms, kept)


def refuse_another_kind(opened: ZipFile) -> None:
    said = {cells["propertyName"]: cells["value"] for _, cells in listed(opened, "manifest")}
    if not said.get("oneroster.version", "").startswith(VERSION):
        raise FeedRefused(Refusal.NO_ONEROSTER)
    for name in NEEDED:
        if said.get(f"file.{name}", "absent") == "absent":
            raise FeedRefused(Refusal.FILE_MISSING, None, f"{name}.csv")
    for name in (*NEEDED, "demographics"):
        if said.get(f"file.{name}") == "delta":
            raise FeedRefused(Refusal.NO_BULK, None, f"{name}.csv")


def listed(opened: ZipFile, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The records of one file, each with the names of the columns. Raises FeedRefused."""
    part = f"{name}.csv"
    with archive.member(opened, part) as file:
        found = table(file, ",", part)
        line, names = next(found)
        if len(set(names)) < len(names):
            raise FeedRefused(Refusal.COLUMN_TWICE, line, part)
        for column in COLUMNS[name]:
            if column not in names:
                raise FeedRefused(Refusal.COLUMN_MISSING, line, f"{part} {column}")
        for line, cells in found:
            # A line with other cells than there are columns is nobody's: the enrolments that need it will say so.
            yield line, dict(zip(names, cells, strict=False)) if len(cells) == len(names) else {}


COLUMNS = {
    "manifest": ("propertyName", "value"),
    "orgs": ("sourcedId", "name", "type", "identifier"),
    "academicSessions": ("sourcedId", "startDate", "endDate"),
    "classes": ("sourcedId", "title", "classCode", "classType", "termSourcedIds", "metadata.onderwijs"),
    "users": ("sourcedId", "givenName", "familyName", "identifier"),
    "demographics": ("sourcedId", "birthDate", "sex"),
    "enrollments": ("sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
}


def records(opened: ZipFile, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The same, without what the file itself says is gone."""
    return ((line, cells) for line, cells in listed(opened, name) if cells.get("status", "") != "tobedeleted")


def schools_in(opened: ZipFile) -> dict[str, Organisation]:
    found = (
        (cells["sourcedId"], cells) for _, cells in records(opened, "orgs") if cells.get("type") == "school"
    )
    return few((key, Organisation(cells["identifier"], cells["name"])) for key, cells in found)


def classes_in(opened: ZipFile) -> dict[str, Classroom]:
    found = (cells for _, cells in records(opened, "classes") if cells.get("classType") == "homeroom")
    return few(
        (
            cells["sourcedId"],
            Classroom(
                cells["title"],
                cells["classCode"],
                cells["metadata.onderwijs"],
                cells["termSourcedIds"].partition(",")[0],
            ),
        )
        for cells in found
    )


def terms_in(opened: ZipFile) -> dict[str, tuple[str, str]]:
    found = (cells for _, cells in records(opened, "academicSessions") if cells)
    return few((cells["sourcedId"], (cells["startDate"], cells["endDate"])) for cells in found)


def few(pairs: Iterator[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(islice(pairs, MOST_CLASSES))
    if len(found) == MOST_CLASSES:
        raise FeedRefused(Refusal.TOO_LARGE)
    return found


def keep_people(kept: sqlite3.Connection, opened: ZipFile) -> None:
    kept.execute("PRAGMA cache_size = -8192")
    kept.execute(
        "CREATE TABLE users (id PRIMARY KEY, number, given, family, own_given, own_family, key) WITHOUT ROWID"
    )
    kept.execute("CREATE TABLE demographics (id PRIMARY KEY, born, sex) WITHOUT ROWID")
    users = (
        (
            cells["sourcedId"],
            cells["identifier"],
            cells.get("preferredGivenName") or cells["givenName"],
            cells.get("preferredFamilyName") or cells["familyName"],
            cells["givenName"],
            cells["familyName"],
            cells.get("userMasterIdentifier", ""),
        )
        for _, cells in records(opened, "users")
        if cells
    )
    keep(kept, "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?, ?, ?, ?)", users)
    if "demographics.csv" in opened.namelist():
        known = (
            (cells["sourcedId"], cells["birthDate"], cells["sex"])
            for _, cells in records(opened, "demographics")
            if cells
        )
        keep(kept, "INSERT OR IGNORE INTO demographics VALUES (?, ?, ?)", known)


def keep(kept: sqlite3.Connection, statement: str, found: Iterator[tuple[str, ...]]) -> None:
    while some := list(islice(found, AT_ONCE)):
        kept.executemany(statement, some)
    kept.commit()


def is_of_a_pupil(cells: Cells, rooms: Rooms) -> bool:
    """Only the class where somebody belongs says which administrative group it is; what can't be read is somebody's."""
    if not cells:
        return True
    return cells["role"] == "student" and (
        cells["classSourcedId"] in rooms.classes or cells["schoolSourcedId"] not in rooms.schools
    )


USER = """
    SELECT number, given, family, own_given, own_family, key, born, sex
    FROM users LEFT JOIN demographics USING (id) WHERE id = ?
"""


def enrolment(line: int, cells: Cells, rooms: Rooms, kept: sqlite3.Connection) -> Row | BadRow:
    if not cells:
        return BadRow(line, "", Wrong.CELLS)
    school = pupil = None
    try:
        place = rooms.schools.get(cells["schoolSourcedId"])
        if place is None:
            raise BadCell("schoolSourcedId", Wrong.UNKNOWN_WORD)
        school = number(place.number, "orgs.identifier")
        user = kept.execute(USER, (cells["userSourcedId"],)).fetchone()
        if user is None:
            raise BadCell("userSourcedId", Wrong.UNKNOWN_WORD)
        pupil = number(user[0], "users.identifier")
        return read(line, school, place, pupil, user, cells, rooms)
    except BadCell as bad:
        return BadRow(line, bad.column, bad.wrong, school, pupil)


def read(
    line: int, school: int, place: Organisation, pupil: int, user: Any, cells: Cells, rooms: Rooms
) -> Row:
    _, given, family, own_given, own_family, key, born, sex = user
    classroom = rooms.classes[cells["classSourcedId"]]
    starts, ends = days(cells, rooms.terms.get(classroom.term, ("", "")))
    birth_date = optional_day(born or "", "demographics.birthDate")
    if birth_date is not None and birth_date >= starts:
        raise BadCell("demographics.birthDate", Wrong.IMPOSSIBLE)
    is_official = born is not None
    return Row(
        line=line,
        school_number=school,
        school_name=optional(place.name, "orgs.name", feed.LONGEST_NAME),
        pupil_number=pupil,
        given_name=needed(given, "users.givenName", feed.LONGEST_NAME),
        family_name=needed(family, "users.familyName", feed.LONGEST_NAME),
        official_given_name=optional(own_given, "users.givenName", feed.LONGEST_NAME)
        if is_official
        else None,
        official_family_name=optional(own_family, "users.familyName", feed.LONGEST_NAME)
        if is_official
        else None,
        sex=choice(sex, "demographics.sex", SEX) if sex else None,
        birth_date=birth_date,
        administrative_group=needed(classroom.group, "classes.title", feed.LONGEST_NAME),
        class_code=text(classroom.code, "classes.classCode", feed.LONGEST_CLASS),
        ordinary_secondary=choice(classroom.education, "classes.metadata.onderwijs", feed.EDUCATION),
        pupil_key=optional(key, "users.userMasterIdentifier", feed.LONGEST_KEY),
        starts_on=starts,
        ends_on=ends,
    )


def days(cells: Cells, term: tuple[str, str]) -> tuple[date, date]:
    starts = day(cells.get("beginDate") or term[0], "beginDate")
    ends = day(cells.get("endDate") or term[1], "endDate")
    if ends < starts:
        raise BadCell("endDate", Wrong.ENDS_FIRST)
    return starts, ends
