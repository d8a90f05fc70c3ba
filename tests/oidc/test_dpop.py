"""Tokens that are bound to a key (RFC 9449): worth nothing to whoever doesn't hold it, and a proof is good once."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import func, select, update

from idp.accounts.records import Account
from idp.oidc.dpop import place
from idp.oidc.nonces import Nonces
from idp.oidc.records import SpentAssertion
from tests.oidc.handed_out import Handed, error_of, hand_out
from tests.oidc.node import two_nodes
from tests.support.browser import Visitor
from tests.support.provider import Provider
from tests.support.proving import Prover, extra_header, unpadded, with_proof
from tests.support.relying_party import RelyingParty, Tokens, read_tokens
from tests.support.statements import counted, verbs


@pytest.fixture
def prover(provider: Provider) -> Prover:
    return Prover(provider.clock)


@pytest.fixture
def handed(provider: Provider) -> Handed:
    return hand_out(provider, provider.relying_party(), provider.people.pupil())


@pytest.fixture
def handed_to_public(provider: Provider) -> Handed:
    """To an application that can keep no secret, in a browser or on a tablet."""
    rp = provider.relying_party("tablet", token_endpoint_auth_method="none")
    return hand_out(provider, rp, provider.people.pupil())


def code_form(handed: Handed) -> dict[str, str | None]:
    return {
        "grant_type": "authorization_code",
        "code": handed.code,
        "redirect_uri": handed.rp.redirect_uri,
        "code_verifier": handed.verifier,
    }


def bought(handed: Handed, prover: Prover) -> Tokens:
    return read_tokens(prover.token(handed.rp, **code_form(handed)))


def refreshed(handed: Handed, prover: Prover, refresh_token: str | None) -> requests.Response:
    return prover.token(handed.rp, grant_type="refresh_token", refresh_token=refresh_token)


def refused_proof(answer: requests.Response) -> str:
    """At /userinfo (RFC 9449 section 7.1)."""
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('DPoP realm="LeerID"')
    assert 'algs="RS256 ES256 EdDSA"' in challenge
    error = str(answer.json()["error"])
    assert f'error="{error}"' in challenge
    assert answer.headers["DPoP-Nonce"]
    return error


# A bound token


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256"])
def test_a_code_buys_tokens_that_are_bound_to_a_key(provider: Provider, handed: Handed, alg: str) -> None:
    prover = Prover(provider.clock, alg)
    tokens, rp = bought(handed, prover), handed.rp
    assert tokens.raw["token_type"] == "DPoP"
    told = rp.introspect(tokens.access_token).json()
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": prover.jkt})
    answer = prover.userinfo(rp, tokens.access_token)
    assert answer.json()["sub"] == rp.verify(tokens.id_token, handed.nonce)["sub"]
    assert prover.userinfo(rp, tokens.access_token, scheme="dpop").status_code == 200


def test_FAPI_a_bound_token_is_no_bearer_token(provider: Provider, handed: Handed, prover: Prover) -> None:
    tokens = bought(handed, prover)
    url = handed.rp.metadata["userinfo_endpoint"]
    for answer in (
        handed.rp.userinfo(tokens.access_token),
        requests.post(url, data={"access_token": tokens.access_token}, timeout=10),
        prover.ask_userinfo(handed.rp, tokens.access_token, scheme="Bearer"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    headers = {"Authorization": f"DPoP {tokens.access_token}"}
    assert refused_proof(requests.get(url, headers=headers, timeout=10)) == "invalid_dpop_proof"


def test_OA_18_a_bound_token_opens_nothing_in_the_portals_api(provider: Provider, prover: Prover) -> None:
    rp = provider.relying_party("portaal", first_party=True, scope="openid leerid:self")
    handed = hand_out(provider, rp, provider.people.pupil(), scope=("openid", "leerid:self"))
    tokens, url = bought(handed, prover), f"{provider.issuer}/api/me"
    for scheme in ("Bearer", "DPoP"):
        proof = prover.proof("GET", url, access_token=tokens.access_token)
        headers = {"Authorization": f"{scheme} {tokens.access_token}", "DPoP": proof}
        assert requests.get(url, headers=headers, timeout=10).status_code == 401


def test_an_unbound_token_is_not_made_better_by_a_proof(handed: Handed, prover: Prover) -> None:
    tokens = handed.exchange()
    assert refused_proof(prover.userinfo(handed.rp, tokens.access_token)) == "invalid_token"
    assert handed.rp.userinfo(tokens.access_token).status_code == 200


def test_without_a_token_both_ways_are_told(handed: Handed) -> None:
    answer = requests.get(handed.rp.metadata["userinfo_endpoint"], timeout=10)
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="LeerID", DPoP realm="LeerID", algs="RS256 ES256 EdDSA"'
    )


def test_a_token_of_another_key_is_nobodys(provider: Provider, handed: Handed, prover: Prover) -> None:
    tokens, thief = bought(handed, prover), Prover(provider.clock)
    assert refused_proof(thief.userinfo(handed.rp, tokens.access_token)) == "invalid_dpop_proof"
    assert prover.userinfo(handed.rp, tokens.access_token).status_code == 200


@pytest.mark.parametrize("ath", [None, "", "x", 1, "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"], ids=str)
def test_FAPI_beside_a_token_a_proof_is_for_that_token(handed: Handed, prover: Prover, ath: Any) -> None:
    tokens = bought(handed, prover)
    url = handed.rp.metadata["userinfo_endpoint"]
    headers = {
        "Authorization": f"DPoP {tokens.access_token}",
        "DPoP": prover.proof("GET", url, ath=ath),
    }
    answer = requests.get(url, headers=headers, timeout=10)
    assert refused_proof(answer) == "invalid_dpop_proof"


# Proofs that are none: the same corpus at both doors


def hs256(prover: Prover, method: str, url: str) -> str:
    """Signed with its own public key as a shared secret; by hand, because PyJWT won't."""
    header = {"typ": "dpop+jwt", "alg": "HS256", "jwk": prover.jwk}
    head = f"{unpadded(json.dumps(header).encode())}.{prover.proof(method, url).split('.')[1]}"
    return f"{head}.{unpadded(hmac.digest(json.dumps(prover.jwk).encode(), head.encode(), 'sha256'))}"


