"""A token for an application itself (RFC 6749 section 4.4): for a resource that it registered, and with nobody in it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
import requests
from sqlalchemy import select, update

from idp.oidc.protocol import AuthMethod
from idp.tokens.records import AccessToken, ClientToken, GrantFamily
from tests.oidc.handed_out import error_of
from tests.oidc.test_resource_tokens import OTHER, RESOURCE, opened, with_resources
from tests.support.provider import Provider
from tests.support.proving import Prover
from tests.support.relying_party import RelyingParty, basic
from tests.support.statements import counted, verbs


@pytest.fixture
def rp(provider: Provider) -> RelyingParty:
    return machine(provider)


def machine(provider: Provider, client_id: str = "rooster", **registration: Any) -> RelyingParty:
    """An application that works at night, when nobody is signed in."""
    return with_resources(
        provider,
        client_id,
        **{"grant_types": ["client_credentials"], "response_types": [], "scope": "openid", **registration},
    )


def ask(rp: RelyingParty, resource: str | None = RESOURCE, **changes: str | None) -> requests.Response:
    return rp.token(grant_type="client_credentials", resource=resource, **changes)


def token_of(answer: requests.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_it_says_which_application_and_for_whom(rp: RelyingParty) -> None:
    answer = ask(rp)
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}, "no refresh token, no ID token"
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    claims = opened(rp, body["access_token"])
    assert set(claims) == {"iss", "sub", "aud", "client_id", "jti", "iat", "exp"}
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("rooster", "rooster", RESOURCE)
    assert claims["exp"] - claims["iat"] == 600


def test_one_write_and_no_grant_of_a_person(provider: Provider, rp: RelyingParty) -> None:
    ask(rp)
    with counted(provider.engine) as statements:
        token_of(ask(rp))
    assert verbs(statements) == ["INSERT"]
    with provider.reading() as db:
        for record in (GrantFamily, AccessToken):
            assert db.scalar(select(record).limit(1)) is None
        assert {row.client_id for row in db.scalars(select(ClientToken))} == {"rooster"}


def test_OA_11_in_the_way_that_it_registered_to_prove_who_it_is(provider: Provider) -> None:
    rp = machine(provider, token_endpoint_auth_method="client_secret_post")
    assert token_of(ask(rp))
    assert rp.secret is not None
    headers = {"Authorization": basic(rp.client_id, rp.secret)}
    form = {"grant_type": "client_credentials", "resource": RESOURCE}
    answer = requests.post(f"{provider.issuer}/token", data=form, headers=headers, timeout=10)
    assert error_of(answer, 401) == "invalid_client"


# What is refused


@pytest.mark.parametrize(
    "resource", [None, "", "https://dief.example/", RESOURCE + "/", RESOURCE.upper(), "x"]
)
def test_OA_56_only_for_what_it_registered(rp: RelyingParty, resource: str | None) -> None:
    assert error_of(ask(rp, resource)) == "invalid_target"


def test_OA_56_two_resources_at_once_are_none(provider: Provider, rp: RelyingParty) -> None:
    assert rp.secret is not None
    form = [("grant_type", "client_credentials"), ("resource", RESOURCE), ("resource", OTHER)]
    headers = {"Authorization": basic(rp.client_id, rp.secret)}
    answer = requests.post(f"{provider.issuer}/token", data=form, headers=headers, timeout=10)
    assert error_of(answer) == "invalid_request"


@pytest.mark.parametrize(
    "scope", ["openid", "profile", "leerid:self", "leerid:school", "offline_access", "x", " "]
)
def test_OA_56_CV_26_no_scope_because_those_are_about_people(provider: Provider, scope: str) -> None:
    rp = machine(provider, first_party=True, scope="openid profile leerid:self leerid:school")
    assert error_of(ask(rp, scope=scope)) == "invalid_scope"


def test_only_for_a_client_that_registered_the_grant(provider: Provider) -> None:
    rp = with_resources(provider)
    assert error_of(ask(rp)) == "unauthorized_client"


def test_a_client_with_this_grant_alone_has_no_other(rp: RelyingParty) -> None:
    for grant_type in ("authorization_code", "refresh_token"):
        answer = rp.token(grant_type=grant_type, code="x" * 43, refresh_token="x" * 43)
        assert error_of(answer) == "unauthorized_client"


def test_OA_11_whoever_proves_nothing_gets_nothing(provider: Provider, rp: RelyingParty) -> None:
    form = {"grant_type": "client_credentials", "resource": RESOURCE}
    url, wrong = f"{provider.issuer}/token", base64.b64encode(b"rooster:x").decode()
    for headers, more in (
        ({}, {}),
        ({}, {"client_id": "rooster"}),
        ({"Authorization": f"Basic {wrong}"}, {}),
        ({}, {"client_id": "rooster", "client_secret": rp.secret or ""}),
    ):
        answer = requests.post(url, data={**form, **more}, headers=headers, timeout=10)
        assert error_of(answer, 401) == "invalid_client"


def test_OA_11_not_even_when_its_registration_would_let_it(provider: Provider, rp: RelyingParty) -> None:
    """A registration that says so is refused; this is what stands behind that."""
    assert token_of(ask(rp))
    known, name = provider.app.extensions["leerid.clients"], f"dyn-{0:032x}"
    public = replace(
        known.get("rooster"), client_id=name, token_endpoint_auth_method=AuthMethod.NONE, dynamic=True
    )
    known.dynamic = {name: public}.get
    form = {"grant_type": "client_credentials", "resource": RESOURCE, "client_id": name}
    answer = requests.post(f"{provider.issuer}/token", data=form, timeout=10)
    assert error_of(answer) == "unauthorized_client"


def test_OA_18_a_token_whose_row_is_for_another_resource(provider: Provider, rp: RelyingParty) -> None:
    token = token_of(ask(rp))
    with provider.db() as db:
        db.execute(update(ClientToken).values(audience=OTHER))
    assert rp.introspect(token).json() == {"active": False}


def test_CV_07_a_client_that_is_gone_gets_no_more(provider: Provider, rp: RelyingParty) -> None:
    token = token_of(ask(rp))
    provider.unregister("rooster")
    assert error_of(ask(rp), 401) == "invalid_client"
    assert error_of(rp.introspect(token), 401) == "invalid_client"


def test_CV_07_a_resource_that_is_registered_no_more_gets_no_more(
    provider: Provider, rp: RelyingParty
) -> None:
    token_of(ask(rp))
    assert error_of(ask(machine(provider, resources=[OTHER]))) == "invalid_target"


# What it opens: nothing here


def test_OA_18_it_opens_nothing_here(provider: Provider) -> None:
    rp = machine(provider, first_party=True)
    token = token_of(ask(rp))
    for shown in (token, opened(rp, token)["jti"]):
        for path in ("/userinfo", "/api/me", "/api/schools"):
            headers = {"Authorization": f"Bearer {shown}"}
            answer = requests.get(f"{provider.issuer}{path}", headers=headers, timeout=10)
            assert answer.status_code == 401, (path, shown)


# Asked after, and taken back


def test_OA_28_it_may_ask_after_its_own_and_give_it_back(provider: Provider, rp: RelyingParty) -> None:
    token, other = token_of(ask(rp)), machine(provider, "andere")
    body, claims = rp.introspect(token).json(), opened(rp, token)
    assert body == {
        "active": True,
        "token_type": "Bearer",
        **{name: claims[name] for name in ("iss", "sub", "aud", "client_id", "iat", "exp")},
    }
    assert other.introspect(token).json() == {"active": False}
    assert other.revoke(token).status_code == 200
    assert rp.introspect(token).json()["active"] is True
    assert rp.introspect(claims["jti"]).json() == {"active": False}
    assert rp.revoke(token).status_code == 200
    assert rp.introspect(token).json() == {"active": False}


def test_it_lasts_ten_minutes(provider: Provider, rp: RelyingParty) -> None:
    token = token_of(ask(rp))
    provider.clock.move(seconds=599)
    assert rp.introspect(token).json()["active"] is True
    provider.clock.move(seconds=2)
    assert rp.introspect(token).json() == {"active": False}


# Bound to a key


def test_with_a_proof_it_is_bound_to_the_key(provider: Provider) -> None:
    prover, rp = Prover(provider.clock), machine(provider, dpop_bound_access_tokens=True)
    assert error_of(ask(rp)) == "invalid_dpop_proof"
    answer = prover.token(rp, grant_type="client_credentials", resource=RESOURCE)
    assert answer.json()["token_type"] == "DPoP"
    token = token_of(answer)
    assert opened(rp, token)["cnf"] == {"jkt": prover.jkt}
    assert rp.introspect(token).json()["cnf"] == {"jkt": prover.jkt}
