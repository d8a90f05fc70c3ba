"""What registers itself during a certification: its keys, what it says of itself, and how it proves who it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.certification.plans import BASIC, Plan
from tests.oidc.dynamic.applicant import token
from tests.support.https import SecureProvider, trusting
from tests.support.relying_party import RelyingParty

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# As long as those that the certification itself makes.
KEY_BITS = 2048


@cache
def key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, KEY_BITS)


def jwks(number: int, kid: str | None = None) -> dict[str, Any]:
    """The public half of one key; the certification's own has no name unless it is published at an address."""
    members: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key(number).public_key(), as_dict=True)
    members.pop("key_ops", None)
    named = {} if kid is None else {"kid": kid}
    return {"keys": [{**members, **named, "use": "sig", "alg": "RS256"}]}


class AssertingParty(RelyingParty):
    """A relying party that authenticates with `private_key_jwt`."""

    key_number = 0
    kid: str | None = None
    audience: str | None = None

    def post(self, url: str, **parameters: str | None) -> Any:
        form = {name: value for name, value in parameters.items() if value is not None}
        form.setdefault("client_id", self.client_id)
        form |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion()}
        return self.http.post(url, data=form, allow_redirects=False)

    def assertion(self) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.audience or self.metadata["token_endpoint"],
            "jti": secrets.token_urlsafe(15),
            "iat": now,
            "exp": now + 60,
        }
        return self.signed(claims)

    def signed(self, claims: dict[str, Any]) -> str:
        headers = None if self.kid is None else {"kid": self.kid}
        return jwt.encode(claims, key(self.key_number), algorithm="RS256", headers=headers)


class Registrant:
    """Registers with one provider, and takes back at the end whatever it registered."""

    def __init__(self, house: SecureProvider, origin: str) -> None:
        self.house = house
        self.callback = f"{origin}/callback"
        self.rp = trusting(
            RelyingParty(
                issuer=house.issuer,
                client_id="-",
                secret=None,
                redirect_uri=self.callback,
                clock=house.clock,
            ),
            house.authority,
        )
        self.token = token(house, once=False, label="Keuring")
        self.registered: list[dict[str, Any]] = []

    def said(self, plan: Plan = BASIC, **more: Any) -> dict[str, Any]:
        """What the certification says of each client; an ellipsis leaves something out."""
        said = {
            "client_name": f"Keuring {secrets.token_hex(4)}",
            "grant_types": [each for each in plan.grant_types if each != "refresh_token"],
            "response_types": [plan.response_type],
            "redirect_uris": [self.callback],
            "jwks": jwks(0),
            "token_endpoint_auth_method": "private_key_jwt",
            "contacts": ["keuring@keuring.example"],
            **more,
        }
        return {member: value for member, value in said.items() if value is not ...}

    def attempt(self, plan: Plan = BASIC, **more: Any) -> Any:
        return self.rp.http.post(
            self.rp.metadata["registration_endpoint"],
            json=self.said(plan, **more),
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def register(self, plan: Plan = BASIC, **more: Any) -> dict[str, Any]:
        answer = self.attempt(plan, **more)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        told: dict[str, Any] = answer.json()
        assert told["registration_client_uri"].startswith(f"{self.house.issuer}/")
        assert told["registration_access_token"]
        if "client_secret" in told:
            assert told["client_secret_expires_at"] == 0
        self.registered.append(told)
        return told

    def party(self, plan: Plan = BASIC, **more: Any) -> AssertingParty:
        """Registered, and ready to ask."""
        told = self.register(plan, **more)
        rp = AssertingParty(
            issuer=self.house.issuer,
            client_id=told["client_id"],
            secret=None,
            redirect_uri=told["redirect_uris"][0],
            clock=self.house.clock,
            method="private_key_jwt",
        )
        trusting(rp, self.house.authority)
        return rp

    def manage(self, method: Callable[..., Any], told: dict[str, Any]) -> Any:
        bearer = {"Authorization": f"Bearer {told['registration_access_token']}"}
        return method(told["registration_client_uri"], headers=bearer)

    def take_back(self) -> None:
        for told in self.registered:
            answer = self.manage(self.rp.http.delete, told)
            assert (answer.status_code, answer.content) == (204, b"")