def unsigned(prover: Prover, method: str, url: str) -> str:
    header = {"typ": "dpop+jwt", "alg": "none", "jwk": prover.jwk}
    return f"{unpadded(json.dumps(header).encode())}.{prover.proof(method, url).split('.')[1]}."


def broken_signature(prover: Prover, method: str, url: str) -> str:
    head, _, signature = prover.proof(method, url).rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def private_jwk(prover: Prover) -> dict[str, Any]:
    number = prover.key.private_numbers().private_value
    return {**prover.jwk, "d": unpadded(number.to_bytes(32, "big"))}


def signed_by(key: Any, alg: str) -> Callable[[Prover, str, str], str]:
    def make(prover: Prover, method: str, url: str) -> str:
        algorithm = jwt.get_algorithm_by_name(alg)
        other: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
        claims = jwt.decode(prover.proof(method, url), options={"verify_signature": False})
        return jwt.encode(claims, key, alg, headers={"typ": "dpop+jwt", "jwk": other})

    return make


def raw(payload: bytes) -> Callable[[Prover, str, str], str]:
    """Well signed, whatever it is that was signed (OA-17)."""

    def make(prover: Prover, method: str, url: str) -> str:
        whole = payload.replace(b"HTM", method.encode()).replace(b"HTU", url.encode())
        headers = {"typ": "dpop+jwt", "jwk": prover.jwk}
        return jwt.PyJWS().encode(whole, prover.key, prover.alg, headers=headers)

    return make


Make = Callable[[Prover, str, str], str]


