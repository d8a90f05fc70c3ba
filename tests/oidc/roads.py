"""Roads that many tests here take: signing in, as a person without JavaScript does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from idp.authentication.records import LoginAttempt
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty


def sign_in(visitor: Visitor, pupil: Made) -> Page:
    """From the sign-in page on: name, then password or pictures. Answers where that led."""
    page = visitor.page
    assert page is not None
    if "login-next" in page.ids:
        page = visitor.submit(button="login-next", username=pupil.username)
    page = visitor.submit(button="login-submit", password=pupil.password)
    if page.left_for is None and "email-skip" in page.ids:
        page = visitor.submit(button="email-skip")
    return page


def through(visitor: Visitor, pupil: Made, rp: RelyingParty, **parameters: str | None) -> tuple[str, Asked]:
    """An authorization request with a sign-in; answers the address that the application got, and what was asked."""
    asked = rp.ask(**parameters)
    page = visitor.get(asked.url)
    if page.left_for is None:
        page = sign_in(visitor, pupil)
    assert page.left_for is not None, f"{page.url}: {page.text[:300]}"
    return page.left_for, asked


def error(rp: RelyingParty, page: Page, asked: Asked) -> str:
    """The error that the application got, with its state and iss."""
    assert page.left_for is not None, f"{page.status} {page.url}: {page.text[:300]}"
    answer = rp.answer(page.left_for, asked)
    assert set(answer) <= {"error", "error_description", "state", "iss"}
    return answer["error"]


def id_token(rp: RelyingParty, left_for: str, asked: Asked) -> str:
    return rp.exchange(rp.code(left_for, asked), asked).id_token


def told(rp: RelyingParty, left_for: str, asked: Asked) -> dict[str, Any]:
    """What the ID token says."""
    return rp.verify(id_token(rp, left_for, asked), asked.nonce)


def way_back_of_last_login(provider: Provider) -> str:
    """The address of the parked request behind the login that was begun last."""
    with provider.reading() as db:
        found = db.scalars(select(LoginAttempt).order_by(LoginAttempt.created_at.desc())).first()
        assert found is not None
        return f"{provider.issuer}{found.requirement['return_to']}"
