"""The log of a school as a table that a spreadsheet opens: semicolons, Belgian time, and nothing in it runs (OA-50)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from idp.rules.belgian_time import BRUSSELS
from idp.rules.spreadsheet_cells import harmless
from idp.schools.log import Entry

# Excel shows no longer ones.
LONGEST_CELL = 32_000
HEADS = ("Tijdstip", "Wat", "Wie", "Gebruikersnaam", "Rol", "Stamnummer", "Leerling", "Nummer", "Details")


def as_csv(entries: Iterable[Entry]) -> bytes:
    """With a byte order mark: without it Excel reads é as two letters."""
    table = io.StringIO()
    writer = csv.writer(table, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADS)
    writer.writerows([harmless(cell) for cell in cells(entry)] for entry in entries)
    return b"\xef\xbb\xbf" + table.getvalue().encode("utf-8", "replace")


def cells(entry: Entry) -> tuple[str, ...]:
    actor, pupil = entry.actor, entry.pupil
    return (
        entry.at.astimezone(BRUSSELS).strftime("%Y-%m-%d %H:%M:%S"),
        entry.what,
        actor.name if actor else "",
        actor.username if actor else "",
        actor.role if actor else "",
        str(pupil.pupil_number) if pupil else "",
        f"{pupil.given_name} {pupil.family_name}".strip() if pupil else "",
        entry.number,
        details(entry.detail),
    )


def details(detail: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in sorted(detail.items()))[:LONGEST_CELL]
