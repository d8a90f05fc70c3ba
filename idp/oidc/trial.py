"""Playing an application against its own registration, and saying to its supplier what is wrong.

It asks what LeerID will ask and what a browser will ask, and nothing that changes anything: no code, token or session comes
of it. Each question has one answer, good or bad, in one sentence.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

from idp.oidc import client_keys, outgoing
from idp.oidc.client import Client
from idp.oidc.outgoing import Gate, NotDelivered
from idp.oidc.protocol import AuthMethod, GrantType
from idp.oidc.registration import LOOPBACK
from idp.tokens.secrets import digest, new_value

LARGEST = 64 * 1024
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BY_SECRET = (AuthMethod.CLIENT_SECRET_BASIC, AuthMethod.CLIENT_SECRET_POST)
NOBODY_SIGNED_IN = ("login_required", "interaction_required")
SIGNED_BY_NOBODY = "eyJhbGciOiJub25lIiwidHlwIjoibG9nb3V0K2p3dCJ9.e30."


@dataclass(frozen=True)
class Finding:
    about: str
    good: bool
    sentence: str


@dataclass(frozen=True)
class Answered:
    """An answer, once it is here."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Trial:
    """One application before one provider. `secret` is what its supplier has, if that came along."""

    client: Client
    issuer: str
    gate: Gate
    secret: str | None = None

    def run(self) -> Iterator[Finding]:
        provider = tuple(self.provider())
        yield from provider
        yield from self.own_secret()
        if all(each.good for each in provider):
            yield from self.secret_at_the_provider()
            yield from self.requests()
        yield from self.keys()
        for address in self.client.redirect_uris:
            yield self.callback("redirect_uris", address)
        for address in self.client.post_logout_redirect_uris:
            yield self.page("post_logout_redirect_uris", address)
        yield from self.pages()
        yield from self.logout_token()
        yield from self.logout_frame()
        yield from self.beginning()

    # The provider

    def provider(self) -> Iterator[Finding]:
        """OIDC Discovery 4.3: what is found must be of whom it was asked of."""
        address = f"{self.issuer}/.well-known/openid-configuration"
        found = self.get(address)
        if isinstance(found, str):
            yield Finding(
                "discovery", False, f"{address} {found}: is LeerID running, and is its certificate good?"
            )
            return
        issuer = found.json.get("issuer")
        if found.status != 200 or issuer != self.issuer:
            yield Finding("discovery", False, f"{address} answers {found.status} and speaks of {issuer}")
            return
        yield Finding("discovery", True, f"{self.issuer} tells your library everything it needs")

    # What it proves itself with

    def own_secret(self) -> Iterator[Finding]:
        client = self.client
        if client.token_endpoint_auth_method not in BY_SECRET:
            if self.secret is not None:
                method = client.token_endpoint_auth_method
                yield Finding("secret", False, f"this application has none: it is registered for {method}")
            return
        if not client.client_secret_sha256:
            yield Finding("secret", False, "none was made yet, so nobody can prove to be this application")
        elif self.secret is not None and digest(self.secret) != client.client_secret_sha256:
            yield Finding(
                "secret",
                False,
                "is another one than the registered one: copy it anew, whole and without spaces",
            )
        elif self.secret is not None:
            yield Finding("secret", True, "is the registered one")

    def secret_at_the_provider(self) -> Iterator[Finding]:
        """A code that never was: refused for that, and not for who asks."""
        if self.secret is None or self.client.token_endpoint_auth_method not in BY_SECRET:
            return
        code = {"grant_type": "authorization_code", "code": new_value(), "redirect_uri": "https://x.example/"}
        found = self.post(f"{self.issuer}/token", *self.proving(code))
        error = found if isinstance(found, str) else found.json.get("error")
        method = self.client.token_endpoint_auth_method
        if error in ("invalid_grant", "unauthorized_client"):
            yield Finding("token", True, f"/token knows this application by {method}")
        elif error == "invalid_client":
            yield Finding(
                "token", False, f"/token does not know this application by that secret and {method}"
            )
        else:
            yield Finding("token", False, f"/token {error}, where invalid_grant was to be expected")

    def proving(self, form: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The form and the headers with the secret in them (RFC 6749 section 2.3.1)."""
        client_id, secret = self.client.client_id, self.secret or ""
        if self.client.token_endpoint_auth_method is AuthMethod.CLIENT_SECRET_POST:
            return {**form, "client_id": client_id, "client_secret": secret}, {}
        joined = f"{quote_plus(client_id)}:{quote_plus(secret)}"
        return form, {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}

    def keys(self) -> Iterator[Finding]:
        """At its address, or in the registration: at least one that we can verify with."""
        client = self.client
        about, keys = ("jwks_uri", ()) if client.jwks_uri else ("jwks", (client.jwks or {}).get("keys", ()))
        if client.jwks_uri:
            found = self.get(client.jwks_uri, client_keys.ACCEPT)
            if isinstance(found, str) or found.status != 200:
                said = found if isinstance(found, str) else f"answers {found.status}"
                yield Finding(about, False, f"{client.jwks_uri} {said}: it must give your public keys")
                return
            keys = client_keys.keys_in(found.body)
        elif client.jwks is None:
            return
        alg = client.token_endpoint_auth_signing_alg
        size = client_keys.smallest_rsa_bits(client)
        readable = [each for each in keys if client_keys.is_public(each)]
        usable = [each for each in readable if client_keys.public_key(client_keys.written(each), alg, size)]
        if not usable:
            yield Finding(
                about, False, f"holds no public key for {alg} (an RSA key needs {size} bits, an EC key P-256)"
            )
        elif len(usable) > 1 and len({each.get("kid") for each in usable}) < len(usable):
            yield Finding(about, False, f"holds {len(usable)} keys for {alg} without a kid of their own")
        else:
            yield Finding(about, True, f"holds {len(usable)} for {alg}")

    # What it asks

    def requests(self) -> Iterator[Finding]:
        """A silent request for each address: LeerID must send the browser back there, saying that nobody is signed in."""
        if GrantType.AUTHORIZATION_CODE not in self.client.grant_types:
            return
        unproven = self.client.require_pushed_authorization_requests and self.secret is None
        if unproven or self.client.require_signed_request_object:
            yield Finding("authorize", True, "only who has the secret or the key can try a request")
            return
        for address in self.client.redirect_uris:
            yield self.request(address)

    def request(self, redirect_uri: str) -> Finding:
        state = new_value()
        asked = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": new_value(),
            "prompt": "none",
            "code_challenge": challenge(new_value()),
            "code_challenge_method": "S256",
        }
        if self.client.require_pushed_authorization_requests:
            asked = self.pushed(asked)
        found = self.get(f"{self.issuer}/authorize?{urlencode(asked)}")
        if isinstance(found, str):
            return Finding("authorize", False, f"{self.issuer}/authorize {found}")
        to = found.headers.get("location", "")
        if not to.startswith(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}"):
            said = "does it run with this registration already?"
            return Finding("authorize", False, f"LeerID refuses a request for {redirect_uri}: {said}")
        back = parse_qs(urlsplit(to).query)
        error = back.get("error", ["nothing"])[0]
        if back.get("state") != [state] or error not in NOBODY_SIGNED_IN:
            return Finding("authorize", False, f"{redirect_uri} is told {error}")
        return Finding("authorize", True, f"LeerID sends people back to {redirect_uri}")

    def pushed(self, asked: Mapping[str, str]) -> dict[str, str]:
        """RFC 9126 section 4. A refusal shows when the browser comes without it."""
        found = self.post(f"{self.issuer}/par", *self.proving(asked))
        name = "" if isinstance(found, str) else str(found.json.get("request_uri", ""))
        return {"client_id": self.client.client_id, "request_uri": name}

    # Where it is

    def callback(self, about: str, address: str) -> Finding:
        """Without a code in it most applications say that something is missing; that is an answer too."""
        if self.on_a_users_machine(address):
            return Finding(about, True, f"{address} is on the user's own machine")
        found = self.get(address)
        if isinstance(found, str):
            return Finding(about, False, f"{address} {found}")
        if found.status in (404, 405) or found.status >= 500:
            return Finding(about, False, f"{address} answers {found.status}: nobody could come back there")
        return Finding(about, True, f"{address} answers {found.status}")

    def on_a_users_machine(self, address: str) -> bool:
        """But where everything runs on one machine, in a demonstration, that is this one."""
        parts = urlsplit(address)
        beside = parts.hostname in self.gate.allowed_hosts
        return parts.scheme == "http" and parts.hostname in LOOPBACK and not beside

    def page(self, about: str, address: str) -> Finding:
        found = self.get(address)
        if isinstance(found, str):
            return Finding(about, False, f"{address} {found}")
        return Finding(about, found.status < 400, f"{address} answers {found.status}")

    def pages(self) -> Iterator[Finding]:
        for about in ("policy_uri", "tos_uri"):
            if address := getattr(self.client, about):
                yield self.page(about, address)
        for address in self.client.request_uris:
            yield self.page("request_uris", address)

    # How it ends, and begins

    def logout_token(self) -> Iterator[Finding]:
        """Back-Channel Logout 1.0 section 2.6: what nobody signed must be refused, with 400."""
        about, address = "backchannel_logout_uri", self.client.backchannel_logout_uri
        if not address:
            return
        found = self.post(address, {"logout_token": SIGNED_BY_NOBODY}, {})
        if isinstance(found, str):
            yield Finding(about, False, f"{address} {found}")
        elif 200 <= found.status < 300:
            yield Finding(
                about,
                False,
                f"{address} takes a logout token that nobody signed: anybody can sign people out",
            )
        elif found.status == 400:
            yield Finding(about, True, f"{address} refuses a logout token that nobody signed")
        else:
            said = (
                "behind a login or a CSRF check?" if found.status in (302, 303, 401, 403) else "is it there?"
            )
            yield Finding(
                about, False, f"{address} answers {found.status} to a logout token, not 400: {said}"
            )

    def logout_frame(self) -> Iterator[Finding]:
        """Front-Channel Logout 1.0 section 2: our page opens it in a frame."""
        about, address = "frontchannel_logout_uri", self.client.frontchannel_logout_uri
        if not address:
            return
        joint = "&" if "?" in address else "?"
        found = self.get(f"{address}{joint}{urlencode({'iss': self.issuer, 'sid': new_value()})}")
        if isinstance(found, str) or found.status >= 400:
            yield Finding(
                about, False, f"{address} {found if isinstance(found, str) else f'answers {found.status}'}"
            )
        elif not lets_itself_be_framed(found.headers, self.issuer):
            why = "X-Frame-Options or frame-ancestors forbids it"
            yield Finding(about, False, f"{address} can't be opened in a frame of {self.issuer}: {why}")
        else:
            yield Finding(about, True, f"{address} can be opened in a frame")

    def beginning(self) -> Iterator[Finding]:
        """OIDC Core section 4: from a tile, straight on to us."""
        about, address = "initiate_login_uri", self.client.initiate_login_uri
        if not address:
            return
        joint = "&" if "?" in address else "?"
        found = self.get(f"{address}{joint}{urlencode({'iss': self.issuer})}")
        if isinstance(found, str):
            yield Finding(about, False, f"{address} {found}")
            return
        to = found.headers.get("location", "")
        asked = parse_qs(urlsplit(to).query)
        if found.status not in (302, 303, 307) or not to.startswith(f"{self.issuer}/authorize?"):
            yield Finding(
                about,
                False,
                f"{address}?iss=… answers {found.status} and does not lead to {self.issuer}/authorize",
            )
        elif asked.get("client_id") != [self.client.client_id]:
            yield Finding(about, False, f"{address} asks as {asked.get('client_id', ['nobody'])[0]}")
        else:
            yield Finding(about, True, f"{address} leads to LeerID")

    # Asking

    def get(self, address: str, accept: str = "*/*") -> Answered | str:
        return ask(self.gate, "GET", address, {"Accept": accept})

    def post(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answered | str:
        return ask(self.gate, "POST", address, {**FORM, **headers, "Accept": "*/*"}, urlencode(form))


def trial(client: Client, issuer: str, gate: Gate, secret: str | None = None) -> Trial:
    """Whoever runs it chose the issuer, so that may be asked wherever it is."""
    host = (urlsplit(issuer).hostname or "").lower()
    return Trial(client, issuer, replace(gate, allowed_hosts=gate.allowed_hosts | {host}), secret)


def ask(
    gate: Gate, method: str, address: str, headers: Mapping[str, str], body: str | None = None
) -> Answered | str:
    """The answer, or why there is none in the words of a sentence."""
    try:
        with outgoing.answer(gate, method, address.partition("#")[0], headers, body) as answer:
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, named, answer.read(LARGEST))
    except NotDelivered as error:
        return UNREACHED.get(str(error), "gives no answer")
    except http.client.HTTPException:
        return "gives an answer that is no HTTP"


UNREACHED = {
    "address not allowed": "has no address on the internet, or no https",
    "no connection": "can't be reached: no such host, nobody listens, or a certificate that isn't good",
    "no answer": "gives no answer within three seconds, or its certificate isn't good",
}


def lets_itself_be_framed(headers: Mapping[str, str], by: str) -> bool:
    """X-Frame-Options counts where no policy says who may (CSP Level 3, frame-ancestors)."""
    for directive in headers.get("content-security-policy", "").split(";"):
        words = directive.split()
        if words and words[0].lower() == "frame-ancestors":
            return bool({"*", "https:", by} & set(words))
    return not headers.get("x-frame-options")


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
