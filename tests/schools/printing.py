"""Cards and rows for tests, and printed pages read back by programs of others."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader

from idp.accounts.secret import Secret
from idp.rules.account_types import AccountKind, SecretKind
from idp.schools.cards import CardToPrint
from idp.schools.tables import Row
from tests.support import needs

ADDRESS = "https://id.leerid.example/k/3xh997qykk9ufh7vhsxnhtexac"


def a_card(
    given_name: str = "Ardalan",
    family_name: str = "Bhatti",
    *,
    username: str = "ardalan.bhatti",
    group: str = "2e lj 3e gr Elektromechanica TSO",
    class_code: str = "",
    address: str = ADDRESS,
    password: str | None = "qxu7Benc",
    pictures: bool = False,
    is_temporary: bool = False,
) -> CardToPrint:
    return CardToPrint(
        given_name=given_name,
        family_name=family_name,
        username=username,
        group=group,
        class_code=class_code,
        school_name="BRUSSEL-STAD - TEST School 2",
        address=address,
        secret=None if password is None else Secret(password),
        secret_kind=SecretKind.PICTURES if pictures else SecretKind.TEXT,
        is_temporary=is_temporary,
    )


def a_row(
    given_name: str = "Ardalan",
    family_name: str = "Bhatti",
    *,
    pupil_number: int = 32890,
    username: str = "ardalan.bhatti",
    password: str | None = "qxu7Benc",
    birth_date: date | None = date(2010, 6, 11),
    account_type: AccountKind | None = AccountKind.ADVANCED,
    class_code: str = "5EM",
) -> Row:
    return Row(
        pupil_number=pupil_number,
        given_name=given_name,
        family_name=family_name,
        username=username,
        secret=None if password is None else Secret(password),
        group="2e lj 3e gr Elektromechanica TSO",
        sex="M",
        birth_date=birth_date,
        account_type=account_type,
        class_code=class_code,
    )


def reader(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf), strict=True)


def words(pdf: bytes, page: int = 0) -> list[str]:
    """The lines of a page, in the order in which they are read."""
    return [line.strip() for line in reader(pdf).pages[page].extract_text().splitlines() if line.strip()]


def run_together(pdf: bytes) -> str:
    """All text without spaces: wherever its lines were broken."""
    return "".join("".join(page.extract_text().split()) for page in reader(pdf).pages)


def text_for_people(pdf: bytes, folder: Path) -> str:
    """In the order of reading, as another program sees it: also what runs from right to left."""
    return run(["pdftotext", str(saved(pdf, folder)), "-"])


def codes_on(pdf: bytes, folder: Path, *, dots_an_inch: int = 300) -> list[str]:
    """What a scanner reads from the first page, printed without colours."""
    page = folder / "page"
    run(["pdftoppm", "-gray", "-r", str(dots_an_inch), "-singlefile", str(saved(pdf, folder)), str(page)])
    return run(["zbarimg", "--quiet", "--raw", "--nodbus", f"{page}.pgm"]).split()


def saved(pdf: bytes, folder: Path) -> Path:
    file = folder / "cards.pdf"
    file.write_bytes(pdf)
    return file


def run(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        needs.missing(f"{command[0]} isn't installed (Debian: apt-get install poppler-utils zbar-tools)")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
