"""A classroom board with an application on it, written from RFC 8628: it shares no code with the provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid profile offline_access"


@dataclass(frozen=True)
class Board:
    """What a device got, and the application that runs on it."""

    rp: RelyingParty
    user_code: str
    page: str
    page_with_code: str
    interval: int
    expires_in: int
    device_code: str = field(repr=False)

    def ask(self, **changes: str | None) -> requests.Response:
        """Has anybody said yes?"""
        form: dict[str, str | None] = {"grant_type": GRANT, "device_code": self.device_code, **changes}
        return self.rp.token(**form)

    def told(self, **changes: str | None) -> str:
        """The error that it is told."""
        answer = self.ask(**changes)
        assert answer.status_code == 400, answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        return str(answer.json()["error"])


def on_board(provider: Provider, **registration: Any) -> RelyingParty:
    """An application that runs on boards."""
    return provider.relying_party(
        "bordspel",
        **{
            "grant_types": [GRANT, "refresh_token"],
            "response_types": [],
            "redirect_uris": ["https://bordspel.example/callback"],
            "claims": {"given_name": "Om je te begroeten"},
            **registration,
        },
    )


def try_start(rp: RelyingParty, **form: str | None) -> requests.Response:
    return rp.post(rp.metadata["device_authorization_endpoint"], **{"scope": SCOPE, **form})


def start(rp: RelyingParty, **form: str | None) -> Board:
    answer = try_start(rp, **form)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return Board(
        rp=rp,
        user_code=body["user_code"],
        page=body["verification_uri"],
        page_with_code=body["verification_uri_complete"],
        interval=body["interval"],
        expires_in=body["expires_in"],
        device_code=body["device_code"],
    )


def sign_in(visitor: Visitor, pupil: Made) -> Page:
    """From the page that asks the name."""
    visitor.submit(button="login-next", username=pupil.username)
    return visitor.submit(button="login-submit", password=pupil.password)


def type_code(visitor: Visitor, board: Board, typed: str | None = None) -> Page:
    visitor.get(board.page)
    return visitor.submit(button="device-next", user_code=board.user_code if typed is None else typed)


def to_the_question(visitor: Visitor, board: Board, pupil: Made) -> Page:
    """Types the code, signs in, and stands before the question."""
    type_code(visitor, board)
    return sign_in(visitor, pupil)


def say_yes(visitor: Visitor, board: Board, pupil: Made) -> Page:
    to_the_question(visitor, board, pupil)
    return visitor.submit(button="device-allow")
