"""The modules of the certification's Basic profile for providers, one test each and named after it.

The client is what the certification brings: no PKCE, `client_secret_basic`, and a registration for every standard claim; the
pupil is one of whom everything is known. What a module only asks in passing is checked in `happy`.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests

from idp.accounts.records import Account
from idp.oidc.protocol import CLAIMS_OF_SCOPE, Scope
from tests.oidc.roads import error, sign_in
from tests.support.browser import Page, Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty, Tokens

EVERYTHING = ("profile", "email", "address", "phone")
OTHER_CLAIMS = {
    "middle_name": "Jozef",
    "nickname": "Ardi",
    "profile": "https://school.example/ardalan",
    "picture": "https://school.example/ardalan.png",
    "website": "https://ardalan.example",
    "zoneinfo": "Europe/Brussels",
    "locale": "nl-BE",
    "address": {"formatted": "Nieuwstraat 1, 1000 Brussel", "country": "BE"},
    "phone_number": "+32 2 000 00 00",
    "phone_number_verified": True,
}


@pytest.fixture
def pupil(provider: Provider) -> Made:
    made = provider.people.pupil("advanced", email="ardalan@mail.example")
    with provider.db() as db:
        account = db.get(Account, made.account_id)
        assert account is not None
        account.person.other_claims = dict(OTHER_CLAIMS)
        account.person.sex = "M"
        account.person.birth_date = date(2010, 6, 11)
    return made


@pytest.fixture
def rp(provider: Provider) -> RelyingParty:
    registered = {claim: "Om te keuren" for scope in EVERYTHING for claim in CLAIMS_OF_SCOPE[Scope(scope)]}
    return provider.relying_party(
        "keuring", pkce="optional", scope=f"openid {' '.join(EVERYTHING)} offline_access", claims=registered
    )


def ask(rp: RelyingParty, **parameters: str | None) -> Asked:
    return rp.ask(**{"code_challenge": None, "code_challenge_method": None, **parameters})


def answered(visitor: Visitor, rp: RelyingParty, pupil: Made, **parameters: str | None) -> tuple[str, Asked]:
    """The code of an authorization request, with a sign-in where one is asked."""
    asked = ask(rp, **parameters)
    page = visitor.get(asked.url)
    if page.left_for is None:
        page = sign_in(visitor, pupil)
    assert page.left_for is not None, page.text[:300]
    return rp.code(page.left_for, asked), asked


def happy(
    visitor: Visitor, rp: RelyingParty, pupil: Made, **parameters: str | None
) -> tuple[Tokens, dict[str, Any]]:
    """The whole flow, with what every module checks on its way."""
    code, asked = answered(visitor, rp, pupil, **parameters)
    assert len(code) >= 43  # 256 bits
    answer = rp.try_exchange(code, None)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    raw = answer.json()
    assert raw["token_type"] == "Bearer"
    assert isinstance(raw["expires_in"], int)
    claims = rp.verify(raw["id_token"], asked.nonce or None)
    assert isinstance(claims["aud"], str)
    assert claims["acr"]
    return Tokens(raw["access_token"], raw["id_token"], raw.get("refresh_token"), raw), claims


def told(rp: RelyingParty, tokens: Tokens) -> dict[str, Any]:
    answer = rp.userinfo(tokens.access_token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_oidcc_server(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    tokens, claims = happy(visitor, rp, pupil)
    assert told(rp, tokens) == {"sub": claims["sub"]}
    assert not {"name", "email", "given_name"} & claims.keys()


def test_oidcc_response_type_missing(visitor: Visitor, rp: RelyingParty) -> None:
    asked = ask(rp, response_type=None)
    assert error(rp, visitor.get(asked.url), asked) in ("invalid_request", "unsupported_response_type")


def test_oidcc_idtoken_signature(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    tokens, _ = happy(visitor, rp, pupil)
    header = jwt.get_unverified_header(tokens.id_token)
    assert header["alg"] == "RS256"
    assert header["kid"]


def test_oidcc_idtoken_unsigned_is_not_offered(rp: RelyingParty) -> None:
    assert "none" not in rp.metadata["id_token_signing_alg_values_supported"]


@pytest.mark.parametrize("way", ["get", "post-header", "post-body"])
def test_oidcc_userinfo(visitor: Visitor, rp: RelyingParty, pupil: Made, way: str) -> None:
    tokens, claims = happy(visitor, rp, pupil, scope="openid profile")
    url, bearer = rp.metadata["userinfo_endpoint"], {"Authorization": f"Bearer {tokens.access_token}"}
    match way:
        case "get":
            answer = requests.get(url, headers=bearer, timeout=10)
        case "post-header":
            answer = requests.post(url, headers=bearer, timeout=10)
        case _:
            answer = requests.post(url, data={"access_token": tokens.access_token}, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["sub"] == claims["sub"]
    assert isinstance(answer.json()["updated_at"], int)


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(
    visitor: Visitor, rp: RelyingParty, pupil: Made
) -> None:
    _, claims = happy(visitor, rp, pupil, nonce=None)
    assert "nonce" not in claims


@pytest.mark.parametrize("scope", EVERYTHING)
def test_oidcc_scope(visitor: Visitor, rp: RelyingParty, pupil: Made, scope: str) -> None:
    tokens, claims = happy(visitor, rp, pupil, scope=f"openid {scope}")
    found, expected = told(rp, tokens), set(CLAIMS_OF_SCOPE[Scope(scope)])
    assert found.keys() - {"sub"} == expected
    assert not expected & claims.keys()
    types = {"email_verified": bool, "phone_number_verified": bool, "address": dict, "updated_at": int}
    assert all(type(value) is types.get(name, str) for name, value in found.items())


def test_oidcc_scope_all(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    tokens, _ = happy(visitor, rp, pupil, scope=f"openid {' '.join(EVERYTHING)}")
    expected = {claim for scope in EVERYTHING for claim in CLAIMS_OF_SCOPE[Scope(scope)]}
    assert told(rp, tokens).keys() == expected | {"sub"}


def test_oidcc_alternate_happy_flow(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    """The order of scopes and of parameters is nobody's business."""
    asked = ask(rp, scope="email openid")
    head, _, query = asked.url.partition("?")
    visitor.get(f"{head}?{'&'.join(reversed(query.split('&')))}")
    assert "code" in rp.answer(sign_in(visitor, pupil).left_for or "", asked)


