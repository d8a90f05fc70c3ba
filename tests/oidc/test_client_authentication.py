"""An application proves who it is in one way, its own, or not at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy.orm import Session

from idp.database import utc_now
from idp.oidc import client_keys, fetching
from idp.oidc.clients import register
from idp.oidc.remembered import Remembered, remembered
from idp.oidc.spent import spend_once
from tests.oidc.handed_out import Handed, error_of, hand_out
from tests.oidc.node import two_nodes
from tests.oidc.signing_client import KEYS, public_jwk
from tests.oidc.sink import document, sink
from tests.oidc.test_parallel import AT_ONCE, ROUNDS
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty, basic

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def exchange(handed: Handed, authorization: str | None = None, **form: str) -> requests.Response:
    """The code, with this proof of who is asking."""
    return requests.post(
        f"{handed.rp.issuer}/token",
        data={
            "grant_type": "authorization_code",
            "code": handed.code,
            "redirect_uri": handed.rp.redirect_uri,
            "code_verifier": handed.verifier,
            **form,
        },
        headers={"Authorization": authorization} if authorization is not None else {},
        timeout=10,
    )


def refused(answer: requests.Response) -> None:
    """One answer for each cause."""
    assert error_of(answer, 401) == "invalid_client"
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="LeerID", charset="UTF-8"'
    assert answer.json() == {"error": "invalid_client", "error_description": "client authentication failed"}


def encoded(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture
def handed(provider: Provider) -> Handed:
    return hand_out(provider, provider.relying_party(), provider.people.pupil())


# Secrets


def test_OA_11_any_secret_survives_the_header_and_the_form(provider: Provider) -> None:
    """`+`, `%`, `:`, `&` and every other printable character: quoted as the RFC says, or as libraries do it."""
    secret = "".join(chr(code) for code in range(0x21, 0x7F)) + " é"
    pupil = provider.people.pupil()
    digest = hashlib.sha256(secret.encode()).hexdigest()
    rp = provider.relying_party(client_secret_sha256=digest)
    for quoted in (quote_plus(secret), quote(secret, safe="")):
        handed = hand_out(provider, rp, pupil)
        assert exchange(handed, encoded(f"{rp.client_id}:{quoted}")).status_code == 200
    rp = provider.relying_party(
        "per-post", client_secret_sha256=digest, token_endpoint_auth_method="client_secret_post"
    )
    handed = hand_out(provider, rp, pupil)
    assert exchange(handed, client_id=rp.client_id, client_secret=secret).status_code == 200


def test_OA_11_wrong_and_missing_secrets(handed: Handed) -> None:
    rp = handed.rp
    assert rp.secret is not None
    client_id, secret = rp.client_id, rp.secret
    good = basic(client_id, secret)
    text = good.removeprefix("Basic ")
    for authorization in (
        basic(client_id, "x"),
        basic(client_id, ""),
        basic(client_id, secret + "x"),
        basic(client_id, secret[:-1]),
        basic(client_id.upper(), secret),
        basic("bestaat-niet", secret),
        basic("", secret),
        basic("", ""),
        encoded(client_id),
        encoded(f"{client_id}:{secret}\n"),
        f"Basic {text}=",
        f"Basic {text}!",
        f"Basic {text} ",
        f"Basic  {text}",
        f"Basic {text[:4]}\t{text[4:]}",
        f"Basic {text.rstrip('=')}" if text.endswith("=") else f"Basic {text}====",
        f"Bearer {text}",
        text,
        "Basic",
        "Basic ",
        "",
    ):
        refused(exchange(handed, authorization))
    refused(exchange(handed))
    refused(exchange(handed, client_id=client_id))
    assert exchange(handed, good).status_code == 200


def test_OA_11_the_scheme_s_name_is_read_in_any_case(handed: Handed) -> None:
    assert handed.rp.secret is not None
    good = basic(handed.rp.client_id, handed.rp.secret)
    assert exchange(handed, good.replace("Basic", "bAsIc")).status_code == 200


def test_OA_11_two_ways_at_once_prove_nothing(handed: Handed) -> None:
    rp = handed.rp
    assert rp.secret is not None
    good = basic(rp.client_id, rp.secret)
    refused(exchange(handed, good, client_secret=rp.secret))
    refused(exchange(handed, good, client_id=rp.client_id, client_secret=rp.secret))
    refused(exchange(handed, good, client_assertion="a.b.c", client_assertion_type=ASSERTION))
    refused(exchange(handed, good, client_assertion_type=ASSERTION))
    refused(exchange(handed, good, client_id="andere"))
    assert exchange(handed, good, client_id=rp.client_id).status_code == 200


@pytest.mark.parametrize(
    ("registered", "used"),
    [
        (registered, used)
        for registered, used in itertools.product(
            ["client_secret_basic", "client_secret_post", "none", "private_key_jwt"],
            ["basic", "post", "none"],
        )
        if not registered.endswith(used)
    ],
)
def test_OA_11_only_the_registered_way(provider: Provider, registered: str, used: str) -> None:
    more: dict[str, Any] = {"token_endpoint_auth_method": registered}
    if registered == "private_key_jwt":
        more["jwks"] = {"keys": [public_jwk(KEYS["ES256"], "ES256")]}
        more["token_endpoint_auth_signing_alg"] = "ES256"
    rp = provider.relying_party(**more)
    secret = rp.secret or "x" * 43
    handed = hand_out(provider, rp, provider.people.pupil())
    match used:
        case "basic":
            refused(exchange(handed, basic(rp.client_id, secret)))
        case "post":
            refused(exchange(handed, client_id=rp.client_id, client_secret=secret))
        case _:
            refused(exchange(handed, client_id=rp.client_id))


def test_a_client_that_has_no_secret_yet_is_refused_whatever_it_says(provider: Provider) -> None:
    rp = provider.relying_party()
    path = provider.clients_directory / f"{rp.client_id}.toml"
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in text if "client_secret_sha256" not in line), encoding="utf-8")
    handed = hand_out(provider, rp, provider.people.pupil())
    for secret in ("", "x", "0" * 64):
        refused(exchange(handed, basic(rp.client_id, secret)))


def test_an_unknown_client_takes_as_long_as_a_wrong_secret(provider: Provider, handed: Handed) -> None:
    """Told apart by neither answer nor time: the medians of many, taken in turns, are within a few milliseconds."""
    times: dict[str, list[float]] = {handed.rp.client_id: [], "bestaat-niet": []}
    with requests.Session() as http:
        for _ in range(60):
            for name, taken in times.items():
                started = time.perf_counter()
                form = {"grant_type": "authorization_code", "code": "x"}
                http.post(f"{provider.issuer}/token", data=form, headers={"Authorization": basic(name, "x")})
                taken.append(time.perf_counter() - started)
    known, unknown = (sorted(taken)[len(taken) // 2] for taken in times.values())
    assert abs(known - unknown) < 0.005


# Assertions


class Asserting:
    """An application with a key instead of a secret."""

    def __init__(
        self, provider: Provider, alg: str = "ES256", client_id: str = "sleutelapp", **registration: Any
    ) -> None:
        self.provider, self.alg, self.key = provider, alg, KEYS[alg]
        if "jwks_uri" not in registration:
            registration["jwks"] = {"keys": [public_jwk(self.key, alg)]}
        self.rp: RelyingParty = provider.relying_party(
            client_id,
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg=alg,
            **registration,
        )
        self.handed = hand_out(provider, self.rp, provider.people.pupil())

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.provider.clock().timestamp())
        return {
            name: value
            for name, value in {
                "iss": self.rp.client_id,
                "sub": self.rp.client_id,
                "aud": self.rp.issuer,
                "iat": now,
                "exp": now + 60,
                "jti": secrets.token_urlsafe(16),
                **changes,
            }.items()
            if value is not ...
        }

    def assertion(self, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """Signed over any claims at all: `jwt.encode` would refuse some that an attacker wouldn't."""
        payload = json.dumps(self.claims(**changes)).encode()
        header = {"typ": "JWT", **(headers or {"kid": "k1"})}
        return jwt.PyJWS().encode(payload, self.key, algorithm=self.alg, headers=header)

    def send(self, assertion: str, **form: str) -> requests.Response:
        return exchange(
            self.handed, **{"client_assertion": assertion, "client_assertion_type": ASSERTION, **form}
        )


