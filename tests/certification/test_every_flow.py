"""The modules that Basic, Implicit, Hybrid and their Form Post variants share: each with every response type."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest

from idp.oidc.protocol import CLAIMS_OF_SCOPE, Scope
from tests.certification.houses import CLAIMS, SCOPES
from tests.certification.plans import PLANS
from tests.certification.run import Flow, Run, is_error_page
from tests.support.relying_party import challenge

every = pytest.mark.parametrize("plan", PLANS, ids=str)
with_access_token = pytest.mark.parametrize("plan", [p for p in PLANS if p.gives_access_token], ids=str)

TYPES = {"email_verified": bool, "phone_number_verified": bool, "address": dict, "updated_at": int}


@every
def test_oidcc_server(run: Run) -> None:
    """The whole flow; nobody asked for anything about the person."""
    flow = run.happy()
    assert run.known(flow) == {}
    if run.plan.gives_access_token:
        assert run.userinfo(flow).keys() == {"sub"}


@every
def test_oidcc_response_type_missing(run: Run) -> None:
    page, asked = run.visit(response_type=None)
    assert run.refusal(page, asked) in ("invalid_request", "unsupported_response_type")


@every
def test_oidcc_idtoken_signature(run: Run) -> None:
    header = jwt.get_unverified_header(run.happy().id_token)
    assert header["alg"] == "RS256"
    assert header["kid"]


@every
def test_oidcc_idtoken_unsigned(run: Run) -> None:
    """Skipped by the certification, because it is not on offer."""
    assert "none" not in run.rp.metadata["id_token_signing_alg_values_supported"]


# Userinfo


@with_access_token
def test_oidcc_userinfo_get(run: Run) -> None:
    flow = run.happy(scope="openid profile")
    told_as_json(run, flow, "GET", headers={"Authorization": f"Bearer {flow.access_token}"})


@with_access_token
def test_oidcc_userinfo_post_header(run: Run) -> None:
    flow = run.happy(scope="openid profile")
    told_as_json(run, flow, "POST", headers={"Authorization": f"Bearer {flow.access_token}"})


@with_access_token
def test_oidcc_userinfo_post_body(run: Run) -> None:
    flow = run.happy(scope="openid profile")
    told_as_json(run, flow, "POST", data={"access_token": flow.access_token})


def told_as_json(run: Run, flow: Flow, method: str, **sent: dict[str, str]) -> None:
    answer = run.rp.http.request(method, run.rp.metadata["userinfo_endpoint"], **sent)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json()["sub"] == flow.claims["sub"]
    assert isinstance(answer.json()["updated_at"], int)


# Scopes and claims


@every
def test_oidcc_scope_profile(run: Run) -> None:
    assert_scope_gives_its_claims(run, "profile")


@every
def test_oidcc_scope_email(run: Run) -> None:
    assert_scope_gives_its_claims(run, "email")


@every
def test_oidcc_scope_address(run: Run) -> None:
    assert_scope_gives_its_claims(run, "address")


@every
def test_oidcc_scope_phone(run: Run) -> None:
    assert_scope_gives_its_claims(run, "phone")


def assert_scope_gives_its_claims(run: Run, scope: str) -> None:
    found = run.known(run.happy(scope=f"openid {scope}"))
    assert found.keys() == set(CLAIMS_OF_SCOPE[Scope(scope)])
    assert all(type(value) is TYPES.get(name, str) for name, value in found.items())


@every
def test_oidcc_scope_all(run: Run) -> None:
    assert set(SCOPES) < set(run.rp.metadata["scopes_supported"])
    assert run.known(run.happy(scope=f"openid {' '.join(SCOPES)}")).keys() == set(CLAIMS)


@every
def test_oidcc_alternate_happy_flow(run: Run) -> None:
    """The order of scopes and of parameters is nobody's business."""
    asked = run.ask(scope="email openid")
    head, _, query = asked.url.partition("?")
    page = run.browser.get(f"{head}?{'&'.join(reversed(query.split('&')))}")
    run.complete(run.answer_of(run.sign_in(page), asked), asked)


@every
def test_oidcc_claims_essential(run: Run) -> None:
    where = "userinfo" if run.plan.gives_access_token else "id_token"
    flow = run.happy(claims=json.dumps({where: {"name": {"essential": True}}}))
    assert run.known(flow).keys() == {"name"}


