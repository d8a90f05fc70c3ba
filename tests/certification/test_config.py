"""Config OP: what the discovery document says."""

from __future__ import annotations

import re

from tests.certification.discovery_document import told
from tests.support.https import SecureProvider

# RFC 5646, as far as we need it: a language, and a region in capitals.
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def test_oidcc_discovery_endpoint_verification(house: SecureProvider) -> None:
    said = told(house)
    assert said["userinfo_endpoint"]
    assert "openid" in said["scopes_supported"]
    assert {"sub", "name", "email"} <= set(said["claims_supported"])
    assert {"pairwise", "public"} == set(said["subject_types_supported"])
    assert "RS256" in said["id_token_signing_alg_values_supported"]
    assert "RS256" in said["request_object_signing_alg_values_supported"]
    assert "code" in said["response_types_supported"]
    assert {"authorization_code", "refresh_token"} <= set(said["grant_types_supported"])
    for name, values in said.items():
        if name.endswith("_alg_values_supported"):
            assert set(values) <= {"RS256", "ES256", "EdDSA"}, name
    assert all(LANGUAGE_TAG.fullmatch(each) for each in said["ui_locales_supported"])