@pytest.fixture
def asserting(provider: Provider) -> Asserting:
    return Asserting(provider)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_an_assertion_proves_who_asks(provider: Provider, alg: str) -> None:
    asserting = Asserting(provider, alg)
    assert asserting.send(asserting.assertion()).status_code == 200


def test_OA_19_the_token_endpoint_is_an_audience_for_who_is_registered_so(provider: Provider) -> None:
    asserting = Asserting(provider, assertion_audience="token_endpoint")
    assertion = asserting.assertion(aud=f"{provider.issuer}/token")
    assert asserting.send(assertion, client_id="sleutelapp").status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["ISSUER"]},
        {"aud": ["ISSUER", "https://elders.example"]},
        {"aud": "ISSUER/"},
        {"aud": "ISSUER/tok"},
        {"aud": "ISSUER/token"},
        {"aud": "ISSUER/token/"},
        {"aud": "https://elders.example"},
        {"aud": ...},
        {"aud": None},
        {"aud": {"ISSUER": 1}},
        {"iss": "andere"},
        {"iss": ...},
        {"iss": ["sleutelapp"]},
        {"sub": "andere"},
        {"sub": ...},
        {"sub": 7},
        {"exp": ...},
        {"exp": "9999999999"},
        {"exp": None},
        {"iat": ...},
        {"iat": True},
        {"jti": ...},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 256},
        {"nbf": "x"},
        {"iat": -(10**4000)},
        {"exp": 10**4000},
        {"nbf": 10**4000},
        {"jti": ["x"]},
        {"iss": None, "sub": None},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_OA_19_CV_04_CV_05_CV_41_what_an_assertion_must_say(
    asserting: Asserting, changes: dict[str, Any]
) -> None:
    issuer = asserting.rp.issuer
    filled = json.loads(
        json.dumps({k: v for k, v in changes.items() if v is not ...}).replace("ISSUER", issuer)
    )
    filled.update({name: ... for name, value in changes.items() if value is ...})
    refused(asserting.send(asserting.assertion(**filled)))


