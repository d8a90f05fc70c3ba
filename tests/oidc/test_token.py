"""A code buys tokens: what they hold."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select

from idp.accounts.records import Account
from idp.tokens.records import AccessToken, RefreshToken
from tests.oidc.handed_out import hand_out
from tests.oidc.roads import sign_in
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.statements import counted, verbs


def test_a_code_buys_tokens(provider: Provider) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    answer = hand_out(provider, rp, pupil).try_exchange()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == (
        "Bearer",
        600,
        "openid profile email leerid",
    )
    assert len({body["access_token"], body["refresh_token"]}) == 2
    assert all(len(body[name]) == 43 for name in ("access_token", "refresh_token"))


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_OA_21_the_id_token_says_who_when_and_how_surely_and_no_more(provider: Provider, alg: str) -> None:
    pupil = provider.people.pupil(email="amelie@voorbeeld.example", school=123456)
    rp = provider.relying_party(
        id_token_signed_response_alg=alg,
        claims={
            "name": "Om je te begroeten",
            "email": "Om je te schrijven",
            "school": "Om te weten waar je zit",
        },
    )
    handed = hand_out(provider, rp, pupil, sid="s" * 43)
    signed_in_at = provider.clock()
    tokens = handed.exchange()
    header = jwt.get_unverified_header(tokens.id_token)
    assert (header["alg"], header["typ"], set(header)) == (alg, "JWT", {"alg", "typ", "kid"})
    claims = rp.verify(tokens.id_token, handed.nonce)
    assert set(claims) == {
        "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"
    }  # fmt: skip
    assert claims["aud"] == rp.client_id
    assert claims["exp"] - claims["iat"] == 300
    assert claims["auth_time"] == pytest.approx(signed_in_at.timestamp(), abs=2)
    assert (claims["acr"], claims["amr"], claims["sid"]) == ("urn:leerid:acr:password", ["pwd"], "s" * 43)
    assert claims["at_hash"] == at_hash(alg, tokens.access_token)


def at_hash(alg: str, access_token: str) -> str:
    """OIDC Core 3.1.3.6, written out once more."""
    import base64
    import hashlib

    digest = hashlib.new("sha512" if alg == "EdDSA" else "sha256", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def test_claims_asked_for_the_id_token_by_name_are_in_it_when_registered(provider: Provider) -> None:
    pupil = provider.people.pupil(given_name="Amélie", family_name="Peeters", school=123456, class_code="3B")
    rp = provider.relying_party(claims={"given_name": "Om je te begroeten", "class": "Voor je klasgroep"})
    asked = {"id_token": {"given_name": {"essential": True}, "class": None, "family_name": None, "acr": None}}
    claims = rp.verify(hand_out(provider, rp, pupil, claims=asked).exchange().id_token)
    assert (claims["given_name"], claims["class"]) == ("Amélie", "3B")
    assert "family_name" not in claims
    assert claims["acr"] == "urn:leerid:acr:password"


def test_without_a_nonce_in_the_request_there_is_none_in_the_id_token(provider: Provider) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    handed = hand_out(provider, rp, pupil)
    with provider.db() as db:
        from idp.tokens.records import AuthorizationCode

        db.scalars(select(AuthorizationCode)).one().nonce = None
    assert "nonce" not in rp.verify(handed.exchange().id_token)


def test_a_client_without_refresh_tokens_gets_none(provider: Provider) -> None:
    pupil = provider.people.pupil()
    rp = provider.relying_party(grant_types=["authorization_code"], scope="openid profile")
    tokens = hand_out(provider, rp, pupil, scope=("openid", "profile")).exchange()
    assert tokens.refresh_token is None
    with provider.reading() as db:
        assert db.scalars(select(RefreshToken)).all() == []


def test_a_public_client_needs_nothing_but_its_verifier(provider: Provider) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party(token_endpoint_auth_method="none")
    assert rp.verify(hand_out(provider, rp, pupil).exchange().id_token)["aud"] == rp.client_id


def test_an_access_token_lives_as_long_as_it_was_told(provider: Provider) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    tokens = hand_out(provider, rp, pupil).exchange()
    with provider.reading() as db:
        row = db.scalars(select(AccessToken)).one()
    assert row.expires_at - row.issued_at == timedelta(seconds=tokens.raw["expires_in"])
    assert rp.userinfo(tokens.access_token).status_code == 200
    provider.clock.move(seconds=601)
    assert rp.userinfo(tokens.access_token).status_code == 401


def test_PR_01_each_sector_knows_a_pupil_by_another_name(provider: Provider) -> None:
    pupil = provider.people.pupil()
    first = provider.relying_party("eerste", sector_identifier="samen.example")
    second = provider.relying_party("tweede", sector_identifier="samen.example")
    third = provider.relying_party("derde")
    public = provider.relying_party("vierde", subject_type="public")
    subjects = [subject(provider, rp, pupil) for rp in (first, second, third, public)]
    assert subjects[0] == subjects[1]
    assert len(set(subjects)) == 3
    assert all(len(each) == 43 for each in subjects)
    with provider.db() as db:
        account = db.get_one(Account, pupil.account_id)
        account.username, account.email = "andere.naam", "nieuw@voorbeeld.example"
    assert subject(provider, third, pupil) == subjects[2]


def subject(provider: Provider, rp: RelyingParty, pupil: object) -> str:
    return str(rp.verify(hand_out(provider, rp, pupil).exchange().id_token)["sub"])  # type: ignore[arg-type]


def test_a_code_is_exchanged_in_four_statements_and_one_commit(provider: Provider) -> None:
    pupil, rp = provider.people.pupil(), provider.relying_party()
    hand_out(provider, rp, pupil).exchange()  # what is cached is cached now
    handed = hand_out(provider, rp, pupil)
    with counted(provider.engine) as statements:
        handed.exchange()
    assert verbs(statements) == ["SELECT", "UPDATE", "INSERT", "INSERT"]


def test_the_whole_road_from_the_sign_in_page_to_userinfo(provider: Provider, visitor: Visitor) -> None:
    pupil = provider.people.pupil(given_name="Amélie", school=123456)
    rp = provider.relying_party(claims={"given_name": "Om je te begroeten", "class": "Voor je klasgroep"})
    scope = "openid profile leerid offline_access"
    asked = rp.ask(scope=scope, prompt="consent", claims='{"id_token":{"class":null}}')
    visitor.get(asked.url)
    sign_in(visitor, pupil)
    page = visitor.submit(button="consent-allow")
    assert page.left_for is not None, page.text
    tokens = rp.exchange(rp.code(page.left_for, asked), asked)
    claims = rp.verify(tokens.id_token, asked.nonce)
    assert claims["class"] == "1A"
    body = rp.userinfo(tokens.access_token).json()
    assert body == {"sub": claims["sub"], "given_name": "Amélie", "class": "1A"}
    visitor.forget()
    refreshed = rp.refresh(tokens)
    assert rp.verify(refreshed.id_token)["auth_time"] == claims["auth_time"]
    assert rp.introspect(refreshed.access_token).json()["sub"] == claims["sub"]
