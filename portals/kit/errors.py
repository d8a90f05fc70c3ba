"""Saying no on a page: one sentence, one thing to do, and the foutnummer. No exception text ever reaches a screen."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, make_response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from portals.kit import faults, pages, session
from portals.kit.desk import new_request_id, request_id, wiring
from portals.kit.idp_api import ApiDown, ApiRefused, NotAllowed, NotThere, Refusal, StepUpNeeded
from portals.kit.sign_in import ProviderDown, SignInAgain, SignInFailed

log = logging.getLogger("leerid.portal.errors")


class ShownError(Exception):
    """A refusal that a person sees. `reason` picks the words in templates/portal/error.html."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


REASONS = {400: "bad-request", 403: "forbidden", 404: "not-found", 405: "bad-request", 413: "too-large"}
# What the provider's API says no with, for pages that have no words of their own for it.
REFUSALS = {
    400: "bad-request",
    409: "changed-meanwhile",
    410: "over",
    413: "too-large",
    422: "not-possible",
    429: "too-much",
}


def install(app: Flask) -> None:
    faults.install(app)
    app.register_error_handler(ShownError, show)
    app.register_error_handler(SignInFailed, show_failed_sign_in)
    app.register_error_handler(SignInAgain, sign_in_again)
    app.register_error_handler(ApiRefused, sign_in_again)
    app.register_error_handler(StepUpNeeded, ask_anew)
    app.register_error_handler(NotAllowed, show_not_allowed)
    app.register_error_handler(NotThere, show_not_there)
    app.register_error_handler(Refusal, show_refusal)
    app.register_error_handler(ApiDown, show_down)
    app.register_error_handler(ProviderDown, show_down)
    app.register_error_handler(HTTPException, show_http)
    app.register_error_handler(Exception, show_fault)


def show(error: ShownError) -> Response:
    log.info("refused", extra={"reason": error.reason, "status": error.status})
    return page(error.status, error.reason)


def show_failed_sign_in(error: SignInFailed) -> Response:
    """Whoever was signed in before stays so: a made-up answer can neither bring anybody in nor throw anybody out."""
    log.warning("sign-in:refused", extra={"reason": error.reason, "detail": error.detail})
    return page(400, error.reason)


def sign_in_again(error: Exception) -> BaseResponse:
    """The provider knows whether this browser may still come in; often it answers at once."""
    if session.goes_round(time.time()):
        session.forget()
        log.error("tokens refused again and again")
        return page(503, "unavailable")
    return wiring().provider.begin(pages.here())


def ask_anew(error: StepUpNeeded) -> BaseResponse:
    """The provider asks who is there once more, and the visitor comes back to the page where it was needed."""
    if not session.asks_anew(pages.here(), time.time()):
        log.error("a new sign-in isn't recent or strong enough", extra={"acr": error.acr})
        return page(503, "unavailable")
    return wiring().provider.begin(
        pages.here(),
        max_age="" if error.max_age is None else str(error.max_age),
        acr_values=error.acr,
        ui_locales=pages.chosen_language(),
    )


def show_not_allowed(error: NotAllowed) -> Response:
    log.info("refused", extra={"reason": "not-allowed", "status": 403})
    return page(403, "not-allowed")


def show_not_there(error: NotThere) -> Response:
    log.info("refused", extra={"reason": "not-there", "status": 404})
    return page(404, "not-there")


def show_refusal(error: Refusal) -> Response:
    log.info("refused", extra={"reason": ",".join(error.reasons) or error.kind, "status": error.status})
    return page(error.status, REFUSALS.get(error.status, "bad-request"))


def show_down(error: Exception) -> Response:
    log.error("provider down", extra={"detail": str(error)})
    return page(503, "unavailable", provider_down=True)


def show_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect raised by the router
        return make_response(error.get_response())
    response = page(status, REASONS.get(status, "bad-request" if status < 500 else "fault"))
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def show_fault(error: Exception) -> Response:
    log.error("fault", exc_info=error)
    return page(500, "fault")


def page(status: int, reason: str, *, provider_down: bool = False) -> Response:
    if "request_id" not in g:  # the fault came before the request had begun
        g.request_id = new_request_id()
    if not provider_down:
        faults.report(status, reason)
    again = pages.here() if reason == "unavailable" else None
    response = make_response(
        pages.render("portal/error.html", reason=reason, again=again, foutnummer=request_id())
    )
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = "5"
    if request.method == "HEAD":
        response.set_data(b"")
    return response