def test_OA_19_when_an_assertion_counts(asserting: Asserting) -> None:
    now = int(asserting.provider.clock.stop().timestamp())
    wrong: tuple[dict[str, Any], ...] = (
        {"exp": now - 1, "iat": now - 60},
        {"exp": now - 300, "iat": now - 500},
        {"exp": now + 301, "iat": now},
        {"exp": now + 3600, "iat": now},
        {"exp": now + 3600, "iat": now + 3400},
        {"exp": now + 10**12, "iat": now},
        {"exp": now + 60, "iat": now - 400},
        {"iat": now + 61, "exp": now + 180},
        {"nbf": now + 61},
    )
    for moments in wrong:
        refused(asserting.send(asserting.assertion(**moments)))
    just = asserting.assertion(exp=now + 360, iat=now + 60, nbf=now + 60)
    assert asserting.send(just).status_code == 200


def test_OA_20_an_assertion_is_good_once(asserting: Asserting) -> None:
    assertion = asserting.assertion()
    assert asserting.send(assertion).status_code == 200
    refused(asserting.send(assertion))
    refused(asserting.send(asserting.assertion(jti=asserting_jti(assertion))))


def asserting_jti(assertion: str) -> str:
    claims: dict[str, str] = jwt.decode(assertion, options={"verify_signature": False})
    return claims["jti"]


