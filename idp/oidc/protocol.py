"""The vocabulary of the protocol: its scopes, claims, prompts, response modes, strengths and error codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from idp.rules.account_types import Strength


class ResponseMode(StrEnum):
    """How an answer travels to the application (OAuth 2.0 Multiple Response Types, Form Post Response Mode)."""

    QUERY = "query"
    FRAGMENT = "fragment"
    FORM_POST = "form_post"


class Prompt(StrEnum):
    """What the application wants the person to see (OIDC Core 3.1.2.1)."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


class Display(StrEnum):
    """How the application shows our pages. They fit every size already, so it is accepted and changes nothing."""

    PAGE = "page"
    POPUP = "popup"
    TOUCH = "touch"
    WAP = "wap"


class Scope(StrEnum):
    OPENID = "openid"
    PROFILE = "profile"
    EMAIL = "email"
    ADDRESS = "address"
    PHONE = "phone"
    LEERID = "leerid"
    OFFLINE_ACCESS = "offline_access"
    # The HTTP API of the two portals; for first-party applications only.
    API_SELF = "leerid:self"
    API_SCHOOL = "leerid:school"


API_SCOPES = frozenset({Scope.API_SELF, Scope.API_SCHOOL})

# OIDC Core 5.4, and our own `leerid`. A scope opens a claim; the client's registration must name it as well (PR-05).
CLAIMS_OF_SCOPE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        Scope.PROFILE: (
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ),
        Scope.EMAIL: ("email", "email_verified"),
        Scope.ADDRESS: ("address",),
        Scope.PHONE: ("phone_number", "phone_number_verified"),
        Scope.LEERID: ("account_type", "school", "administrative_group", "class"),
    }
)

# Every claim about a person that an application can register for.
PERSON_CLAIMS: tuple[str, ...] = tuple(claim for claims in CLAIMS_OF_SCOPE.values() for claim in claims)

# Claims about the sign-in itself, which every ID token may hold.
PROTOCOL_CLAIMS: tuple[str, ...] = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "sid",
)


def claims_of(scopes: Iterable[str]) -> tuple[str, ...]:
    """The claims that these scopes open, in the order of the table."""
    wanted = frozenset(scopes)
    return tuple(claim for scope, claims in CLAIMS_OF_SCOPE.items() if scope in wanted for claim in claims)


# Weakest first; `acr` in an ID token tells the application how sure it can be.
ACR_OF_STRENGTH: Mapping[Strength, str] = MappingProxyType(
    {
        Strength.PICTURE: "urn:leerid:acr:picture",
        Strength.BASIC: "urn:leerid:acr:basic",
        Strength.TEMPORARY: "urn:leerid:acr:temporary",
        Strength.PASSWORD: "urn:leerid:acr:password",
        Strength.TWO_FACTOR: "urn:leerid:acr:two-factor",
    }
)
STRENGTH_OF_ACR: Mapping[str, Strength] = MappingProxyType(
    {acr: strength for strength, acr in ACR_OF_STRENGTH.items()}
)


class AuthMethod(StrEnum):
    """How a client proves at the token endpoint who it is."""

    CLIENT_SECRET_BASIC = "client_secret_basic"
    CLIENT_SECRET_POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"


class GrantType(StrEnum):
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"
    CLIENT_CREDENTIALS = "client_credentials"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    # Only with the instance's `legacy_flows`: tokens from the authorization endpoint (RFC 9700 section 2.1.2).
    IMPLICIT = "implicit"


# OAuth 2.0 Multiple Response Types: the words of each in the order of the specification. All but the first only with the
# instance's `legacy_flows`.
RESPONSE_TYPES: tuple[str, ...] = (
    "code",
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)


class SubjectType(StrEnum):
    PAIRWISE = "pairwise"
    PUBLIC = "public"


class SigningAlg(StrEnum):
    """What we sign with, and what a client assertion may be signed with. Never `none`, never a shared secret."""

    RS256 = "RS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"


class AssertionAudience(StrEnum):
    """To whom a client addresses its assertions: RFC 10070 leaves the issuer only; older libraries name /token."""

    ISSUER = "issuer"
    TOKEN_ENDPOINT = "token_endpoint"


class PkcePolicy(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"


class ApprovalPolicy(StrEnum):
    """Whether a person sees what an application gets: never, once to read, or once to allow."""

    NONE = "none"
    NOTICE = "notice"
    CONSENT = "consent"


class ErrorCode(StrEnum):
    """RFC 6749 4.1.2.1 and 5.2, OIDC Core 3.1.2.6, and Unmet Authentication Requirements 1.0."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    UNSUPPORTED_TOKEN_TYPE = "unsupported_token_type"
    INVALID_TOKEN = "invalid_token"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    ACCESS_DENIED = "access_denied"
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INTERACTION_REQUIRED = "interaction_required"
    LOGIN_REQUIRED = "login_required"
    CONSENT_REQUIRED = "consent_required"
    ACCOUNT_SELECTION_REQUIRED = "account_selection_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    INVALID_REQUEST_URI = "invalid_request_uri"
    INVALID_REQUEST_OBJECT = "invalid_request_object"
    # RFC 8707 section 2.
    INVALID_TARGET = "invalid_target"
    # RFC 9449 section 5 and 8.
    INVALID_DPOP_PROOF = "invalid_dpop_proof"
    USE_DPOP_NONCE = "use_dpop_nonce"
    # RFC 8628 section 3.5.
    AUTHORIZATION_PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    EXPIRED_TOKEN = "expired_token"
    # RFC 7591 section 3.2.2.
    INVALID_REDIRECT_URI = "invalid_redirect_uri"
    INVALID_CLIENT_METADATA = "invalid_client_metadata"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"


LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
