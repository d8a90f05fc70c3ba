"""The feed of enrolments as CSV, in the spirit of DISCIMUS: Dutch column names, one line for each pupil at each school.

FORMAT.md says what each column means. Semicolons or commas, UTF-8 with or without a mark, columns in any order; a column
that we don't know is passed over, so that a feed may hold more than LeerID needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from idp.rules.folding import folded
from idp.schools.imports.cells import BadCell, choice, day, needed, number, optional, optional_day, text
from idp.schools.imports.lines import table
from idp.schools.imports.rows import BadRow, FeedRefused, Refusal, Row, Wrong

NEEDED = (
    "instellingsnummer", "stamnummer", "voornaam", "naam", "administratieve_groep", "onderwijs", "begin", "einde",
)  # fmt: skip
OPTIONAL = (
    "instelling", "officiele_voornaam", "officiele_naam", "geslacht", "geboortedatum", "klas", "leerling_sleutel",
)  # fmt: skip

EDUCATION = {"gewoon_secundair": True, "andere": False}
SEX = {"M": "M", "V": "V", "X": "X", "m": "M", "v": "V", "x": "X"}
LONGEST_NAME = 200
LONGEST_CLASS = 50
LONGEST_KEY = 200
# The place of a column that isn't there: each line gets an empty cell at its end.
NOWHERE = -1


@dataclass(frozen=True)
class Columns:
    """Where each column is. The names are those of FORMAT.md."""

    width: int
    instellingsnummer: int
    stamnummer: int
    voornaam: int
    naam: int
    administratieve_groep: int
    onderwijs: int
    begin: int
    einde: int
    instelling: int
    officiele_voornaam: int
    officiele_naam: int
    geslacht: int
    geboortedatum: int
    klas: int
    leerling_sleutel: int


def rows(file: IO[bytes]) -> Iterator[Row | BadRow]:
    """What each line says. Raises FeedRefused, at once when the first line isn't what it should be."""
    found = table(file, ";,")
    line, names = next(found)
    columns = columns_of(names, line)
    for line, cells in found:
        yield row(line, cells, columns)


def columns_of(names: Sequence[str], line: int) -> Columns:
    places: dict[str, int] = {}
    for place, name in enumerate(map(plain, names)):
        if name in places and name in (*NEEDED, *OPTIONAL):
            raise FeedRefused(Refusal.COLUMN_TWICE, line, name)
        places[name] = place
    if not places.keys() & {*NEEDED, *OPTIONAL}:
        raise FeedRefused(Refusal.NO_HEADER, line)
    for name in NEEDED:
        if name not in places:
            raise FeedRefused(Refusal.COLUMN_MISSING, line, name)
    return Columns(len(names), **{name: places.get(name, NOWHERE) for name in (*NEEDED, *OPTIONAL)})


def plain(name: str) -> str:
    """`Officiële voornaam` is `officiele_voornaam`."""
    return folded(name).strip().replace(" ", "_").replace("-", "_")


def row(line: int, cells: list[str], columns: Columns) -> Row | BadRow:
    if len(cells) != columns.width:
        return BadRow(line, "", Wrong.CELLS)
    cells.append("")
    school = pupil = None
    try:
        school = number(cells[columns.instellingsnummer], "instellingsnummer")
        pupil = number(cells[columns.stamnummer], "stamnummer")
        return read(line, school, pupil, cells, columns)
    except BadCell as bad:
        return BadRow(line, bad.column, bad.wrong, school, pupil)


def read(line: int, school: int, pupil: int, cells: list[str], at: Columns) -> Row:
    starts, ends = day(cells[at.begin], "begin"), day(cells[at.einde], "einde")
    if ends < starts:
        raise BadCell("einde", Wrong.ENDS_FIRST)
    born = optional_day(cells[at.geboortedatum], "geboortedatum")
    if born is not None and born >= starts:
        raise BadCell("geboortedatum", Wrong.IMPOSSIBLE)
    sex = cells[at.geslacht]
    return Row(
        line=line,
        school_number=school,
        school_name=optional(cells[at.instelling], "instelling", LONGEST_NAME),
        pupil_number=pupil,
        given_name=needed(cells[at.voornaam], "voornaam", LONGEST_NAME),
        family_name=needed(cells[at.naam], "naam", LONGEST_NAME),
        official_given_name=optional(cells[at.officiele_voornaam], "officiele_voornaam", LONGEST_NAME),
        official_family_name=optional(cells[at.officiele_naam], "officiele_naam", LONGEST_NAME),
        sex=choice(sex, "geslacht", SEX) if sex.strip() else None,
        birth_date=born,
        administrative_group=needed(cells[at.administratieve_groep], "administratieve_groep", LONGEST_NAME),
        class_code=text(cells[at.klas], "klas", LONGEST_CLASS),
        ordinary_secondary=choice(cells[at.onderwijs], "onderwijs", EDUCATION),
        pupil_key=optional(cells[at.leerling_sleutel], "leerling_sleutel", LONGEST_KEY),
        starts_on=starts,
        ends_on=ends,
    )
