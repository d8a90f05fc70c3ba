"""An application as the FAPI 2.0 Security Profile wants one: it pushes, proves itself with a key, and binds its tokens."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from tests.certification.registrant import ASSERTION_TYPE
from tests.support.https import SecureProvider, trusting
from tests.support.proving import Prover, public_jwk
from tests.support.relying_party import RelyingParty, challenge


class FapiParty(RelyingParty):
    """Asks by pushing, and proves who it is with its key."""

    key: ec.EllipticCurvePrivateKey

    def assertion(self, **changes: Any) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not ...}
        return jwt.encode(kept, self.key, algorithm="ES256", headers={"kid": "k1"})

    def send(
        self, url: str, form: dict[str, str | None], assertion: str | None = None, **headers: str
    ) -> requests.Response:
        sent = {name: value for name, value in form.items() if value is not None}
        sent |= {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }
        return self.http.post(url, data=sent, headers=headers, allow_redirects=False)

    def push(self, verifier: str, assertion: str | None = None, **changes: str | None) -> requests.Response:
        form = {
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile",
            "state": "s",
            "nonce": "n",
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return self.send(self.metadata["pushed_authorization_request_endpoint"], form, assertion)

    def pushed(self, verifier: str, **changes: str | None) -> str:
        """Where the browser goes with what was pushed."""
        answer = self.push(verifier, **changes)
        assert answer.status_code == 201, answer.text
        return self.address_of(answer.json()["request_uri"])

    def address_of(self, request_uri: str, client_id: str | None = None) -> str:
        query = urlencode({"client_id": client_id or self.client_id, "request_uri": request_uri})
        return f"{self.metadata['authorization_endpoint']}?{query}"

    def buy(
        self, prover: Prover, code: str, verifier: str, assertion: str | None = None
    ) -> requests.Response:
        """With a nonce of the provider's, which the first attempt asks for."""
        url = self.metadata["token_endpoint"]
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        answer = prover.noted(self.send(url, form, assertion, DPoP=prover.proof("POST", url)))
        if answer.status_code == 400 and answer.json()["error"] == "use_dpop_nonce":
            answer = prover.noted(self.send(url, form, None, DPoP=prover.proof("POST", url)))
        return answer


def fapi_party(house: SecureProvider, client_id: str) -> FapiParty:
    key = ec.generate_private_key(ec.SECP256R1())
    plain = house.relying_party(
        client_id,
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks={"keys": [{**public_jwk(key), "kid": "k1", "use": "sig", "alg": "ES256"}]},
        require_pushed_authorization_requests=True,
        dpop_bound_access_tokens=True,
        scope="openid profile",
        grant_types=["authorization_code"],
        claims={"given_name": "Om te keuren"},
    )
    rp = FapiParty(
        issuer=house.issuer,
        client_id=client_id,
        secret=None,
        redirect_uri=plain.redirect_uri,
        clock=house.clock,
        method="private_key_jwt",
    )
    rp.key = key
    trusting(rp, house.authority)
    return rp