def test_OA_20_an_assertion_is_spent_even_when_its_request_fails(asserting: Asserting) -> None:
    assertion = asserting.assertion()
    assert error_of(asserting.send(assertion, code="x")) == "invalid_grant"
    refused(asserting.send(assertion))


def test_OA_20_of_twenty_at_once_over_two_processes_one_is_accepted(
    asserting: Asserting, tmp_path: Path
) -> None:
    with two_nodes(asserting.provider, tmp_path) as nodes, ThreadPoolExecutor(AT_ONCE) as pool:
        sessions = [requests.Session() for _ in range(AT_ONCE)]
        for _ in range(ROUNDS):
            form = {
                "token": "x",
                "client_assertion": asserting.assertion(),
                "client_assertion_type": ASSERTION,
            }
            start = threading.Barrier(AT_ONCE)

            def introspect(which: int, form: dict[str, str] = form, start: threading.Barrier = start) -> int:
                start.wait()
                return (
                    sessions[which].post(f"{nodes[which % 2]}/introspect", data=form, timeout=60).status_code
                )

            assert sorted(pool.map(introspect, range(AT_ONCE))) == [200] + [401] * (AT_ONCE - 1)


def test_OA_20_what_was_used_stays_used_after_a_restart(asserting: Asserting) -> None:
    assertion = asserting.assertion()
    assert asserting.send(assertion).status_code == 200
    asserting.rp.issuer = asserting.provider.another_node()
    refused(asserting.send(assertion))


def test_OA_20_whose_names_are_kept_apart(db: Session) -> None:
    until = utc_now() + timedelta(minutes=5)
    for whose in ("app", "request:app", "dpop:app", "x" * 300, "x" * 301):
        assert spend_once(db, whose, "een", until)
        assert not spend_once(db, whose, "een", until)
        assert spend_once(db, whose, "\ud800", until)


def test_OA_20_a_jti_belongs_to_its_client(provider: Provider) -> None:
    first, second = Asserting(provider), Asserting(provider, client_id="andere-app")
    assert first.send(first.assertion(jti="een")).status_code == 200
    assert second.send(second.assertion(jti="een")).status_code == 200


def test_OA_14_OA_15_OA_16_CV_03_CV_06_a_signature_by_anything_but_the_registered_key(
    asserting: Asserting,
) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    public = asserting.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = asserting.claims()

    def fresh() -> dict[str, Any]:
        return {**claims, "jti": secrets.token_urlsafe(8)}

    head, payload, signature = asserting.assertion().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').rstrip(b"=").decode()
    for token in (
        jwt.encode(fresh(), other, algorithm="ES256", headers={"kid": "k1"}),
        jwt.encode(fresh(), KEYS["RS256"], algorithm="RS256", headers={"kid": "k1"}),
        jwt.encode(fresh(), KEYS["EdDSA"], algorithm="EdDSA", headers={"kid": "k1"}),
        hs256(fresh(), public),
        hs256(fresh(), b""),
        asserting.assertion({"kid": "k2"}),
        asserting.assertion({"kid": "../k1"}),
        asserting.assertion({"kid": "k1", "jwk": public_jwk(other, "ES256")}),
        asserting.assertion({"kid": "k1", "jku": "https://dief.example/jwks"}),
        asserting.assertion({"kid": "k1", "crit": ["exp"]}),
        asserting.assertion({"kid": "k1", "typ": "logout+jwt"}),
        asserting.assertion({"kid": "k1", "typ": "at+jwt"}),
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature}=",
        "a" * 20_000,
        "[" * 9000 + "." + "[" * 9000 + ".",
        "",
    ):
        refused(asserting.send(token))
    accepted = asserting.assertion({"kid": "k1", "typ": "client-authentication+jwt"})
    assert asserting.send(accepted).status_code == 200


