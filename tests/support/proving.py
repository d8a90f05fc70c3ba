"""An application that proves to hold a key (RFC 9449), written from the specification with PyJWT: no code of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.support.relying_party import RelyingParty

MAKING: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(65537, 3072),
}
AS_JWK: dict[str, Any] = {"ES256": ECAlgorithm, "EdDSA": OKPAlgorithm, "RS256": RSAAlgorithm}
REQUIRED = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}


def public_jwk(key: Any, alg: str = "ES256") -> dict[str, Any]:
    """What RFC 7638 requires of a key, and no more."""
    members = AS_JWK[alg].to_jwk(key.public_key(), as_dict=True)
    return {name: members[name] for name in REQUIRED[members["kty"]]}


class Prover:
    """One key. It remembers the last nonce that it was given, as RFC 9449 section 8.2 asks."""

    def __init__(self, clock: Callable[[], datetime], alg: str = "ES256", key: Any = None) -> None:
        self.clock = clock
        self.alg = alg
        self.key = MAKING[alg]() if key is None else key
        self.jwk = public_jwk(self.key, alg)
        self.nonce: str | None = None

    @property
    def jkt(self) -> str:
        """RFC 7638."""
        members = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        return unpadded(hashlib.sha256(members.encode()).digest())

    def proof(
        self,
        method: str,
        url: str,
        *,
        access_token: str | None = None,
        header: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """A good one; keywords change its claims, `header` its header, and None leaves a member out."""
        claims: dict[str, Any] = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(self.clock().timestamp()),
            "nonce": self.nonce,
            "ath": unpadded(hashlib.sha256(access_token.encode()).digest()) if access_token else None,
            **changes,
        }
        headers = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self.key,
            self.alg,
            headers={name: value for name, value in headers.items() if value is not None},
        )

    def token(self, rp: RelyingParty, **form: str | None) -> requests.Response:
        """A request to /token with a proof, and once more with a nonce when it asks for one."""
        url = rp.metadata["token_endpoint"]
        answer = self.noted(with_proof(rp, self.proof("POST", url), **form))
        if answer.status_code == 400 and answer.json()["error"] == "use_dpop_nonce":
            answer = self.noted(with_proof(rp, self.proof("POST", url), **form))
        return answer

    def userinfo(self, rp: RelyingParty, access_token: str, **options: Any) -> requests.Response:
        """A request to /userinfo with a proof; like the above."""
        answer = self.ask_userinfo(rp, access_token, **options)
        if answer.status_code == 401 and answer.json()["error"] == "use_dpop_nonce":
            answer = self.ask_userinfo(rp, access_token, **options)
        return answer

    def ask_userinfo(
        self, rp: RelyingParty, access_token: str, scheme: str = "DPoP", **changes: Any
    ) -> requests.Response:
        url = rp.metadata["userinfo_endpoint"]
        proof = self.proof("GET", url, **{"access_token": access_token, **changes})
        headers = {"Authorization": f"{scheme} {access_token}", "DPoP": proof}
        return self.noted(requests.get(url, headers=headers, timeout=10))

    def noted(self, answer: requests.Response) -> requests.Response:
        self.nonce = answer.headers.get("DPoP-Nonce", self.nonce)
        return answer


def with_proof(rp: RelyingParty, proof: str, **form: str | None) -> requests.Response:
    """A request to /token with this very proof."""
    with extra_header(rp, proof):
        return rp.token(**form)


@contextmanager
def extra_header(rp: RelyingParty, proof: str) -> Iterator[None]:
    rp.http.headers["DPoP"] = proof
    try:
        yield
    finally:
        del rp.http.headers["DPoP"]


def unpadded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
