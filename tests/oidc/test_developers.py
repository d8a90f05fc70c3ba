"""/developers: what it says is what is, and the programs that it shows work."""

from __future__ import annotations

import hashlib
import html
import importlib.util
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
from playwright.sync_api import Page as ChromiumPage

from idp.oidc import backchannel, discovery
from idp.oidc.developers import CODE, EXAMPLES, SNIPPETS
from idp.oidc.protocol import ACR_OF_STRENGTH, API_SCOPES, CLAIMS_OF_SCOPE, PERSON_CLAIMS, Scope
from tests.journeys.looks import assert_sound
from tests.oidc.roads import through
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.server import Port

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "templates" / CODE
PASSWORD = "Regenboog-slak-42"


def test_the_page_says_what_discovery_says(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/developers")
    assert page.status == 200
    for name, value in discovery.metadata(provider.settings).items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert name in page.text
            assert value in page.text
        elif name in ("grant_types_supported", "response_types_supported", "acr_values_supported"):
            assert all(each in page.text for each in value), name


def test_it_is_what_discovery_leads_to(provider: Provider) -> None:
    told = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).json()
    assert requests.get(told["service_documentation"], timeout=5).status_code == 200


def test_what_is_off_is_not_offered(open_provider: Callable[..., Provider]) -> None:
    off = requests.get(f"{open_provider().issuer}/developers", timeout=5).text
    on = requests.get(f"{open_provider(registration={'enabled': True}).issuer}/developers", timeout=5).text
    assert "registration_endpoint" not in off
    assert "registration_endpoint" in on
    legacy = requests.get(
        f"{open_provider(clients={'legacy_flows': True}).issuer}/developers", timeout=5
    ).text
    assert "No tokens from the authorization endpoint" in off
    assert "No tokens from the authorization endpoint" not in legacy


def test_every_scope_claim_and_acr_is_explained(provider: Provider, visitor: Visitor) -> None:
    page = visitor.get("/developers")
    assert set(EXAMPLES) == set(PERSON_CLAIMS)
    for scope in set(Scope) - API_SCOPES:
        assert f">{scope.value}<" in page.html
    for claim, example in EXAMPLES.items():
        assert f">{claim}<" in page.html
        assert json.dumps(example, sort_keys=True) in html.unescape(page.text), claim
    for acr in ACR_OF_STRENGTH.values():
        assert acr in page.text


def test_the_examples_look_like_what_comes(provider: Provider, new_visitor: Callable[..., Visitor]) -> None:
    """Not their values, but their kinds: what a supplier reads here is what its code meets."""
    scope = "openid profile email leerid"
    claims = [*CLAIMS_OF_SCOPE["profile"], *CLAIMS_OF_SCOPE["email"], *CLAIMS_OF_SCOPE["leerid"]]
    rp = provider.relying_party(scope=scope, claims=dict.fromkeys(claims, "Om te testen"))
    pupil = provider.people.pupil("advanced", email="jan@example.be", school=2, class_code="3A")
    left_for, asked = through(new_visitor(), pupil, rp, scope=scope)
    told = rp.userinfo(rp.exchange(rp.code(left_for, asked), asked).access_token).json()
    assert len(told) >= 12
    for claim, value in told.items():
        if claim in EXAMPLES:
            assert kind(value) == kind(EXAMPLES[claim]), claim


def kind(value: Any) -> Any:
    return {name: kind(each) for name, each in value.items()} if isinstance(value, dict) else type(value)


def test_a_demonstration_leads_to_the_application_that_shows_every_message(
    open_provider: Callable[..., Provider],
) -> None:
    address = "http://127.0.0.1:8004"
    assert address not in requests.get(f"{open_provider().issuer}/developers", timeout=5).text
    shown = open_provider(demo={"enabled": True, "try_it": address})
    assert f'href="{address}"' in requests.get(f"{shown.issuer}/developers", timeout=5).text


def test_OA_45_OA_34_it_is_a_page_like_the_others(visitor: Visitor) -> None:
    page = visitor.get("/developers")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.html
    assert "Access-Control-Allow-Origin" not in page.headers


def test_wcag_it_is_readable_in_every_look_with_the_programs_open(
    provider: Provider, page: ChromiumPage
) -> None:
    page.goto(f"{provider.issuer}/developers")
    for summary in page.locator("details.fold > summary").all():
        summary.click()
    assert_sound(page)


# The programs


def test_each_program_is_shown_whole_and_run_by_a_test(visitor: Visitor) -> None:
    page = visitor.get("/developers")
    assert len(SNIPPETS) >= 5
    assert {each.file for each in SNIPPETS} == {each.name for each in FOLDER.iterdir() if each.is_file()}
    for snippet in SNIPPETS:
        text = (FOLDER / snippet.file).read_text(encoding="utf-8")
        assert html.unescape(page.html).count(text) == 1, snippet.file
        assert snippet.library in page.text
        assert any(snippet.file in each for each in where_programs_are_run()), snippet.file