def hs256(claims: dict[str, Any], secret: bytes) -> str:
    """A MAC instead of a signature, with whatever is at hand as its key."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return f"{signed.decode()}.{mac.decode()}"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(("bits", "pkce"), [(1024, "required"), (2048, "required"), (1024, "optional")])
def test_OA_15_a_short_rsa_key_of_a_client_is_refused(provider: Provider, bits: int, pkce: str) -> None:
    """2048 bits are for old clients only, which needn't use PKCE either: the certification's own have no more."""
    key = rsa.generate_private_key(65537, bits)
    asserting = Asserting(provider, "RS256")
    asserting.rp = provider.relying_party(
        "sleutelapp",
        token_endpoint_auth_method="private_key_jwt",
        pkce=pkce,
        jwks={"keys": [public_jwk(key, "RS256")]},
    )
    asserting.key = key
    refused(asserting.send(asserting.assertion()))


def test_OA_15_a_p_384_key_does_not_sign_es256(provider: Provider) -> None:
    asserting = Asserting(provider)
    key = ec.generate_private_key(ec.SECP384R1())
    asserting.rp = provider.relying_party(
        "sleutelapp",
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [public_jwk(key, "ES384")]},
    )
    asserting.key, asserting.alg = key, "ES384"
    refused(asserting.send(asserting.assertion()))


def test_OA_16_without_a_kid_only_a_single_key_can_be_meant(provider: Provider) -> None:
    asserting = Asserting(provider)
    assert asserting.send(asserting.assertion({"x": "y"})).status_code == 200
    other = ec.generate_private_key(ec.SECP256R1())
    asserting.rp = provider.relying_party(
        "sleutelapp",
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [public_jwk(asserting.key, "ES256"), public_jwk(other, "ES256", "k2")]},
    )
    asserting.handed = hand_out(provider, asserting.rp, provider.people.pupil())
    refused(asserting.send(asserting.assertion({"x": "y"})))
    assert asserting.send(asserting.assertion()).status_code == 200


NO_KEY_IDS: list[Any] = [
    *("../../dev/null", "' or 1=1", "x" * 10_000, "", "K1", "k1 ", "k1\n"),
    *(7, None, True, [], {}),
]
MORE_HEADERS: list[dict[str, Any]] = [
    {"jku": "https://dief.example/keys"},
    {"x5u": "https://dief.example/cert"},
    {"x5c": ["MIIB"]},
    {"jwk": {"kty": "oct", "k": "AAAA"}},
    {"crit": []},
    {"b64": True},
    {"zip": "DEF"},
    {"enc": "A256GCM"},
    {"typ": None},
    {"typ": ["JWT"]},
    {"alg": None},
]


@pytest.mark.parametrize(
    "header",
    [*({"kid": kid} for kid in NO_KEY_IDS), *({"kid": "k1", **more} for more in MORE_HEADERS)],
    ids=lambda header: str(header)[:40],
)
def test_OA_16_a_header_that_says_more_than_which_key(asserting: Asserting, header: dict[str, Any]) -> None:
    refused(asserting.send(raw(asserting, header)))


def raw(asserting: Asserting, header: dict[str, Any], payload: bytes | None = None) -> str:
    """Really signed with the registered key, over any header and any payload."""
    whole = {"alg": asserting.alg, "typ": "JWT", **header}
    parts = [json.dumps(whole).encode(), payload or json.dumps(asserting.claims()).encode()]
    first = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    signature = jwt.get_algorithm_by_name(asserting.alg).sign(first.encode(), asserting.key)
    return f"{first}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_OA_16_without_a_header_of_its_own_it_would_have_been_good(asserting: Asserting) -> None:
    assert asserting.send(raw(asserting, {"kid": "k1"})).status_code == 200


def test_OA_09_claims_that_can_be_read_in_two_ways(asserting: Asserting) -> None:
    good = json.dumps(asserting.claims())
    for spoilt in (
        good.replace("{", '{"sub": "andere", ', 1),
        good.replace("}", ', "aud": "https://elders.example"}'),
        good.replace("}", ', "x": NaN}'),
        f"[{good}]",
        good + " {}",
    ):
        refused(asserting.send(raw(asserting, {"kid": "k1"}, spoilt.encode())))


def test_OA_17_CV_04_bombs_cost_nothing(asserting: Asserting) -> None:
    """Also the two parts of an assertion that are read before its signature."""
    head, payload, signature = asserting.assertion().split(".")
    deep = base64.urlsafe_b64encode(b"[" * 9_000).rstrip(b"=").decode()
    bombs = [
        f"{head}.{payload}.{'A' * 30_000}",
        f"{'A' * 30_000}.{payload}.{signature}",
        f"{head}.{deep}.{signature}",
        f"{deep}.{payload}.{signature}",
        f"{head}.{payload}.{signature}.",
        f"{head}.{payload}.{signature}\n",
        f" {head}.{payload}.{signature}",
        json.dumps({"payload": payload, "signatures": []}),
        json.dumps({"payload": payload, "protected": head, "signature": signature}),
        base64.urlsafe_b64encode(b'{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483648}').decode() + ".A.A.A.A",
        "." * 15_000,
    ]  # fmt: skip
    for bomb in bombs:
        refused(asserting.send(bomb))
    began = time.process_time()
    for bomb in bombs:
        asserting.send(bomb)
    assert time.process_time() - began < 0.1 * len(bombs)


def test_OA_15_no_key_that_costs_more_than_a_verification() -> None:
    """An exponent or a modulus of an application's choice could keep a processor busy."""
    numbers = KEYS["RS256"].public_key().public_numbers()
    for n, e, good in (
        (numbers.n, numbers.e, True),
        (numbers.n, (1 << 2000) + 1, False),
        (numbers.n, (1 << 33) + 1, False),
        ((1 << 16_000) + 1, numbers.e, False),
        ((1 << 8192) + 1, numbers.e, False),
    ):
        jwk = json.dumps({"kty": "RSA", "n": number(n), "e": number(e)})
        assert (client_keys.public_key(jwk, "RS256") is not None) is good


