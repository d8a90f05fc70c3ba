"""An application gives its tokens back (RFC 7009) and asks after them (RFC 7662): its own only."""

from __future__ import annotations

import pytest
import requests

from tests.oidc.handed_out import Handed, error_of, hand_out
from tests.support.provider import Provider


@pytest.fixture
def handed(provider: Provider) -> Handed:
    return hand_out(provider, provider.relying_party(), provider.people.pupil())


def test_a_revoked_access_token_is_dead_and_the_refresh_token_lives(handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    answer = rp.revoke(tokens.access_token)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.try_refresh(tokens.refresh_token).status_code == 200


def test_a_revoked_refresh_token_takes_the_family_with_it(handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    assert tokens.refresh_token is not None
    assert rp.revoke(tokens.refresh_token).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert error_of(rp.try_refresh(tokens.refresh_token)) == "invalid_grant"


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "onzin", "", "id_token"])
def test_a_hint_that_is_wrong_or_unknown_does_not_matter(handed: Handed, hint: str) -> None:
    rp, tokens = handed.rp, handed.exchange()
    assert tokens.refresh_token is not None
    for token in (tokens.refresh_token, tokens.access_token):
        assert rp.introspect(token, token_type_hint=hint).json()["active"] is True
    assert rp.revoke(tokens.access_token, token_type_hint=hint).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401
    assert rp.revoke(tokens.refresh_token, token_type_hint=hint).status_code == 200
    assert rp.introspect(tokens.refresh_token).json() == {"active": False}


def test_OA_28_CV_28_a_foreign_token_is_neither_revoked_nor_described(
    provider: Provider, handed: Handed
) -> None:
    other, tokens = provider.relying_party("andere"), handed.exchange()
    assert tokens.refresh_token is not None
    for token in (tokens.access_token, tokens.refresh_token):
        assert other.introspect(token).json() == {"active": False}
        assert other.revoke(token).status_code == 200
        assert handed.rp.introspect(token).json()["active"] is True


def test_OA_28_CV_28_whoever_is_nobody_is_told_nothing(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    for path in ("/revoke", "/introspect"):
        answer = requests.post(f"{provider.issuer}{path}", data={"token": tokens.access_token}, timeout=10)
        assert error_of(answer, 401) == "invalid_client"
        answer = requests.post(
            f"{provider.issuer}{path}",
            data={"token": tokens.access_token},
            headers={"Authorization": f"Bearer {tokens.access_token}"},
            timeout=10,
        )
        assert error_of(answer, 401) == "invalid_client"
    assert handed.rp.userinfo(tokens.access_token).status_code == 200


def test_OA_28_CV_28_a_public_client_may_give_back_but_not_ask(provider: Provider) -> None:
    rp = provider.relying_party(token_endpoint_auth_method="none")
    tokens = hand_out(provider, rp, provider.people.pupil()).exchange()
    assert error_of(rp.introspect(tokens.access_token), 401) == "invalid_client"
    assert rp.revoke(tokens.access_token).status_code == 200
    assert rp.userinfo(tokens.access_token).status_code == 401


@pytest.mark.parametrize("token", ["x", "x" * 43, "é", "x" * 5000, "a.b.c", "\0"])
def test_what_never_was_a_token(handed: Handed, token: str) -> None:
    assert handed.rp.revoke(token).status_code == 200
    answer = handed.rp.introspect(token)
    assert (answer.status_code, answer.json()) == (200, {"active": False})


def test_a_code_and_an_id_token_are_nothing_to_ask_after(handed: Handed) -> None:
    assert handed.rp.introspect(handed.code).json() == {"active": False}
    handed.rp.revoke(handed.code)
    tokens = handed.exchange()
    assert handed.rp.introspect(tokens.id_token).json() == {"active": False}


def test_OA_09_the_same_strict_reading(provider: Provider, handed: Handed) -> None:
    rp = handed.rp
    assert error_of(rp.revoke("")) == "invalid_request"
    assert error_of(rp.introspect("")) == "invalid_request"
    for path in ("/revoke", "/introspect"):
        answer = rp.post(f"{provider.issuer}{path}?token=x", token="x")
        assert error_of(answer) == "invalid_request"


def test_what_is_told_of_an_access_token(provider: Provider, handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    answer = rp.introspect(tokens.access_token)
    assert answer.headers["Cache-Control"] == "no-store"
    body, claims = answer.json(), rp.verify(tokens.id_token)
    assert set(body) == {
        "active", "client_id", "iss", "aud", "sub", "auth_time", "acr", "scope", "token_type", "iat", "exp"
    }  # fmt: skip
    assert (body["client_id"], body["aud"], body["iss"]) == (rp.client_id, rp.client_id, provider.issuer)
    assert (body["sub"], body["auth_time"], body["acr"]) == (
        claims["sub"],
        claims["auth_time"],
        claims["acr"],
    )
    assert body["exp"] - body["iat"] == 600
    provider.clock.move(seconds=601)
    assert rp.introspect(tokens.access_token).json() == {"active": False}


def test_a_spent_refresh_token_is_not_active(handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    assert tokens.refresh_token is not None
    assert "token_type" not in rp.introspect(tokens.refresh_token).json()
    rp.refresh(tokens)
    assert rp.introspect(tokens.refresh_token).json() == {"active": False}
