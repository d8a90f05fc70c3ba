"""What was printed or downloaded, read back by programs of others: as whoever gets it on paper reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from itertools import takewhile
from typing import Any

from python_calamine import CalamineWorkbook

from tests.schools.printing import codes_on, reader

__all__ = ["Card", "cards_on", "codes_on", "rows_of"]

USERNAME, PASSWORD = "Gebruikersnaam:", "Wachtwoord:"
NAME_ENDS, CARD_ENDS = " LeerID", "LeerID-beheerder."
COLUMNS = [
    *("Stamnummer", "Voornaam", "Achternaam", "LeerID Gebruikersnaam", "LeerID Wachtwoord"),
    *("Administratieve groep", "Geslacht", "Geboortedatum", "Accounttype"),
]


@dataclass(frozen=True)
class Card:
    """One card, with what it says in the order of the manual (R40). A picture password is in its digits."""

    group: str
    name: str
    username: str
    secret: str = field(repr=False)
    address: str


def cards_on(pdf: bytes) -> list[Card]:
    """Every card, in the order in which they come out of the printer."""
    pages = [page.extract_text().splitlines() for page in reader(pdf).pages]
    lines = [line.strip() for page in pages for line in page if line.strip()]
    ends = [at + 1 for at, line in enumerate(lines) if line.endswith(CARD_ENDS)]
    return [card_in(lines[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]


def card_in(lines: list[str]) -> Card:
    if "Pagina" in lines[0]:  # the foot of the sheet before
        lines = lines[1:]
    name = next(at for at, line in enumerate(lines) if line.endswith(NAME_ENDS))
    return Card(
        group=" ".join(lines[:name]),
        name=lines[name].removesuffix(NAME_ENDS),
        username=lines[lines.index(USERNAME) + 1],
        secret=secret_in(lines[lines.index(PASSWORD) + 1 :]) if PASSWORD in lines else "",
        address=next(line for line in lines if "://" in line),
    )


def secret_in(lines: list[str]) -> str:
    """One line; or pictures, with their digits under each other."""
    return "".join(takewhile(is_digit, lines)) or lines[0]


def is_digit(line: str) -> bool:
    return len(line) == 1 and line.isdigit()


def rows_of(xlsx: bytes) -> list[dict[str, Any]]:
    """The rows of the first sheet, by the headings of the manual (R110)."""
    heads, *rows = CalamineWorkbook.from_filelike(BytesIO(xlsx)).get_sheet_by_index(0).to_python()
    assert heads == COLUMNS
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
