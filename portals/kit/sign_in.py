"""Signing in at the provider: OpenID Connect's code flow with PKCE, a nonce, a state and a checked issuer.

Authlib speaks the protocol. What must match what is decided here: the provider's name, the algorithm and the nonce come
from our settings and our own session, never from the answer that is being checked.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.oauth2.base import OAuth2Error
from flask import Flask, redirect
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from portals.kit import session
from portals.kit.session import LONGEST_RETURN, Flow, Tokens
from portals.kit.settings import PortalSettings

log = logging.getLogger("leerid.portal.sign_in")

# What a provider of ours has, and not every other one.
NEEDED = frozenset({"end_session_endpoint", "pushed_authorization_request_endpoint"})
PATIENCE_SECONDS = 5
LEEWAY_SECONDS = 60
GIVE_BACK_SECONDS = 2
# A token that ends this soon is renewed before it is used.
RENEW_SECONDS = 30
RENEWAL_REMEMBERED_SECONDS = 30


class SignInFailed(Exception):
    """What came back is not the answer to what this browser asked. `reason` picks the words of the page."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class SignInAgain(Exception):
    """The sign-in has ended; a new one may take only a blink."""


class ProviderDown(Exception):
    """The provider gave no usable answer."""


class Provider:
    """The provider, seen from one desk."""

    def __init__(self, app: Flask, settings: PortalSettings, secret: str, scope: str) -> None:
        self.settings = settings
        self.callback = f"{settings.origin}/callback"
        self.renewals = Renewals()
        self.client = OAuth(app).register(  # type: ignore[no-untyped-call]
            "provider",
            client_id=settings.client_id,
            client_secret=secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.scope or scope,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic",
                "default_timeout": PATIENCE_SECONDS,
            },
        )

    def begin(self, return_to: str, **wishes: str) -> Response:
        """To the provider; what must match when the visitor comes back is kept in the session."""
        self.discover()
        flow = Flow(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            return_to=shortened(return_to),
        )
        session.remember(flow)
        asked = {key: value for key, value in wishes.items() if value}
        address = self.client.create_authorization_url(
            self.callback, state=flow.state, nonce=flow.nonce, code_verifier=flow.verifier, **asked
        )
        return redirect(self.pushed(str(address["url"])), 303)

    def pushed(self, address: str) -> str:
        """The same question with nothing in it but its number: what is asked goes to the provider itself (RFC 9126).

        So nobody at the browser can read it or change it on its way, and the provider knows that it is ours.
        """
        endpoint, _, question = address.partition("?")
        try:
            answer = requests.post(
                str(self.discover()["pushed_authorization_request_endpoint"]),
                data=dict(parse_qsl(question)),
                auth=(self.settings.client_id, self.client.client_secret),
                timeout=PATIENCE_SECONDS,
                allow_redirects=False,
            )
            given = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise ProviderDown(type(error).__name__) from error
        if answer.status_code != 201 or not isinstance(given, dict) or "request_uri" not in given:
            raise ProviderDown(f"the request was not taken: {answer.status_code}")
        number = {"client_id": self.settings.client_id, "request_uri": str(given["request_uri"])}
        return f"{endpoint}?{urlencode(number)}"

    def finish(self, answer: MultiDict[str, str]) -> tuple[Tokens, str]:
        """Back from the provider: the tokens, and the page to go on to. Raises SignInFailed."""
        flow = session.take(the_only(answer, "state"))
        if flow is None:
            raise SignInFailed("sign-in-expired", "state")
        # RFC 9207: the code of another provider is never sent on to ours, nor ours to another (OA-08).
        if the_only(answer, "iss") != self.settings.issuer:
            raise SignInFailed("sign-in-refused", "iss")
        if "error" in answer:
            error = the_only(answer, "error")
            raise SignInFailed("not-signed-in" if error == "access_denied" else "sign-in-refused", error)
        code = the_only(answer, "code")
        if not code:
            raise SignInFailed("sign-in-refused", "code")
        given = self.ask_for_tokens(code=code, redirect_uri=self.callback, code_verifier=flow.verifier)
        claims = self.verify(given, flow.nonce)
        tokens = tokens_from(given, str(claims["sub"]), str(given["id_token"]), int(time.time()))
        return replace(tokens, sid=str(claims.get("sid", ""))), flow.return_to

    def fresh(self, held: Tokens) -> Tokens:
        """The same tokens, or their successors when they are about to end. Raises SignInAgain."""
        if held.expires_at - time.time() > RENEW_SECONDS:
            return held
        if held.refresh is None:
            raise SignInAgain
        return self.renewals.once(held.refresh, lambda: self.renew(held))

    def renew(self, held: Tokens) -> Tokens:
        try:
            given = self.ask_for_tokens(grant_type="refresh_token", refresh_token=held.refresh)
        except SignInFailed as failed:
            raise SignInAgain from failed
        # Rotation: the old refresh token is spent, so an answer without a new one is the last of its line.
        renewed = tokens_from(given, held.subject, held.id_token, held.began_at)
        return replace(renewed, sid=held.sid)

    def end(self, held: Tokens, state: str, language: str) -> Response:
        """To the provider's sign-out, which brings the visitor back to our own last page."""
        endpoint = str(self.discover()["end_session_endpoint"])
        parameters = {
            "id_token_hint": held.id_token,
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": f"{self.settings.origin}/logged-out",
            "state": state,
            **({"ui_locales": language} if language else {}),
        }
        return redirect(f"{endpoint}?{urlencode(parameters)}", 303)

    def give_back(self, held: Tokens) -> None:
        """RFC 7009: what a stolen cookie holds is worth nothing from now on. Nobody waits long for it, or has to."""
        try:
            answer = requests.post(
                str(self.discover().get("revocation_endpoint")),
                data={"token": held.refresh or held.access},
                auth=(self.settings.client_id, self.client.client_secret),
                timeout=GIVE_BACK_SECONDS,
                allow_redirects=False,
            )
            answer.raise_for_status()
        except (requests.RequestException, ProviderDown) as error:
            log.warning("sign-out:not-given-back", extra={"detail": type(error).__name__})

    def discover(self) -> Mapping[str, Any]:
        """The provider's own description, read once; only when it bears the name that we expect."""
        try:
            found: dict[str, Any] = self.client.load_server_metadata()
        except (requests.RequestException, ValueError) as error:
            raise ProviderDown(type(error).__name__) from error
        if found.get("issuer") != self.settings.issuer or not found.keys() >= NEEDED:
            found.clear()
            raise ProviderDown("a description of another provider")
        # The algorithm is ours to choose: the thing that is checked never configures the check.
        found["id_token_signing_alg_values_supported"] = ["RS256"]
        return found

    def signing_keys(self, *, anew: bool = False) -> KeySet:
        """Those that the provider publishes; read once, and `anew` when it may have another by now."""
        self.discover()
        try:
            return KeySet.import_key_set(self.client.fetch_jwk_set(force=anew))
        except (requests.RequestException, RuntimeError, ValueError) as error:
            raise ProviderDown(type(error).__name__) from error

    def ask_for_tokens(self, **question: Any) -> Mapping[str, Any]:
        self.discover()
        try:
            given: Mapping[str, Any] = self.client.fetch_access_token(**question, allow_redirects=False)
        except (OAuthError, OAuth2Error) as error:
            raise SignInFailed("sign-in-refused", str(error.error)) from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderDown(type(error).__name__) from error
        if str(given.get("token_type", "")).lower() != "bearer" or not given.get("access_token"):
            raise SignInFailed("sign-in-refused", "token response")
        return given

    def verify(self, given: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the ID token. Without one, or without our nonce in it, nobody is signed in (CV-38)."""
        exactly = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "nonce": {"essential": True, "value": nonce},
            "sub": {"essential": True},
            "exp": {"essential": True},
            "iat": {"essential": True},
        }
        try:
            claims: Mapping[str, Any] | None = self.client.parse_id_token(
                given, nonce, claims_options=exactly, leeway=LEEWAY_SECONDS
            )
        except requests.RequestException as error:
            raise ProviderDown(type(error).__name__) from error
        except (JoseError, ValueError, TypeError) as error:
            raise SignInFailed("sign-in-refused", f"id_token: {type(error).__name__}") from error
        if claims is None:
            raise SignInFailed("sign-in-refused", "no id_token")
        return claims


def shortened(page: str) -> str:
    """A page to come back to; without its question when there is no room for it."""
    for address in (page, page.partition("?")[0]):
        if len(address) <= LONGEST_RETURN:
            return address
    return "/"


def tokens_from(given: Mapping[str, Any], subject: str, id_token: str, began_at: int) -> Tokens:
    return Tokens(
        subject=subject,
        access=str(given["access_token"]),
        refresh=given.get("refresh_token"),
        id_token=id_token,
        began_at=began_at,
        expires_at=int(time.time()) + int(given.get("expires_in") or 0),
    )


def the_only(answer: MultiDict[str, str], name: str) -> str:
    """Its value, or nothing when it is absent or there twice."""
    values = answer.getlist(name)
    return values[0] if len(values) == 1 else ""


class Renewals:
    """Two tabs may ask at once, and a refresh token is good once: the second waits for what the first one gets."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.under_way: dict[str, tuple[float, Future[Tokens]]] = {}

    def once(self, refresh_token: str, renew: Callable[[], Tokens]) -> Tokens:
        key = hashlib.sha256(refresh_token.encode()).hexdigest()
        with self.lock:
            self.forget_old(time.monotonic())
            found = self.under_way.get(key)
            if found is None:
                future: Future[Tokens] = Future()
                self.under_way[key] = (time.monotonic(), future)
        if found is not None:
            return found[1].result(timeout=2 * PATIENCE_SECONDS)
        try:
            future.set_result(renew())
        except BaseException as error:
            future.set_exception(error)
        return future.result()

    def forget_old(self, now: float) -> None:
        for key, (at, _) in list(self.under_way.items()):
            if now - at > RENEWAL_REMEMBERED_SECONDS:
                del self.under_way[key]
