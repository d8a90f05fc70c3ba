"""What the API says when it says no: problems after RFC 9457, and the challenges of RFC 6750."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import HTTPException

from idp.web.errors import DATABASE_AWAY, ShownError
from idp.web.faults import leave_trace
from idp.web.request import request_id, roll_back

log = logging.getLogger("leerid.api")

WORDS = {
    400: ("bad-request", "This request isn't as the description says"),
    401: ("sign-in-needed", "Sign in (again)"),
    403: ("not-yours", "This token does not open this"),
    404: ("not-found", "There is nothing here"),
    409: ("changed-meanwhile", "Something changed in the meantime"),
    410: ("over", "This has ended"),
    415: ("bad-request", "JSON is expected"),
    422: ("not-possible", "This can't be"),
    429: ("too-much", "Too much in a short time"),
    405: ("wrong-method", "This can't be done here"),
    500: ("fault", "Something went wrong on our side"),
}


class Problem(Exception):
    """A refusal. `challenge` is the WWW-Authenticate header (RFC 6750 section 3), `reasons` are words a portal knows."""

    def __init__(
        self,
        status: int,
        challenge: str = "",
        *,
        detail: str = "",
        reasons: Iterable[str] = (),
        max_age: int | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.challenge = challenge
        self.detail = detail
        self.reasons = tuple(reasons)
        self.max_age = max_age

    def members(self) -> dict[str, Any]:
        """What it says beyond what every problem says."""
        said = {"detail": self.detail, "reasons": list(self.reasons), "max_age": self.max_age}
        return {name: value for name, value in said.items() if value not in ("", [], None)}


def no_token() -> Problem:
    """Nothing was presented, so there is nothing to say about it (RFC 6750 section 3.1)."""
    return Problem(401, 'Bearer realm="leerid"')


def bad_token() -> Problem:
    return Problem(401, 'Bearer realm="leerid", error="invalid_token"')


def other_token(scope: str) -> Problem:
    return Problem(403, f'Bearer realm="leerid", error="insufficient_scope", scope="{scope}"')


def sign_in_anew(*, max_age: int | None = None, acr: str = "") -> Problem:
    """The token is good, the sign-in behind it too old or too weak for this (RFC 9470 section 3)."""
    wish = f'max_age="{max_age}"' if max_age is not None else f'acr_values="{acr}"'
    return Problem(
        401, f'Bearer realm="leerid", error="insufficient_user_authentication", {wish}', max_age=max_age
    )


def install(room: Blueprint) -> None:
    room.register_error_handler(Problem, show)
    room.register_error_handler(ShownError, show_shown)
    room.register_error_handler(HTTPException, show_http)
    room.register_error_handler(Exception, show_fault)


def show(problem: Problem) -> Response:
    roll_back()
    response = answer(problem.status, **problem.members())
    if problem.challenge:
        response.headers["WWW-Authenticate"] = problem.challenge
    return response


def show_shown(error: ShownError) -> Response:
    """What was refused before the request came here, such as a form from another site."""
    roll_back()
    return answer(error.status)


def show_http(error: HTTPException) -> Response:
    """A refusal's number is on no page: the portal that asked shows its own, and reports it (`log`)."""
    roll_back()
    status = error.code or 500
    if status >= 500:
        leave_trace(status, "fault")
    return answer(status)


def show_fault(error: Exception) -> Response:
    roll_back()
    log.error("fault", exc_info=error)
    leave_trace(500, "fault", database_away=isinstance(error, DATABASE_AWAY))
    return answer(500)


def answer(status: int, **more: Any) -> Response:
    kind, title = WORDS.get(status, ("refused", HTTPStatus(status).phrase))
    response = jsonify(
        type=f"urn:leerid:problem:{kind}", title=title, status=status, foutnummer=request_id(), **more
    )
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response
