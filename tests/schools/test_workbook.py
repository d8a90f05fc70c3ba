"""The files a school takes along: Excel and mail merge, opened again by programs of others."""

from __future__ import annotations

import csv
import re
import zipfile
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from idp.rules.account_types import AccountKind
from idp.schools.workbook import mail_merge, workbook
from tests.schools.printing import a_row

BHATTI = a_row()
BOCKSTAL = a_row(
    "Amani",
    "Bockstal",
    pupil_number=80240,
    username="amani.bockstal",
    password="CMixM2ae",
    birth_date=date(2007, 6, 3),
    class_code="4SW",
)


def cells(xlsx: bytes, sheet: int = 0) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(xlsx)).get_sheet_by_index(sheet).to_python()


def opened(xlsx: bytes) -> Worksheet:
    sheet = load_workbook(BytesIO(xlsx)).active
    assert isinstance(sheet, Worksheet)
    return sheet


# The columns of the manual


def test_R110_R111_the_columns_and_rows_are_those_of_the_manual() -> None:
    assert cells(workbook([BOCKSTAL, BHATTI])) == [
        [
            *("Stamnummer", "Voornaam", "Achternaam", "LeerID Gebruikersnaam", "LeerID Wachtwoord"),
            *("Administratieve groep", "Geslacht", "Geboortedatum", "Accounttype"),
        ],
        [
            *(32890, "Ardalan", "Bhatti", "ardalan.bhatti", "qxu7Benc"),
            *("2e lj 3e gr Elektromechanica TSO", "M", date(2010, 6, 11), "Gevorderd"),
        ],
        [
            *(80240, "Amani", "Bockstal", "amani.bockstal", "CMixM2ae"),
            *("2e lj 3e gr Elektromechanica TSO", "M", date(2007, 6, 3), "Gevorderd"),
        ],
    ]


def test_R111_rows_are_in_the_order_of_the_list_whatever_the_capitals_and_accents() -> None:
    rows = [
        a_row("Zita", "öztürk"),
        a_row("Bo", "Peeters"),
        a_row("Anna", "Öztürk"),
        a_row("An", "Oosters"),
        a_row("Tom", "'t Hooft"),
    ]
    named = [(row[1], row[2]) for row in cells(workbook(rows))[1:]]
    assert named == [
        ("Tom", "'t Hooft"),
        ("An", "Oosters"),
        ("Anna", "Öztürk"),
        ("Zita", "öztürk"),
        ("Bo", "Peeters"),
    ]


def test_R112_dates_are_dates_and_numbers_are_numbers() -> None:
    sheet = opened(workbook([BOCKSTAL]))
    birth, number = sheet["H2"], sheet["A2"]
    assert (birth.data_type, birth.number_format) == ("d", "d/mm/yyyy")  # 3/06/2007
    assert (number.data_type, number.value) == ("n", 80240)


@pytest.mark.parametrize(
    ("kind", "said"), [(AccountKind.BASIC, "Basis"), (AccountKind.ADVANCED, "Gevorderd"), (None, None)]
)
def test_R112_the_type_of_an_account_is_a_word(kind: AccountKind | None, said: str | None) -> None:
    assert opened(workbook([a_row(account_type=kind)]))["I2"].value == said


def test_R110_what_is_not_known_is_left_empty() -> None:
    sheet = opened(workbook([a_row(password=None, birth_date=None)]))
    assert sheet["E2"].value is None
    assert sheet["H2"].value is None


def test_R110_a_password_of_digits_stays_text() -> None:
    cell = opened(workbook([a_row(password="4738")]))["E2"]
    assert (cell.data_type, cell.value) == ("s", "4738")


def test_R113_the_sheet_is_ready_to_look_at_and_to_print() -> None:
    sheet = opened(workbook([BHATTI, a_row(family_name="V" * 200)]))
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I3"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$1"
    assert sheet["A1"].font.bold
    widths = {letter: sheet.column_dimensions[letter].width for letter in "ABCDEFGHI"}
    assert all(10 < width < 50 for width in widths.values())
    assert widths["F"] > len("2e lj 3e gr Elektromechanica TSO")


def test_R110_nobody_at_all_is_a_sheet_with_heads() -> None:
    assert len(cells(workbook([]))) == 1


# A sheet a class


