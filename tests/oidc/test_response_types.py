"""Tokens from the authorization endpoint: for old applications, where the operator and the registration both say so."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from idp.accounts.records import Account
from idp.authentication.records import BrowserSession
from idp.oidc.protocol import RESPONSE_TYPES
from idp.tokens.records import AccessToken, AuthorizationCode, GrantFamily, RefreshToken
from tests.oidc.roads import error, sign_in, through
from tests.support.browser import Visitor
from tests.support.people import Made
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

LEGACY = [each for each in RESPONSE_TYPES if each != "code"]
# What each word brings into the answer.
BRINGS: dict[str, set[str]] = {
    "code": {"code"},
    "id_token": {"id_token"},
    "token": {"access_token", "token_type", "expires_in", "scope"},
}
ALWAYS = {"state", "iss", "session_state"}


@pytest.fixture
def provider(open_provider: Callable[..., Provider]) -> Provider:
    """A provider whose operator serves old applications."""
    return open_provider(clients={"legacy_flows": True})


def old_party(provider: Provider, client_id: str = "oefenapp", **registration: Any) -> RelyingParty:
    wanted: dict[str, Any] = {
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "response_types": list(RESPONSE_TYPES),
        "claims": {"given_name": "Om je te begroeten", "email": "Om je te schrijven"},
        **registration,
    }
    return provider.relying_party(client_id, **wanted)


def brought(words: str) -> set[str]:
    return set().union(*(BRINGS[word] for word in words.split())) | ALWAYS


def half(value: str) -> str:
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


# What comes


@pytest.mark.parametrize("response_type", LEGACY)
@pytest.mark.parametrize("mode", [None, "fragment", "form_post"])
def test_each_word_brings_its_part(
    provider: Provider, visitor: Visitor, response_type: str, mode: str | None
) -> None:
    rp = old_party(provider)
    asked = rp.ask(response_type=response_type, response_mode=mode)
    visitor.get(asked.url)
    page = sign_in(visitor, provider.people.pupil())
    if mode == "form_post":
        answer = page.form().fields
        assert (page.form().action, page.headers["Cache-Control"]) == (rp.redirect_uri, "no-store")
    else:
        assert page.left_for is not None
        parts = urlsplit(page.left_for)
        assert (bool(parts.fragment), parts.query) == (True, "")
        answer = rp.answer(page.left_for, asked)
    assert set(answer) == brought(response_type)
    assert (answer["state"], answer["iss"]) == (asked.state, provider.issuer)
    if "access_token" in answer:
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", "600")
        assert rp.userinfo(answer["access_token"]).json()["sub"]


@pytest.mark.parametrize("response_type", [each for each in LEGACY if "id_token" in each])
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_the_id_token_binds_what_comes_with_it(
    provider: Provider, visitor: Visitor, response_type: str, alg: str
) -> None:
    """OIDC Core 3.2.2.9 and 3.3.2.11: at_hash and c_hash, and the nonce."""
    rp = old_party(provider, id_token_signed_response_alg=alg)
    left_for, asked = through(visitor, provider.people.pupil(), rp, response_type=response_type)
    answer = rp.answer(left_for, asked)
    claims = rp.verify(answer["id_token"], asked.nonce)
    assert claims.get("at_hash") == (half(answer["access_token"]) if "access_token" in answer else None)
    assert claims.get("c_hash") == (half(answer["code"]) if "code" in answer else None)
    assert {"auth_time", "acr", "sid", "iat", "exp"} <= set(claims)


@pytest.mark.parametrize("response_type", [each for each in LEGACY if "code" in each])
def test_a_hybrid_code_buys_tokens_about_the_same_person(
    provider: Provider, visitor: Visitor, response_type: str
) -> None:
    rp = old_party(provider)
    wanted = "openid profile email offline_access"
    left_for, asked = through(visitor, provider.people.pupil(), rp, response_type=response_type, scope=wanted)
    answer = rp.answer(left_for, asked)
    tokens = rp.exchange(answer["code"], asked)
    behind = rp.verify(tokens.id_token, asked.nonce)
    assert tokens.refresh_token is not None
    if "id_token" in answer:
        front = rp.verify(answer["id_token"], asked.nonce)
        assert {name: front[name] for name in ("iss", "sub", "aud", "auth_time", "sid")} == {
            name: behind[name] for name in ("iss", "sub", "aud", "auth_time", "sid")
        }
    if "access_token" in answer:
        assert answer["access_token"] != tokens.access_token


@pytest.mark.parametrize("response_type", RESPONSE_TYPES)
def test_PR_05_the_person_is_in_the_id_token_only_when_nothing_else_comes(
    provider: Provider, visitor: Visitor, response_type: str
) -> None:
    """OIDC Core 5.4: with response_type=id_token there is no userinfo to ask."""
    rp, pupil = old_party(provider), provider.people.pupil(given_name="Noor")
    left_for, asked = through(visitor, pupil, rp, response_type=response_type, scope="openid profile")
    answer = rp.answer(left_for, asked)
    if "id_token" in answer:
        told = rp.verify(answer["id_token"], asked.nonce)
        assert told.get("given_name") == ("Noor" if response_type == "id_token" else None)
        assert "family_name" not in told, "it was not registered"
        assert "email" not in told, "it was not asked"
    if "code" in answer:
        tokens = rp.exchange(answer["code"], asked)
        assert "given_name" not in rp.verify(tokens.id_token, asked.nonce)
        assert rp.userinfo(tokens.access_token).json()["given_name"] == "Noor"


@pytest.mark.parametrize(
    ("response_type", "front"), [("id_token token", True), ("code id_token", False), ("id_token", True)]
)
def test_what_is_asked_by_name_is_in_the_only_id_token(
    provider: Provider, visitor: Visitor, response_type: str, front: bool
) -> None:
    rp, pupil = old_party(provider), provider.people.pupil(given_name="Noor")
    claims = '{"id_token":{"given_name":{"essential":true},"family_name":null}}'
    left_for, asked = through(visitor, pupil, rp, response_type=response_type, claims=claims)
    answer = rp.answer(left_for, asked)
    told = rp.verify(answer["id_token"], asked.nonce)
    assert ("given_name" in told, "family_name" in told) == (front, False)
    if "code" in answer:
        tokens = rp.exchange(answer["code"], asked)
        assert rp.verify(tokens.id_token, asked.nonce)["given_name"] == "Noor"


def test_oidcc_ensure_request_without_nonce(provider: Provider, visitor: Visitor) -> None:
    """It fails where an ID token passes through the browser, and only there."""
    rp, pupil = old_party(provider), provider.people.pupil()
    through(visitor, pupil, rp)
    for response_type in RESPONSE_TYPES:
        asked = rp.ask(response_type=response_type, nonce=None)
        page = visitor.get(asked.url)
        if "id_token" in response_type:
            assert error(rp, page, asked) == "invalid_request"
        else:
            assert page.left_for is not None
            assert set(rp.answer(page.left_for)) == brought(response_type)


def test_the_order_of_the_words_means_nothing(provider: Provider, visitor: Visitor) -> None:
    """Also in a registration: `token id_token` is what some libraries write."""
    rp = old_party(provider, response_types=["code", "token id_token", "token code id_token"])
    through(visitor, provider.people.pupil(), rp)
    for response_type in ("token id_token", "id_token token", "id_token code token"):
        page = visitor.get(rp.ask(response_type=response_type).url)
        assert page.left_for is not None
        assert "id_token=" in urlsplit(page.left_for).fragment


def test_OA_13_without_a_code_nothing_outlives_the_sign_in(provider: Provider, visitor: Visitor) -> None:
    rp, pupil = old_party(provider), provider.people.pupil()
    wanted = "openid profile offline_access"
    left_for, asked = through(visitor, pupil, rp, response_type="id_token token", scope=wanted)
    answer = rp.answer(left_for, asked)
    assert answer["scope"] == "openid profile"
    with provider.reading() as db:
        family = db.scalars(select(GrantFamily)).one()
        assert (family.offline, family.scope) == (False, "openid profile")
        assert db.scalars(select(RefreshToken)).all() == []
        assert db.scalars(select(AuthorizationCode)).all() == []
        assert len(db.scalars(select(AccessToken)).all()) == 1
    assert rp.userinfo(answer["access_token"]).status_code == 200
    with provider.db() as db:
        db.scalars(select(BrowserSession)).one().ended_at = provider.clock()
    assert rp.userinfo(answer["access_token"]).status_code == 401


def test_OA_06_a_code_that_is_used_twice_ends_the_token_that_came_with_it(
    provider: Provider, visitor: Visitor
) -> None:
    rp = old_party(provider)
    left_for, asked = through(visitor, provider.people.pupil(), rp, response_type="code id_token token")
    answer = rp.answer(left_for, asked)
    rp.exchange(answer["code"], asked)
    assert rp.userinfo(answer["access_token"]).status_code == 200
    assert rp.try_exchange(answer["code"], asked.verifier).status_code == 400
    assert rp.userinfo(answer["access_token"]).status_code == 401


def test_CV_07_a_blocked_pupil_s_token_is_dead(provider: Provider, visitor: Visitor) -> None:
    rp, pupil = old_party(provider), provider.people.pupil()
    left_for, asked = through(visitor, pupil, rp, response_type="id_token token")
    answer = rp.answer(left_for, asked)
    block(provider, pupil)
    assert rp.userinfo(answer["access_token"]).status_code == 401


def block(provider: Provider, pupil: Made) -> None:
    with provider.db() as db:
        db.get_one(Account, pupil.account_id).blocked_at = provider.clock()


# What is refused


def test_OA_67_without_the_operator_s_word_there_is_only_the_code(
    open_provider: Callable[..., Provider],
) -> None:
    """Whatever the registration says; and the error comes where such an application looks for it."""
    provider = open_provider()
    rp, visitor = old_party(provider), Visitor(provider.issuer)
    through(visitor, provider.people.pupil(), rp)
    assert rp.metadata["response_types_supported"] == ["code"]
    for response_type in LEGACY:
        asked = rp.ask(response_type=response_type)
        page = visitor.get(asked.url)
        assert error(rp, page, asked) == "unsupported_response_type"
        assert page.left_for is not None
        assert urlsplit(page.left_for).query == ""


def test_OA_67_what_is_advertised_is_what_works(provider: Provider, visitor: Visitor) -> None:
    rp = old_party(provider)
    assert rp.metadata["response_types_supported"] == list(RESPONSE_TYPES)
    assert "implicit" in rp.metadata["grant_types_supported"]
    through(visitor, provider.people.pupil(), rp)
    for response_type in rp.metadata["response_types_supported"]:
        page = visitor.get(rp.ask(response_type=response_type).url)
        assert page.left_for is not None
        assert set(rp.answer(page.left_for)) == brought(response_type)


def test_a_client_that_did_not_register_it_does_not_get_it(provider: Provider, visitor: Visitor) -> None:
    rp = old_party(provider, response_types=["code"])
    for response_type in LEGACY:
        asked = rp.ask(response_type=response_type)
        assert error(rp, visitor.get(asked.url), asked) == "unauthorized_client"


def test_a_client_of_tokens_only_gets_no_code(provider: Provider, visitor: Visitor) -> None:
    rp = old_party(
        provider, response_types=["id_token"], grant_types=["implicit"], scope="openid profile email"
    )
    asked = rp.ask(response_type="code")
    assert error(rp, visitor.get(asked.url), asked) == "unauthorized_client"
    asked = rp.ask(response_type="id_token", code_challenge=None, code_challenge_method=None)
    assert "login-next" in visitor.get(asked.url).ids


MEANINGLESS = (
    *("token", "none", "code none", "code code", "code  id_token", " code", "code ", "id_token id_token"),
    *("code\tid_token", "CODE", "code id_token token x", "code,id_token", "id_token%20token"),
)


def test_words_that_mean_nothing(provider: Provider, visitor: Visitor) -> None:
    rp = old_party(provider)
    for response_type in MEANINGLESS:
        asked = rp.ask(response_type=response_type)
        assert error(rp, visitor.get(asked.url), asked) == "unsupported_response_type", response_type


@pytest.mark.parametrize("prompt", ["none", None])
def test_nothing_of_it_ever_stands_in_a_query(
    provider: Provider, visitor: Visitor, prompt: str | None
) -> None:
    """OAuth 2.0 Multiple Response Types section 5, for errors as well."""
    rp = old_party(provider)
    if prompt is None:
        through(visitor, provider.people.pupil(), rp)
    for response_type in LEGACY:
        asked = rp.ask(response_type=response_type, response_mode="query", prompt=prompt)
        page = visitor.get(asked.url)
        assert error(rp, page, asked) == "invalid_request"
        assert page.left_for is not None
        assert urlsplit(page.left_for).query == ""


def test_an_error_comes_in_the_fragment_as_well(provider: Provider, visitor: Visitor) -> None:
    rp = old_party(provider)
    for response_type in LEGACY:
        asked = rp.ask(response_type=response_type, prompt="none")
        page = visitor.get(asked.url)
        assert error(rp, page, asked) == "login_required"
        assert page.left_for is not None
        assert urlsplit(page.left_for).query == ""


def test_OA_07_a_code_wants_its_challenge_whatever_comes_with_it(
    provider: Provider, visitor: Visitor
) -> None:
    rp = old_party(provider)
    for response_type in LEGACY:
        asked = rp.ask(response_type=response_type, code_challenge=None, code_challenge_method=None)
        page = visitor.get(asked.url)
        if "code" in response_type:
            assert error(rp, page, asked) == "invalid_request"
        else:
            assert "login-next" in page.ids
        for wrong in (
            {"code_challenge_method": "plain"},
            {"code_challenge": "short"},
            {"code_challenge": None},
        ):
            asked = rp.ask(response_type=response_type, **wrong)
            assert error(rp, visitor.get(asked.url), asked) == "invalid_request"


def test_OA_01_CV_02_no_token_goes_to_an_address_that_was_not_registered(
    provider: Provider, visitor: Visitor
) -> None:
    rp = old_party(provider)
    through(visitor, provider.people.pupil(), rp)
    for response_type in LEGACY:
        for wrong in ("https://evil.example/callback", f"{rp.redirect_uri}/", f"{rp.redirect_uri}#x", None):
            for scope in ("openid", "profile", None):
                asked = rp.ask(response_type=response_type, redirect_uri=wrong, scope=scope)
                page = visitor.get(asked.url)
                assert (page.status, page.left_for, page.history) == (400, None, [])


def test_tokens_for_a_resource_and_bound_ones_come_from_the_token_endpoint(
    provider: Provider, visitor: Visitor
) -> None:
    rp = old_party(provider, resources=["https://api.example"])
    through(visitor, provider.people.pupil(), rp)
    asked = rp.ask(response_type="code token", resource="https://api.example")
    assert error(rp, visitor.get(asked.url), asked) == "invalid_target"
    page = visitor.get(rp.ask(response_type="code id_token", resource="https://api.example").url)
    assert page.left_for is not None
    assert "code=" in page.left_for
    bound = old_party(provider, "gebonden", dpop_bound_access_tokens=True)
    asked = bound.ask(response_type="id_token token")
    assert error(bound, visitor.get(asked.url), asked) == "invalid_request"
    page = visitor.get(bound.ask(response_type="code id_token").url)
    assert page.left_for is not None
    assert "code=" in page.left_for


def test_oidcc_server_with_the_formpost_plan_escapes_what_it_posts(
    provider: Provider, visitor: Visitor
) -> None:
    rp = old_party(provider)
    through(visitor, provider.people.pupil(), rp)
    hostile = '"><script>alert(1)</script>'
    page = visitor.get(
        rp.ask(response_type="code id_token token", response_mode="form_post", state=hostile).url
    )
    assert page.form().fields["state"] == hostile
    assert "<script>alert" not in page.html
    assert page.response.headers.get("Location") is None


# Defaults of a registration


def test_default_max_age_is_a_max_age_of_who_asks_none(provider: Provider, visitor: Visitor) -> None:
    rp, pupil = provider.relying_party(default_max_age=60), provider.people.pupil()
    through(visitor, pupil, rp)
    provider.clock.move(seconds=50)
    page = visitor.get(rp.ask(prompt="none").url)
    assert page.left_for is not None
    assert "code=" in page.left_for
    provider.clock.move(seconds=20)
    asked = rp.ask(prompt="none")
    assert error(rp, visitor.get(asked.url), asked) == "login_required"
    page = visitor.get(rp.ask(prompt="none", max_age="10000").url)
    assert page.left_for is not None
    assert "code=" in page.left_for, "what is asked goes before"


def test_default_acr_values_are_a_wish_of_who_asks_none(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil()
    rp = provider.relying_party(default_acr_values=["urn:leerid:acr:two-factor", "urn:leerid:acr:basic"])
    left_for, asked = through(visitor, pupil, rp)
    told = rp.verify(rp.exchange(rp.code(left_for, asked), asked).id_token, asked.nonce)
    assert told["acr"] == "urn:leerid:acr:basic"
    left_for, asked = through(visitor, pupil, rp, acr_values="urn:leerid:acr:password")
    told = rp.verify(rp.exchange(rp.code(left_for, asked), asked).id_token, asked.nonce)
    assert told["acr"] == "urn:leerid:acr:password"


# RFC 8707, RFC 9449 section 10


def test_a_resource_is_one_that_was_registered_byte_for_byte(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party(resources=["https://api.example/v1", "https://other.example"])
    through(visitor, provider.people.pupil(), rp)
    for wrong in (
        "https://api.example",
        "https://api.example/v1/",
        "https://api.example/v1?x",
        "https://API.example/v1",
        "https://api.example/v1 https://other.example",
        "*",
        rp.issuer,
    ):
        asked = rp.ask(resource=wrong)
        assert error(rp, visitor.get(asked.url), asked) == "invalid_target", wrong
    twice = f"{rp.ask(resource='https://api.example/v1').url}&resource=https://other.example"
    page = visitor.get(twice)
    assert page.left_for is not None
    assert rp.answer(page.left_for)["error"] == "invalid_request"
    page = visitor.get(rp.ask(resource="https://api.example/v1").url)
    assert page.left_for is not None
    with provider.reading() as db:
        assert "https://api.example/v1" in db.scalars(select(GrantFamily.resource)).all()


def test_a_token_that_would_not_be_bound_is_not_given(provider: Provider, visitor: Visitor) -> None:
    rp = old_party(provider)
    asked = rp.ask(response_type="code token", dpop_jkt="k" * 43)
    assert error(rp, visitor.get(asked.url), asked) == "invalid_request"


def test_dpop_jkt_stays_with_the_code(provider: Provider, visitor: Visitor) -> None:
    rp = provider.relying_party()
    through(visitor, provider.people.pupil(), rp, dpop_jkt="k" * 43)
    with provider.reading() as db:
        assert db.scalars(select(AuthorizationCode.jkt)).all() == ["k" * 43]
