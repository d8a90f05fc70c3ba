"""What the token endpoint takes: a code, or a refresh token (RFC 6749 sections 4.1.3 and 6).

Authlib goes through the request in the RFC's order (client, grant, redirect address, PKCE); what happens then is ours, as
its own query, issue and delete let two parallel redemptions of one code both succeed. Here everything is read and checked
first, and then spent by one UPDATE that only one caller can win. Whoever loses it, or comes back with something spent,
ends the whole family (architecture, idea 6), and that is stored although the answer is an error.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, cast

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    InvalidGrantError,
    InvalidScopeError,
    TokenMixin,
    grants,
)
from authlib.oauth2.rfc6749.hooks import hooked

from idp.authentication import sessions
from idp.database import writing
from idp.oidc import dpop, issuing, resource_tokens
from idp.oidc.client import Client
from idp.oidc.client_authentication import ProvenClient
from idp.oidc.issuing import Drawn
from idp.oidc.still_used import still_used
from idp.oidc.token_request import TokenRequest
from idp.tokens import codes, families, refresh
from idp.tokens.codes import FoundCode
from idp.tokens.holders import Grant
from idp.tokens.refresh import FoundRefreshToken

log = logging.getLogger("leerid.oidc")

Answer = tuple[int, dict[str, Any], list[tuple[str, str]]]


@dataclass(frozen=True)
class OfferedCode(AuthorizationCodeMixin):
    """A code that may be redeemed, as far as it can be known from itself; Authlib asks it what must fit the request."""

    found: FoundCode

    def get_redirect_uri(self) -> str:
        return self.found.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.found.grant.scope)

    @property
    def code_challenge(self) -> str | None:
        return self.found.code_challenge


class CodeGrant(grants.AuthorizationCodeGrant):
    """A code for tokens, once."""

    def query_authorization_code(self, code: str, client: Any) -> OfferedCode | None:
        """None refuses. Nothing is burnt by someone else's attempt: the rightful client can still use its code (OA-06)."""
        request = asked(self)
        found = codes.find(request.db, code)
        if found is None:
            note("code:unknown", client)
        elif found.grant.client_id != client.client_id:
            note("code:of-another-client", client, found.grant)
        elif found.spent_at is not None:
            end_family(request, "code:replayed", client, found.grant)
        elif found.expires_at <= request.now:
            note("code:expired", client, found.grant)
        else:
            note_other_address(request, client, found)
            return OfferedCode(found)
        return None

    @hooked
    def create_token_response(self) -> Answer:
        request, client = asked(self), proven(self)
        found = cast(OfferedCode, request.authorization_code).found
        refuse_dead(client, found.grant, request)
        refuse_other_target(client, found.grant, request)
        jkt = key_shown(request, client.client, found.jkt)
        drawn = issuing.draw(
            request.issuer,
            request.db,
            client.client,
            found.grant,
            scope=found.grant.scope,
            nonce=found.nonce,
            jkt=jkt,
            now=request.now,
        )
        writing(request.db)
        if not codes.spend(request.db, found, request.now):
            end_family(request, "code:lost-the-race", client, found.grant)
            raise InvalidGrantError("the code is not valid")
        drawn.store(request.db, request.now)
        if drawn.refresh_token is not None:
            refresh.store(
                request.db,
                drawn.refresh_token,
                family_id=found.grant.family_id,
                generation=1,
                now=request.now,
                expires_at=found.grant.expires_at,
            )
            bind_refresh_tokens(request, client.client, drawn)
        return 200, drawn.body(), list(self.TOKEN_RESPONSE_HEADER)


@dataclass(frozen=True)
class OfferedRefreshToken(TokenMixin):
    """A refresh token of this client that nobody used yet."""

    found: FoundRefreshToken

    def check_client(self, client: ProvenClient) -> bool:
        return self.found.grant.client_id == client.client_id

    def get_scope(self) -> str:
        return " ".join(self.found.grant.scope)


