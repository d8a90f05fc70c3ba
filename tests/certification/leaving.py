"""Signing out during a certification, and how it shows that somebody is out."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.certification.run import Run
from tests.support.browser import Page

BYE = "https://keuring.example/bye"


def sign_out(run: Run, **parameters: str) -> Page:
    query = f"?{urlencode(parameters)}" if parameters else ""
    return run.browser.get(f"{run.rp.metadata['end_session_endpoint']}{query}")


def is_signed_in(run: Run) -> bool:
    page, asked = run.visit(prompt="none")
    return "code" in run.answer_of(page, asked)


def assert_signed_out(run: Run) -> None:
    page, asked = run.visit(prompt="none")
    assert run.refusal(page, asked) in ("login_required", "interaction_required")


def assert_leads_nowhere(page: Page) -> None:
    """A page of our own, that says what is wrong or asks."""
    assert page.left_for is None
    assert not page.history
    assert page.status in (200, 400)
    assert 'http-equiv="refresh"' not in page.html.lower()