def number(value: int) -> str:
    raw_number = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw_number).rstrip(b"=").decode()


# Keys at an address of the application's own


class Shelf:
    """Where an application keeps its keys."""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.body: bytes | None = None
        self.address = ""
        self.there = True
        self.visits = 0

    def answer(self) -> bytes:
        self.visits += 1
        body = self.body if self.body is not None else json.dumps({"keys": self.keys}).encode()
        return document(body, "application/jwk-set+json", "200 OK" if self.there else "503 Busy")


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    with sink(lambda line: line.sendall(made.answer())) as there:
        made.address = f"{there.origin}/keys"
        yield made


def test_oidcc_registration_jwks_uri(provider: Provider, shelf: Shelf) -> None:
    shelf.keys = [public_jwk(KEYS["ES256"], "ES256"), public_jwk(KEYS["EdDSA"], "EdDSA", "k2")]
    asserting = Asserting(provider, jwks_uri=shelf.address)
    assert shelf.visits == 0, "not before it is needed"
    assert asserting.send(asserting.assertion()).status_code == 200
    refused(asserting.send(asserting.assertion({"kid": "k2"})))
    assert error_of(asserting.send(asserting.assertion())) == "invalid_grant", (
        "believed, and the code is spent"
    )


def test_oidcc_refresh_token_rp_key_rotation(provider: Provider, shelf: Shelf) -> None:
    """The application's new key counts at once, and its old one no more."""
    shelf.keys = [public_jwk(KEYS["ES256"], "ES256", "oud")]
    asserting = Asserting(provider, jwks_uri=shelf.address)
    tokens = asserting.send(asserting.assertion({"kid": "oud"})).json()
    old, asserting.key = asserting.key, ec.generate_private_key(ec.SECP256R1())
    shelf.keys = [public_jwk(asserting.key, "ES256", "nieuw")]

    def refresh(kid: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        return asserting.send(asserting.assertion({"kid": kid}), **form)

    tokens = refresh("nieuw").json()
    assert tokens["id_token"]
    new, asserting.key = asserting.key, old
    refused(refresh("oud"))
    refused(refresh("nieuw"))
    asserting.key = new
    assert refresh("nieuw").status_code == 200
    assert shelf.visits == 2


def test_OA_25_unknown_keys_have_it_read_again_once_a_minute(provider: Provider, shelf: Shelf) -> None:
    shelf.keys = [public_jwk(KEYS["ES256"], "ES256")]
    asserting = Asserting(provider, jwks_uri=shelf.address)
    strangers = [asserting.assertion({"kid": f"k{number}"}) for number in range(2, 42)]
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(asserting.send, strangers):
            refused(answer)
    assert shelf.visits == 1
    assert asserting.send(asserting.assertion()).status_code == 200
    provider.clock.move(minutes=2)
    refused(asserting.send(asserting.assertion({"kid": "k2"})))
    refused(asserting.send(asserting.assertion({"kid": "k3"})))
    assert shelf.visits == 2


def test_OA_25_a_thousand_that_name_one_client(provider: Provider, shelf: Shelf) -> None:
    Asserting(provider, jwks_uri=shelf.address)
    client = register(provider.app).get("sleutelapp")
    assert client is not None
    fresh = Remembered(remembered(provider.app).fetcher)
    shelf.there = False

    def look(number: int) -> Any:
        return client_keys.key_for(client, f"k{number}", "ES256", fresh, provider.clock())

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(look, range(1000))) == {None}
    assert shelf.visits == 1


