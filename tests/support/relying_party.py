"""An application that signs in with LeerID, written from the specifications: it shares no code with the provider."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import requests

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
LEEWAY_SECONDS = 5


@dataclass(frozen=True)
class Asked:
    """One authorization request on its way: where to send the browser, and what must come back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint gave."""

    access_token: str
    id_token: str
    refresh_token: str | None
    raw: dict[str, Any] = field(repr=False)


class RelyingParty:
    """Give it an issuer and a registration; it discovers the rest."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        secret: str | None,
        redirect_uri: str,
        clock: Callable[[], datetime],
        method: str = "client_secret_basic",
    ) -> None:
        self.issuer = issuer
        self.client_id = client_id
        self.secret = secret
        self.redirect_uri = redirect_uri
        self.method = method
        self.clock = clock
        self.http = requests.Session()
        self.http.trust_env = False

    @cached_property
    def metadata(self) -> dict[str, Any]:
        answer = self.http.get(f"{self.issuer}/.well-known/openid-configuration")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found["issuer"] == self.issuer
        return found

    # Authorization

    def ask(self, *, endpoint: str | None = None, **parameters: str | None) -> Asked:
        """An authorization request with state, nonce and PKCE. A keyword adds or changes a parameter; None leaves it out."""
        verifier = secrets.token_urlsafe(32)
        state, nonce = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        wanted: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **parameters,
        }
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        return Asked(
            url=f"{endpoint or self.metadata['authorization_endpoint']}?{query}",
            state=wanted["state"] or "",
            nonce=wanted["nonce"] or "",
            verifier=verifier,
        )

    def answer(self, url: str, asked: Asked | None = None) -> dict[str, str]:
        """The parameters that came back to the redirect address; with `asked`, state and iss must fit."""
        assert url.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0] == self.redirect_uri.split("?")[0], url
        parts = urlsplit(url)
        pairs = parse_qsl(parts.fragment or parts.query, keep_blank_values=True)
        found = dict(pairs)
        assert len(found) == len(pairs), f"a parameter came twice: {url}"
        if asked is not None:
            assert found.get("state") == asked.state
            assert found.get("iss") == self.issuer
        return found

    def code(self, url: str, asked: Asked) -> str:
        answer = self.answer(url, asked)
        assert "error" not in answer, answer
        return answer["code"]

    # Tokens

    def exchange(self, code: str, asked: Asked, **parameters: str | None) -> Tokens:
        """Tokens for a code; it must work."""
        answer = self.try_exchange(code, asked.verifier, **parameters)
        return read_tokens(answer)

    def try_exchange(self, code: str, verifier: str | None, **parameters: str | None) -> requests.Response:
        return self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=verifier,
            **parameters,
        )

    def refresh(self, tokens: Tokens, **parameters: str | None) -> Tokens:
        answer = self.try_refresh(tokens.refresh_token, **parameters)
        return read_tokens(answer)

    def try_refresh(self, refresh_token: str | None, **parameters: str | None) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **parameters)

    def token(self, **parameters: str | None) -> requests.Response:
        return self.post(self.metadata["token_endpoint"], **parameters)

    def revoke(self, token: str, **parameters: str | None) -> requests.Response:
        return self.post(self.metadata["revocation_endpoint"], token=token, **parameters)

    def introspect(self, token: str, **parameters: str | None) -> requests.Response:
        return self.post(self.metadata["introspection_endpoint"], token=token, **parameters)

    def userinfo(self, access_token: str) -> requests.Response:
        return self.http.get(
            self.metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"}
        )

    def post(self, url: str, **parameters: str | None) -> requests.Response:
        """A POST as this client, authenticated in the way it registered."""
        form = {name: value for name, value in parameters.items() if value is not None}
        headers = {}
        if self.method == "client_secret_basic" and self.secret is not None:
            headers["Authorization"] = basic(self.client_id, self.secret)
        else:
            form.setdefault("client_id", self.client_id)
        if self.method == "client_secret_post" and self.secret is not None:
            form.setdefault("client_secret", self.secret)
        return self.http.post(url, data=form, headers=headers, allow_redirects=False)

    # Verification

    def verify(self, id_token: str, nonce: str | None = None) -> dict[str, Any]:
        """The claims of an ID token, once everything about it was checked (OIDC Core 3.1.3.7)."""
        claims = self.verify_jwt(id_token)
        if nonce is not None:
            assert claims.get("nonce") == nonce
        return claims

    def verify_jwt(self, token: str) -> dict[str, Any]:
        """Signature by PyJWT; the times by our own clock, because tests move it."""
        claims: dict[str, Any] = jwt.decode(
            token,
            self.signing_key(token),
            algorithms=ALGORITHMS,
            audience=self.client_id,
            issuer=self.issuer,
            options={
                "require": ["iss", "sub", "aud", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        now = self.clock().timestamp()
        assert claims["iat"] <= now + LEEWAY_SECONDS, "issued in the future"
        assert claims["exp"] > now - LEEWAY_SECONDS, "expired"
        return claims

    def signing_key(self, token: str) -> jwt.PyJWK:
        wanted = jwt.get_unverified_header(token)["kid"]
        published = self.http.get(self.metadata["jwks_uri"]).json()["keys"]
        found = [key for key in published if key["kid"] == wanted]
        assert len(found) == 1, f"{wanted} is not published"
        return jwt.PyJWK(found[0])


def read_tokens(answer: requests.Response) -> Tokens:
    assert answer.status_code == 200, answer.text
    raw = answer.json()
    return Tokens(raw["access_token"], raw.get("id_token", ""), raw.get("refresh_token"), raw)


def challenge(verifier: str) -> str:
    """RFC 7636 section 4.2, S256."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def basic(client_id: str, secret: str) -> str:
    """RFC 6749 section 2.3.1: both parts form-encoded before they are joined."""
    quoted = urlencode({client_id: secret}).replace("=", ":", 1)
    return "Basic " + base64.b64encode(quoted.encode("ascii")).decode("ascii")
