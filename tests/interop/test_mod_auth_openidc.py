"""Debian's Apache module mod_auth_openidc signs in, refreshes and signs out; it knows our discovery address only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from idp.oidc import backchannel
from tests.interop.apache import apache, is_there
from tests.interop.conftest import Opening
from tests.interop.foreign import CLAIMS, SECRET
from tests.interop.house import past_the_rotation, sign_in, signing_kid
from tests.support.browser import Page, Visitor
from tests.support.https import SecureProvider
from tests.support.needs import missing
from tests.support.people import Made
from tests.support.ports import free_port


@pytest.fixture(scope="module")
def house(open_one: Opening) -> Iterator[SecureProvider]:
    with open_one() as house:
        yield house


@pytest.fixture(scope="module")
def web_server(house: SecureProvider) -> Iterator[str]:
    if not is_there():
        missing("Apache with mod_auth_openidc isn't there (Debian: apache2 libapache2-mod-auth-openidc)")
    port = free_port()
    origin = f"https://127.0.0.1:{port}"
    house.register(
        {
            "client_id": "apache",
            "name": "Schoolwebsite",
            "description": "De website van de school.",
            "client_secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest(),
            "redirect_uris": [f"{origin}/protected/callback"],
            "post_logout_redirect_uris": [f"{origin}/bye.html"],
            "backchannel_logout_uri": f"{origin}/protected/callback?logout=backchannel",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile offline_access",
            "approval": "none",
            "claims": CLAIMS,
        }
    )
    with apache(house, "apache", SECRET, port) as running:
        yield running


@pytest.fixture
def browser(house: SecureProvider, web_server: str) -> Visitor:
    return house.visitor(web_server)


def signed_in(browser: Visitor, web_server: str, pupil: Made) -> Page:
    browser.get(f"{web_server}/protected/")
    return sign_in(browser, pupil)


def session_of(browser: Visitor, web_server: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(browser.get(f"{web_server}/protected/callback?info=json").html)
    return found


def test_a_pupil_signs_in_and_it_gets_what_it_registered(
    browser: Visitor, web_server: str, pupil: Made
) -> None:
    page = signed_in(browser, web_server, pupil)
    assert page.url == f"{web_server}/protected/"
    assert "You are in." in page.text
    known = session_of(browser, web_server)["userinfo"]
    assert isinstance(known, dict)
    assert known["given_name"] == pupil.given_name
    assert known["preferred_username"] == pupil.username
    assert set(known) == {"sub", "given_name", "preferred_username"}


def test_the_second_time_no_page_is_shown(browser: Visitor, web_server: str, pupil: Made) -> None:
    signed_in(browser, web_server, pupil)
    first = session_of(browser, web_server)["userinfo"]
    browser.http.cookies.clear(domain="127.0.0.1")  # it knows nobody any more, we do
    page = browser.get(f"{web_server}/protected/")
    assert "You are in." in page.text
    assert page.history
    assert all(answer.is_redirect for answer in page.history)
    assert session_of(browser, web_server)["userinfo"] == first


def test_it_refreshes_and_rotates_and_believes_the_next_signing_key(
    house: SecureProvider, browser: Visitor, web_server: str, pupil: Made
) -> None:
    signed_in(browser, web_server, pupil)
    first, signed_by = session_of(browser, web_server), signing_kid(house)
    past_the_rotation(house)
    assert signing_kid(house) != signed_by
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


def test_who_signs_out_there_is_signed_out_here(browser: Visitor, web_server: str, pupil: Made) -> None:
    signed_in(browser, web_server, pupil)
    page = browser.get(f"{web_server}/protected/callback", params={"logout": f"{web_server}/bye.html"})
    assert page.url == f"{web_server}/bye.html"
    asked_again = browser.get(f"{web_server}/protected/")
    assert "login-next" in asked_again.ids


def test_who_signs_out_here_is_signed_out_there(
    house: SecureProvider, browser: Visitor, web_server: str, pupil: Made
) -> None:
    signed_in(browser, web_server, pupil)
    browser.get(f"{house.issuer}/end_session")
    browser.submit(button="logout-confirm")
    assert backchannel.deliver_due(house.app) >= 1
    asked_again = browser.get(f"{web_server}/protected/")
    assert "login-next" in asked_again.ids
