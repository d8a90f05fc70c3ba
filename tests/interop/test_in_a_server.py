"""Libraries that sign pupils in from a server: each told our issuer and its own registration, and nothing else."""

from __future__ import annotations

import time

import pytest

from idp.oidc import backchannel
from tests.interop.foreign import HERE, SHOWN_TO_SUPPLIERS, Library, Running, session_on
from tests.interop.house import past_the_rotation, sign_in, signing_kid, spent_refresh_tokens
from tests.support.browser import Page, Visitor
from tests.support.people import Made

PROGRAMS = HERE / "programs"
LOOK_AGAIN_AFTER = 2

OPENID_CLIENT = Library("openid-client", SHOWN_TO_SUPPLIERS / "openid_client.mjs", packages=())
PYOIDC = Library("oic", PROGRAMS / "pyoidc_app.py", packages=("oic",))
# These two send a secret in a header as it stands, unlike RFC 6749 section 2.3.1: ours have no sign that would matter.
AS_WE_MAKE_THEM = "a-secret-as-we-make-them_0123456789"
AUTHLIB = Library(
    "authlib", SHOWN_TO_SUPPLIERS / "flask_app.py", packages=("authlib",), secret=AS_WE_MAKE_THEM
)
IDPYOIDC = Library("idpyoidc", PROGRAMS / "idpyoidc_app.py", packages=("idpyoidc",), secret=AS_WE_MAKE_THEM)
# It has no refresh tokens and hears no logout: it asks again without a page, and believes what it is told.
DJANGO = Library(
    "mozilla-django-oidc",
    SHOWN_TO_SUPPLIERS / "django_app.py",
    packages=("django", "mozilla_django_oidc"),
    login="/oidc/authenticate/",
    callback="/oidc/callback/",
    registration={
        "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code"],
        "scope": "openid profile",
    },
    environment={"LOOK_AGAIN_AFTER": str(LOOK_AGAIN_AFTER)},
)
LIBRARIES = (OPENID_CLIENT, AUTHLIB, PYOIDC, IDPYOIDC, DJANGO)


@pytest.fixture(scope="module", params=LIBRARIES, ids=lambda library: library.name)
def library(request: pytest.FixtureRequest) -> Library:
    found: Library = request.param
    return found


def signed_in(browser: Visitor, application: Running, pupil: Made) -> Page:
    browser.get(application.at(application.library.login))
    return sign_in(browser, pupil)


def test_a_pupil_signs_in_and_it_gets_what_it_registered(
    application: Running, browser: Visitor, pupil: Made
) -> None:
    page = signed_in(browser, application, pupil)
    assert page.url == application.at("/")
    known = session_on(page.text)
    assert known["given_name"] == pupil.given_name
    assert set(known) <= {"sub", "given_name", "preferred_username"}


def test_the_second_time_no_page_is_shown(application: Running, browser: Visitor, pupil: Made) -> None:
    first = session_on(signed_in(browser, application, pupil).text)
    again = browser.get(application.at(application.library.login))
    assert again.url == application.at("/")
    assert all(answer.is_redirect for answer in again.history)
    assert session_on(again.text) == first


def test_it_refreshes_and_believes_the_next_signing_key(
    application: Running, browser: Visitor, pupil: Made
) -> None:
    """It knows our keys from before: the next one has been published for a while, and now it signs."""
    house = application.house
    first = session_on(signed_in(browser, application, pupil).text)
    signed_by = signing_kid(house)
    past_the_rotation(house)
    assert signing_kid(house) != signed_by
    for spent in (1, 2):
        assert session_on(refreshed(browser, application).text) == first
        if application.library is not DJANGO:
            assert spent_refresh_tokens(house, pupil) == spent
    again = browser.get(application.at(application.library.login))
    assert session_on(again.text) == first


def refreshed(browser: Visitor, application: Running) -> Page:
    if application.library is DJANGO:
        time.sleep(LOOK_AGAIN_AFTER)
        page = browser.get(application.at("/"))
        assert any("prompt=none" in answer.headers["Location"] for answer in page.history)
        return page
    return browser.submit(button="refresh")


def test_who_signs_out_there_is_signed_out_here(application: Running, browser: Visitor, pupil: Made) -> None:
    signed_in(browser, application, pupil)
    page = browser.submit(button="logout")
    assert page.url.split("?")[0] == application.at("/bye")
    assert pupil.given_name not in page.text
    asked_again = browser.get(application.at(application.library.login))
    assert "login-next" in asked_again.ids


def test_who_signs_out_here_is_signed_out_there(application: Running, browser: Visitor, pupil: Made) -> None:
    """OIDC Back-Channel Logout: the application hears it. Somebody else's sign-in there goes on."""
    house = application.house
    other, others = house.people.pupil(), house.visitor(application.origin)
    signed_in(browser, application, pupil)
    signed_in(others, application, other)
    browser.get(f"{house.issuer}/end_session")
    browser.submit(button="logout-confirm")
    if application.library is DJANGO:
        time.sleep(LOOK_AGAIN_AFTER)
    else:
        assert backchannel.deliver_due(house.app) >= 1
    assert pupil.given_name not in browser.get(application.at("/")).text
    assert session_on(others.get(application.at("/")).text)["given_name"] == other.given_name
