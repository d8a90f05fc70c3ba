"""All that is kept about a pupil, laid out to be read: the same data as in the JSON, none more and none less (PR-13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime

from idp.rules.belgian_time import BRUSSELS
from idp.schools.data_paper import Document, Entry, Row, Section

HEADINGS = {
    "wie_je_bent": "Wie je bent",
    "inschrijvingen": "Waar je ingeschreven bent",
    "leerid": "Je LeerID",
    "gebruikersnamen": "Gebruikersnamen die je had",
    "kaartjes": "Je kaartjes",
    "aanmeldingen": "Waar je de laatste tijd aangemeld was",
    "gekende_browsers": "Browsers die we herkennen",
    "links_in_mails": "Links die we mailden",
    "toepassingen": "Toepassingen die je gebruikte",
    "gezien_of_toegestaan": "Wat je zag of toestond",
    "verleende_toegang": "Toegang die toepassingen de laatste tijd kregen",
    "favorieten": "Je favoriete toepassingen",
    "gebeurtenissen": "Wat er gebeurde",
}
NAMES = {
    "officiele_voornaam": "Officiële voornaam",
    "officiele_naam": "Officiële naam",
    "e_mailadres": "E-mailadres",
    "e_mailadres_geverifieerd_op": "E-mailadres geverifieerd op",
    "e_mailadres_gevraagd_op": "E-mailadres gevraagd op",
    "dit_was_ik_niet_gemeld_op": '"Dit was ik niet" gemeld op',
}
NOTHING = "Niets."


def laid_out(data: Mapping[str, Any]) -> Document:
    about = data["over_dit_document"]
    made = written(about["gemaakt_op"])
    return Document(
        title="Al mijn gegevens bij LeerID",
        lead=(f"Over {about['over']}, gemaakt op {made}.", *about["uitleg"]),
        sections=(
            *(section(HEADINGS[key], value) for key, value in data.items() if key in HEADINGS),
            Section("Wat hier niet in staat", entries=[Entry(text) for text in about["staat_er_niet_in"]]),
        ),
        footer=f"LeerID · alle gegevens van {about['over']} · {made}",
    )


def section(heading: str, value: Any) -> Section:
    match value:
        case dict():
            return Section(heading, rows=[Row(name_of(key), written(each)) for key, each in value.items()])
        case list():
            return Section(heading, entries=list(map(entry, value)), nothing=NOTHING)
        case _:
            return Section(heading, nothing=NOTHING)


def entry(record: Mapping[str, Any]) -> Entry:
    """The first two that say something stand on top."""
    told = [(key, written(value)) for key, value in record.items() if not is_nothing(value)]
    return Entry(
        title=" · ".join(text for _key, text in told[:2]),
        rest=" · ".join(f"{name_of(key)}: {text}" for key, text in told[2:]),
    )


def name_of(key: str) -> str:
    return NAMES.get(key, key.replace("_", " ").capitalize())


def written(value: Any) -> str:
    match value:
        case _ if is_nothing(value):
            return "–"
        case bool():
            return "ja" if value else "nee"
        case datetime():
            return format_datetime(value, "d MMMM y 'om' HH:mm", tzinfo=BRUSSELS, locale="nl")
        case date():
            return format_date(value, "d MMMM y", locale="nl")
        case dict():
            return ", ".join(inside(value))
        case list() | tuple():
            return ", ".join(map(written, value))
        case _:
            return str(value)


def is_nothing(value: Any) -> bool:
    """`False` and 0 say something."""
    return value is None or value in ("", [], {})


def inside(value: Mapping[str, Any]) -> Iterator[str]:
    for key, each in value.items():
        yield f"{name_of(str(key)).lower()} {written(each)}"
