"""One application, as its registration says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp.oidc.protocol import (
    ApprovalPolicy,
    AssertionAudience,
    AuthMethod,
    GrantType,
    PkcePolicy,
    SigningAlg,
    SubjectType,
)
from idp.rules.account_types import Strength

# How the name of an application begins that registered itself: no file may claim one.
DYNAMIC = "dyn-"


class ClientFileError(Exception):
    """A registration that can't be trusted. Names the file, the key and the reason."""


@dataclass(frozen=True)
class Client:
    """One application, as its registration says. Everything in it was checked by `registration`."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    scope: tuple[str, ...]
    description: str = ""
    # The path under which we serve it ourselves: no page of ours asks another host for a picture.
    logo: str = ""
    logo_file: Path | None = None
    policy_uri: str = ""
    tos_uri: str = ""
    # Empty: none was made yet, and nobody can authenticate as this client.
    client_secret_sha256: str = field(default="", repr=False)
    token_endpoint_auth_method: AuthMethod = AuthMethod.CLIENT_SECRET_BASIC
    token_endpoint_auth_signing_alg: SigningAlg = SigningAlg.RS256
    assertion_audience: AssertionAudience = AssertionAudience.ISSUER
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str = ""  # instead of jwks
    request_object_signing_alg: SigningAlg | None = None  # None: any that its keys fit
    require_signed_request_object: bool = False
    request_uris: tuple[str, ...] = ()
    require_pushed_authorization_requests: bool = False
    userinfo_signed_response_alg: SigningAlg | None = None  # None: plain JSON
    dpop_bound_access_tokens: bool = False
    resources: tuple[str, ...] = ()  # what it may ask access tokens for (RFC 8707)
    default_max_age: int | None = None
    default_acr_values: tuple[str, ...] = ()
    # Registered itself (RFC 7591): lives in the database, and its rows end with it.
    dynamic: bool = False
    post_logout_redirect_uris: tuple[str, ...] = ()
    initiate_login_uri: str = ""
    backchannel_logout_uri: str = ""
    backchannel_logout_session_required: bool = True
    frontchannel_logout_uri: str = ""
    frontchannel_logout_session_required: bool = False
    grant_types: frozenset[GrantType] = frozenset({GrantType.AUTHORIZATION_CODE})
    response_types: tuple[str, ...] = ("code",)
    pkce: PkcePolicy = PkcePolicy.REQUIRED
    subject_type: SubjectType = SubjectType.PAIRWISE
    sector_identifier: str = ""
    id_token_signed_response_alg: SigningAlg = SigningAlg.RS256
    minimum_strength: Strength | None = None
    approval: ApprovalPolicy = ApprovalPolicy.NOTICE
    dashboard: bool = False
    schools: frozenset[int] = frozenset()
    first_party: bool = False
    claims: Mapping[str, str] = field(default_factory=dict)  # claim -> its purpose, in a child's words

    @property
    def pkce_required(self) -> bool:
        return self.pkce is PkcePolicy.REQUIRED

    @property
    def may_refresh(self) -> bool:
        """Whether it gets refresh tokens; only with the scope offline_access do they outlive the browser's session."""
        return GrantType.REFRESH_TOKEN in self.grant_types

    @property
    def confidential(self) -> bool:
        return self.token_endpoint_auth_method is not AuthMethod.NONE


def origin_of(address: str) -> str:
    """`https://host:port` of an address: what a content security policy can name."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
