"""Which endpoints scripts of other sites may call (CORS), and the keys that everybody may have."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.support.provider import Provider

SITE = "https://oefenapp.example"
OPEN = ["/token", "/par", "/userinfo", "/jwks"]


def call(
    provider: Provider, method: str, path: str, origin: str | None = SITE, **headers: str
) -> requests.Response:
    given = {**headers, **({"Origin": origin} if origin is not None else {})}
    return requests.request(method, f"{provider.issuer}{path}", headers=given, timeout=10)


@pytest.mark.parametrize("path", OPEN)
def test_OA_45_CV_44_any_site_by_one_rule_and_never_with_cookies(provider: Provider, path: str) -> None:
    method = "POST" if path == "/token" else "GET"
    for origin in (SITE, "http://127.0.0.1:1", "https://dief.example", "null.example"):
        answer = call(provider, method, path, origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("path", OPEN)
def test_OA_45_CV_44_nothing_for_null_and_nothing_for_those_who_did_not_ask(
    provider: Provider, path: str
) -> None:
    for origin in ("null", None):
        headers = call(provider, "GET", path, origin).headers
        assert not [name for name in headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", OPEN)
def test_OA_45_a_preflight_is_answered(provider: Provider, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = call(provider, "OPTIONS", path, **asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, DPoP"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/revoke", "/introspect", "/authorize", "/end_session"])
def test_OA_45_CV_44_no_other_endpoint(provider: Provider, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        headers = call(provider, method, path).headers
        assert not [name for name in headers if name.startswith("Access-Control")]


def test_the_keys_are_ready_made_and_may_be_kept_for_a_while(provider: Provider) -> None:
    first = call(provider, "GET", "/jwks", None)
    assert first.status_code == 200
    assert first.headers["Content-Type"] == "application/jwk-set+json"
    assert first.headers["Cache-Control"] == "public, max-age=300"
    keys: list[dict[str, Any]] = first.json()["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES256", "EdDSA"}
    assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & {name for key in keys for name in key}
    again = call(provider, "GET", "/jwks", None, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = call(provider, "HEAD", "/jwks", None)
    assert (head.status_code, head.content) == (200, b"")
    assert call(provider, "POST", "/jwks", None).status_code == 405
