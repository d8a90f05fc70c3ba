"""The example people: those of the manuals with their exact data, one for every state, and classmates around them.

Nobody here is real (PR-24). The classmates come from a seed, so that every demonstration has the same two hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from random import Random

from idp.demo.names import BOYS, FAMILIES, GIRLS
from idp.demo.schools import CITY, PRIMARY, SPECIAL, ExampleSchool, Group

SEED = 2
PUPILS_IN_THE_CITY = 200  # R80
PUPILS_A_PRIMARY_CLASS = 9
PUPILS_A_SPECIAL_CLASS = 5


class Gets(StrEnum):
    """What a pupil signs in with."""

    PICTURES = "pictures"
    BASIC = "basic"
    TEMPORARY = "temporary"
    OWN = "own"
    NOTHING = "nothing"  # "Geen account" (R28)


class State(StrEnum):
    """What is special about an account; most are just active."""

    ACTIVE = "active"
    MUST_CHOOSE = "must-choose"
    TEMPORARY_EXPIRED = "temporary-expired"
    INACTIVE = "inactive"
    BLOCKED = "blocked"
    PROTECTED = "protected"


@dataclass(frozen=True)
class DayOfYear:
    """A day of the last twelve months, so that the manuals' dates stay plausible."""

    month: int
    day: int

    def last_before(self, today: date) -> date:
        this_year = date(today.year, self.month, self.day)
        return this_year if this_year <= today else date(today.year - 1, self.month, self.day)


FEBRUARY_22 = DayOfYear(2, 22)


@dataclass(frozen=True)
class Pupil:
    given_name: str
    family_name: str
    sex: str
    birth_date: date
    school: ExampleSchool
    group: Group
    gets: Gets
    pupil_number: int
    password: str | None = None  # None: drawn anew for each demonstration
    state: State = State.ACTIVE
    email: str | None = None
    email_verified: bool = False
    created: DayOfYear = FEBRUARY_22
    last_sign_in: DayOfYear | None = None
    also_at: tuple[ExampleSchool, Group, int] | None = None
    official: bool = True  # R90: False while there is no valid national number
    featured: bool = False


@dataclass(frozen=True)
class Employee:
    """A beheerder of these schools; with `classes` a leerkracht of those; with no school an operator of LeerID."""

    given_name: str
    family_name: str
    schools: tuple[ExampleSchool, ...]
    password: str
    classes: tuple[str, ...] = ()
    has_app: bool = False  # signs in with a code of an app as well

    @property
    def role(self) -> str:
        if not self.schools:
            return "operator"
        return "leerkracht" if self.classes else "beheerder"


STAFF = (
    Employee("Els", "Verstraete", (CITY, PRIMARY), "Vuurtoren-bij-halftij-31"),
    Employee("Karim", "Bakkali", (CITY,), "Kastanje_9_lantaarnpaal", has_app=True),
    Employee("Noor", "Willems", (PRIMARY,), "Zebrapad+Kraanvogel12", classes=("1A", "1B")),
    Employee("Joris", "Lemmens", (), "Tandwiel%Rivier%Mosterd8"),
)


def manual(
    given: str, family: str, sex: str, born: date, code: str, number: int, gets: Gets, **more: object
) -> Pupil:
    """Somebody at the school of the manuals, shown on the first page of cards."""
    return Pupil(given, family, sex, born, CITY, CITY.group(code), gets, number, featured=True, **more)  # type: ignore[arg-type]


FIRST = Pupil(
    "Mila",
    "Janssens",
    "V",
    date(2019, 4, 12),
    PRIMARY,
    PRIMARY.group("1A"),
    Gets.PICTURES,
    1204,
    "4738",
    featured=True,
)

MANUALS = (
    manual("Abdulghani", "Bogdan", "M", date(2010, 11, 7), "6A", 60351, Gets.BASIC, password="34mij1"),
    manual(
        "Ardalan", "Bhatti", "M", date(2010, 6, 11), "6EM", 32890, Gets.TEMPORARY,
        password="qxu7Benc", state=State.MUST_CHOOSE,
    ),
    manual(
        "Amani", "Bockstal", "M", date(2007, 6, 3), "5STW", 80240, Gets.TEMPORARY,
        password="CMixM2ae", state=State.MUST_CHOOSE,
    ),
    manual(
        "Sezen", "Beuken", "V", date(2008, 9, 30), "5KA", 70246, Gets.OWN,
        password="Maanvis&Zeilboot47", last_sign_in=DayOfYear(3, 15),
    ),
    manual(
        "Butrint", "Boeren", "M", date(2009, 1, 19), "4WE", 47727, Gets.OWN,
        password="3Regenbogen+Pannenkoek", email="tulpenbos@ond.vlaanderen.be", email_verified=True,
        created=DayOfYear(3, 10), last_sign_in=DayOfYear(3, 22),
    ),
    manual("Pieter-Alexander", "Bogaert", "M", date(2011, 5, 2), "2ME", 93504, Gets.NOTHING, official=False),
)  # fmt: skip

