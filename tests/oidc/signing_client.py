"""An application that signs its requests: what it signs, and with what, is up to the test."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.support.provider import Provider
from tests.support.relying_party import Asked, RelyingParty, challenge

KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 3072),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def public_jwk(key: Any, alg: str, kid: str = "k1") -> dict[str, Any]:
    members: dict[str, Any] = jwt.get_algorithm_by_name(alg).to_jwk(key.public_key(), as_dict=True)
    members.pop("key_ops", None)
    return {**members, "kid": kid}


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


class SigningClient:
    """Registered with one public key of each algorithm, unless the test says otherwise."""

    def __init__(
        self, provider: Provider, alg: str = "ES256", client_id: str = "oefenapp", **registration: Any
    ) -> None:
        self.provider, self.alg = provider, alg
        keys = {"keys": [public_jwk(key, each, each) for each, key in KEYS.items()]}
        self.rp: RelyingParty = provider.relying_party(client_id, **{"jwks": keys, **registration})

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Everything an authorization request needs. An ellipsis leaves one out."""
        now = int(self.provider.clock().timestamp())
        verifier = changes.pop("verifier", None) or secrets.token_urlsafe(32)
        wanted = {
            "iss": self.rp.client_id,
            "aud": self.rp.issuer,
            "exp": now + 120,
            "client_id": self.rp.client_id,
            "response_type": "code",
            "redirect_uri": self.rp.redirect_uri,
            "scope": "openid",
            "state": "from inside",
            "nonce": "nonce-inside",
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in wanted.items() if value is not ...}

    def sign(self, claims: object, key: Any = None, **header: Any) -> str:
        """Over anything at all: a library would refuse what an attacker wouldn't."""
        given = {"kid": self.alg, "typ": "oauth-authz-req+jwt", **header}
        kept = {name: value for name, value in given.items() if value is not ...}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        signer = KEYS[self.alg] if key is None else key
        return jwt.PyJWS().encode(payload, signer, algorithm=self.alg, headers=kept)

    def ask(self, token: str | None = None, **outside: str | None) -> Asked:
        """Outside of the object: no more than OIDC Core 6.1 wants there."""
        bare: dict[str, str | None] = {
            "redirect_uri": None,
            "state": None,
            "nonce": None,
            "code_challenge": None,
            "code_challenge_method": None,
        }
        return self.rp.ask(**{**bare, "request": token, **outside})

    def address(self, token: str | None = None, **outside: str | None) -> str:
        return self.ask(token, **outside).url
