"""Tokens that are signed wrongly, cleverly or hugely: refused, quickly, with one and the same error."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from idp.database import utc_now
from idp.oidc import keys, signed
from idp.oidc.keys import KeyRing
from idp.oidc.protocol import SigningAlg
from idp.oidc.signed import InvalidToken

NOW = utc_now()
CLAIMS = {"sub": "x", "exp": int(NOW.timestamp()) + 300}
ALGS = [alg.value for alg in SigningAlg]


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    directory: Path = tmp_path_factory.mktemp("keys") / "signing"
    keys.make_missing(directory, NOW)
    return keys.load(directory)


def b64(data: bytes | Mapping[str, Any] | str) -> str:
    if not isinstance(data, bytes):
        data = (data if isinstance(data, str) else json.dumps(data)).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def good(ring: KeyRing, alg: str = "RS256") -> str:
    return ring.sign(dict(CLAIMS), alg=alg, typ="JWT", now=NOW)


def with_header(ring: KeyRing, signer: str = "RS256", **changes: Any) -> str:
    """A token that really is signed by our key, under a header that says something odd."""
    key = ring.signing_key(signer, NOW)
    header = {"alg": signer, "typ": "JWT", "kid": key.kid, **changes}
    header = {name: value for name, value in header.items() if value is not ...}
    first = f"{b64(header)}.{b64(CLAIMS)}".encode()
    signature = signed.ONLY[signer].algorithms[signer].sign(first, key.key)
    return f"{first.decode()}.{b64(signature)}"


def refused(ring: KeyRing, token: str) -> None:
    started = time.thread_time()
    with pytest.raises(InvalidToken) as raised:
        ring.verify(token, algs=ALGS, typ="JWT", now=NOW)
    assert str(raised.value) == ""
    assert time.thread_time() - started < 0.05


def test_a_good_token_is_believed(ring: KeyRing) -> None:
    for alg in ALGS:
        assert ring.verify(good(ring, alg), algs=ALGS, typ="JWT", now=NOW) == CLAIMS
        assert ring.verify(with_header(ring, alg), algs=ALGS, typ="JWT", now=NOW) == CLAIMS


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "", None, ..., 0, ["RS256"], "HS256", "RS512"])
def test_OA_14_no_algorithm_but_ours(ring: KeyRing, alg: Any) -> None:
    _, payload, signature = good(ring).split(".")
    kid = ring.signing_key("RS256", NOW).kid
    header = {"typ": "JWT", "kid": kid} if alg is ... else {"alg": alg, "typ": "JWT", "kid": kid}
    refused(ring, f"{b64(header)}.{payload}.{signature}")
    refused(ring, f"{b64(header)}.{payload}.")


def test_OA_14_CV_03_no_empty_signature(ring: KeyRing) -> None:
    head, payload, _ = good(ring).split(".")
    refused(ring, f"{head}.{payload}.")
    refused(ring, f"{head}.{payload}")


def test_OA_15_CV_03_CV_06_our_public_key_is_no_shared_secret(ring: KeyRing) -> None:
    key = ring.signing_key("RS256", NOW)
    public: Any = key.key.public_key
    secrets = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(key.public()).encode(),
        b"\0",
        b"",
    ]
    for secret in secrets:
        header = {"alg": "HS256", "typ": "JWT", "kid": key.kid}
        first = f"{b64(header)}.{b64(CLAIMS)}".encode()
        mac = jwt.get_algorithm_by_name("HS256").sign(first, secret) if secret else b"\0" * 32
        refused(ring, f"{first.decode()}.{b64(mac)}")


def test_OA_15_an_algorithm_belongs_to_its_key(ring: KeyRing) -> None:
    for signer in ALGS:
        for claimed in ALGS:
            if signer != claimed:
                refused(ring, with_header(ring, signer, alg=claimed))
                refused(ring, with_header(ring, signer, kid=ring.signing_key(claimed, NOW).kid))


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("RS256", rsa.generate_private_key(65537, 2048)),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
    ],
)
def test_OA_15_a_foreign_key_under_our_name(ring: KeyRing, alg: str, key: Any) -> None:
    kid = ring.signing_key(alg, NOW).kid
    refused(ring, jwt.encode(CLAIMS, key, algorithm=alg, headers={"kid": kid}))


@pytest.mark.parametrize(
    "kid", ["../../dev/null", "' or 1=1", "x" * 10_000, 7, None, ..., [], {}, "", "rs256-*"]
)
def test_OA_16_a_key_is_named_by_its_name_and_nothing_else(ring: KeyRing, kid: Any) -> None:
    refused(ring, with_header(ring, kid=kid))


@pytest.mark.parametrize(
    "header",
    [
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"typ": "logout+jwt"},
        {"typ": "jwt"},
        {"typ": ["JWT"]},
        {"typ": None},
    ],
    ids=str,
)
def test_OA_16_CV_03_a_header_brings_no_key_and_changes_no_reading(
    ring: KeyRing, header: dict[str, Any]
) -> None:
    refused(ring, with_header(ring, **header))


def test_OA_17_CV_03_CV_04_bombs_are_refused_before_they_are_opened(ring: KeyRing) -> None:
    head, payload, signature = good(ring).split(".")
    big = "A" * 1_000_000
    deep = b64(b"[" * 9_000)
    general = json.dumps({"payload": payload, "signatures": []})
    flattened = json.dumps({"payload": payload, "protected": head, "signature": signature})
    encrypted = f"{b64({'alg': 'PBES2-HS256+A128KW', 'enc': 'A128GCM', 'p2c': 2**31})}.AA.AA.AA.AA"
    for token in (
        f"{big}.{payload}.{signature}",
        f"{head}.{big}.{signature}",
        f"{head}.{payload}.{big}",
        f"{deep}.{payload}.{signature}",
        f"{head}.{deep}.{signature}",
        general,
        flattened,
        encrypted,
        "",
        ".",
        "..",
        "." * 15_000,
        "\ud800.a.b",
    ):
        tracemalloc.start()
        refused(ring, token)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
        tracemalloc.stop()


def test_CV_03_without_a_key_of_ours_the_one_inside_counts_for_nothing(ring: KeyRing) -> None:
    own = ring.signing_key("ES256", NOW)
    for header in ({"jwk": own.public()}, {"jwk": own.public(), "kid": ...}, {"kid": ...}, {}):
        with pytest.raises(InvalidToken):
            signed.unseal(
                with_header(ring, "ES256", **header), algs=ALGS, typs=("JWT",), key_for=lambda *_: None
            )


def test_CV_05_an_empty_list_allows_nothing(ring: KeyRing) -> None:
    token, key = good(ring), ring.signing_key("RS256", NOW).key
    assert signed.unseal(token, algs=["RS256"], typs=["JWT"], key_for=lambda *_: key) == CLAIMS
    for algs, typs in (([], ["JWT"]), (["RS256"], []), ([], []), (["RS256"], [None]), (["RS25"], ["JWT"])):
        with pytest.raises(InvalidToken):
            signed.unseal(token, algs=algs, typs=typs, key_for=lambda *_: key)


def test_OA_17_deep_claims_under_a_good_signature(ring: KeyRing) -> None:
    key = ring.signing_key("ES256", NOW)
    first = f"{b64({'alg': 'ES256', 'typ': 'JWT', 'kid': key.kid})}.{b64(b'[' * 9_000)}".encode()
    signature = signed.ONLY["ES256"].algorithms["ES256"].sign(first, key.key)
    refused(ring, f"{first.decode()}.{b64(signature)}")


@pytest.mark.parametrize("spoil", ["{} ", " {}", "{}\n", "{}=", "{}==", "{}.", ".{}", "{}A", "{}.AA"])
def test_OA_17_nothing_before_or_after(ring: KeyRing, spoil: str) -> None:
    refused(ring, spoil.format(good(ring)))


def test_OA_17_one_spelling_of_the_same_bytes(ring: KeyRing) -> None:
    """The last letter of base64url holds bits that mean nothing: changed, they would make a second token of one."""
    head, payload, signature = good(ring, "ES256").split(".")  # 64 bytes: four bits are spare
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = letters[letters.index(signature[-1]) + 1]
    refused(ring, f"{head}.{payload}.{signature[:-1]}{last}")


@pytest.mark.parametrize(
    "text",
    [
        '{"sub":"x","sub":"y","exp":9999999999}',
        '{"exp":NaN}',
        '{"exp":Infinity}',
        '"x"',
        "[]",
        "null",
        "",
        "{",
    ],
)
def test_OA_09_claims_that_can_be_read_in_two_ways_or_in_none(ring: KeyRing, text: str) -> None:
    key = ring.signing_key("EdDSA", NOW)
    first = f"{b64({'alg': 'EdDSA', 'typ': 'JWT', 'kid': key.kid})}.{b64(text)}".encode()
    signature = signed.ONLY["EdDSA"].algorithms["EdDSA"].sign(first, key.key)
    refused(ring, f"{first.decode()}.{b64(signature)}")


def test_any_changed_letter_breaks_it(ring: KeyRing) -> None:
    token = good(ring, "ES256")
    for place in range(0, len(token), 7):
        other = "A" if token[place] != "A" else "B"
        refused(ring, token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "exp", [pytest.param(int(NOW.timestamp()), id="now"), 0, -1, True, "9999999999", None, [1], ...]
)
def test_a_token_is_good_until_its_exp_and_must_have_one(ring: KeyRing, exp: Any) -> None:
    claims = {"sub": "x"} if exp is ... else {"sub": "x", "exp": exp}
    refused(ring, ring.sign(claims, alg="EdDSA", typ="JWT", now=NOW))


def test_an_expired_one_is_still_readable_as_a_hint(ring: KeyRing) -> None:
    token = ring.sign({"sub": "x", "exp": 0}, alg="RS256", typ="JWT", now=NOW)
    assert ring.verify(token, algs=ALGS, typ="JWT")["sub"] == "x"