@pytest.mark.parametrize("display", ["page", "popup"])
def test_oidcc_display(visitor: Visitor, rp: RelyingParty, pupil: Made, display: str) -> None:
    happy(visitor, rp, pupil, display=display)


def test_oidcc_prompt_login(provider: Provider, visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    _, before = happy(visitor, rp, pupil)
    provider.clock.move(seconds=2)
    assert visitor.get(ask(rp, prompt="login").url).left_for is None
    _, after = happy(visitor, rp, pupil, prompt="login")
    assert after["auth_time"] > before["auth_time"]
    assert after["sub"] == before["sub"]


def test_oidcc_prompt_none_not_logged_in(visitor: Visitor, rp: RelyingParty) -> None:
    asked = ask(rp, prompt="none", state="s" * 128)
    assert error(rp, visitor.get(asked.url), asked) == "login_required"


def test_oidcc_prompt_none_logged_in(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    _, before = happy(visitor, rp, pupil)
    _, after = happy(visitor, rp, pupil, prompt="none")
    assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])


def test_oidcc_max_age_1(provider: Provider, visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    _, before = happy(visitor, rp, pupil)
    provider.clock.move(seconds=2)
    page: Page = visitor.get(ask(rp, max_age="1").url)
    assert page.left_for is None
    _, after = happy(visitor, rp, pupil, max_age="1")
    assert after["auth_time"] > before["auth_time"]


def test_oidcc_max_age_10000(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    _, before = happy(visitor, rp, pupil)
    asked = ask(rp, max_age="10000")
    page = visitor.get(asked.url)
    assert page.left_for is not None
    answer = rp.try_exchange(rp.code(page.left_for, asked), None)
    assert rp.verify(answer.json()["id_token"])["auth_time"] == before["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(
    visitor: Visitor, rp: RelyingParty, pupil: Made
) -> None:
    happy(visitor, rp, pupil, extra="foobar")


def test_oidcc_id_token_hint(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    tokens, before = happy(visitor, rp, pupil)
    _, after = happy(visitor, rp, pupil, prompt="none", id_token_hint=tokens.id_token)
    assert after["sub"] == before["sub"]


@pytest.mark.parametrize(
    "asked",
    [{"login_hint": "bob@example.org"}, {"ui_locales": "se"}, {"claims_locales": "se"}],
    ids=lambda a: next(iter(a)),
)
def test_oidcc_hints_and_locales(
    visitor: Visitor, rp: RelyingParty, pupil: Made, asked: dict[str, str]
) -> None:
    happy(visitor, rp, pupil, **asked)


def test_oidcc_ensure_request_with_acr_values_succeeds(
    visitor: Visitor, rp: RelyingParty, pupil: Made
) -> None:
    offered = rp.metadata["acr_values_supported"]
    wanted = [acr for acr in offered if acr.endswith(("password", "basic"))]
    _, claims = happy(visitor, rp, pupil, acr_values=" ".join(wanted))
    assert claims["acr"] in wanted


@pytest.mark.parametrize("seconds", [0, 30])
def test_oidcc_codereuse(
    provider: Provider, visitor: Visitor, rp: RelyingParty, pupil: Made, seconds: int
) -> None:
    code, _ = answered(visitor, rp, pupil)
    first = rp.try_exchange(code, None).json()
    provider.clock.move(seconds=seconds)
    again = rp.try_exchange(code, None)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert rp.userinfo(first["access_token"]).status_code == 401


def test_oidcc_ensure_registered_redirect_uri(visitor: Visitor, rp: RelyingParty) -> None:
    page = visitor.get(ask(rp, redirect_uri=f"{rp.redirect_uri}/elders").url)
    assert page.status == 400
    assert not page.history


def test_oidcc_ensure_post_request_succeeds(
    provider: Provider, visitor: Visitor, rp: RelyingParty, pupil: Made
) -> None:
    asked = ask(rp)
    visitor.post(f"{provider.issuer}/authorize", dict(parse_qsl(urlsplit(asked.url).query)))
    assert rp.code(sign_in(visitor, pupil).left_for or "", asked)


def test_oidcc_server_client_secret_post(provider: Provider, visitor: Visitor, pupil: Made) -> None:
    rp = provider.relying_party(
        "keuring-post", pkce="optional", token_endpoint_auth_method="client_secret_post"
    )
    happy(visitor, rp, pupil)


@pytest.mark.parametrize(
    ("parameter", "refusal"),
    [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")],
)
def test_oidcc_request_objects_are_rejected_as_unsupported(
    visitor: Visitor, rp: RelyingParty, parameter: str, refusal: str
) -> None:
    assert rp.metadata.get(f"{parameter}_parameter_supported") is False
    asked = ask(rp, **{parameter: "https://rp.example/request.jwt"})
    assert error(rp, visitor.get(asked.url), asked) == refusal


def test_oidcc_claims_essential(visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    wanted = json.dumps({"userinfo": {"name": {"essential": True}}})
    tokens, claims = happy(visitor, rp, pupil, claims=wanted)
    assert told(rp, tokens)["name"]
    assert "name" not in claims


def test_oidcc_refresh_token(provider: Provider, visitor: Visitor, rp: RelyingParty, pupil: Made) -> None:
    assert "refresh_token" in rp.metadata["grant_types_supported"]
    tokens, before = happy(visitor, rp, pupil, scope="openid offline_access")
    other = provider.relying_party("andere-keuring")
    stolen = other.try_refresh(tokens.refresh_token)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    provider.clock.move(seconds=2)
    answer = rp.try_refresh(tokens.refresh_token)
    assert answer.headers["Cache-Control"] == "no-store"
    after = rp.verify(answer.json()["id_token"])
    for claim in ("iss", "sub", "aud", "auth_time"):
        assert after[claim] == before[claim]
    assert after["iat"] > before["iat"]


def test_oidcc_ensure_request_with_valid_pkce_succeeds(
    visitor: Visitor, rp: RelyingParty, pupil: Made
) -> None:
    asked = rp.ask()
    visitor.get(asked.url)
    page = sign_in(visitor, pupil)
    assert page.left_for is not None
    assert rp.exchange(rp.code(page.left_for, asked), asked).id_token
