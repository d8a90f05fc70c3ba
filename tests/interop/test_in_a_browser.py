"""`oidc-client-ts` in Chromium: a page that signs pupils in without a server or a secret, on another site than ours."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response, send_file
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.interop.conftest import Opening
from tests.interop.foreign import CLAIMS, NODE_MODULES, SHOWN_TO_SUPPLIERS, need_node, session_on
from tests.interop.house import past_the_rotation, signing_kid, spent_refresh_tokens
from tests.support.https import SecureProvider, SecureSite
from tests.support.people import Made

CLIENT = "oidc-client-ts"
SCRIPTS = {
    "app.js": SHOWN_TO_SUPPLIERS / "oidc_client_ts.js",
    "oidc-client-ts.js": NODE_MODULES / "oidc-client-ts/dist/esm/oidc-client-ts.js",
    "jwt-decode.js": NODE_MODULES / "jwt-decode/build/esm/index.js",
}
# What a bundler would do at the supplier's: the names of packages lead to their files.
PAGE = """<!doctype html><html data-issuer="{issuer}" data-client-id="{client_id}"><title>Application</title>
<script type="importmap">{{"imports": {{"oidc-client-ts": "/oidc-client-ts.js", "jwt-decode": "/jwt-decode.js"}}}}</script>
<script type="module" src="/app.js"></script>
<p id="pupil"></p><button id="login" hidden>Sign in</button><button id="refresh" hidden>Refresh</button>
<button id="logout" hidden>Sign out</button>"""


def supplier(house: SecureProvider) -> Flask:
    app = Flask(__name__)

    @app.get("/")
    @app.get("/bye")
    def page() -> str:
        return PAGE.format(issuer=house.issuer, client_id=CLIENT)

    @app.get("/<name>.js")
    def script(name: str) -> Response:
        return send_file(SCRIPTS[f"{name}.js"], mimetype="text/javascript")

    return app


@pytest.fixture(scope="module")
def house(open_one: Opening) -> Iterator[SecureProvider]:
    need_node()
    with open_one() as house:
        yield house


@pytest.fixture(scope="module")
def site(house: SecureProvider) -> Iterator[str]:
    with SecureSite(house.authority, supplier(house)) as origin:
        house.register(
            {
                "client_id": CLIENT,
                "name": "Bladzijde",
                "description": "Een applicatie in de browser alleen.",
                "token_endpoint_auth_method": "none",
                "redirect_uris": [f"{origin}/"],
                "post_logout_redirect_uris": [f"{origin}/bye"],
                "grant_types": ["authorization_code", "refresh_token"],
                "scope": "openid profile offline_access",
                "approval": "none",
                "claims": CLAIMS,
            }
        )
        yield origin


@pytest.fixture
def device(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="nl-BE", ignore_https_errors=True)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def tab(device: BrowserContext, site: str, pupil: Made) -> Page:
    """A pupil who is signed in there."""
    tab = device.new_page()
    tab.goto(site)
    tab.click("#login")
    tab.fill("input[name=username]", pupil.username)
    tab.click("#login-next")
    tab.fill("input[name=password]", pupil.password)
    tab.click("#login-submit")
    expect(tab.locator("#logout")).to_be_visible()
    return tab


def known(tab: Page) -> dict[str, object]:
    said = session_on(tab.inner_text("#pupil"))
    return {name: said[name] for name in ("sub", *CLAIMS)}


def test_a_pupil_signs_in_and_it_gets_what_it_registered(tab: Page, site: str, pupil: Made) -> None:
    assert urlsplit(tab.url).query == ""
    said = known(tab)
    assert (said["given_name"], said["preferred_username"]) == (pupil.given_name, pupil.username)


def test_the_second_time_no_page_is_shown(device: BrowserContext, tab: Page, site: str) -> None:
    first = known(tab)
    another = device.new_page()  # with nothing in its own storage
    another.goto(site)
    another.click("#login")
    expect(another.locator("#logout")).to_be_visible()
    assert known(another) == first


def test_it_refreshes_also_after_another_key_signs(house: SecureProvider, tab: Page, pupil: Made) -> None:
    first, signed_by = known(tab), signing_kid(house)
    past_the_rotation(house)
    assert signing_kid(house) != signed_by
    for _ in range(2):
        with tab.expect_response(f"{house.issuer}/userinfo") as answered:
            tab.click("#refresh")
        assert answered.value.ok
    assert known(tab) == first
    assert spent_refresh_tokens(house, pupil) == 2


def test_who_signs_out_there_is_signed_out_here(
    house: SecureProvider, device: BrowserContext, tab: Page, site: str
) -> None:
    tab.click("#logout")
    tab.wait_for_url(f"{site}/bye**")
    tab.goto(site)
    tab.click("#login")
    expect(tab.locator("#login-next")).to_be_visible()


def test_who_signs_out_here_is_signed_out_there(
    house: SecureProvider, device: BrowserContext, tab: Page
) -> None:
    """OIDC Session Management: our frame in its page says that something changed; asked without a page, we say what."""
    tab.wait_for_timeout(1_500)  # it asks each second, and as long as nothing changed nothing happens
    expect(tab.locator("#logout")).to_be_visible()
    elsewhere = device.new_page()
    elsewhere.goto(f"{house.issuer}/end_session")
    elsewhere.click("#logout-confirm")
    expect(tab.locator("#login")).to_be_visible()
    assert tab.inner_text("#pupil") == ""
