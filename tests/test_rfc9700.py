"""`leerid check --deploy`: one named check per clause, and each can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp import rfc9700, settings
from idp.oidc import discovery
from idp.rfc9700 import CLAUSES, Deployment

SAFE = 'issuer = "https://id.example.be"\n[server]\ntrusted_proxies = 1\n'
CLIENT = """
client_id = "oefenapp"
name = "Oefenapp"
scope = "openid"
client_secret_sha256 = "{digest}"
redirect_uris = ["https://oefenapp.example/callback"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "oefenapp.toml").write_text(CLIENT.format(digest="a" * 64))
    (tmp_path / "config.toml").write_text(SAFE)
    return tmp_path


def not_held(folder: Path) -> list[str]:
    return [clause.name for clause in rfc9700.judge(settings.load(folder / "config.toml")) if clause.wrong]


def test_a_safe_deployment_holds_every_clause(folder: Path) -> None:
    assert not_held(folder) == []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ("[server]\ntrusted_proxies = 1\n[tokens]\ncode_seconds = 90", ["RFC9700-4.5-code-life"]),
        (
            "[server]\ntrusted_proxies = 1\n[tokens]\naccess_seconds = 7200",
            ["RFC9700-4.10-stolen-access-tokens"],
        ),
        ("[server]\ntrusted_proxies = 1\n[tokens]\nrefresh_days = 365", ["RFC9700-4.14.2-refresh-tokens"]),
        ("[server]\ntrusted_proxies = 0", ["RFC9700-4.13-reverse-proxy"]),
    ],
)
def test_a_setting_that_a_clause_forbids_is_named(folder: Path, changed: str, names: list[str]) -> None:
    (folder / "config.toml").write_text(f'issuer = "https://id.example.be"\n{changed}\n')
    assert not_held(folder) == names


@pytest.mark.parametrize(
    ("safe", "unsafe", "name"),
    [
        ("https://oefenapp.example", "http://127.0.0.1:9000", "RFC9700-2.1-redirect-uris"),
        ('scope = "openid"', 'scope = "openid"\npkce = "optional"', "RFC9700-2.1.1-pkce"),
        (
            'client_secret_sha256 = "' + "a" * 64,
            'client_secret_sha256 = "',
            "RFC9700-2.5-client-authentication",
        ),
    ],
)
def test_a_registration_that_a_clause_forbids_is_named(
    folder: Path, safe: str, unsafe: str, name: str
) -> None:
    registration = folder / "clients" / "oefenapp.toml"
    registration.write_text(registration.read_text().replace(safe, unsafe))
    assert not_held(folder) == [name]


def test_plain_http_is_named(folder: Path) -> None:
    plain = 'issuer = "http://127.0.0.1:8000"\n[server]\ninsecure_http = true\ntrusted_proxies = 1\n'
    (folder / "config.toml").write_text(plain)
    assert not_held(folder) == ["RFC9700-2.6-end-to-end-tls"]


def test_OA_47_a_provider_without_a_proxy_that_takes_slow_requests_in_is_named(folder: Path) -> None:
    (folder / "config.toml").write_text('issuer = "http://127.0.0.1:8000"\n[server]\ninsecure_http = true\n')
    assert "RFC9700-4.13-reverse-proxy" in not_held(folder)


@pytest.mark.parametrize(
    ("member", "value", "name"),
    [
        ("authorization_response_iss_parameter_supported", False, "RFC9700-2.1-mix-up"),
        ("code_challenge_methods_supported", ["S256", "plain"], "RFC9700-2.1.1-pkce"),
        ("response_types_supported", ["code", "id_token token"], "RFC9700-2.1.2-no-implicit"),
        ("grant_types_supported", ["authorization_code", "password"], "RFC9700-2.4-no-password-grant"),
    ],
)
def test_a_provider_that_offered_more_would_be_named(
    folder: Path, member: str, value: object, name: str
) -> None:
    loaded = settings.load(folder / "config.toml")
    metadata = {**discovery.metadata(loaded.issuer), member: value}
    deployed = Deployment(loaded, (), metadata)
    assert [clause.name for clause in CLAUSES if list(clause.wrong(deployed))] == [name]


def test_each_clause_has_its_own_name() -> None:
    assert len({clause.name for clause in CLAUSES}) == len(CLAUSES)
