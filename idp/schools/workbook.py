"""The Excel file with the LeerID data of many pupils."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from idp.rules.account_types import AccountKind
from idp.rules.folding import folded
from idp.schools.in_memory import bytes_of
from idp.schools.mail_merge import mail_merge
from idp.schools.tables import Row, list_order

__all__ = ["COLUMNS", "Row", "mail_merge", "workbook"]

# R110, and how wide each column must be to show what is usual; longer values make it wider.
COLUMNS = {
    "Stamnummer": 13,
    "Voornaam": 14,
    "Achternaam": 16,
    "LeerID Gebruikersnaam": 25,
    "LeerID Wachtwoord": 20,
    "Administratieve groep": 24,
    "Geslacht": 11,
    "Geboortedatum": 16,
    "Accounttype": 14,
}
WIDEST = 48
ALL_PUPILS, WITHOUT_CLASS = "Leerlingen", "Zonder klas"
DATE_FORMAT = "d/mm/yyyy"  # an Excel that speaks Dutch calls it d/mm/jjjj
LONGEST_SHEET_NAME = 31

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_A_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

_HEAD_FONT = Font(bold=True)
_HEAD_FILL = PatternFill("solid", fgColor="E9EDF2")
_HEAD_LINE = Border(bottom=Side("medium", color="4A5361"))


def workbook(rows: Iterable[Row], *, by_class: bool = False) -> bytes:
    """One sheet with everybody; `by_class` adds one for each class."""
    ordered = list_order(rows)
    book = Workbook()
    book.properties.creator = "LeerID"
    book.properties.title = "LeerID-gegevens"
    everybody = book.active
    assert isinstance(everybody, Worksheet)
    everybody.title = ALL_PUPILS
    _fill(everybody, ordered)
    if by_class:
        taken = {ALL_PUPILS.casefold(), "history"}  # Excel keeps the second one for itself
        for class_code, pupils in _classes(ordered):
            _fill(book.create_sheet(_sheet_name(class_code, taken)), pupils)
    return bytes_of(book)


def _classes(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    codes = sorted({row.class_code for row in rows}, key=lambda code: (not code.strip(), folded(code), code))
    return ((code, [row for row in rows if row.class_code == code]) for code in codes)


def _sheet_name(class_code: str, taken: set[str]) -> str:
    """What Excel accepts, and not twice: it sees no difference between 5a and 5A."""
    wanted = (
        _NOT_IN_A_SHEET_NAME.sub("-", _NOT_IN_XML.sub("", class_code)).strip().strip("'") or WITHOUT_CLASS
    )
    name, number = wanted[:LONGEST_SHEET_NAME], 1
    while name.casefold() in taken:
        number += 1
        suffix = f" ({number})"
        name = wanted[: LONGEST_SHEET_NAME - len(suffix)] + suffix
    taken.add(name.casefold())
    return name


def _fill(sheet: Worksheet, rows: Sequence[Row]) -> None:
    for column, title in enumerate(COLUMNS, start=1):
        _head(_put_text(sheet, 1, column, title))
    for line, row in enumerate(rows, start=2):
        _put_row(sheet, line, row)
    _wide_enough(sheet)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    _for_the_printer(sheet)


def _put_row(sheet: Worksheet, line: int, row: Row) -> None:
    """In the order of R110."""
    sheet.cell(line, 1, row.pupil_number).number_format = "0"
    _put_text(sheet, line, 2, row.given_name)
    _put_text(sheet, line, 3, row.family_name)
    _put_text(sheet, line, 4, row.username)
    _put_text(sheet, line, 5, row.password)
    _put_text(sheet, line, 6, row.group)
    _put_text(sheet, line, 7, row.sex or "")
    if row.birth_date is not None:
        sheet.cell(line, 8, row.birth_date).number_format = DATE_FORMAT
    _put_text(sheet, line, 9, _in_words(row.account_type))


def _put_text(sheet: Worksheet, line: int, column: int, text: str) -> Cell:
    """Text, whatever it begins with: never a formula, an error or a number, also after somebody edits it (OA-50)."""
    cell = sheet.cell(line, column)
    assert isinstance(cell, Cell)
    if text:
        cell.value = _NOT_IN_XML.sub("", text)
        cell.data_type = "s"
        cell.quotePrefix = True
    return cell


def _in_words(kind: AccountKind | None) -> str:
    match kind:
        case AccountKind.BASIC:
            return "Basis"
        case AccountKind.ADVANCED:
            return "Gevorderd"
        case AccountKind.STAFF | None:
            return ""
        case _:
            assert_never(kind)


def _head(cell: Cell) -> None:
    cell.font, cell.fill, cell.border = _HEAD_FONT, _HEAD_FILL, _HEAD_LINE
    cell.alignment = Alignment(vertical="center")


def _wide_enough(sheet: Worksheet) -> None:
    for column, least in enumerate(COLUMNS.values(), start=1):
        cells = sheet.iter_cols(column, column, min_row=2, values_only=True)
        longest = max(
            (len(value) for values in cells for value in values if isinstance(value, str)), default=0
        )
        sheet.column_dimensions[get_column_letter(column)].width = max(least, min(longest + 2, WIDEST))


def _for_the_printer(sheet: Worksheet) -> None:
    """Lying, as wide as the paper, the heads on every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = int(sheet.PAPERSIZE_A4)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    footer = sheet.oddFooter
    assert footer is not None
    footer.left.text, footer.right.text = "&A", "Pagina &P van &N"