def test_an_application_whose_keys_cannot_be_had_is_refused_until_they_can(
    provider: Provider, shelf: Shelf
) -> None:
    shelf.keys, shelf.there = [public_jwk(KEYS["ES256"], "ES256")], False
    asserting = Asserting(provider, jwks_uri=shelf.address)
    refused(asserting.send(asserting.assertion()))
    shelf.there = True
    refused(asserting.send(asserting.assertion()))
    provider.clock.move(seconds=61)
    asserting.handed = hand_out(provider, asserting.rp, provider.people.pupil())
    assert asserting.send(asserting.assertion()).status_code == 200
    shelf.there = False
    provider.clock.move(minutes=20)
    assert error_of(asserting.send(asserting.assertion())) == "invalid_grant", "a hiccup keeps nobody out"
    provider.clock.move(minutes=15)
    refused(asserting.send(asserting.assertion()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b'{"keys": {}}',
        b'{"keys": "x"}',
        b'{"keys": [1, null, "x", []]}',
        b'{"keys": [{"kty": "EC"}]}',
        b'{"keys": [{"kty": 1, "kid": "k1"}]}',
        b'{"keys": [{"kty": "oct", "kid": "k1", "k": "AAAA"}]}',
        b'{"keys": ' + b"[" * 9000,
        b'{"keys": [KEY], "keys": []}',
        b'{"keys": [KEY, KEY]}',
        b'{"keys": [' + b"{}," * 50 + b"KEY]}",
        b'{"keys": [PRIVATE]}',
        b'{"keys": [ENCRYPTS]}',
        b'{"keys": [OTHER]}',
        b'{"keys": [WRAPS]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "kid": "k1", "x": '
        + b"[" * 700
        + b"]" * 700
        + b', "y": "AA"}]}',
        b"\xff\xfe",
    ],
    ids=lambda body: str(body[:30]),
)
def test_what_is_no_set_of_public_keys_opens_nothing(provider: Provider, shelf: Shelf, body: bytes) -> None:
    public = public_jwk(KEYS["ES256"], "ES256")
    private = jwt.get_algorithm_by_name("ES256").to_jwk(KEYS["ES256"], as_dict=True)
    for name, key in {
        b"KEY": public,
        b"PRIVATE": {**private, "kid": "k1"},
        b"ENCRYPTS": {**public, "use": "enc"},
        b"OTHER": {**public, "alg": "ES384"},
        b"WRAPS": {**public, "key_ops": ["wrapKey"]},
    }.items():
        body = body.replace(name, json.dumps(key).encode())
    shelf.body = body
    asserting = Asserting(provider, jwks_uri=shelf.address)
    refused(asserting.send(asserting.assertion()))
    assert shelf.visits == 1


