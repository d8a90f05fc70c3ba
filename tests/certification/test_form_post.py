"""A form post in a real browser: the content security policy lets it through, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.certification.run import Run
from tests.oidc.listening import Application


@pytest.mark.parametrize("scripts", [True, False])
def test_a_form_post_arrives_by_itself_or_by_its_button(
    basic: Callable[..., Run], application: Application, chromium: Browser, scripts: bool
) -> None:
    run = basic(redirect_uris=[application.callback])
    context = chromium.new_context(ignore_https_errors=True, java_script_enabled=scripts)
    page = context.new_page()
    asked = run.ask(response_mode="form_post")
    page.goto(asked.url)
    page.fill("#username", run.pupil.username)
    page.click("#login-next")
    page.fill("#password", run.pupil.password)
    page.click("#login-submit")
    if not scripts:
        page.click("#onward")
    page.wait_for_url(application.callback)
    context.close()
    (arrived,) = application.got
    assert arrived["type"] == "application/x-www-form-urlencoded"
    assert arrived["form"]["state"] == [asked.state]
    assert arrived["form"].keys() == {"code", "state", "iss", "session_state"}
    assert run.buy(arrived["form"]["code"][0])["id_token"]
