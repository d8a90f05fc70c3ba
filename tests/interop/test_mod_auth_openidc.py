"""Debian's Apache module mod_auth_openidc signs in, refreshes and signs out; it knows our discovery address only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.interop.apache import apache, is_there
from tests.support.browser import Page, Visitor
from tests.support.needs import missing
from tests.support.people import Made
from tests.support.ports import free_port
from tests.support.provider import Provider

SECRET = "a-secret-for-apache-with-+%:&-in-it-0123456789"
PASSWORD = "Regenboog-slak-42"


@pytest.fixture
def web_server(provider: Provider) -> Iterator[str]:
    if not is_there():
        missing("Apache with mod_auth_openidc isn't there (Debian: apache2 libapache2-mod-auth-openidc)")
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    provider.register(
        {
            "client_id": "apache",
            "name": "Schoolwebsite",
            "description": "De website van de school.",
            "client_secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
            "redirect_uris": [f"{origin}/protected/callback"],
            "post_logout_redirect_uris": [f"{origin}/bye.html"],
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile offline_access",
            "approval": "none",
            "claims": {"given_name": "Om je te begroeten", "preferred_username": "Om je werk te bewaren"},
        }
    )
    with apache(provider.issuer, "apache", SECRET, port) as running:
        yield running


@pytest.fixture
def pupil(provider: Provider) -> Made:
    return provider.people.pupil("advanced", password=PASSWORD)


@pytest.fixture
def browser(provider: Provider, web_server: str) -> Visitor:
    return Visitor(provider.issuer, web_server)


def sign_in(browser: Visitor, web_server: str, pupil: Made) -> Page:
    browser.get(f"{web_server}/protected/")
    browser.submit(button="login-next", username=pupil.username)
    page = browser.submit(button="login-submit", password=PASSWORD)
    return browser.submit(button="email-skip") if "email-skip" in page.ids else page


def session_of(browser: Visitor, web_server: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(browser.get(f"{web_server}/protected/callback?info=json").html)
    return found


def test_an_unmodified_relying_party_signs_a_pupil_in_and_sees_registered_claims_only(
    browser: Visitor, web_server: str, pupil: Made
) -> None:
    page = sign_in(browser, web_server, pupil)
    assert page.url == f"{web_server}/protected/"
    assert "You are in." in page.text
    known = session_of(browser, web_server)["userinfo"]
    assert isinstance(known, dict)
    assert known["given_name"] == pupil.given_name
    assert known["preferred_username"] == pupil.username
    assert set(known) == {"sub", "given_name", "preferred_username"}


def test_an_unmodified_relying_party_refreshes_and_rotates(
    browser: Visitor, web_server: str, pupil: Made
) -> None:
    sign_in(browser, web_server, pupil)
    first = session_of(browser, web_server)
    for _ in range(2):
        now = session_of(browser, web_server)
        page = browser.get(
            f"{web_server}/protected/callback",
            params={"refresh": f"{web_server}/protected/", "access_token": str(now["access_token"])},
        )
        assert "error" not in page.url
        assert "You are in." in page.text
    last = session_of(browser, web_server)
    assert last["access_token"] != first["access_token"]
    assert last["refresh_token"] != first["refresh_token"]


def test_an_unmodified_relying_party_signs_out_here_and_there(
    browser: Visitor, web_server: str, pupil: Made
) -> None:
    sign_in(browser, web_server, pupil)
    page = browser.get(f"{web_server}/protected/callback", params={"logout": f"{web_server}/bye.html"})
    assert page.url == f"{web_server}/bye.html"
    asked_again = browser.get(f"{web_server}/protected/")
    assert "login-next" in asked_again.ids