def test_a_class_has_its_own_sheet_after_that_of_everybody() -> None:
    xlsx = workbook([BHATTI, BOCKSTAL, a_row("Tom", "Zwart", class_code="")], by_class=True)
    assert CalamineWorkbook.from_filelike(BytesIO(xlsx)).sheet_names == [
        "Leerlingen",
        "4SW",
        "5EM",
        "Zonder klas",
    ]
    assert [[row[2] for row in cells(xlsx, sheet)[1:]] for sheet in range(4)] == [
        ["Bhatti", "Bockstal", "Zwart"],
        ["Bockstal"],
        ["Bhatti"],
        ["Zwart"],
    ]
    assert [len(row) for row in cells(xlsx, 1)] == [9, 9]


def test_sheet_names_are_those_that_excel_accepts() -> None:
    codes = ["5a", "5A", "[x]:*?/\\", "'6'", "history", "leerlingen", "K" * 40, "K" * 41, "=1+1", " ", "\x00"]
    book = CalamineWorkbook.from_filelike(
        BytesIO(workbook([a_row(class_code=code) for code in codes], by_class=True))
    )
    names = book.sheet_names
    assert len({name.casefold() for name in names}) == len(names) == len(codes) + 1
    for name in names:
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert name == name.strip("'")
        assert name.casefold() != "history"


# Names that somebody once typed

FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\x00=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "'=1+1",
    '"=1+1',
    '=HYPERLINK("http://x.be","y")',
    "https://x.be",
    "mailto:x@x.be",
    "=cmd|' /C calc'!A0",
    "#REF!",
    "TRUE",
    "1e5",
    "a;=1+1",
    "a,=1+1",
    "a\n=1+1",
    "|x",
    "%0a=1+1",
]
NAMES = ["'t Hooft", "-Ö", "O'Neil", "Łukasz", "Zoë  Ann", "王小明", "<b>&</b>", "Tom 🦄"]


@pytest.mark.parametrize("name", FORMULAS)
def test_OA_50_nothing_in_the_workbook_is_a_formula_or_a_link(name: str) -> None:
    xlsx = workbook([a_row(name, name, username=name)])
    with zipfile.ZipFile(BytesIO(xlsx)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
        assert not re.search(rb"<f[ >]|<hyperlink", sheet)
        assert not [part for part in parts.namelist() if "externalLink" in part]
    for place in ("B2", "C2", "D2"):
        cell = opened(xlsx)[place]
        assert (cell.data_type, bool(cell.quotePrefix), cell.hyperlink) == ("s", True, None)


@pytest.mark.parametrize("name", NAMES)
def test_OA_50_a_name_survives_the_workbook(name: str) -> None:
    row = cells(workbook([a_row(name, name)]))[1]
    assert row[1:3] == [name, name]


@settings(max_examples=30)
@given(st.lists(st.text(), min_size=9, max_size=9))
def test_OA_50_any_name_makes_a_workbook_that_others_open(names: list[str]) -> None:
    rows = [a_row(name, name, class_code=name[:5], pupil_number=number) for number, name in enumerate(names)]
    assert {row[0] for row in cells(workbook(rows, by_class=True))[1:]} == set(range(9))
    assert len(merged(mail_merge(rows))) == 10


# Mail merge


def merged(file: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(StringIO(file.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_R34_a_school_sends_letters_from_a_file_that_word_processors_merge() -> None:
    assert mail_merge([BOCKSTAL, BHATTI]).decode("utf-8") == (
        "\ufeffVoornaam;Gebruikersnaam;Wachtwoord;Klas\r\n"
        "Ardalan;ardalan.bhatti;qxu7Benc;5EM\r\n"
        "Amani;amani.bockstal;CMixM2ae;4SW\r\n"
    )


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_OA_50_nothing_in_the_file_becomes_a_formula_whatever_a_program_thinks_separates(
    name: str, delimiter: str
) -> None:
    for line in merged(mail_merge([a_row(name, class_code=name)]), delimiter):
        for cell in line:
            assert not cell.startswith(tuple("=+-@|%＝＋－＠\t\r\x00"))


@pytest.mark.parametrize(
    ("name", "shown"), [("'t Hooft", "'t Hooft"), ("-Ö", "'-Ö"), ("Zoë; Ann", "Zoë; Ann")]
)
def test_OA_50_a_name_stays_readable_in_the_file(name: str, shown: str) -> None:
    assert merged(mail_merge([a_row(name)]))[1][0] == shown