class RefreshGrant(grants.RefreshTokenGrant):
    """A refresh token for tokens and its successor, once."""

    def authenticate_refresh_token(self, refresh_token: str) -> OfferedRefreshToken | None:  # type: ignore[override]
        request, client = asked(self), proven(self)
        found = refresh.find(request.db, refresh_token)
        if found is None:
            note("refresh:unknown", client)
        elif found.grant.client_id != client.client_id:
            note("refresh:of-another-client", client, found.grant)
        elif found.spent_at is not None:
            end_family(request, "refresh:replayed", client, found.grant)
        elif found.expires_at <= request.now:
            note("refresh:expired", client, found.grant)
        else:
            return OfferedRefreshToken(found)
        return None

    @hooked
    def create_token_response(self) -> Answer:
        request, client = asked(self), proven(self)
        found = cast(OfferedRefreshToken, request.refresh_token).found
        refuse_dead(client, found.grant, request)
        refuse_other_target(client, found.grant, request)
        scope = narrowed(found.grant, request.form.get("scope"))
        jkt = key_shown(request, client.client, found.grant.jkt)
        drawn = issuing.draw(
            request.issuer,
            request.db,
            client.client,
            found.grant,
            scope=scope,
            nonce=None,  # OIDC Core 12.2: it belonged to the authorization request
            jkt=jkt,
            now=request.now,
        )
        assert drawn.refresh_token is not None, "a client without refresh tokens can't have brought one"
        writing(request.db)
        if not refresh.rotate(request.db, found, drawn.refresh_token, request.now):
            end_family(request, "refresh:lost-the-race", client, found.grant)
            raise InvalidGrantError("the refresh token is not valid")
        drawn.store(request.db, request.now)
        bind_refresh_tokens(request, client.client, drawn)
        keep_awake(request, client, found.grant)
        return 200, drawn.body(), list(self.TOKEN_RESPONSE_HEADER)


def key_shown(request: TokenRequest, client: Client, bound_to: str | None = None) -> str | None:
    """The key that the new access token is bound to; None for a bearer token, where that may be. Raises DPoPRefused.

    Before anything is spent: whoever comes without a nonce comes back with one, and with the same code (RFC 9449 section 8).
    """
    nonces = request.issuer.nonces
    if not request.proofs:
        if bound_to is not None or client.dpop_bound_access_tokens:
            raise dpop.missing(nonces, request.now)
        return None
    return dpop.proof(
        request.proofs,
        "POST",
        request.address,
        bound_to=bound_to,
        nonces=nonces,
        db=request.db,
        now=request.now,
    )


def bind_refresh_tokens(request: TokenRequest, client: Client, drawn: Drawn) -> None:
    """A public client's, because nothing else ties them to it (RFC 9449 section 5); others prove who they are each time."""
    if drawn.jkt is not None and not client.confidential and drawn.grant.jkt is None:
        families.bind(request.db, drawn.grant.family_id, drawn.jkt)


def keep_awake(request: TokenRequest, client: ProvenClient, grant: Grant) -> None:
    """Whoever works in a portal is not idle: our own portals refresh only when somebody clicked.

    Other applications may refresh by a timer, which would keep a forgotten tablet signed in for the next pupil.
    """
    if client.client.first_party and grant.session_digest is not None:
        sessions.touch(request.db, grant.session_digest, request.now)


def narrowed(grant: Grant, wanted: str | None) -> tuple[str, ...]:
    """RFC 6749 section 6: what was granted, or a part of it; never more, however it is spelt (OA-13, OA-56)."""
    if wanted is None:
        return grant.scope
    parts = wanted.split(" ")
    if not set(parts) <= set(grant.scope):
        raise InvalidScopeError
    return tuple(scope for scope in grant.scope if scope in parts)


def refuse_other_target(client: ProvenClient, grant: Grant, request: TokenRequest) -> None:
    """RFC 8707 section 2.2: a token is for what was granted, and for nothing else that is asked for later."""
    resource_tokens.refuse_other(client.client, grant.resource, request.form.get("resource"))


def refuse_dead(client: ProvenClient, grant: Grant, request: TokenRequest) -> None:
    """CV-07: whoever was blocked, left school or signed out since gets nothing, at redemption too."""
    if (reason := grant.refusal(request.now)) is not None:
        note(f"grant:{reason}", client, grant)
        raise InvalidGrantError("the grant is no longer valid")
    if not still_used(request.db, client.client, grant, request.issuer.switched_off, request.now):
        note("grant:not-at-their-school", client, grant)
        raise InvalidGrantError("the grant is no longer valid")


def end_family(request: TokenRequest, why: str, client: ProvenClient, grant: Grant) -> None:
    note(why, client, grant)
    writing(request.db)
    families.revoke(request.db, grant.family_id, request.now)


def note_other_address(request: TokenRequest, client: ProvenClient, found: FoundCode) -> None:
    """Authlib refuses it next, and says so to the client only."""
    if request.form.get("redirect_uri") != found.redirect_uri:
        note("code:other-redirect-uri", client, found.grant)


def note(event: str, client: ProvenClient, grant: Grant | None = None) -> None:
    log.warning(
        event,
        extra={"client_id": client.client_id, "family": str(grant.family_id) if grant else "-"},
    )


def asked(grant: grants.BaseGrant) -> TokenRequest:
    return cast(TokenRequest, grant.request)


def proven(grant: grants.BaseGrant) -> ProvenClient:
    return cast(ProvenClient, grant.request.client)
