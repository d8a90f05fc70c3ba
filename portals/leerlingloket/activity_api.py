"""The provider's calls about what happened with one's own LeerID, where one is signed in, and who knows what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from portals.kit.idp_api import IdpApi, PassedOn, read


class DataFile(StrEnum):
    """All that is kept about somebody, by the name that it has in our addresses and the API's."""

    JSON = "data.json"
    PDF = "data.pdf"


@dataclass(frozen=True)
class By:
    """A member of a school's staff, as far as a pupil is told."""

    role: str
    school: str


@dataclass(frozen=True)
class Happened:
    """One event, in a word of the API. `by` None: the pupil, or nobody."""

    at: datetime
    what: str
    by: By | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """A piece of data that an application got; `purpose` is empty when the application no longer says."""

    claim: str
    purpose: str


@dataclass(frozen=True)
class Used:
    """An application that was used. `name` is empty when it is no more."""

    client_id: str
    name: str
    first_at: datetime
    last_at: datetime
    knows: tuple[Known, ...]
    shares: bool


@dataclass(frozen=True)
class Activity:
    """A page of what happened, the newest first; `next` leads to the page before that, if there is one."""

    events: tuple[Happened, ...]
    next: int | None
    applications: tuple[Used, ...]

    def application(self, client_id: str) -> Used | None:
        return next((each for each in self.applications if each.client_id == client_id), None)

    @property
    def names(self) -> dict[str, str]:
        return {each.client_id: each.name for each in self.applications}


@dataclass(frozen=True)
class SignIn:
    """A browser in which somebody is signed in."""

    ref: str
    since: datetime
    last_seen: datetime
    device: str
    this_one: bool


class ActivityApi:
    """The calls of whoever holds this token, about nobody else."""

    def __init__(self, api: IdpApi, token: str) -> None:
        self.api = api
        self.token = token

    def activity(self, before: int | None = None) -> Activity:
        return read(activity_from, self.api.get("/api/me/activity", self.token, {"before": before}))

    def sign_ins(self) -> tuple[SignIn, ...]:
        return read(sign_ins_from, self.api.get("/api/me/sign-ins", self.token))

    def end(self, ref: str) -> None:
        self.api.delete(f"/api/me/sign-ins/{quote(ref, safe='')}", self.token)

    def end_others(self) -> None:
        self.api.post("/api/me/sign-ins/end-others", self.token)

    def not_me(self) -> None:
        self.api.post("/api/me/not-me", self.token)

    def end_access(self, client_id: str) -> None:
        self.api.delete(f"/api/me/applications/{quote(client_id, safe='')}/access", self.token)

    def data(self, kind: DataFile) -> PassedOn:
        return self.api.file(f"/api/me/{kind}", self.token)


def activity_from(answer: Any) -> Activity:
    return Activity(
        events=tuple(map(happened_from, answer["events"])),
        next=answer["next"],
        applications=tuple(map(used_from, answer["applications"])),
    )


def happened_from(answer: Any) -> Happened:
    by = answer["by"]
    return Happened(
        at=datetime.fromisoformat(answer["at"]),
        what=answer["what"],
        by=By(by["role"], by["school"]) if by else None,
        detail=dict(answer["detail"]),
    )


def used_from(answer: Any) -> Used:
    return Used(
        client_id=answer["client_id"],
        name=answer["name"] or "",
        first_at=datetime.fromisoformat(answer["first_at"]),
        last_at=datetime.fromisoformat(answer["last_at"]),
        knows=tuple(Known(each["claim"], each["purpose"] or "") for each in answer["claims"]),
        shares=answer["shares"],
    )


def sign_ins_from(answer: Any) -> tuple[SignIn, ...]:
    return tuple(
        SignIn(
            ref=each["ref"],
            since=datetime.fromisoformat(each["since"]),
            last_seen=datetime.fromisoformat(each["last_seen"]),
            device=each["device"] or "",
            this_one=each["this_one"],
        )
        for each in answer["sign_ins"]
    )
