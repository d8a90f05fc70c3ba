"""A file for letters: four columns that every word processor can merge."""

from __future__ import annotations

import re
from collections.abc import Iterable

from idp.schools.card_letters import readable
from idp.schools.tables import Row, list_order

COLUMNS = ("Voornaam", "Gebruikersnaam", "Wachtwoord", "Klas")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for one of 1995
# At the beginning, and after what another program may take for the end of a cell.
_BEGINS_A_FORMULA = re.compile(r"""(^|[,;|"]\s*)(?=[=+@|%＝＋－＠-])""")
_NEEDS_NO_QUOTES = re.compile(r"[\w .'’-]*")


def mail_merge(rows: Iterable[Row]) -> bytes:
    lines = [COLUMNS, *(_cells(row) for row in list_order(rows))]
    text = "".join(";".join(map(_cell, line)) + "\r\n" for line in lines)
    return (_BYTE_ORDER_MARK + text).encode("utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    return row.given_name, row.username, row.password, row.class_code


def _cell(text: str) -> str:
    """A spreadsheet would calculate what begins like a formula; with a quote in front it shows it instead (OA-50)."""
    shown = _BEGINS_A_FORMULA.sub(r"\1'", readable(text))
    if _NEEDS_NO_QUOTES.fullmatch(shown):
        return shown
    return '"{}"'.format(shown.replace('"', '""'))