def changed(**changes: Any) -> Make:
    return lambda prover, method, url: prover.proof(method, url, **changes)


def header(**members: Any) -> Make:
    return lambda prover, method, url: prover.proof(method, url, header=members)


NOT_PROOFS: dict[str, Make] = {
    "empty": lambda *_: "",
    "garbage": lambda *_: "x.y.z",
    "five parts": lambda prover, method, url: prover.proof(method, url) + ".x.y",
    "two at once": lambda prover, method, url: f"{prover.proof(method, url)}, {prover.proof(method, url)}",
    "16 kB": changed(filling="x" * 16_000),
    "typ missing": header(typ=None),
    "typ JWT": header(typ="JWT"),
    "typ other case": header(typ="DPOP+JWT"),
    "alg none": unsigned,
    "alg HS256": hs256,
    "jwk missing": header(jwk=None),
    "jwk a text": header(jwk="x"),
    "jwk empty": header(jwk={}),
    "jwk with numbers": header(jwk={"kty": "EC", "crv": "P-256", "x": 1, "y": 2}),
    "jwk off the curve": header(jwk={"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}),
    "jwk symmetric": header(jwk={"kty": "oct", "k": "AAAA"}),
    "jwk private": lambda prover, method, url: prover.proof(method, url, header={"jwk": private_jwk(prover)}),
    "jwk of another": lambda prover, method, url: prover.proof(
        method, url, header={"jwk": Prover(prover.clock).jwk}
    ),
    "jku": header(jku="https://dief.example/keys"),
    "crit": header(crit=["x"], x=1),
    "b64": header(b64=False),
    "signature broken": broken_signature,
    "P-384": signed_by(ec.generate_private_key(ec.SECP384R1()), "ES384"),
    "RSA 2048": signed_by(rsa.generate_private_key(65537, 2048), "RS256"),
    "htm missing": changed(htm=None),
    "htm another": changed(htm="PUT"),
    "htm small": lambda prover, method, url: prover.proof(method, url, htm=method.lower()),
    "htu missing": changed(htu=None),
    "htu number": changed(htu=1),
    "htu list": lambda prover, method, url: prover.proof(method, url, htu=[url]),
    "htu another path": lambda prover, method, url: prover.proof(method, f"{url}/"),
    "htu another host": changed(htu="https://dief.example/token"),
    "htu only the path": changed(htu="/token"),
    "htu with a name": lambda prover, method, url: prover.proof(method, url.replace("://", "://x@")),
    "htu bad port": changed(htu="http://127.0.0.1:x/token"),
    "iat missing": changed(iat=None),
    "iat text": changed(iat="1"),
    "iat true": changed(iat=True),
    "iat a day ago": lambda prover, method, url: prover.proof(
        method, url, iat=int((prover.clock() - timedelta(days=1)).timestamp())
    ),
    "iat in five minutes": lambda prover, method, url: prover.proof(
        method, url, iat=int((prover.clock() + timedelta(minutes=5)).timestamp())
    ),
    "exp past": lambda prover, method, url: prover.proof(
        method, url, exp=int((prover.clock() - timedelta(minutes=2)).timestamp())
    ),
    "nbf ahead": lambda prover, method, url: prover.proof(
        method, url, nbf=int((prover.clock() + timedelta(minutes=2)).timestamp())
    ),
    "no object": raw(b'["jti"]'),
    "no JSON": raw(b"jti"),
    "10 000 brackets": raw(b'{"jti": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "iat not a number": raw(b'{"jti": "x", "htm": "HTM", "htu": "HTU", "iat": NaN}'),
    "iat endless": raw(b'{"jti": "x", "htm": "HTM", "htu": "HTU", "iat": 1e999}'),
    "a member twice": raw(b'{"jti": "x", "htm": "PUT", "htm": "HTM", "htu": "HTU", "iat": 1}'),
    "jti missing": changed(jti=None),
    "jti empty": changed(jti=""),
    "jti long": changed(jti="x" * 256),
    "jti number": changed(jti=7),
}
WITHOUT_NONCE: dict[str, Make] = {
    "nonce missing": changed(nonce=None),
    "nonce empty": changed(nonce=""),
    "nonce invented": changed(nonce="x" * 43),
    "nonce not ASCII": changed(nonce="é" * 43),
    "nonce a number": changed(nonce=1),
}


def test_FAPI_no_proof_no_token_and_nothing_is_burnt(handed: Handed, prover: Prover) -> None:
    url = handed.rp.metadata["token_endpoint"]
    for corpus, error in ((WITHOUT_NONCE, "use_dpop_nonce"), (NOT_PROOFS, "invalid_dpop_proof")):
        for name, make in corpus.items():
            answer = prover.noted(with_proof(handed.rp, make(prover, "POST", url), **code_form(handed)))
            assert error_of(answer) == error, name
            assert answer.headers["DPoP-Nonce"], name
    assert bought(handed, prover).raw["token_type"] == "DPoP"


def test_FAPI_no_proof_no_userinfo_and_nothing_is_kept(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    token, url = bought(handed, prover).access_token, handed.rp.metadata["userinfo_endpoint"]
    whole: dict[str, Make] = {**NOT_PROOFS, **WITHOUT_NONCE}
    for name, make in whole.items():
        with provider.reading() as db:
            before = db.scalar(select(func.count()).select_from(SpentAssertion))
        bound = Bound(prover, token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": make(bound, "GET", url)}
        error = refused_proof(requests.get(url, headers=headers, timeout=10))
        assert error == ("invalid_dpop_proof" if name in NOT_PROOFS else "use_dpop_nonce"), name
        with provider.reading() as db:
            assert db.scalar(select(func.count()).select_from(SpentAssertion)) == before, name
    assert prover.userinfo(handed.rp, token).status_code == 200


class Bound(Prover):
    """The same key, with the hash of a token in each proof."""

    def __init__(self, prover: Prover, token: str) -> None:
        super().__init__(prover.clock, prover.alg, prover.key)
        self.nonce, self.access_token = prover.nonce, token

    def proof(self, method: str, url: str, **changes: Any) -> str:
        return super().proof(method, url, **{"access_token": self.access_token, **changes})


def test_an_address_may_be_written_in_more_than_one_way(handed: Handed, prover: Prover) -> None:
    tokens, url = bought(handed, prover), handed.rp.metadata["userinfo_endpoint"]
    for same in (url, f"{url}?x=y", f"{url}#x", url.replace("http", "HTTP")):
        assert prover.userinfo(handed.rp, tokens.access_token, htu=same).status_code == 200, same


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("https://id.example/token", "https://ID.example:443/token", True),
        ("https://id.example/token", "http://id.example/token", False),
        ("https://id.example/token", "https://id.example:8443/token", False),
        ("https://id.example/token", "https://id.example/TOKEN", False),
        ("https://id.example/token", "https://id.example/./token", False),
        ("https://id.example/token", "https://id.example/%74oken", False),
    ],
)
def test_where_a_proof_is_for(one: str, another: str, same: bool) -> None:
    assert place(one) is not None
    assert (place(one) == place(another)) is same


# Once


def test_OA_20_a_proof_is_good_once_and_on_one_node(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    tokens, url = bought(handed, prover), handed.rp.metadata["userinfo_endpoint"]
    proof = prover.proof("GET", url, access_token=tokens.access_token)
    headers = {"Authorization": f"DPoP {tokens.access_token}", "DPoP": proof}
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    for node in (provider.issuer, provider.another_node()):
        answer = requests.get(f"{node}/userinfo", headers=headers, timeout=10)
        assert refused_proof(answer) == "invalid_dpop_proof"


def test_OA_20_a_proof_is_remembered_for_longer_than_it_could_come_back(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    ahead = int((provider.clock() + timedelta(seconds=59)).timestamp())
    tokens = bought(handed, prover)
    assert prover.userinfo(handed.rp, tokens.access_token, iat=ahead).status_code == 200
    with provider.reading() as db:
        until = db.scalars(select(SpentAssertion.expires_at)).all()
    assert len(until) == 2
    assert min(until) > provider.clock() + timedelta(seconds=60 + 120)


def test_a_proof_of_one_endpoint_is_none_at_another(handed: Handed, prover: Prover) -> None:
    tokens = bought(handed, prover)
    proof = prover.proof("POST", handed.rp.metadata["token_endpoint"], access_token=tokens.access_token)
    url = handed.rp.metadata["userinfo_endpoint"]
    headers = {"Authorization": f"DPoP {tokens.access_token}", "DPoP": proof}
    assert refused_proof(requests.post(url, headers=headers, timeout=10)) == "invalid_dpop_proof"


def test_OA_20_twenty_at_once_over_two_processes(
    provider: Provider, handed: Handed, prover: Prover, tmp_path: Path
) -> None:
    tokens, url = bought(handed, prover), handed.rp.metadata["userinfo_endpoint"]
    with two_nodes(provider, tmp_path) as nodes, ThreadPoolExecutor(20) as pool:
        for _ in range(5):
            proof = prover.proof("GET", url, access_token=tokens.access_token)
            headers = {"Authorization": f"DPoP {tokens.access_token}", "DPoP": proof}
            start = threading.Barrier(20)

            def one(which: int, start: threading.Barrier = start, headers: dict[str, str] = headers) -> int:
                start.wait()
                node = nodes[which % 2]
                return requests.get(f"{node}/userinfo", headers=headers, timeout=60).status_code

            assert sorted(pool.map(one, range(20))) == [200] + [401] * 19


# Nonces


def test_a_nonce_is_asked_for_once_and_the_same_code_works_with_it(handed: Handed, prover: Prover) -> None:
    url = handed.rp.metadata["token_endpoint"]
    first = with_proof(handed.rp, prover.proof("POST", url), **code_form(handed))
    assert error_of(first) == "use_dpop_nonce"
    prover.nonce = first.headers["DPoP-Nonce"]
    tokens = read_tokens(with_proof(handed.rp, prover.proof("POST", url), **code_form(handed)))
    assert prover.ask_userinfo(handed.rp, tokens.access_token).status_code == 200, "it is good there too"


def test_nonces_are_of_a_minute_or_two_and_each_answer_brings_the_next(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    tokens, rp = bought(handed, prover), handed.rp
    old = prover.nonce
    for _ in range(6):
        provider.clock.move(seconds=50)
        assert prover.ask_userinfo(rp, tokens.access_token).status_code == 200, "never asked for one again"
    prover.nonce = old
    assert refused_proof(prover.ask_userinfo(rp, tokens.access_token)) == "use_dpop_nonce"
    assert prover.ask_userinfo(rp, tokens.access_token).status_code == 200


def test_every_node_knows_the_nonces_of_the_others(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    rp, address = handed.rp, handed.rp.metadata["token_endpoint"]
    error_of(with_proof(rp, prover.proof("POST", address), **code_form(handed)))
    rp.metadata["token_endpoint"] = f"{provider.another_node()}/token"
    prover.nonce = with_proof(rp, "x", **code_form(handed)).headers["DPoP-Nonce"]
    rp.metadata["token_endpoint"] = address
    assert with_proof(rp, prover.proof("POST", address), **code_form(handed)).status_code == 200


def test_a_nonce_is_made_with_a_key(provider: Provider) -> None:
    now, ours = provider.clock(), Nonces(b"a" * 32)
    assert ours.is_good(ours.fresh(now), now + timedelta(seconds=120))
    assert ours.is_good(ours.fresh(now + timedelta(seconds=60)), now), "of a node whose clock is ahead"
    assert not ours.is_good(ours.fresh(now), now + timedelta(seconds=180))
    assert not ours.is_good(ours.fresh(now + timedelta(seconds=120)), now)
    assert not ours.is_good(Nonces(b"b" * 32).fresh(now), now)
    assert not ours.is_good("\ud800", now)


def test_OA_45_scripts_may_send_proofs_and_read_nonces(handed: Handed, prover: Prover) -> None:
    rp = handed.rp
    rp.http.headers["Origin"] = "https://oefenapp.example"
    answer = with_proof(rp, prover.proof("POST", rp.metadata["token_endpoint"]), **code_form(handed))
    assert "DPoP-Nonce" in answer.headers["Access-Control-Expose-Headers"]
    assert "DPoP-Nonce" in answer.headers


def test_who_sends_no_proof_gets_no_nonce(handed: Handed) -> None:
    tokens = handed.try_exchange()
    assert "DPoP-Nonce" not in tokens.headers
    assert "DPoP-Nonce" not in handed.rp.userinfo(read_tokens(tokens).access_token).headers


# Refresh tokens


def test_a_public_clients_refresh_tokens_are_bound_to_the_key(
    provider: Provider, handed_to_public: Handed, prover: Prover
) -> None:
    handed, thief = handed_to_public, Prover(provider.clock)
    tokens = bought(handed, prover)
    for _ in range(2):
        assert error_of(handed.rp.try_refresh(tokens.refresh_token)) == "invalid_dpop_proof"
        assert error_of(refreshed(handed, thief, tokens.refresh_token)) == "invalid_dpop_proof"
        tokens = read_tokens(refreshed(handed, prover, tokens.refresh_token))
        assert handed.rp.verify(tokens.id_token)
    assert prover.userinfo(handed.rp, tokens.access_token).status_code == 200
    assert refused_proof(thief.userinfo(handed.rp, tokens.access_token)) == "invalid_dpop_proof"


def test_a_key_that_is_bound_already_is_not_bound_again(
    provider: Provider, handed_to_public: Handed, prover: Prover
) -> None:
    tokens = bought(handed_to_public, prover)
    with counted(provider.engine) as statements:
        refreshed(handed_to_public, prover, tokens.refresh_token)
    assert verbs(statements) == ["SELECT", "INSERT", "UPDATE", "INSERT", "INSERT"]


def test_a_public_client_that_begins_to_prove_has_to_go_on(handed_to_public: Handed, prover: Prover) -> None:
    handed = handed_to_public
    tokens = read_tokens(refreshed(handed, prover, handed.exchange().refresh_token))
    assert tokens.raw["token_type"] == "DPoP"
    assert error_of(handed.rp.try_refresh(tokens.refresh_token)) == "invalid_dpop_proof"


def test_a_client_that_proves_who_it_is_may_change_keys(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    tokens, other = bought(handed, prover), Prover(provider.clock)
    tokens = read_tokens(refreshed(handed, other, tokens.refresh_token))
    assert other.userinfo(handed.rp, tokens.access_token).status_code == 200
    assert refused_proof(prover.userinfo(handed.rp, tokens.access_token)) == "invalid_dpop_proof"


def test_OA_12_a_replayed_refresh_token_ends_the_family_with_a_proof_too(
    handed_to_public: Handed, prover: Prover
) -> None:
    handed, first = handed_to_public, bought(handed_to_public, prover)
    second = read_tokens(refreshed(handed, prover, first.refresh_token))
    assert error_of(refreshed(handed, prover, first.refresh_token)) == "invalid_grant"
    assert refused_proof(prover.userinfo(handed.rp, second.access_token)) == "invalid_token"


# Clients and codes that must


def test_a_client_can_be_registered_to_prove_always(provider: Provider, prover: Prover) -> None:
    rp = provider.relying_party("bank", dpop_bound_access_tokens=True)
    handed = hand_out(provider, rp, provider.people.pupil())
    answer = handed.try_exchange()
    assert error_of(answer) == "invalid_dpop_proof"
    prover.nonce = answer.headers["DPoP-Nonce"]
    tokens = bought(handed, prover)
    assert error_of(rp.try_refresh(tokens.refresh_token)) == "invalid_dpop_proof"
    assert refreshed(handed, prover, tokens.refresh_token).status_code == 200


def test_FAPI_a_code_that_was_asked_with_a_key_needs_that_key(provider: Provider, prover: Prover) -> None:
    rp = provider.relying_party()
    handed = hand_out(provider, rp, provider.people.pupil(), jkt=prover.jkt)
    assert error_of(handed.try_exchange()) == "invalid_dpop_proof"
    assert error_of(Prover(provider.clock).token(rp, **code_form(handed))) == "invalid_dpop_proof"
    assert bought(handed, prover).raw["token_type"] == "DPoP"


def test_FAPI_from_the_pushed_request_to_the_person_with_one_key(
    provider: Provider, prover: Prover, visitor: Visitor
) -> None:
    rp = provider.relying_party("bank", require_pushed_authorization_requests=True)
    pupil, address = provider.people.pupil(), f"{provider.issuer}/par"
    asked = rp.ask()
    parameters = dict(parse_qsl(urlsplit(asked.url).query))
    for status in (400, 201):
        with extra_header(rp, prover.proof("POST", address)):
            pushed = prover.noted(rp.post(address, **parameters))
        assert pushed.status_code == status, pushed.text
    query = urlencode({"client_id": rp.client_id, "request_uri": pushed.json()["request_uri"]})
    visitor.get(f"{rp.metadata['authorization_endpoint']}?{query}")
    visitor.submit(button="login-next", username=pupil.username)
    page = visitor.submit(button="login-submit", password=pupil.password)
    assert page.left_for is not None
    handed = Handed(rp.code(page.left_for, asked), asked.verifier, asked.nonce, uuid4(), "", rp)
    assert error_of(handed.try_exchange()) == "invalid_dpop_proof"
    assert error_of(Prover(provider.clock).token(rp, **code_form(handed))) == "invalid_dpop_proof"
    tokens = bought(handed, prover)
    assert (
        rp.verify(tokens.id_token, asked.nonce)["sub"]
        == prover.userinfo(rp, tokens.access_token).json()["sub"]
    )


def test_CV_07_a_bound_token_dies_with_its_account(
    provider: Provider, handed: Handed, prover: Prover
) -> None:
    tokens = bought(handed, prover)
    with provider.db() as db:
        db.execute(update(Account).values(blocked_at=provider.clock()))
    assert refused_proof(prover.userinfo(handed.rp, tokens.access_token)) == "invalid_token"
    assert error_of(refreshed(handed, prover, tokens.refresh_token)) == "invalid_grant"


def test_OA_06_a_thief_with_a_code_and_a_key_of_his_own(provider: Provider, prover: Prover) -> None:
    rp, other = provider.relying_party(), provider.relying_party("dief")
    handed = hand_out(provider, rp, provider.people.pupil(), jkt=prover.jkt)
    thief = Prover(provider.clock)
    assert error_of(thief.token(other, **code_form(handed))) == "invalid_grant"
    form = {**code_form(handed), "code_verifier": secrets.token_urlsafe(32)}
    assert error_of(thief.token(rp, **form)) == "invalid_grant"
    assert bought(handed, prover).raw["token_type"] == "DPoP"


def test_PR_02_a_key_ties_no_two_applications_together(provider: Provider, prover: Prover) -> None:
    """Each may use its own; we hand the thumbprint to nobody but the one that showed it."""
    handed = hand_out(provider, provider.relying_party(), provider.people.pupil())
    tokens = bought(handed, prover)
    other: RelyingParty = provider.relying_party("andere")
    assert other.introspect(tokens.access_token).json() == {"active": False}
    assert prover.jkt not in json.dumps(handed.rp.verify(tokens.id_token))
