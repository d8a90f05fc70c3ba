"""Access tokens for somebody else's API: signed, for one resource (RFC 8707, RFC 9068), and dead when their grant is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
from sqlalchemy import update

from idp.accounts.records import Account, Person
from idp.authentication import sessions
from idp.oidc.id_token import half_hash
from idp.oidc.protocol import SigningAlg
from idp.rules.belgian_time import school_day
from idp.tokens import families
from idp.tokens.records import AccessToken
from tests.oidc.handed_out import Handed, error_of, hand_out
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.proving import Prover
from tests.support.relying_party import RelyingParty, Tokens, read_tokens
from tests.support.statements import counted, verbs

RESOURCE = "https://api.oefenapp.example/v1"
OTHER = "https://api.andere.example/"


def with_resources(provider: Provider, client_id: str = "oefenapp", **registration: Any) -> RelyingParty:
    return provider.relying_party(client_id, **{"resources": [RESOURCE, OTHER], **registration})


@pytest.fixture
def handed(provider: Provider) -> Handed:
    return hand_out(provider, with_resources(provider), provider.people.pupil(), resource=RESOURCE)


def opened(rp: RelyingParty, token: str, audience: str = RESOURCE) -> dict[str, Any]:
    """As the API reads it (RFC 9068 section 4), without asking us anything but our keys."""
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "at+jwt"
    claims: dict[str, Any] = jwt.decode(
        token,
        rp.signing_key(token),
        [header["alg"]],
        audience=audience,
        issuer=rp.issuer,
        options={"require": ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"], "verify_exp": False},
    )
    return claims


# What it says


@pytest.mark.parametrize("alg", list(SigningAlg))
def test_it_says_who_for_whom_and_until_when(provider: Provider, alg: SigningAlg) -> None:
    rp = with_resources(provider, id_token_signed_response_alg=alg.value)
    handed = hand_out(provider, rp, provider.people.pupil(), resource=RESOURCE)
    tokens = handed.exchange()
    claims, person = opened(rp, tokens.access_token), rp.verify(tokens.id_token, handed.nonce)
    assert jwt.get_unverified_header(tokens.access_token)["alg"] == alg
    assert set(claims) == {
        "iss", "sub", "aud", "client_id", "jti", "iat", "exp", "scope", "auth_time", "acr"
    }  # fmt: skip
    assert (claims["aud"], claims["client_id"]) == (RESOURCE, rp.client_id)
    assert claims["exp"] - claims["iat"] == tokens.raw["expires_in"] == 600
    assert claims["scope"] == tokens.raw["scope"]
    for name in ("sub", "auth_time", "acr"):
        assert claims[name] == person[name], name
    assert person["at_hash"] == half_hash(tokens.access_token, alg)


def test_PR_02_it_tells_nothing_about_the_person(provider: Provider, handed: Handed) -> None:
    token = handed.exchange().access_token
    with provider.reading() as db:
        person = db.query(Person).one()
    for told in opened(handed.rp, token).values():
        assert person.given_name not in str(told)
        assert person.family_name not in str(told)
        assert person.subject not in str(told)


def test_with_a_proof_it_is_bound_to_the_key(provider: Provider, handed: Handed) -> None:
    prover = Prover(provider.clock)
    tokens = bought(handed, prover)
    assert opened(handed.rp, tokens.access_token)["cnf"] == {"jkt": prover.jkt}
    told = handed.rp.introspect(tokens.access_token).json()
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": prover.jkt})


def bought(handed: Handed, prover: Prover) -> Tokens:
    form = {"redirect_uri": handed.rp.redirect_uri, "code_verifier": handed.verifier}
    return read_tokens(prover.token(handed.rp, grant_type="authorization_code", code=handed.code, **form))


def test_a_grant_without_a_resource_gives_what_it_always_gave(provider: Provider) -> None:
    rp = with_resources(provider)
    tokens = hand_out(provider, rp, provider.people.pupil()).exchange()
    assert "." not in tokens.access_token
    assert rp.userinfo(tokens.access_token).status_code == 200


def test_it_takes_no_more_statements_than_an_opaque_one(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    with counted(provider.engine) as statements:
        handed.rp.refresh(tokens)
    assert verbs(statements) == ["SELECT", "UPDATE", "INSERT", "INSERT"]


# For one resource (RFC 8707)


def test_what_was_granted_may_be_asked_again(handed: Handed) -> None:
    tokens = read_tokens(handed.try_exchange(resource=RESOURCE))
    again = handed.rp.refresh(tokens, resource=RESOURCE, scope="openid")
    assert opened(handed.rp, again.access_token)["scope"] == "openid"
    assert opened(handed.rp, handed.rp.refresh(again).access_token)["aud"] == RESOURCE


@pytest.mark.parametrize("resource", [OTHER, "https://dief.example/", RESOURCE + "/", "x", "https://ID"])
def test_OA_56_another_resource_is_not_given_and_nothing_is_burnt(handed: Handed, resource: str) -> None:
    assert error_of(handed.try_exchange(resource=resource)) == "invalid_target"
    tokens = handed.exchange()
    assert error_of(handed.rp.try_refresh(tokens.refresh_token, resource=resource)) == "invalid_target"
    assert opened(handed.rp, handed.rp.refresh(tokens).access_token)["aud"] == RESOURCE


def test_OA_56_a_grant_for_us_is_not_made_one_for_another(provider: Provider) -> None:
    rp = with_resources(provider)
    handed = hand_out(provider, rp, provider.people.pupil())
    assert error_of(handed.try_exchange(resource=RESOURCE)) == "invalid_target"
    tokens = handed.exchange()
    assert error_of(rp.try_refresh(tokens.refresh_token, resource=RESOURCE)) == "invalid_target"


def test_CV_07_a_resource_that_is_registered_no_more_gets_no_more(provider: Provider, handed: Handed) -> None:
    tokens = handed.exchange()
    again = with_resources(provider, resources=[OTHER])
    assert error_of(again.try_refresh(tokens.refresh_token)) == "invalid_target"


# It opens nothing here


def test_OA_18_it_opens_nothing_here(provider: Provider) -> None:
    rp = with_resources(provider, "portaal", first_party=True, scope="openid leerid:self")
    scope = ("openid", "leerid:self")
    handed = hand_out(provider, rp, provider.people.pupil(), scope=scope, resource=RESOURCE)
    token = handed.exchange().access_token
    jti = opened(rp, token)["jti"]
    for shown in (token, jti):
        for path in ("/userinfo", "/api/me"):
            headers = {"Authorization": f"Bearer {shown}"}
            answer = requests.get(f"{provider.issuer}{path}", headers=headers, timeout=10)
            assert answer.status_code == 401, (path, shown)
    assert rp.introspect(jti).json() == {"active": False}, "a name alone is no token"


# Asked after, and taken back


def test_OA_28_CV_28_its_application_may_ask_after_it_and_nobody_else(
    provider: Provider, handed: Handed
) -> None:
    rp, token = handed.rp, handed.exchange().access_token
    body, claims = rp.introspect(token).json(), opened(rp, token)
    assert body["active"] is True
    for name in ("iss", "aud", "sub", "client_id", "iat", "exp", "scope", "acr", "auth_time"):
        assert body[name] == claims[name], name
    other = with_resources(provider, "andere")
    assert other.introspect(token).json() == {"active": False}
    assert other.revoke(token).status_code == 200
    assert rp.introspect(token).json()["active"] is True


def test_it_can_be_taken_back(handed: Handed) -> None:
    rp, tokens = handed.rp, handed.exchange()
    assert rp.revoke(tokens.access_token, token_type_hint="access_token").status_code == 200
    assert rp.introspect(tokens.access_token).json() == {"active": False}
    assert rp.refresh(tokens).access_token


def test_one_that_we_did_not_make_or_that_was_changed_is_nothing(handed: Handed) -> None:
    rp, token = handed.rp, handed.exchange().access_token
    head, payload, signature = token.split(".")
    for forged in (
        f"{head}.{payload}.{signature[::-1]}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{payload}.{payload}.{signature}",
        token + "=",
        jwt.encode(jwt.decode(token, options={"verify_signature": False}), "x" * 32, "HS256"),
        jwt.encode(jwt.decode(token, options={"verify_signature": False}), "", "none"),
    ):
        assert rp.introspect(forged).json() == {"active": False}
        assert rp.revoke(forged).status_code == 200
    assert rp.introspect(token).json()["active"] is True


def test_one_that_says_something_else_than_its_row_is_nothing(provider: Provider, handed: Handed) -> None:
    """Signed by us all the same: as if a mistake of ours let it happen."""
    rp, now = handed.rp, provider.clock()
    claims = opened(rp, handed.exchange().access_token)
    ring = provider.app.extensions["leerid.keys"]
    for changes, typ in (
        ({"aud": OTHER}, "at+jwt"),
        ({"aud": [RESOURCE]}, "at+jwt"),
        ({"aud": None}, "at+jwt"),
        ({"iss": "https://dief.example"}, "at+jwt"),
        ({"jti": 1}, "at+jwt"),
        ({"jti": "x" * 43}, "at+jwt"),
        ({}, "JWT"),
        ({}, "AT+JWT"),
    ):
        token = ring.sign({**claims, **changes}, alg="RS256", typ=typ, now=now)
        assert rp.introspect(token).json() == {"active": False}, (changes, typ)
    same = ring.sign(claims, alg="RS256", typ="at+jwt", now=now)
    assert rp.introspect(same).json()["active"] is True


@pytest.mark.parametrize(
    "what",
    ["blocked", "left school", "password renewed", "signed out", "grant withdrawn", "over", "row gone"],
)
def test_CV_07_it_dies_with_all_that_a_grant_dies_with(provider: Provider, handed: Handed, what: str) -> None:
    tokens, now = handed.exchange(), provider.clock()
    values: dict[str, dict[str, Any]] = {
        "blocked": {"blocked_at": now},
        "left school": {"active_until": school_day(now) - timedelta(days=1)},
        "password renewed": {"sign_ins_count_from": now},
    }
    if what == "over":
        provider.clock.move(seconds=601)
    with provider.db() as db:
        match what:
            case "signed out":
                sessions.end(db, handed.session_digest, now)
            case "grant withdrawn":
                families.revoke(db, handed.family_id, now)
            case "row gone":
                db.query(AccessToken).delete()
            case "over":
                pass
            case _:
                db.execute(update(Account).values(**values[what]))
    assert handed.rp.introspect(tokens.access_token).json() == {"active": False}


def test_CV_07_a_school_that_uses_it_no_more(provider: Provider) -> None:
    rp = with_resources(provider, schools=[123456])
    pupil = provider.people.pupil(school=123456)
    token = hand_out(provider, rp, pupil, resource=RESOURCE).exchange().access_token
    assert rp.introspect(token).json()["active"] is True
    elsewhere = with_resources(provider, schools=[7])
    assert elsewhere.introspect(token).json() == {"active": False}


def test_a_person_grants_it_with_the_parameter_resource(provider: Provider, visitor: Visitor) -> None:
    rp, pupil = with_resources(provider), provider.people.pupil()
    asked = rp.ask(resource=RESOURCE)
    visitor.get(asked.url)
    visitor.submit(button="login-next", username=pupil.username)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for is not None
    tokens = rp.exchange(rp.code(page.left_for, asked), asked)
    assert opened(rp, tokens.access_token)["sub"] == rp.verify(tokens.id_token, asked.nonce)["sub"]
    silent = rp.ask(prompt="none", resource="https://dief.example/")
    page = visitor.get(silent.url)
    assert page.left_for is not None
    assert rp.answer(page.left_for, silent)["error"] == "invalid_target"


def test_OA_06_a_replayed_code_kills_what_it_bought(handed: Handed) -> None:
    tokens = handed.exchange()
    assert error_of(handed.try_exchange()) == "invalid_grant"
    assert handed.rp.introspect(tokens.access_token).json() == {"active": False}


def test_CV_07_a_key_that_was_withdrawn_vouches_for_nothing(provider: Provider, handed: Handed) -> None:
    """As after a theft: what the key signed is not ours any more, whatever its row says."""
    token = handed.exchange().access_token
    ring = provider.app.extensions["leerid.keys"]
    kid = jwt.get_unverified_header(token)["kid"]
    kept = ring.keys
    ring.keys = [each for each in kept if each.kid != kid]
    try:
        assert handed.rp.introspect(token).json() == {"active": False}
    finally:
        ring.keys = kept
