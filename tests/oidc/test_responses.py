"""How an answer travels: in the query, in the fragment, or posted."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Route

from tests.oidc.roads import sign_in, through
from tests.support.browser import Visitor
from tests.support.provider import Provider

STATES = [
    "plain",
    "with space+plus&amp=1",
    "é€😀",
    "a=b&c=d#e",
    '"><script>alert(1)</script>',
    "%25%41",
    "x" * 1500,
]


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_OA_08_a_code_comes_with_state_and_iss(provider: Provider, visitor: Visitor, mode: str) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    through(visitor, pupil, rp)
    for state in STATES:
        asked = rp.ask(response_mode=mode, state=state)
        page = visitor.get(asked.url)
        assert page.left_for is not None
        assert bool(urlsplit(page.left_for).fragment) is (mode == "fragment")
        assert set(rp.answer(page.left_for, asked)) == {"code", "session_state", "state", "iss"}


def test_formpost_basic(provider: Provider, visitor: Visitor) -> None:
    """Form Post Response Mode: HTML-escaped, nothing in the address, and a button for whoever has no scripts."""
    pupil, rp = provider.people.pupil(), provider.relying_party()
    through(visitor, pupil, rp)
    for state in STATES:
        asked = rp.ask(response_mode="form_post", state=state)
        page = visitor.get(asked.url)
        form = page.form()
        assert (page.status, form.method, form.action) == (200, "POST", rp.redirect_uri)
        assert set(form.fields) == {"code", "session_state", "state", "iss"}
        assert (form.fields["state"], form.fields["iss"]) == (state, provider.issuer)
        assert "onward" in form.buttons
        assert page.headers["Cache-Control"] == "no-store"
        policy = page.headers["Content-Security-Policy"]
        assert "form-action 'self' https://oefenapp.example;" in policy
        assert "unsafe" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"


def test_OA_03_CV_12_each_parameter_comes_once(provider: Provider, visitor: Visitor) -> None:
    pupil, rp = (
        provider.people.pupil(),
        provider.relying_party(redirect_uris=["https://oefenapp.example/callback?x=1"]),
    )
    through(visitor, pupil, rp)
    asked = rp.ask()
    page = visitor.get(asked.url)
    assert page.left_for is not None
    assert set(rp.answer(page.left_for, asked)) == {"x", "code", "session_state", "state", "iss"}


def test_OA_05_after_a_password_the_redirect_is_a_303_without_a_body(
    provider: Provider, visitor: Visitor
) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    visitor.get(rp.ask().url)
    page = sign_in(visitor, pupil)
    assert {each.status_code for each in page.history} == {303}
    assert page.response.content == b""


def test_form_post_moves_on_by_itself_in_a_browser(
    provider: Provider, browser_context: BrowserContext
) -> None:
    """With scripts, and under our own content security policy."""
    pupil, rp = provider.people.pupil(), provider.relying_party()
    got: list[str] = []

    def receive(route: Route) -> None:
        got.append(route.request.post_data or "")
        route.fulfill(status=200, content_type="text/html", body="<p id=arrived>ok</p>")

    browser_context.route("https://oefenapp.example/**", receive)
    page = browser_context.new_page()
    page.goto(rp.ask(response_mode="form_post", state="a b&c").url)
    page.fill("[name=username]", pupil.username)
    page.click("#login-next")
    page.fill("[name=password]", pupil.password)
    page.click("#login-submit")
    if page.locator("#email-skip").count():
        page.click("#email-skip")
    page.wait_for_selector("#arrived")
    assert len(got) == 1
    assert "state=a+b%26c" in got[0]
