"""Proefapp: each message is shown as it was, and none that isn't ours is believed."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page as ChromiumPage

from clients.proefapp.app import create_app
from idp.oidc import backchannel
from idp.oidc.protocol import PERSON_CLAIMS
from idp.oidc.registration import read
from tests.journeys.looks import assert_sound
from tests.portals.desks import REGISTRATIONS, finish_login
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.server import Port

ADDRESS = "http://127.0.0.1:8004"


@dataclass(frozen=True)
class Bench:
    """Proefapp at a provider, and a browser."""

    provider: Provider
    origin: str
    visitor: Visitor
    pupil: Made
    secret: str

    def home(self) -> Page:
        return self.visitor.get(f"{self.origin}/")

    def press(self, button: str, **fields: str) -> Page:
        return self.visitor.submit(button=button, **fields)

    def sign_in(self, **asked: str) -> Page:
        self.home()
        return finish_login(self.visitor, self.pupil, self.press("start", **asked))

    def with_tokens(self, **asked: str) -> Page:
        self.sign_in(**asked)
        return self.press("exchange")


@pytest.fixture
def bench(open_provider: Callable[..., Provider]) -> Iterator[Bench]:
    provider, port, secret = open_provider(), Port(), secrets.token_urlsafe(32)
    text = (REGISTRATIONS / "proefapp.toml").read_text(encoding="utf-8").replace(ADDRESS, port.origin)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    (provider.clients_directory / "proefapp.svg").write_bytes((REGISTRATIONS / "proefapp.svg").read_bytes())
    provider.register(text.replace('client_secret_sha256 = ""', f'client_secret_sha256 = "{digest}"'))
    knows = {"ISSUER": provider.issuer, "ORIGIN": port.origin, "CLIENT_ID": "proefapp"}
    knows |= {"CLIENT_SECRET": secret, "COOKIE_KEY": "a-cookie-key"}
    port.serve(create_app({f"PROEFAPP_{name}": value for name, value in knows.items()}))
    visitor = Visitor(provider.issuer, port.origin)
    pupil = provider.people.pupil(
        "advanced", school=2, class_code="3A", given_name="Hanne", password="Regenboog-slak-42"
    )
    yield Bench(provider, port.origin, visitor, pupil, secret)
    visitor.close()
    port.close()


def test_step_by_step_every_message_is_shown(bench: Bench) -> None:
    page = bench.sign_in()
    assert page.url == f"{bench.origin}/"
    for said in (
        "Authorization request",
        "code_challenge_method",
        "Authorization response",
        "A code came back",
    ):
        assert said in page.text
    page = bench.press("exchange")
    for said in (
        "Code for tokens",
        "200 OK",
        "Inside id_token",
        '"typ": "JWT"',
        "signature, iss, aud, exp, iat and nonce",
    ):
        assert said in page.text, said
    assert page.ids >= {"signed-in", "userinfo", "introspect", "revoke", "logout"}
    page = bench.press("userinfo")
    assert '"given_name": "Hanne"' in page.text
    assert '"class": "3A"' in page.text
    assert '"active": true' in bench.press("introspect").text


def test_wcag_it_is_readable_in_every_look(bench: Bench, page: ChromiumPage) -> None:
    page.goto(f"{bench.origin}/")
    assert_sound(page)
    page.get_by_role("button", name="Device grant").click()
    page.get_by_role("button", name="Client credentials").click()
    page.locator("summary").click()
    assert_sound(page)


def test_no_secret_is_shown(bench: Bench) -> None:
    page = bench.with_tokens()
    assert "Basic …" in page.text
    assert bench.secret not in page.html
    assert bench.secret not in str(dict(bench.visitor.http.cookies))


def test_a_refresh_token_comes_with_offline_access_and_works_once(bench: Bench) -> None:
    page = bench.with_tokens(scope="openid offline_access", prompt="consent")
    assert "refresh" in page.ids
    page = bench.press("refresh")
    assert page.text.count("Refresh") >= 2
    assert "invalid_grant" not in page.text
    bench.press("revoke")
    assert "invalid_grant" in bench.press("refresh").text


def test_the_parameters_reach_the_provider(bench: Bench) -> None:
    claims = json.dumps({"id_token": {"given_name": None}})
    page = bench.with_tokens(claims=claims, acr_values="urn:leerid:acr:password", max_age="600")
    assert '"given_name": "Hanne"' in page.text
    assert '"acr": "urn:leerid:acr:password"' in page.text


def test_an_error_is_shown_as_it_came(bench: Bench) -> None:
    bench.home()
    page = bench.press("start", prompt="none")
    assert '"error": "login_required"' in page.text
    assert "A code came back" not in page.text


def test_a_pushed_request_shows_its_address_only(bench: Bench) -> None:
    page = bench.sign_in(push="on")
    for said in ("Pushed request", "201", "urn:ietf:params:oauth:request_uri:"):
        assert said in page.text
    assert "A code came back" in page.text


def test_signing_out_leaves_nothing(bench: Bench) -> None:
    bench.with_tokens()
    page = bench.press("logout")
    assert page.url.startswith(f"{bench.origin}/?state=signed-out")
    assert "You have tokens" not in page.text
    assert '"error": "login_required"' in bench.press("start", prompt="none").text


def test_a_device_is_approved_on_the_page_of_leerid(bench: Bench) -> None:
    bench.home()
    page = bench.press("device")
    assert "On a device without a keyboard" in page.text
    assert "authorization_pending" in bench.press("poll").text


def test_client_credentials_give_a_token_for_a_named_resource(bench: Bench) -> None:
    bench.home()
    page = bench.press("alone")
    assert '"aud": "https://api.proefapp.example/"' in page.text
    assert '"sub": "proefapp"' in page.text


@pytest.mark.parametrize("change", ["iss", "state", "iss missing", "state missing"])
def test_OA_08_OA_30_an_answer_that_was_not_asked_for_is_not_used(bench: Bench, change: str) -> None:
    page = bench.sign_in()
    shown = page.text.partition("Authorization response")[2]
    state = shown.partition('"state": "')[2].partition('"')[0]
    answer = {"code": "made-up", "state": state, "iss": bench.provider.issuer}
    name, _, missing = change.partition(" ")
    answer[name] = "https://evil.example"
    if missing:
        del answer[name]
    page = bench.visitor.go("GET", f"{bench.origin}/callback", params=answer)
    assert "not used" in page.text
    assert "A code came back" not in page.text


def test_OA_33_its_forms_work_from_its_own_pages_only(bench: Bench) -> None:
    bench.home()
    for path in (
        "start",
        "exchange",
        "refresh",
        "userinfo",
        "introspect",
        "revoke",
        "logout",
        "device",
        "poll",
        "clear",
    ):
        for form in ({}, {"form": ""}, {"form": "x"}):
            assert bench.visitor.post(f"{bench.origin}/{path}", form).status == 400, path


@pytest.mark.parametrize(
    "path", ["exchange", "refresh", "userinfo", "introspect", "revoke", "poll", "logout"]
)
def test_a_step_too_early_is_no_fault(bench: Bench, path: str) -> None:
    form = bench.home().form("start").fields["form"]
    assert bench.visitor.post(f"{bench.origin}/{path}", {"form": form}).status < 500


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_OA_42_a_logout_token_that_is_none_is_refused(bench: Bench, token: str) -> None:
    answer = bench.visitor.http.post(f"{bench.origin}/backchannel-logout", data={"logout_token": token})
    assert answer.status_code == 400


def test_OA_42_a_logout_token_ends_what_it_names(bench: Bench) -> None:
    bench.with_tokens()
    visitor = bench.visitor
    visitor.get(f"{bench.provider.issuer}/end_session")
    visitor.submit(button="logout-confirm")
    backchannel.deliver_due(bench.provider.app)
    page = bench.home()
    assert "Signed out elsewhere" in page.text
    assert "You have tokens" not in page.text


def test_OA_58_what_the_provider_tells_is_shown_as_text(bench: Bench) -> None:
    page = bench.visitor.get(f"{bench.origin}/callback?error=<script>alert(1)</script>")
    assert "<script>alert" not in page.html
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_its_registration_is_right_and_names_registered_claims_only() -> None:
    client = read(REGISTRATIONS / "proefapp.toml")
    assert set(client.claims) <= set(PERSON_CLAIMS)
    assert client.pkce_required
    assert client.client_secret_sha256 == ""
    assert not client.dashboard


def test_nothing_of_leerids_own_code_is_in_it() -> None:
    for path in (REGISTRATIONS / "proefapp").glob("*.py"):
        assert "import idp" not in path.read_text(encoding="utf-8")
        assert "from idp" not in path.read_text(encoding="utf-8")
