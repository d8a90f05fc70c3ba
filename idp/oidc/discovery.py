"""What this provider can do, as its two discovery documents say: made from what is on, and nothing else (OA-67).

The bytes are made once; the issuer is the configured one, whatever Host header a request has (OA-43).
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from idp.oidc.protocol import (
    ACR_OF_STRENGTH,
    API_SCOPES,
    PERSON_CLAIMS,
    PROTOCOL_CLAIMS,
    RESPONSE_TYPES,
    AuthMethod,
    Display,
    GrantType,
    Prompt,
    ResponseMode,
    Scope,
    SigningAlg,
    SubjectType,
)
from idp.settings import Settings
from templates.translations import LANGUAGES

discovery_documents = Blueprint("discovery", __name__)

HEADERS = {"Cache-Control": "public, max-age=300", "Vary": "Origin"}


@discovery_documents.get("/.well-known/openid-configuration")
@discovery_documents.get("/.well-known/oauth-authorization-server")
def configuration() -> Response:
    """RFC 8414 section 5 lets both names answer the same: it is one provider."""
    response = Response(
        current_app.extensions["leerid.discovery"], mimetype="application/json", headers=HEADERS
    )
    if (
        request.headers.get("Origin") != "null"
    ):  # any site's scripts may read it, never with credentials (OA-45)
        response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


def prepare(app: Flask, settings: Settings) -> None:
    document = json.dumps(metadata(settings), indent=1).encode("utf-8")
    app.extensions["leerid.discovery"] = document


def metadata(settings: Settings) -> dict[str, Any]:
    issuer, legacy = settings.issuer, settings.clients.legacy_flows
    methods = [method.value for method in AuthMethod]
    proving = [method for method in methods if method != AuthMethod.NONE]
    algorithms = [alg.value for alg in SigningAlg]
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        **({"registration_endpoint": f"{issuer}/register"} if settings.registration.enabled else {}),
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "end_session_endpoint": f"{issuer}/end_session",
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "scopes_supported": [scope.value for scope in Scope if scope not in API_SCOPES],
        "claims_supported": [*PROTOCOL_CLAIMS, *PERSON_CLAIMS],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "response_types_supported": list(RESPONSE_TYPES) if legacy else ["code"],
        "response_modes_supported": [mode.value for mode in ResponseMode],
        "grant_types_supported": [
            grant.value for grant in GrantType if legacy or grant is not GrantType.IMPLICIT
        ],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": [kind.value for kind in SubjectType],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "request_object_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "acr_values_supported": list(ACR_OF_STRENGTH.values()),  # weakest first
        "prompt_values_supported": [prompt.value for prompt in Prompt],
        "display_values_supported": [display.value for display in Display],
        "ui_locales_supported": list(LANGUAGES),
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "check_session_iframe": f"{issuer}/check_session",
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "service_documentation": f"{issuer}/developers",
    }
