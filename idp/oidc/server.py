"""The Authlib server behind /token, /revoke and /introspect: every seam that we override, its reason beside it.

Authlib gives the order of checks, the grants' frame and the shape of answers. In its own files: `client_authentication`
(one method, strictly read, one answer for each refusal), `grants` (single use and families), `pkce` (S256 only).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from authlib.consts import default_json_headers
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    InvalidRequestError,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from sqlalchemy.orm import Session

from idp.database import writing
from idp.oidc import client_authentication, resource_tokens
from idp.oidc.client_authentication import ClientRefused, Desk, ProvenClient
from idp.oidc.client_credentials import ClientGrant
from idp.oidc.clients import ClientRegister
from idp.oidc.device.grant import DeviceCodeGrant
from idp.oidc.grants import Answer, CodeGrant, RefreshGrant
from idp.oidc.issuing import Issuer
from idp.oidc.pkce import S256Challenge
from idp.oidc.remembered import Remembered
from idp.oidc.resource_tokens import Signed
from idp.oidc.still_used import still_used
from idp.oidc.token_request import TokenRequest
from idp.tokens import access, client_tokens, guard, refresh
from idp.tokens.client_tokens import FoundClientToken
from idp.tokens.guard import Bearer
from idp.tokens.holders import Grant
from idp.tokens.refresh import FoundRefreshToken
from idp.tokens.secrets import could_be_ours

Revoke = Callable[[Session, str, str, datetime], bool]


@dataclass(frozen=True)
class Reply:
    """An answer that knows no web framework."""

    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...]


class Server(AuthorizationServer):
    """One for an application; all that belongs to one request travels in the `TokenRequest`."""

    def __init__(self, issuer: Issuer, register: ClientRegister, remembered: Remembered) -> None:
        super().__init__()
        self.issuer = issuer
        self.desk = Desk(register, issuer.settings.issuer, remembered)
        self.register_grant(CodeGrant, [S256Challenge(required=False)])
        self.register_grant(RefreshGrant)
        self.register_grant(ClientGrant)
        self.register_grant(DeviceCodeGrant)
        self.register_endpoint(Revocation(self))
        self.register_endpoint(Introspection(self))

    def token(self, request: TokenRequest) -> Reply:
        if request.form.get("grant_type") is None:
            # RFC 6749 section 5.2: a parameter that is missing, not a grant that we don't know.
            return self.handle_error_response(request, InvalidRequestError("grant_type is missing"))
        return cast(Reply, self.create_token_response(request))

    def revoke(self, request: TokenRequest) -> Reply:
        return self.reply_of(Revocation.ENDPOINT_NAME, request)

    def introspect(self, request: TokenRequest) -> Reply:
        return self.reply_of(Introspection.ENDPOINT_NAME, request)

    def reply_of(self, endpoint: str, request: TokenRequest) -> Reply:
        return cast(Reply, self.create_endpoint_response(endpoint, request))  # type: ignore[no-untyped-call]

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        """It was made at the door, from the form alone; Authlib would read the framework's global request."""
        return request

    def authenticate_client(  # type: ignore[override]
        self, request: TokenRequest, methods: Collection[str], endpoint: str = "token"
    ) -> ProvenClient:
        """Authlib tries its methods one by one until one fits, so it takes two at once and tells causes apart."""
        client = client_authentication.authenticate(
            self.desk, request.form, request.authorization, request.db, request.now
        )
        request.client, request.auth_method = client, client.method
        return client

    def handle_response(self, status: int, body: Mapping[str, Any], headers: Any) -> Reply:
        """The view makes a response of the framework of it."""
        return Reply(status, body, tuple(headers))

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Reply:
        """Authlib repeats the unknown grant type in its description; what came in doesn't go out again."""
        if isinstance(error, UnsupportedGrantTypeError):
            error = OAuth2Error("this grant_type is not supported", error=error.error)
        return self.handle_response(*error(None))

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens; Authlib has no default."""


class Revocation(RevocationEndpoint):
    """RFC 7009. Authlib refuses a hint that it doesn't know, where section 2.2.1 lets it be ignored, and tells a foreign
    token from one that never was. Here the hint isn't needed: each kind has its own table, and both are asked.
    """

    def create_endpoint_response(self, request: Any) -> Answer:
        client = self.server.authenticate_client(request, ())
        presented = token_in(request)
        if (signed := opened(request, presented)) is not None:
            self.end(request, client, signed.jti, (access.revoke, client_tokens.revoke))
        else:
            self.end(request, client, presented, (access.revoke, refresh.revoke))
        return 200, {}, default_json_headers

    def end(self, request: TokenRequest, client: ProvenClient, value: str, kinds: Iterable[Revoke]) -> None:
        if could_be_ours(value):
            writing(request.db)
            any(revoke(request.db, value, client.client_id, request.now) for revoke in kinds)


class Introspection(IntrospectionEndpoint):
    """RFC 7662, for an application that asks after its own tokens; any other token is `active: false` (OA-28)."""

    def create_endpoint_response(self, request: Any) -> Answer:
        client = self.server.authenticate_client(request, ())
        if not client.client.confidential:
            raise ClientRefused  # section 2.1: whoever can't prove who it is could try out tokens here
        return 200, self.about(request, client, token_in(request)), default_json_headers

    def about(self, request: TokenRequest, client: ProvenClient, presented: str) -> dict[str, Any]:
        if (signed := opened(request, presented)) is not None:
            return self.about_signed(request, client, signed)
        bearer = guard.holder(request.db, presented, request.now)
        if bearer is not None and bearer.audience is None:  # a `jti` alone is no token
            return self.shown(request, client, bearer.grant, of_access(bearer))
        found = refresh.find(request.db, presented)
        if found is not None and is_good(found, request):
            return self.shown(request, client, found.grant, of_refresh(found))
        return {"active": False}

    def about_signed(self, request: TokenRequest, client: ProvenClient, signed: Signed) -> dict[str, Any]:
        bearer = guard.holder(request.db, signed.jti, request.now)
        if bearer is not None and bearer.audience == signed.audience:
            return self.shown(request, client, bearer.grant, of_access(bearer))
        found = client_tokens.find(request.db, signed.jti, request.now)
        if found is not None and found.client_id == client.client_id and found.audience == signed.audience:
            return of_client(found, request.issuer.settings.issuer)
        return {"active": False}

    def shown(
        self, request: TokenRequest, client: ProvenClient, grant: Grant, own: dict[str, Any]
    ) -> dict[str, Any]:
        if grant.client_id != client.client_id:
            return {"active": False}
        off = request.issuer.switched_off
        if not still_used(request.db, client.client, grant, off, request.now):
            return {"active": False}
        return {
            "active": True,
            "client_id": grant.client_id,
            "iss": request.issuer.settings.issuer,
            "aud": grant.client_id,
            "sub": request.issuer.subject(client.client, grant),
            "auth_time": int(grant.signed_in_at.timestamp()),
            "acr": grant.acr,
            **own,
        }


def token_in(request: TokenRequest) -> str:
    presented = request.form.get("token")
    if presented is None:
        raise InvalidRequestError("token is missing")
    return presented


def opened(request: TokenRequest, presented: str) -> Signed | None:
    return resource_tokens.read(presented, request.issuer.ring, request.issuer.settings.issuer)


def is_good(found: FoundRefreshToken, request: TokenRequest) -> bool:
    fresh = found.spent_at is None and found.expires_at > request.now
    return fresh and found.grant.refusal(request.now) is None


def of_access(bearer: Bearer) -> dict[str, Any]:
    return {
        "scope": " ".join(scope for scope in bearer.grant.scope if scope in bearer.scope),
        **lasting(bearer),
        **({"aud": bearer.audience} if bearer.audience is not None else {}),
    }


def of_client(found: FoundClientToken, issuer: str) -> dict[str, Any]:
    return {
        "active": True,
        "client_id": found.client_id,
        "iss": issuer,
        "aud": found.audience,
        "sub": found.client_id,
        **lasting(found),
    }


def lasting(token: Bearer | FoundClientToken) -> dict[str, Any]:
    """Until when, and with which key's proof (RFC 9449 section 6.2)."""
    return {
        "token_type": "Bearer" if token.jkt is None else "DPoP",
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        **({"cnf": {"jkt": token.jkt}} if token.jkt is not None else {}),
    }


def of_refresh(found: FoundRefreshToken) -> dict[str, Any]:
    return {
        "scope": " ".join(found.grant.scope),
        "iat": int(found.issued_at.timestamp()),
        "exp": int(found.expires_at.timestamp()),
    }
