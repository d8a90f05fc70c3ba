"""The provider's HTTP API: one typed method per call, short patience, and two ways of going wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

Answer = TypeVar("Answer")
# To connect, and between two bytes.
PATIENCE = (2, 5)


class ApiRefused(Exception):
    """The token is no longer good: its session ended, or the account may no longer sign in."""


class ApiDown(Exception):
    """The provider gave no usable answer."""


@dataclass(frozen=True)
class Email:
    address: str
    verified: bool


@dataclass(frozen=True)
class Enrolment:
    school_name: str
    school_number: int
    pupil_number: int
    administrative_group: str
    class_code: str
    until: date


@dataclass(frozen=True)
class Appointment:
    school_number: int
    school_name: str
    role: str
    pupils: int


@dataclass(frozen=True)
class Me:
    """Who is signed in, as the pages show it."""

    username: str
    kind: str
    given_name: str
    family_name: str
    initials: str
    greeting: str
    email: Email | None
    created_on: date
    may_choose_password: bool
    may_link_email: bool
    enrolments: tuple[Enrolment, ...]
    staff: tuple[Appointment, ...]

    @property
    def shown_name(self) -> str:
        """Naam Voornaam (R53)."""
        return f"{self.family_name} {self.given_name}".strip()


@dataclass(frozen=True)
class Application:
    """A tile on the dashboard, with what the application gets to know and why."""

    client_id: str
    name: str
    description: str
    logo: str | None
    open_url: str
    purposes: tuple[str, ...]


class IdpApi:
    """All calls. One connection pool for the whole process, with nothing of a visitor in it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.http = requests.Session()
        # A cookie in a shared pool would carry one visitor's answer into another's question.
        self.http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.http.mount(issuer, HTTPAdapter(pool_connections=2, pool_maxsize=16))

    def me(self, token: str) -> Me:
        return read(me_from, self.get("/api/me", token))

    def applications(self, token: str) -> tuple[Application, ...]:
        return read(applications_from, self.get("/api/me/applications", token))

    def get(self, path: str, token: str) -> Any:
        try:
            response = self.http.get(
                self.issuer + path, auth=Bearer(token), timeout=PATIENCE, allow_redirects=False
            )
        except requests.RequestException as error:
            raise ApiDown(f"{path}: {type(error).__name__}") from error
        if response.status_code == 401:
            raise ApiRefused(path)
        if response.status_code != 200:
            raise ApiDown(f"{path}: {response.status_code}")
        try:
            return response.json()
        except requests.JSONDecodeError as error:
            raise ApiDown(f"{path}: no JSON") from error


class Bearer(AuthBase):
    """RFC 6750 section 2.1. As `auth`, because a bare header would give way to a .netrc file."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self.token}"
        return prepared


def read(reader: Callable[[Any], Answer], answer: Any) -> Answer:
    try:
        return reader(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ApiDown(f"an answer in another shape: {type(error).__name__}") from error


def me_from(answer: Any) -> Me:
    email = answer["email"]
    return Me(
        username=answer["username"],
        kind=answer["kind"],
        given_name=answer["given_name"],
        family_name=answer["family_name"],
        initials=answer["initials"],
        greeting=answer["greeting"],
        email=Email(email["address"], email["verified"]) if email else None,
        created_on=date.fromisoformat(answer["created_on"]),
        may_choose_password=answer["may_choose_password"],
        may_link_email=answer["may_link_email"],
        enrolments=tuple(map(enrolment_from, answer["enrolments"])),
        staff=tuple(map(appointment_from, answer["staff"])),
    )


def enrolment_from(answer: Any) -> Enrolment:
    return Enrolment(
        school_name=answer["school_name"],
        school_number=answer["school_number"],
        pupil_number=answer["pupil_number"],
        administrative_group=answer["administrative_group"],
        class_code=answer["class"],
        until=date.fromisoformat(answer["until"]),
    )


def appointment_from(answer: Any) -> Appointment:
    return Appointment(answer["school_number"], answer["school_name"], answer["role"], answer["pupils"])


def applications_from(answer: Any) -> tuple[Application, ...]:
    return tuple(
        Application(
            client_id=each["client_id"],
            name=each["name"],
            description=each["description"],
            logo=each["logo"],
            open_url=each["open_url"],
            purposes=tuple(dict.fromkeys(claim["purpose"] for claim in each["claims"])),
        )
        for each in answer["applications"]
    )