# What the application says about its pages


@every
def test_oidcc_display_page(run: Run) -> None:
    run.happy(display="page")


@every
def test_oidcc_display_popup(run: Run) -> None:
    run.happy(display="popup")


@every
def test_oidcc_login_hint(run: Run) -> None:
    run.happy(login_hint="bob@example.org")


@every
def test_oidcc_ui_locales(run: Run) -> None:
    run.happy(ui_locales="se")


@every
def test_oidcc_claims_locales(run: Run) -> None:
    run.happy(claims_locales="se")


# Signing in again, or not


@every
def test_oidcc_prompt_login(run: Run) -> None:
    before = run.happy().claims
    run.house.clock.move(seconds=2)
    page, asked = run.visit(prompt="login")
    after = run.complete(run.answer_of(run.sign_in(page), asked), asked).claims
    assert after["auth_time"] > before["auth_time"]
    assert after["sub"] == before["sub"]


@every
def test_oidcc_prompt_none_not_logged_in(run: Run) -> None:
    page, asked = run.visit(prompt="none", state="s" * 128)
    assert run.refusal(page, asked) == "login_required"


@every
def test_oidcc_prompt_none_logged_in(run: Run) -> None:
    before = run.happy(max_age="10000").claims
    after = run.silent(prompt="none", max_age="10000").claims
    assert (after["sub"], after["auth_time"]) == (before["sub"], before["auth_time"])


@every
def test_oidcc_max_age_1(run: Run) -> None:
    before = run.happy().claims
    run.house.clock.move(seconds=2)
    page, asked = run.visit(max_age="1")
    after = run.complete(run.answer_of(run.sign_in(page), asked), asked).claims
    assert after["auth_time"] > before["auth_time"]


@every
def test_oidcc_max_age_10000(run: Run) -> None:
    before = run.happy().claims
    after = run.silent(max_age="10000").claims
    assert after["auth_time"] == before["auth_time"]


@every
def test_oidcc_id_token_hint(run: Run) -> None:
    before = run.happy()
    assert run.silent(prompt="none", id_token_hint=before.id_token).claims["sub"] == before.claims["sub"]


@every
def test_oidcc_ensure_request_with_acr_values_succeeds(run: Run) -> None:
    """All that are on offer, in the order in which they are."""
    offered = run.rp.metadata["acr_values_supported"]
    assert run.happy(acr_values=" ".join(offered)).claims["acr"] in offered


# Requests of every shape


@every
def test_oidcc_ensure_request_with_unknown_parameter_succeeds(run: Run) -> None:
    run.happy(extra="foobar")


@every
def test_oidcc_ensure_registered_redirect_uri(run: Run) -> None:
    page, _ = run.visit(redirect_uri=f"{run.rp.redirect_uri}/elders")
    assert is_error_page(page)


@every
def test_oidcc_ensure_post_request_succeeds(run: Run) -> None:
    asked = run.ask()
    address = run.rp.metadata["authorization_endpoint"]
    page = run.browser.post(address, dict(parse_qsl(urlsplit(asked.url).query)))
    run.complete(run.answer_of(run.sign_in(page), asked), asked)


@every
def test_oidcc_ensure_request_with_valid_pkce_succeeds(run: Run) -> None:
    verifier = "v" * 43
    wanted = {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    answer, asked = run.answered(**wanted)
    run.complete(answer, asked, verifier)


# Request objects that nobody signed: skipped by the certification, because they are not on offer


@every
def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(run: Run) -> None:
    assert "none" not in run.rp.metadata["request_object_signing_alg_values_supported"]
    page, asked = run.visit(request_uri="https://rp.example/request.jwt")
    assert run.refusal(page, asked) == "request_uri_not_supported"


@every
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(run: Run) -> None:
    page, asked = run.visit(request=unsigned({"state": "inside"}))
    assert run.refusal(page, asked) in ("request_not_supported", "invalid_request_object")


@every
def test_oidcc_ensure_request_object_with_redirect_uri(run: Run) -> None:
    """Nobody signed it, so nothing goes to the address inside."""
    page, asked = run.visit(request=unsigned({"redirect_uri": "https://elders.example/callback"}))
    assert run.refusal(page, asked) in ("request_not_supported", "invalid_request_object")


def unsigned(claims: dict[str, str]) -> str:
    return jwt.encode(claims, key="", algorithm="none")
