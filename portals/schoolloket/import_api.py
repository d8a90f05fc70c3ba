"""The provider's calls about the daily feed of enrolments, for whoever runs LeerID."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import IO, Any
from urllib.parse import urlencode
from uuid import UUID

from portals.kit.idp_api import IdpApi, read

ZIP = b"PK"
# What a feed does to an enrolment, in the words of the API and in the order in which a page shows them.
CHANGES = ("new", "moved", "changed", "returned", "shortened", "replaced", "left")


class State(StrEnum):
    """Where an import is."""

    READING = "reading"
    REFUSED = "refused"
    READY = "ready"
    STOPPED = "stopped"  # it ends too much by itself, and waits for a yes
    APPLYING = "applying"
    APPLIED = "applied"


@dataclass(frozen=True)
class Refusal:
    """Why nothing of the file is used, in a word of the API."""

    reason: str
    line: int | None
    part: str


@dataclass(frozen=True)
class Import:
    """One feed, in a list."""

    id: UUID
    name: str
    state: State
    received_at: datetime
    received_by: str | None
    applied_at: datetime | None
    rows: int
    bad_rows: int
    changes: int
    enrolled: int
    ended: int
    done: int
    total: int
    refusal: Refusal | None

    @property
    def ended_percent(self) -> float:
        return 100 * self.ended / self.enrolled if self.enrolled else 0.0


@dataclass(frozen=True)
class Imports:
    """The newest ones, and how large a file may be."""

    imports: tuple[Import, ...]
    largest_megabytes: int


@dataclass(frozen=True)
class ChangedSchool:
    """What a feed comes to at one school."""

    number: int
    name: str
    is_new: bool
    rows: int
    enrolled: int
    ended: int
    stops: bool
    counts: Mapping[str, int]

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.number})"


@dataclass(frozen=True)
class Example:
    """One change: which pupil of which school, without a name."""

    change: str
    school_number: int
    pupil_number: int
    line: int | None
    columns: tuple[str, ...]
    until: date | None


@dataclass(frozen=True)
class BadRow:
    """A line that isn't used."""

    line: int
    column: str
    wrong: str
    school_number: int | None
    pupil_number: int | None


@dataclass(frozen=True)
class Difference:
    """Everything that the page of one import shows."""

    about: Import
    schools_in_feed: int
    new_schools: int
    unchanged: int
    totals: Mapping[str, int]
    schools: tuple[ChangedSchool, ...]
    schools_total: int
    page: int
    pages: int
    # Where nobody leaves, because of lines that can't be read.
    nobody_leaves: bool
    nobody_leaves_at: tuple[int, ...]
    examples: tuple[Example, ...]
    bad: tuple[BadRow, ...]


@dataclass(frozen=True)
class Progress:
    state: State
    done: int
    total: int


class ImportApi:
    """The calls, with one token."""

    def __init__(self, api: IdpApi, token: str) -> None:
        self.api = api
        self.token = token

    def all(self) -> Imports:
        return read(imports_from, self.api.get("/api/imports", self.token))

    def send(self, file: IO[bytes], name: str) -> UUID:
        """A file as somebody chose it; its first bytes say whether it is a zip."""
        start = file.read(len(ZIP))
        file.seek(0)
        kind = "application/zip" if start == ZIP else "text/csv"
        question = urlencode({"name": name[:100]})
        answer = self.api.send(f"/api/imports?{question}", self.token, file, kind)
        return read(lambda said: UUID(said["id"]), answer)

    def look(self, number: UUID, page: int = 1) -> Difference:
        return read(difference_from, self.api.get(f"/api/imports/{number}", self.token, {"page": page}))

    def apply(self, number: UUID, *, confirmed: bool) -> Progress:
        answer = self.api.post(f"/api/imports/{number}/apply", self.token, {"confirmed": confirmed})
        return read(lambda said: Progress(State(said["state"]), said["done"], said["total"]), answer)

    def remove(self, number: UUID) -> None:
        self.api.delete(f"/api/imports/{number}", self.token)


def imports_from(answer: Any) -> Imports:
    return Imports(tuple(map(import_from, answer["imports"])), answer["largest_megabytes"])


def import_from(answer: Any) -> Import:
    refusal = answer["refusal"]
    return Import(
        id=UUID(answer["id"]),
        name=answer["name"],
        state=State(answer["state"]),
        received_at=datetime.fromisoformat(answer["received_at"]),
        received_by=answer["received_by"],
        applied_at=datetime.fromisoformat(answer["applied_at"]) if answer["applied_at"] else None,
        rows=answer["rows"],
        bad_rows=answer["bad_rows"],
        changes=answer["changes"],
        enrolled=answer["enrolled"],
        ended=answer["ended"],
        done=answer["done"],
        total=answer["total"],
        refusal=Refusal(refusal["reason"], refusal["line"], refusal["part"]) if refusal else None,
    )


def difference_from(answer: Any) -> Difference:
    totals = answer["totals"]
    return Difference(
        about=import_from(answer),
        schools_in_feed=totals["schools"],
        new_schools=totals["new_schools"],
        unchanged=totals["unchanged"],
        totals=counts_from(totals),
        schools=tuple(map(school_from, answer["schools"])),
        schools_total=answer["schools_total"],
        page=answer["page"],
        pages=answer["pages"],
        nobody_leaves=answer["nobody_leaves"]["everywhere"],
        nobody_leaves_at=tuple(answer["nobody_leaves"]["schools"]),
        examples=tuple(map(example_from, answer["examples"])),
        bad=tuple(map(bad_row_from, answer["bad"])),
    )


def counts_from(answer: Any) -> dict[str, int]:
    return {change: answer[change] for change in CHANGES}


def school_from(answer: Any) -> ChangedSchool:
    return ChangedSchool(
        number=answer["number"],
        name=answer["name"],
        is_new=answer["is_new"],
        rows=answer["rows"],
        enrolled=answer["enrolled"],
        ended=answer["ended"],
        stops=answer["stops"],
        counts=counts_from(answer),
    )


def example_from(answer: Any) -> Example:
    return Example(
        change=answer["change"],
        school_number=answer["school_number"],
        pupil_number=answer["pupil_number"],
        line=answer["line"],
        columns=tuple(answer["columns"]),
        until=date.fromisoformat(answer["until"]) if answer["until"] else None,
    )


def bad_row_from(answer: Any) -> BadRow:
    return BadRow(
        answer["line"], answer["column"], answer["wrong"], answer["school_number"], answer["pupil_number"]
    )
