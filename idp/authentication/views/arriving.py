"""Finding the login that an address speaks of, or sending the visitor to where it really stands (OA-62)."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never
from urllib.parse import urlsplit

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from idp.authentication import login
from idp.authentication.attempt import StepName
from idp.authentication.login import Attempt, Expired
from idp.authentication.requirement import Requirement
from idp.authentication.views import visitor
from idp.database import writing
from idp.web.pages import lead_on, prefer
from idp.web.request import db, now

# Every page of a login hangs under this one; its endpoints are named after the steps.
steps = Blueprint("login", __name__)


class Notice(StrEnum):
    """What a page has to say about what just happened; the words are in the templates."""

    EMPTY = "empty"
    WRONG = "wrong"
    WAIT = "wait"
    RESTARTED = "restarted"
    PASSWORD_CHANGED = "password-changed"
    BAD_ADDRESS = "bad-address"
    RECOVERY_USED = "recovery-used"


class Elsewhere(Exception):
    """This page isn't where the login stands; `location` is."""

    def __init__(self, location: str) -> None:
        super().__init__("elsewhere")
        self.location = location


def go_elsewhere(error: Elsewhere) -> Response:
    return redirect(error.location, 303)


def arrive(value: str, *steps: StepName) -> Attempt:
    """The login at one of `steps`; from any other step the visitor goes to the right page, and nothing has moved."""
    attempt = open_attempt(value)
    if attempt.step_name not in steps:
        raise Elsewhere(address_of(attempt))
    return attempt


def open_attempt(value: str) -> Attempt:
    """The login itself. One that is over, or isn't this browser's, begins again, with the same way back if it is known."""
    found = login.load(db(), value, visitor.this_browser(), now())
    match found:
        case Attempt():
            dress(found.requirement)
            return found
        case Expired(requirement):
            raise Elsewhere(begin_again(requirement))
        case None:
            raise Elsewhere(begin_again(visitor.plain_requirement()))
        case _:
            assert_never(found)


def begin_again(requirement: Requirement) -> str:
    writing(db())
    attempt = login.begin(db(), requirement, visitor.this_browser(), now(), visitor.lifetime())
    return address_of(attempt, Notice.RESTARTED)


def address_of(attempt: Attempt, notice: Notice | None = None) -> str:
    """Where this login stands: the page of its step, or the way back when it is done."""
    if attempt.step_name is StepName.DONE:
        return visitor.way_back(attempt.requirement)
    return url_for(f"login.{attempt.step_name}", attempt=attempt.value, notice=notice)


def see(attempt: Attempt, notice: Notice | None = None) -> Response:
    """The answer to every POST: go and look (OA-05)."""
    return redirect(address_of(attempt, notice), 303)


def see_again(attempt: Attempt) -> Response:
    """For who lost a race (a double click, another tab): to where the login stands by now."""
    return see(open_attempt(attempt.value))


def dress(requirement: Requirement) -> None:
    """The page speaks the application's language, and its forms may end where the way back ends."""
    prefer(requirement.locales)
    lead_on((*requirement.leads_to, *origin_of(requirement.return_to)))


def origin_of(address: str) -> tuple[str, ...]:
    parts = urlsplit(address)
    return (f"{parts.scheme}://{parts.netloc}",) if parts.netloc else ()
