"""Which host a request may name: the issuer's own, whatever a name server or a proxy makes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from idp.web.host import is_ours
from tests.support.provider import Provider

HTTPS = "https://id.leerid.example"


@pytest.mark.parametrize("host", ["evil.example", "id.leerid.example.evil.example", "127.0.0.1:8000"])
@pytest.mark.parametrize(
    "path", ["/", "/login", "/token", "/api/me", "/.well-known/openid-configuration", "/nowhere"]
)
def test_OA_43_CV_14_a_request_to_another_host_is_refused(
    open_provider: Callable[..., Provider], host: str, path: str
) -> None:
    client = open_provider(issuer=HTTPS).app.test_client()
    answer = client.get(path, base_url=HTTPS, headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text
    assert answer.is_json is (path in ("/token", "/api/me"))


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_load_balancer_asks_by_address(open_provider: Callable[..., Provider], path: str) -> None:
    client = open_provider(issuer=HTTPS).app.test_client()
    assert client.get(path, base_url="http://10.0.0.5:8000").status_code == 200


def test_the_issuers_own_host_is_answered(open_provider: Callable[..., Provider]) -> None:
    client = open_provider(issuer=HTTPS).app.test_client()
    assert client.get("/", base_url=HTTPS).status_code == 200
    assert client.get("/", base_url="http://id.leerid.example").status_code == 200, "its proxy speaks http"


@pytest.mark.parametrize(
    ("host", "origin", "ours"),
    [
        ("id.example", "https://id.example", True),
        ("ID.Example:443", "https://id.example", True),
        ("id.example:8443", "https://id.example", False),
        ("id.example:8443", "https://id.example:8443", True),
        ("id.example", "https://id.example:8443", False),
        ("id.example@evil.example", "https://id.example", False),
        ("evil.example/id.example", "https://id.example", False),
        ("id.example:x", "https://id.example", False),
        ("[", "https://id.example", False),
        ("", "https://id.example", False),
        ("127.0.0.1:9000", "http://127.0.0.1:8000", True),
        ("localhost", "http://127.0.0.1:8000", True),
        ("[::1]:8000", "http://localhost:8000", True),
        ("rebound.example:8000", "http://127.0.0.1:8000", False),
    ],
)
def test_OA_43_what_counts_as_our_host(host: str, origin: str, ours: bool) -> None:
    assert is_ours(host, origin) is ours
