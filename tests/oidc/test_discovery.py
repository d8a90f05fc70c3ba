"""The discovery documents: true, complete, and the same for whoever asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.oidc.roads import through
from tests.support.browser import Visitor
from tests.support.provider import Provider

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")

# Every member that a specification we follow defines; any other one is a warning in certification.
KNOWN_MEMBERS = frozenset(
    [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "registration_endpoint",
        "scopes_supported",
        "response_types_supported",
        "response_modes_supported",
        "grant_types_supported",
        "acr_values_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "display_values_supported",
        "claim_types_supported",
        "claims_supported",
        "service_documentation",
        "claims_locales_supported",
        "ui_locales_supported",
        "claims_parameter_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "require_request_uri_registration",
        "op_policy_uri",
        "op_tos_uri",
        "end_session_endpoint",
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
        "check_session_iframe",
        "revocation_endpoint",
        "revocation_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
        "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
        "code_challenge_methods_supported",
        "authorization_response_iss_parameter_supported",
        "prompt_values_supported",
        "pushed_authorization_request_endpoint",
        "require_pushed_authorization_requests",
        "device_authorization_endpoint",
        "userinfo_signing_alg_values_supported",
        "request_object_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
    ]
)


def document(provider: Provider, path: str = PATHS[0], **headers: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{provider.issuer}{path}", headers=headers, timeout=5).json()
    return found


def test_oidcc_discovery_endpoint_verification(provider: Provider) -> None:
    told = document(provider)
    assert told.keys() <= KNOWN_MEMBERS
    assert told["issuer"] == provider.issuer
    assert told["subject_types_supported"] == ["pairwise", "public"]
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    assert "openid" in told["scopes_supported"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert told["require_request_uri_registration"] is True
    for name, value in told.items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert value.startswith(f"{provider.issuer}/"), name
        if name.endswith("_supported"):
            assert isinstance(value, bool | list), name
            assert value != [], name
    for tag in told["ui_locales_supported"]:
        assert re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", tag), tag


def test_both_names_answer_the_same(provider: Provider) -> None:
    assert document(provider, PATHS[0]) == document(provider, PATHS[1])


def test_OA_43_CV_14_the_issuer_is_configuration_whatever_the_host_header_says(provider: Provider) -> None:
    for header in ("Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"):
        answer = requests.get(f"{provider.issuer}{PATHS[0]}", headers={header: "evil.example"}, timeout=5)
        assert "evil.example" not in answer.text
        assert answer.status_code == 400 or answer.json()["issuer"] == provider.issuer


def test_OA_67_every_endpoint_that_is_told_is_there(provider: Provider) -> None:
    for name, address in document(provider).items():
        if name.endswith(("_endpoint", "_uri", "_iframe")):
            assert requests.get(address, timeout=5, allow_redirects=False).status_code != 404, name


def test_OA_67_no_algorithm_is_told_that_proves_nothing(provider: Provider) -> None:
    """And each value of the document is used in test_advertised.py."""
    for name, algorithms in document(provider).items():
        if "alg_values" in name:
            assert set(algorithms) == {"RS256", "ES256", "EdDSA"}, name


@pytest.mark.parametrize("path", PATHS)
def test_it_can_be_kept_and_asked_after(provider: Provider, path: str) -> None:
    answer = requests.get(f"{provider.issuer}{path}", timeout=5)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Content-Type"] == "application/json"
    assert "Set-Cookie" not in answer.headers
    again = requests.get(
        f"{provider.issuer}{path}", headers={"If-None-Match": answer.headers["ETag"]}, timeout=5
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("origin", ["https://a.example", "https://b.example"])
def test_OA_45_CV_44_scripts_of_any_site_may_read_it_and_none_with_credentials(
    provider: Provider, origin: str
) -> None:
    answer = requests.get(f"{provider.issuer}{PATHS[0]}", headers={"Origin": origin}, timeout=5)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_OA_45_CV_44_no_script_may_read_our_pages(provider: Provider) -> None:
    rp = provider.relying_party()
    for address in (rp.ask().url, f"{provider.issuer}/end_session", f"{provider.issuer}/"):
        answer = requests.get(address, headers={"Origin": "https://a.example"}, timeout=5)
        assert "Access-Control-Allow-Origin" not in answer.headers
    null = requests.get(f"{provider.issuer}{PATHS[0]}", headers={"Origin": "null"}, timeout=5)
    assert "Access-Control-Allow-Origin" not in null.headers


def test_told_acr_values_are_reached_by_somebody(
    provider: Provider, new_visitor: Callable[..., Visitor]
) -> None:
    reached = set()
    rp = provider.relying_party()
    for kind in ("pictures", "basic", "advanced"):
        left_for, asked = through(new_visitor(), provider.people.pupil(kind), rp)
        reached.add(rp.verify(rp.exchange(rp.code(left_for, asked), asked).id_token, asked.nonce)["acr"])
    assert reached <= set(document(provider)["acr_values_supported"])


def test_the_landing_page_says_what_this_is_and_leads_to_the_leerlingloket(
    provider: Provider, visitor: Visitor
) -> None:
    page = visitor.get("/")
    assert page.status == 200
    assert page.links["Naar het Leerlingloket"].rstrip("/") == provider.settings.portals.leerlingloket
    assert "Afmelden" in page.links


def test_a_logo_is_served_from_our_own_origin_and_runs_nothing(provider: Provider, visitor: Visitor) -> None:
    (provider.clients_directory / "oefenapp.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    rp = provider.relying_party(logo_uri="oefenapp.svg", policy_uri="https://oefenapp.example/privacy")
    page = visitor.get(rp.ask().url)
    assert "/applications/oefenapp/logo" in page.html
    assert "https://oefenapp.example/privacy" in page.html
    answer = requests.get(f"{provider.issuer}/applications/oefenapp/logo", timeout=5)
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert requests.get(f"{provider.issuer}/applications/nobody/logo", timeout=5).status_code == 404
