"""The feed of enrolments of a demonstration's school, as it is, and as it would be tomorrow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from idp.demo.filling import school_year
from idp.demo.people import Pupil, pupils
from idp.rules.belgian_time import school_day
from tests.schools.imports.feeds import Line, pupil, text_of

TODAY = school_day(datetime.now(UTC))
YEAR = school_year(TODAY)
OF_THIS_YEAR = {"begin": YEAR.first_day, "einde": YEAR.last_day}
BEFORE_TODAY = {"begin": YEAR.first_day - timedelta(days=30), "einde": TODAY - timedelta(days=1)}


def feed_of(school: int, *more: Line, left: int | None = None, first: int | None = None) -> bytes:
    """Everybody who is enrolled there, or only the `first` so many; `left` went away before today. And some more."""
    enrolled = [
        pupil(
            number,
            at.number,
            instelling=at.name,
            voornaam=each.given_name,
            naam=each.family_name,
            administratieve_groep=group.name,
            klas=group.class_code,
            onderwijs="gewoon_secundair" if group.ordinary_secondary else "andere",
            **(BEFORE_TODAY if number == left else OF_THIS_YEAR),
            **(officials(each) if each.official else {}),
        )
        for each in pupils(YEAR.first_day.year)
        for at, group, number in ((each.school, each.group, each.pupil_number), *filter(None, [each.also_at]))
        if at.number == school
    ]
    return text_of([*enrolled[:first], *more]).encode()


def officials(each: Pupil) -> dict[str, object]:
    return {
        "officiele_voornaam": each.given_name,
        "officiele_naam": each.family_name,
        "geslacht": each.sex,
        "geboortedatum": each.birth_date,
    }