def test_a_key_that_we_cannot_read_keeps_no_other_from_being_used(provider: Provider, shelf: Shelf) -> None:
    """RFC 7517 section 5: what isn't understood is passed over."""
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    more = {"x5c": ["MIIB"], "key_ops": ["verify"], "of": deep}
    good = {**public_jwk(KEYS["ES256"], "ES256"), **more}
    shelf.keys = ["x", {"kty": "AKP"}, {"kty": "EC", "crv": "P-999"}, {"kty": "OKP", "x": 5}, good]
    asserting = Asserting(provider, jwks_uri=shelf.address)
    assert asserting.send(asserting.assertion()).status_code == 200


def test_CV_48_members_that_are_no_text_make_no_key() -> None:
    good = public_jwk(KEYS["ES256"], "ES256")
    strange = [{**good, name: value} for name in good for value in (5, None, True, ["x"], {"x": "y"})]
    assert client_keys.keys_in(json.dumps({"keys": strange}).encode()) == ()
    assert client_keys.keys_in(json.dumps({"keys": [*strange, good]}).encode()) == (good,)


def test_OA_22_OA_26_keys_inside_our_network_are_never_looked_for(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer, wherever an application says that its keys are."""
    monkeypatch.setattr(fetching, "LEAST_SECONDS", 0)
    with sink() as there:
        remembered(provider.app).fetcher = fetching.Fetcher(None, ())
        for number, address in enumerate(
            (f"{there.origin}/keys", f"http://localhost:{there.port}/", f"http://[::1]:{there.port}/")
        ):
            asserting = Asserting(provider, client_id=f"app{number}", jwks_uri=address)
            refused(asserting.send(asserting.assertion()))
        assert there.visits == 0


def test_OA_16_keys_for_something_else_leave_no_doubt(provider: Provider, shelf: Shelf) -> None:
    others = [
        public_jwk(ec.generate_private_key(ec.SECP256R1()), "ES256", f"k{number}") for number in range(3)
    ]
    others[0]["use"] = "enc"
    others[1]["alg"] = "ECDH-ES"
    shelf.keys = [*others[:2], public_jwk(KEYS["ES256"], "ES256")]
    asserting = Asserting(provider, jwks_uri=shelf.address)
    assert asserting.send(asserting.assertion({"x": "y"})).status_code == 200
    shelf.keys.append(others[2])
    provider.clock.move(minutes=16)
    refused(asserting.send(asserting.assertion({"x": "y"})))


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_OA_11_keys_for_requests_are_no_keys_to_come_in_with(provider: Provider, method: str) -> None:
    """An application may have keys to sign its authorization requests, and prove who it is in another way."""
    asserting = Asserting(provider)
    keys = {"keys": [public_jwk(asserting.key, "ES256")]}
    more = {"token_endpoint_auth_signing_alg": "ES256"}
    asserting.rp = provider.relying_party("sleutelapp", token_endpoint_auth_method=method, jwks=keys, **more)
    refused(asserting.send(asserting.assertion()))


def test_OA_11_an_assertion_of_one_client_in_the_name_of_another(provider: Provider) -> None:
    asserting = Asserting(provider)
    provider.relying_party("andere")
    refused(asserting.send(asserting.assertion(), client_id="andere"))
    refused(asserting.send(asserting.assertion(), client_assertion_type="x"))


def test_OA_18_our_own_tokens_are_no_assertions(asserting: Asserting) -> None:
    tokens = asserting.send(asserting.assertion()).json()
    refused(asserting.send(tokens["id_token"]))
    refused(asserting.send(tokens["access_token"]))
    assertion = asserting.assertion()
    assert asserting.rp.userinfo(assertion).status_code == 401
