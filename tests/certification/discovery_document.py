"""The discovery document, read as the certification reads it."""

from __future__ import annotations

from typing import Any

from tests.support.https import SecureProvider, trusting
from tests.support.relying_party import RelyingParty

# OpenID Connect Discovery 1.0 and the specifications about logout; RFC 8414, 8628, 9101, 9126, 9207, 9449: what stands in
# IANA's registry. Anything else is a warning.
KNOWN_MEMBERS = frozenset(
    {
        "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
        "registration_endpoint", "scopes_supported", "response_types_supported", "response_modes_supported",
        "grant_types_supported", "acr_values_supported", "subject_types_supported",
        "id_token_signing_alg_values_supported", "id_token_encryption_alg_values_supported",
        "id_token_encryption_enc_values_supported", "userinfo_signing_alg_values_supported",
        "request_object_signing_alg_values_supported", "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported", "display_values_supported", "claim_types_supported",
        "claims_supported", "service_documentation", "claims_locales_supported", "ui_locales_supported",
        "claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported",
        "require_request_uri_registration", "op_policy_uri", "op_tos_uri", "end_session_endpoint",
        "check_session_iframe", "frontchannel_logout_supported", "frontchannel_logout_session_supported",
        "backchannel_logout_supported", "backchannel_logout_session_supported", "prompt_values_supported",
        "revocation_endpoint", "revocation_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_signing_alg_values_supported", "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_signing_alg_values_supported", "code_challenge_methods_supported",
        "device_authorization_endpoint", "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests", "require_signed_request_object",
        "authorization_response_iss_parameter_supported", "dpop_signing_alg_values_supported",
    }
)  # fmt: skip


def told(house: SecureProvider) -> dict[str, Any]:
    """What it says, once it is clear that it may say that."""
    somebody = RelyingParty(
        issuer=house.issuer, client_id="-", secret=None, redirect_uri="https://-.example/", clock=house.clock
    )
    answer = trusting(somebody, house.authority).http.get(f"{house.issuer}/.well-known/openid-configuration")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    found: dict[str, Any] = answer.json()
    assert found["issuer"] == house.issuer
    assert found.keys() <= KNOWN_MEMBERS
    assert_shapes(found)
    return found


def assert_shapes(said: dict[str, Any]) -> None:
    """Arrays where arrays are due, booleans and not words, https everywhere."""
    for name, value in said.items():
        if name.endswith(("_values_supported", "s_supported")) and not name.startswith(
            ("request_", "claims_parameter")
        ):
            assert isinstance(value, list), name
            assert value, name
            assert all(isinstance(each, str) for each in value), name
            assert len(set(value)) == len(value), name
        elif name.endswith("_supported") or name.startswith("require_"):
            if not isinstance(value, list):
                assert isinstance(value, bool), name
        else:
            assert str(value).startswith("https://"), name