def where_programs_are_run() -> list[str]:
    """Where each is run, unmodified, with the library that it is for: most of them with the other foreign applications."""
    rooms = [*(ROOT / "tests" / "interop").glob("*.py"), Path(__file__)]
    return [room.read_text(encoding="utf-8") for room in rooms]


@dataclass(frozen=True)
class Running:
    """The program for Flask, as a supplier would start it."""

    provider: Provider
    origin: str
    visitor: Visitor
    pupil: Made
    program: ModuleType

    def sign_in(self) -> Page:
        self.visitor.get(f"{self.origin}/login")
        self.visitor.submit(button="login-next", username=self.pupil.username)
        page = self.visitor.submit(button="login-submit", password=PASSWORD)
        return self.visitor.submit(button="consent-allow") if "consent-allow" in page.ids else page


@pytest.fixture
def running(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    port, secret = Port(), secrets.token_urlsafe(32)
    provider.register(
        {
            "client_id": "flaskapp",
            "name": "Oefenapp",
            "client_secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
            "redirect_uris": [f"{port.origin}/callback"],
            "post_logout_redirect_uris": [f"{port.origin}/bye"],
            "backchannel_logout_uri": f"{port.origin}/backchannel-logout",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile offline_access",
            "approval": "none",
            "claims": {"given_name": "Om je te begroeten"},
        }
    )
    knows = {"ISSUER": provider.issuer, "ORIGIN": port.origin, "CLIENT_ID": "flaskapp"}
    for name, value in {**knows, "CLIENT_SECRET": secret, "COOKIE_KEY": "a-cookie-key"}.items():
        monkeypatch.setenv(name, value)
    program = program_in("flask_app.py")
    port.serve(program.app)
    visitor = Visitor(provider.issuer, port.origin)
    pupil = provider.people.pupil("advanced", given_name="Hanne", password=PASSWORD)
    yield Running(provider, port.origin, visitor, pupil, program)
    visitor.close()
    port.close()


def program_in(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("shown_program", FOLDER / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shown_program"] = module  # Flask asks where it is
    spec.loader.exec_module(module)
    return module


def test_the_program_for_flask_signs_in_and_again_without_a_question(running: Running) -> None:
    page = running.sign_in()
    assert page.url == f"{running.origin}/"
    assert "Dag Hanne" in page.text
    assert "Dag Hanne" in running.visitor.get(f"{running.origin}/login").text


def test_the_program_for_flask_refreshes_and_rotates(running: Running) -> None:
    running.sign_in()
    first = next(iter(running.program.visits.values()))["tokens"]["refresh_token"]
    for _ in range(2):
        assert "Dag Hanne" in running.visitor.submit(button="refresh").text
    assert next(iter(running.program.visits.values()))["tokens"]["refresh_token"] != first


def test_the_program_for_flask_signs_out_here_and_there(running: Running) -> None:
    running.sign_in()
    page = running.visitor.submit(button="logout")
    assert page.url.startswith(f"{running.origin}/bye")
    assert "login-next" in running.visitor.get(f"{running.origin}/login").ids


def test_the_program_for_flask_hears_that_a_pupil_signed_out_elsewhere(running: Running) -> None:
    running.sign_in()
    running.visitor.get(f"{running.provider.issuer}/end_session")
    running.visitor.submit(button="logout-confirm")
    backchannel.deliver_due(running.provider.app)
    assert running.program.visits == {}
    assert "Sign in with LeerID" in running.visitor.get(f"{running.origin}/").text


def test_OA_42_the_program_for_flask_believes_no_other_logout_token(running: Running) -> None:
    running.sign_in()
    id_token = next(iter(running.program.visits.values()))["tokens"]["id_token"]
    for token in (id_token, "", "a.b.c", "eyJhbGciOiJub25lIn0.e30."):
        answer = requests.post(
            f"{running.origin}/backchannel-logout", data={"logout_token": token}, timeout=5
        )
        assert answer.status_code == 400, token[:20]
    assert len(running.program.visits) == 1


def test_OA_08_OA_30_OA_33_the_program_for_flask_refuses_what_it_did_not_ask(running: Running) -> None:
    strange = {"code": "x", "state": "x"}
    for iss in ("https://evil.example", running.provider.issuer, None):
        answer = running.visitor.go("GET", f"{running.origin}/callback", params={**strange, "iss": iss})
        assert answer.status == 400
    running.sign_in()
    for path in ("refresh", "logout"):
        assert running.visitor.post(f"{running.origin}/{path}", {"form": "x"}).status == 400
    assert running.visitor.get(f"{running.origin}/login?iss=https://evil.example").status == 400
