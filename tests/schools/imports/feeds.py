"""Feeds to import: a pupil is a line, a school is a few of them, and `taken_in` is what `leerid import` does with them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.accounts.opening import open_account
from idp.accounts.records import Account, Person
from idp.database import writing
from idp.rules.account_types import AccountKind
from idp.schools.import_records import Import
from idp.schools.imports import applying, importing
from idp.schools.imports.importing import NotNow, Sender, State, state_of
from idp.schools.records import Enrolment
from idp.settings import Imports

KEY = b"k" * 32
NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
BEGIN, END = date(2026, 9, 1), date(2027, 8, 31)
NEXT_BEGIN, NEXT_END = date(2027, 9, 1), date(2028, 8, 31)
LARGEST = 50_000_000
LIMITS = Imports()

COLUMNS = (
    "instellingsnummer", "instelling", "stamnummer", "voornaam", "naam", "officiele_voornaam", "officiele_naam",
    "geslacht", "geboortedatum", "administratieve_groep", "klas", "onderwijs", "leerling_sleutel", "begin", "einde",
)  # fmt: skip

Line = Mapping[str, object]


def pupil(number: Any = 60351, school: Any = 2, **said: Any) -> dict[str, object]:
    """Abdulghani of the manual, unless said otherwise."""
    return {
        "instellingsnummer": school,
        "instelling": f"School {school}",
        "stamnummer": number,
        "voornaam": "Abdulghani",
        "naam": "Bogdan",
        "administratieve_groep": "6de leerjaar",
        "klas": "6A",
        "onderwijs": "andere",
        "begin": BEGIN,
        "einde": END,
        **said,
    }


def official(**said: object) -> dict[str, object]:
    return {
        "officiele_voornaam": "Abdulghani",
        "officiele_naam": "Bogdan",
        "geslacht": "M",
        "geboortedatum": "2010-11-07",
        **said,
    }


def school_of(pupils: int, school: Any = 2, **said: Any) -> list[dict[str, object]]:
    return [
        pupil(number, school, voornaam=f"Leerling{number}", leerling_sleutel=f"{school}-{number}", **said)
        for number in range(1, pupils + 1)
    ]


def text_of(lines: Iterable[Line], delimiter: str = ";", columns: Iterable[str] = COLUMNS) -> str:
    names = list(columns)
    cells = [names, *([str(line.get(name, "")) for name in names] for line in lines)]
    return "".join(delimiter.join(row) + "\n" for row in cells)


def feed(*lines: Line) -> io.BytesIO:
    return io.BytesIO(text_of(lines).encode())


def received(
    db: Session, lines: Iterable[Line] | io.BytesIO, now: datetime = NOW, limits: Imports = LIMITS
) -> Import:
    """Read and compared; nothing is changed yet."""
    file = lines if isinstance(lines, io.BytesIO) else feed(*lines)
    made = importing.receive(
        db, file, name="feed.csv", largest=LARGEST, limits=limits, key=KEY, now=now, sender=Sender()
    )
    return db.get_one(Import, made, populate_existing=True)


def applied(
    db: Session, made: UUID, now: datetime = NOW, *, confirmed: bool = False, limits: Imports = LIMITS
) -> Import:
    importing.begin(db, made, confirmed=confirmed, limits=limits, now=now, sender=Sender())
    applying.work(db, made, lambda: now, "-", lambda: False)
    found = db.get_one(Import, made, populate_existing=True)
    assert state_of(found) is State.APPLIED
    return found


def taken_in(
    db: Session, lines: Iterable[Line] | io.BytesIO, now: datetime = NOW, *, confirmed: bool = True
) -> Import:
    """Also when it stops and asks, for tests that are about something else."""
    return applied(db, received(db, lines, now).id, now, confirmed=confirmed)


def stops(db: Session, lines: Iterable[Line] | io.BytesIO, now: datetime = NOW) -> bool:
    found = received(db, lines, now)
    try:
        applied(db, found.id, now)
    except NotNow as reason:
        return reason.state is State.STOPPED
    return False


# What is there


def enrolment(db: Session, number: int = 60351, school: int = 2) -> Enrolment:
    wanted = select(Enrolment).where(Enrolment.school_number == school, Enrolment.pupil_number == number)
    return db.scalars(wanted.execution_options(populate_existing=True)).one()


def person(db: Session, number: int = 60351, school: int = 2) -> Person:
    return db.get_one(Person, enrolment(db, number, school).person_id, populate_existing=True)


def account(db: Session, number: int = 60351, school: int = 2) -> Account:
    return account_of(db, enrolment(db, number, school).person_id)


def account_of(db: Session, person_id: UUID) -> Account:
    wanted = select(Account).where(Account.person_id == person_id)
    return db.scalars(wanted.execution_options(populate_existing=True)).one()


NUMBERS = count(1)


def activated(db: Session, number: int = 60351, school: int = 2) -> UUID:
    """An account for a pupil, as the school's activation makes one; answers whose."""
    writing(db)
    found = enrolment(db, number, school)
    kind = AccountKind.ADVANCED if found.ordinary_secondary else AccountKind.BASIC
    open_account(
        db,
        db.get_one(Person, found.person_id),
        kind,
        NOW - timedelta(days=1),
        active_until=found.ends_on,
        username=f"leerling.{next(NUMBERS)}",
    )
    db.commit()
    return found.person_id
