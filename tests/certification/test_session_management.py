"""Session Management: the page of an application, on another site, that keeps asking our frame; in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.certification.discovery_document import told
from tests.certification.run import Run
from tests.oidc.listening import Application
from tests.support.browser import parameters
from tests.support.https import SecureProvider
from tests.support.relying_party import Asked

# OIDC Session Management 1.0 section 3.1: load the frame, ask it, wait for what it says.
POLL = """
([frameAddress, question]) => new Promise((resolve) => {
  const frame = document.createElement("iframe");
  addEventListener("message", (event) => {
    if (event.origin === new URL(frameAddress).origin) resolve(event.data);
  });
  frame.addEventListener("load", () => frame.contentWindow.postMessage(question, frameAddress));
  frame.src = frameAddress;
  document.body.append(frame);
  setTimeout(() => resolve("nothing"), 3000);
})
"""


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(ignore_https_errors=True, locale="nl-BE", service_workers="block")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_oidcc_session_management_discovery_endpoint_verification(house: SecureProvider) -> None:
    said = told(house)
    assert said["end_session_endpoint"].startswith("https://")
    assert said["check_session_iframe"].startswith("https://")


def test_oidcc_session_management_rp_initiated_logout(
    basic: Callable[..., Run], application: Application, page: Page
) -> None:
    bye = f"{application.origin}/bye"
    run = basic(redirect_uris=[application.callback], post_logout_redirect_uris=[bye])
    asked = run.ask()
    answer = signed_in(run, asked, page)
    state = answer["session_state"]
    assert polled(run, page, state) == "unchanged"
    id_token = run.buy(answer["code"])["id_token"]
    end = run.rp.metadata["end_session_endpoint"]
    page.goto(f"{end}?id_token_hint={id_token}&post_logout_redirect_uri={bye}&state=x")
    page.wait_for_url(f"{bye}?state=x")
    assert polled(run, page, state) == "changed"
    silent = run.ask(prompt="none")
    page.goto(silent.url)
    refused = run.rp.answer(page.url, silent)
    assert refused["error"] == "login_required"
    assert refused.keys() <= {"error", "error_description", "state", "session_state", "iss"}


def signed_in(run: Run, asked: Asked, page: Page) -> dict[str, str]:
    page.goto(asked.url)
    page.fill("#username", run.pupil.username)
    page.click("#login-next")
    page.fill("#password", run.pupil.password)
    page.click("#login-submit")
    page.wait_for_url(f"{run.rp.redirect_uri}*")
    return parameters(page.url)


def polled(run: Run, page: Page, state: str) -> str:
    return str(page.evaluate(POLL, [run.rp.metadata["check_session_iframe"], f"{run.rp.client_id} {state}"]))
