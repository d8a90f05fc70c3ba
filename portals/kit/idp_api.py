"""The provider's HTTP API: who is signed in, the four verbs that the desks' own clients use, and each way of saying no.

A desk's own calls are typed functions of its own, such as portals/schoolloket/renewal_api.py; they all go through here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from http.cookiejar import DefaultCookiePolicy
from typing import IO, Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.http import parse_options_header

Answer = TypeVar("Answer")
# To connect, and between two bytes: short while somebody looks at a page, longer while the provider makes something.
PATIENCE = (2, 5)
LONG_PATIENCE = (2, 60)
CHUNK = 64 * 1024
# What is passed on from the provider to a browser; never a page.
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES = frozenset({"application/pdf", "application/json", "text/csv", XLSX})


class ApiDown(Exception):
    """The provider gave no usable answer."""


class ApiRefused(Exception):
    """The token is no longer good: its session ended, or the account may no longer sign in."""


class StepUpNeeded(Exception):
    """The token is good, the sign-in behind it too old (`max_age`) or too weak (`acr`) for this (RFC 9470)."""

    def __init__(self, max_age: int | None, acr: str) -> None:
        super().__init__(max_age, acr)
        self.max_age = max_age
        self.acr = acr


class NotAllowed(Exception):
    """Whoever is signed in may not do this, however they sign in."""


class NotThere(Exception):
    """There is no such thing, or not for whoever asks."""


class Refusal(Exception):
    """The provider understood, and says no: 400, 409, 410, 413, 422 or 429. `reasons` are words of the API."""

    def __init__(self, status: int, kind: str, reasons: tuple[str, ...]) -> None:
        super().__init__(status, kind, reasons)
        self.status = status
        self.kind = kind
        self.reasons = reasons


REFUSALS = frozenset({400, 409, 410, 413, 422, 429})


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
    language: str | None
    email: Email | None
    # An address that is still to be proven, and for how many hours its link is good.
    pending_email: str | None
    link_hours: int
    created_on: date
    may_choose_password: bool
    may_link_email: bool
    enrolments: tuple[Enrolment, ...]
    staff: tuple[Appointment, ...]
    # After so long without anybody doing anything here, the sign-in ends.
    idle_seconds: int

    @property
    def shown_name(self) -> str:
        """Naam Voornaam (R53)."""
        return f"{self.family_name} {self.given_name}".strip()


@dataclass(frozen=True)
class PassedOn:
    """A file of the provider's, on its way through: read once, in pieces, and kept nowhere."""

    media_type: str
    disposition: str
    length: str | None
    pieces: Iterator[bytes]


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

    def get(self, path: str, token: str, query: Mapping[str, Any] | None = None) -> Any:
        """What it says. In `query`, what is None isn't asked. Raises each of the exceptions above."""
        return said(self.ask("GET", path, Bearer(token), params=asked(query)))

    def post(self, path: str, token: str, body: Any = None) -> Any:
        """`body` goes as JSON. None when the answer has no content."""
        return said(self.ask("POST", path, Bearer(token), patience=LONG_PATIENCE, json=body))

    def send(self, path: str, token: str, content: bytes | IO[bytes], media_type: str) -> Any:
        """A file for the provider, as it is."""
        return said(
            self.ask(
                "POST",
                path,
                Bearer(token),
                patience=LONG_PATIENCE,
                data=content,
                headers={"Content-Type": media_type},
            )
        )

    def put(self, path: str, token: str, body: Any, *, patience: tuple[int, int] = LONG_PATIENCE) -> Any:
        """Likewise."""
        return said(self.ask("PUT", path, Bearer(token), patience=patience, json=body))

    def delete(self, path: str, token: str) -> None:
        self.ask("DELETE", path, Bearer(token))

    def file(self, path: str, token: str, query: Mapping[str, Any] | None = None) -> PassedOn:
        """A PDF, a workbook or a CSV, in pieces as it comes."""
        response = self.ask(
            "GET",
            path,
            Bearer(token),
            patience=LONG_PATIENCE,
            params=asked(query),
            stream=True,
            headers={"Accept-Encoding": "identity"},
        )
        media_type = response.headers.get("Content-Type", "")
        if parse_options_header(media_type)[0] not in FILES:
            response.close()
            raise ApiDown(f"{path}: no file")
        return PassedOn(
            media_type,
            response.headers.get("Content-Disposition", "attachment"),
            response.headers.get("Content-Length"),
            pieces(response),
        )

    def ask(
        self,
        method: str,
        path: str,
        auth: AuthBase,
        *,
        patience: tuple[int, int] = PATIENCE,
        **question: Any,
    ) -> requests.Response:
        """A good answer. Raises one of the exceptions above for every other one."""
        try:
            response = self.http.request(
                method, self.issuer + path, auth=auth, timeout=patience, allow_redirects=False, **question
            )
        except requests.RequestException as error:
            raise ApiDown(f"{path}: {type(error).__name__}") from error
        if not 200 <= response.status_code < 300:
            raise refusal(response, path)
        return response


class Bearer(AuthBase):
    """RFC 6750 section 2.1. As `auth`, because a bare header would give way to a .netrc file."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        prepared.headers["Authorization"] = f"Bearer {self.token}"
        return prepared


def asked(query: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (query or {}).items() if value is not None}


def said(response: requests.Response) -> Any:
    if response.status_code == 204:
        return None
    try:
        return response.json()
    except requests.JSONDecodeError as error:
        raise ApiDown("no JSON") from error


def pieces(response: requests.Response) -> Iterator[bytes]:
    with response:
        yield from response.iter_content(CHUNK)


def refusal(response: requests.Response, path: str) -> Exception:
    with response:
        match response.status_code:
            case 401:
                return step_up(response.headers.get("WWW-Authenticate", "")) or ApiRefused(path)
            case 403:
                return NotAllowed(path)
            case 404:
                return NotThere(path)
            case status if status in REFUSALS:
                return refusal_with_reasons(response)
            case status:
                return ApiDown(f"{path}: {status}")


def step_up(challenge: str) -> StepUpNeeded | None:
    """What RFC 9470 section 3 says in the challenge; None when it says something else."""
    parameters = parameters_of(challenge)
    if parameters.get("error") != "insufficient_user_authentication":
        return None
    max_age = parameters.get("max_age") or ""
    return StepUpNeeded(int(max_age) if max_age.isdigit() else None, parameters.get("acr_values") or "")


def parameters_of(challenge: str) -> Mapping[str, str | None]:
    found = WWWAuthenticate.from_header(challenge)
    return found.parameters if found is not None else {}


def refusal_with_reasons(response: requests.Response) -> Refusal:
    """RFC 9457. A refusal without readable words is still one."""
    try:
        problem = response.json()
        kind, reasons = str(problem["type"]), tuple(map(str, problem.get("reasons", ())))
    except (requests.JSONDecodeError, KeyError, TypeError, AttributeError):
        kind, reasons = "", ()
    return Refusal(response.status_code, kind.removeprefix("urn:leerid:problem:"), reasons)


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
        language=answer["language"],
        email=Email(email["address"], email["verified"]) if email else None,
        pending_email=answer["pending_email"],
        link_hours=answer["link_hours"],
        created_on=date.fromisoformat(answer["created_on"]),
        may_choose_password=answer["may_choose_password"],
        may_link_email=answer["may_link_email"],
        enrolments=tuple(map(enrolment_from, answer["enrolments"])),
        staff=tuple(map(appointment_from, answer["staff"])),
        idle_seconds=int(answer["idle_seconds"]),
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