EVERY_STATE = (
    manual(
        "Jonas", "De Backer", "M", date(2010, 2, 8), "3EC", 51022, Gets.OWN,
        password="Walnoot/Trompet/88", email="jonas@post.example",
    ),
    manual(
        "Lucas", "Maes", "M", date(2011, 8, 21), "3EC", 51047, Gets.TEMPORARY,
        password="hRw7Zpbt", state=State.TEMPORARY_EXPIRED,
    ),
    manual(
        "Emma", "Wouters", "V", date(2008, 12, 1), "5LW", 51063, Gets.OWN,
        password="Egel%Waterval%Dinsdag", state=State.BLOCKED,
    ),
    manual("Noah", "Claes", "M", date(2014, 10, 17), "6A", 51088, Gets.BASIC, state=State.PROTECTED),
    Pupil(
        "Inaya", "El Idrissi", "V", date(2016, 3, 5), PRIMARY, PRIMARY.group("5A"), Gets.BASIC, 1277,
        also_at=(SPECIAL, SPECIAL.group("B1"), 311), featured=True,
    ),
    Pupil(
        "Wout", "Segers", "M", date(2010, 7, 27), SPECIAL, SPECIAL.group("O3"), Gets.BASIC, 340, featured=True,
    ),
    # Made before his namesake of the manual, who is therefore butrint.boeren1 (R21).
    Pupil(
        "Butrint", "Boeren", "M", date(2008, 5, 14), SPECIAL, SPECIAL.group("O3"), Gets.BASIC, 298,
        state=State.INACTIVE, created=DayOfYear(1, 9), featured=True,
    ),
)  # fmt: skip


def pupils(school_year: int) -> list[Pupil]:
    """Everybody, oldest account first; `school_year` is the year in which it began."""
    named = sorted((FIRST, *MANUALS, *EVERY_STATE), key=lambda pupil: pupil.state is not State.INACTIVE)
    random = Random(SEED)  # noqa: S311 - names, not secrets
    return [*named, *classmates(random, named, school_year)]


def classmates(random: Random, named: list[Pupil], school_year: int) -> Iterator[Pupil]:
    taken = {(pupil.given_name, pupil.family_name) for pupil in named}
    at_city = sum(pupil.school is CITY for pupil in named)
    places = [(CITY, CITY.groups[n % len(CITY.groups)]) for n in range(PUPILS_IN_THE_CITY - at_city)]
    places += [(PRIMARY, group) for group in PRIMARY.groups for _ in range(PUPILS_A_PRIMARY_CLASS)]
    places += [(SPECIAL, group) for group in SPECIAL.groups for _ in range(PUPILS_A_SPECIAL_CLASS)]
    for position, (school, group) in enumerate(places):
        sex = random.choice("MV")
        while True:
            name = random.choice(GIRLS if sex == "V" else BOYS), random.choice(FAMILIES)
            if name not in taken:
                break
        taken.add(name)
        yield Pupil(
            *name,
            sex,
            date(school_year - group.age, random.randint(1, 12), random.randint(1, 28)),
            school,
            group,
            usual_secret(random, group),
            10_000 + 37 * position,
            last_sign_in=usual_last_sign_in(random),
            official=random.random() > 0.03,
        )


def usual_secret(random: Random, group: Group) -> Gets:
    """Small children get pictures, most big ones chose their own password; a few pupils have no account yet."""
    if group.is_new or random.random() < 0.04:
        return Gets.NOTHING
    if group.ordinary_secondary:
        return Gets.OWN if random.random() < 0.6 else Gets.TEMPORARY
    return Gets.PICTURES if group.age <= 8 else Gets.BASIC


def usual_last_sign_in(random: Random) -> DayOfYear | None:
    """Some day after the accounts were made; one in four never came."""
    return None if random.random() < 0.25 else DayOfYear(random.randint(3, 10), random.randint(1, 28))
