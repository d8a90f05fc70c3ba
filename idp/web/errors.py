"""Saying no on a page: one sentence, one thing to do, and the foutnummer. No exception text ever reaches a screen."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, make_response, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from idp.web.faults import leave_trace
from idp.web.pages import render
from idp.web.request import new_request_id, now, request_id, roll_back, wiring

log = logging.getLogger("leerid.errors")


class ShownError(Exception):
    """A refusal that a person sees. `reason` picks the words in templates/idp/error.html; `detail` is for the log only."""

    def __init__(self, status: int, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.detail = detail


REASONS = {
    400: "bad-request",
    403: "forbidden",
    404: "not-found",
    405: "bad-request",
    413: "too-large",
    429: "busy",
    503: "busy",
}


# The database is gone for a moment, or everybody wants it at once (FT-03).
DATABASE_AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout)


def install(app: Flask) -> None:
    app.register_error_handler(ShownError, show)
    app.register_error_handler(HTTPException, show_http)
    app.register_error_handler(Exception, show_fault)
    for away in DATABASE_AWAY:
        app.register_error_handler(away, show_busy)


def show(error: ShownError) -> Response:
    roll_back()
    log.info("refused", extra={"reason": error.reason, "status": error.status, "detail": error.detail})
    return page(error.status, error.reason)


def show_http(error: HTTPException) -> Response:
    roll_back()
    status = error.code or 500
    if status < 400:  # a redirect raised by the router
        return make_response(error.get_response())
    response = page(status, REASONS.get(status, "bad-request" if status < 500 else "fault"))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def show_busy(error: Exception) -> Response:
    roll_back()
    log.error("database away", extra={"error": type(error).__name__})
    return page(503, "busy", database_away=True)


def show_fault(error: Exception) -> Response:
    roll_back()
    log.error("fault", exc_info=error)
    return page(500, "fault")


def page(status: int, reason: str, *, database_away: bool = False) -> Response:
    if "request_id" not in g:  # the fault came before the request had begun
        g.request_id, g.now = new_request_id(), wiring().clock()
    leave_trace(status, reason, database_away=database_away)
    response = make_response(
        render("idp/error.html", reason=reason, status=status, foutnummer=request_id(), at=now())
    )
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "5"
    if request.method == "HEAD":
        response.set_data(b"")
    return response
