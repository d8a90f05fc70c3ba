"""The provider's calls about a school's log, and about the numbers on pages that said no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portals.kit.idp_api import IdpApi, PassedOn, read


@dataclass(frozen=True)
class LogFilter:
    """Which events: what is None doesn't matter."""

    first_day: date | None = None
    last_day: date | None = None
    what: str | None = None
    pupil: int | None = None
    actor: str | None = None

    def asked(self) -> dict[str, str | int]:
        """In the words of the API, which are also those of our own address."""
        words: dict[str, str | int | None] = {
            "from": self.first_day.isoformat() if self.first_day else None,
            "to": self.last_day.isoformat() if self.last_day else None,
            "what": self.what,
            "pupil": self.pupil,
            "actor": self.actor,
        }
        return {name: value for name, value in words.items() if value is not None}


@dataclass(frozen=True)
class Who:
    """A member of staff, in the role of then."""

    username: str
    name: str
    role: str


@dataclass(frozen=True)
class Whom:
    """The pupil that it was about."""

    pupil_number: int
    name: str


@dataclass(frozen=True)
class Event:
    """One line of the log. `what` is a word of the API; `detail` counts and chosen options."""

    at: datetime
    what: str
    actor: Who | None
    pupil: Whom | None
    number: str
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Log:
    """One page of it, the newest first."""

    total: int
    page: int
    pages: int
    events: tuple[Event, ...]
    staff: tuple[Who, ...]


@dataclass(frozen=True)
class Fault:
    """What was behind a foutnummer: when, where and why, never who."""

    number: str
    at: datetime
    application: str
    status: int
    reason: str
    route: str


class LogApi:
    """The calls about one school, with one token."""

    def __init__(self, api: IdpApi, token: str, school_number: int) -> None:
        self.api = api
        self.token = token
        self.school = f"/api/schools/{school_number}"

    def page(self, which: LogFilter, page: int) -> Log:
        wanted = {**which.asked(), "page": page}
        return read(log_from, self.api.get(f"{self.school}/log", self.token, wanted))

    def table(self, which: LogFilter) -> PassedOn:
        return self.api.file(f"{self.school}/log.csv", self.token, which.asked())

    def fault(self, number: str) -> Fault:
        return read(fault_from, self.api.get(f"{self.school}/faults/{number}", self.token))


def log_from(answer: Any) -> Log:
    return Log(
        total=answer["total"],
        page=answer["page"],
        pages=answer["pages"],
        events=tuple(map(event_from, answer["rows"])),
        staff=tuple(map(who_from, answer["actors"])),
    )


def event_from(answer: Any) -> Event:
    actor, pupil = answer["actor"], answer["pupil"]
    return Event(
        at=datetime.fromisoformat(answer["at"]),
        what=answer["what"],
        actor=who_from(actor) if actor else None,
        pupil=whom_from(pupil) if pupil else None,
        number=answer["number"],
        detail=answer["detail"],
    )


def who_from(answer: Any) -> Who:
    return Who(answer["username"], answer["name"], answer["role"])


def whom_from(answer: Any) -> Whom:
    return Whom(answer["pupil_number"], f"{answer['given_name']} {answer['family_name']}".strip())


def fault_from(answer: Any) -> Fault:
    return Fault(
        number=answer["number"],
        at=datetime.fromisoformat(answer["at"]),
        application=answer["application"],
        status=answer["status"],
        reason=answer["reason"],
        route=answer["route"],
    )
