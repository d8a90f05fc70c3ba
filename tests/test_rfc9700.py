"""`leerid check --deploy`: one named check per clause, and each can fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from idp import database_upgrade, rfc9700, settings
from idp.oidc import discovery
from idp.oidc.clients import read_all
from idp.oidc.protocol import GrantType
from idp.oidc.records import RegisteredClient
from idp.rehearsal import Answer, Asked, Rehearsal, rehearse
from idp.rfc9700 import CLAUSES, Deployment, Weight

SAFE = 'issuer = "https://id.example.be"\n[server]\ntrusted_proxies = 1\n'
CLIENT = """
client_id = "oefenapp"
name = "Oefenapp"
scope = "openid"
client_secret_sha256 = "{digest}"
redirect_uris = ["https://oefenapp.example/callback"]
"""
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ADVISED = ["RFC9700-2.2.1-sender-constrained", "RFC9700-2.5-asymmetric"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return safe(tmp_path)


def safe(folder: Path) -> Path:
    (folder / "clients").mkdir()
    (folder / "clients" / "oefenapp.toml").write_text(CLIENT.format(digest="a" * 64))
    (folder / "config.toml").write_text(SAFE)
    return folder


def judged(folder: Path) -> list[rfc9700.Judged]:
    return rfc9700.judge(settings.load(folder / "config.toml"))


def not_held(folder: Path) -> list[str]:
    return [clause.name for clause in judged(folder) if not clause.holds]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A safe one, to spoil in one respect."""
    folder = safe(tmp_path_factory.mktemp("deployed"))
    loaded = settings.load(folder / "config.toml")
    clients = tuple(read_all(loaded.clients.directory).values())
    return Deployment(loaded, clients, discovery.metadata(loaded), rehearse(loaded, clients))


def broken(deployed: Deployment) -> list[str]:
    return [each.name for each in CLAUSES if each.weight is Weight.MUST and list(each.wrong(deployed))]


def test_a_safe_deployment_holds_every_clause_and_hears_what_would_be_better(folder: Path) -> None:
    assert not_held(folder) == []
    assert [clause.name for clause in judged(folder) if clause.wrong] == ADVISED


def test_an_application_that_follows_the_advice_hears_nothing(folder: Path) -> None:
    key = '{kty="OKP", crv="Ed25519", kid="a", x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
    registration = CLIENT.replace(
        'client_secret_sha256 = "{digest}"', 'token_endpoint_auth_method = "private_key_jwt"'
    )
    registration += f"dpop_bound_access_tokens = true\njwks = {{keys = [{key}]}}\n"
    (folder / "clients" / "oefenapp.toml").write_text(registration)
    assert [clause.name for clause in judged(folder) if clause.wrong] == []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ("[server]\ntrusted_proxies = 1\n[tokens]\ncode_seconds = 90", ["RFC9700-4.5-code-life"]),
        ("[server]\ntrusted_proxies = 1\n[tokens]\npushed_seconds = 90", ["RFC9700-4.5-code-life"]),
        (
            "[server]\ntrusted_proxies = 1\n[tokens]\naccess_seconds = 7200",
            ["RFC9700-4.10-stolen-access-tokens"],
        ),
        ("[server]\ntrusted_proxies = 1\n[tokens]\nrefresh_days = 365", ["RFC9700-4.14.2-refresh-tokens"]),
        ("[server]\ntrusted_proxies = 0", ["RFC9700-4.13-reverse-proxy"]),
        ("[server]\ntrusted_proxies = 1\n[clients]\nlegacy_flows = true", ["RFC9700-2.1.2-no-implicit"]),
        (
            '[server]\ntrusted_proxies = 1\n[registration]\nenabled = true\npkce = "optional"',
            ["RFC9700-2.1.1-pkce", "RFC9700-4.15-registration"],
        ),
        (
            "[server]\ntrusted_proxies = 1\n[registration]\nenabled = true\ntoken_hours = 1000",
            ["RFC9700-4.15-registration"],
        ),
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
        (
            'scope = "openid"',
            'scope = "openid"\nresponse_types = ["code id_token"]\ngrant_types = ["authorization_code", "implicit"]',
            "RFC9700-2.1.2-no-implicit",
        ),
        (
            'scope = "openid"',
            'scope = "openid"\ngrant_types = ["authorization_code", "client_credentials"]',
            "RFC9700-2.3-audience",
        ),
    ],
)
def test_a_registration_that_a_clause_forbids_is_named(
    folder: Path, safe: str, unsafe: str, name: str
) -> None:
    registration = folder / "clients" / "oefenapp.toml"
    registration.write_text(registration.read_text().replace(safe, unsafe))
    assert not_held(folder) == [name]
    wrong = next(clause.wrong for clause in judged(folder) if clause.name == name)
    assert all("oefenapp" in each for each in wrong)


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
        ("code_challenge_methods_supported", ["S256", "plain"], "RFC9700-4.8-pkce-downgrade"),
        ("response_types_supported", ["code", "id_token token"], "RFC9700-2.1.2-no-implicit"),
        ("grant_types_supported", ["authorization_code", "password"], "RFC9700-2.4-no-password-grant"),
        ("response_modes_supported", ["query", "web_message"], "RFC9700-4.17-messages"),
    ],
)
def test_a_provider_that_offered_more_would_be_named(
    deployed: Deployment, member: str, value: object, name: str
) -> None:
    metadata = {**deployed.metadata, member: value}
    spoilt = replace(deployed, metadata=metadata)
    assert [each for each in broken(spoilt) if each != "RFC9700-2.6-metadata"] == [name]


def client_that(**is_: Any) -> Callable[[Deployment], Deployment]:
    def change(deployed: Deployment) -> Deployment:
        return replace(deployed, clients=tuple(replace(each, **is_) for each in deployed.clients))

    return change


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        (client_that(backchannel_logout_uri="http://app.example/bye"), "RFC9700-2.6-client-tls"),
        (client_that(jwks_uri="http://app.example/keys"), "RFC9700-2.6-client-tls"),
        (client_that(client_id="a" * 43), "RFC9700-4.15-impersonation"),
        (client_that(dynamic=True, first_party=True), "RFC9700-4.15-registration"),
        (client_that(scope=("openid", "leerid:self")), "RFC9700-2.3-privileges"),
        (client_that(grant_types=frozenset({GrantType.IMPLICIT})), "RFC9700-2.1.2-no-implicit"),
    ],
)
def test_a_registration_that_no_file_may_hold_would_be_named(
    deployed: Deployment, changed: Callable[[Deployment], Deployment], name: str
) -> None:
    assert name in broken(changed(deployed))


def test_an_application_that_registered_itself_is_judged_as_the_others(folder: Path) -> None:
    url = f"sqlite:///{folder / 'leerid.db'}"
    database_upgrade.upgrade(url)
    enabled = '[registration]\nenabled = true\npkce = "optional"\n'
    (folder / "config.toml").write_text(f'{SAFE}[database]\nurl = "{url}"\n{enabled}')
    assert not_held(folder) == ["RFC9700-2.1.1-pkce"]  # nobody yet; the setting itself is one too many
    said = {
        "client_name": "Vreemde app",
        "redirect_uris": ["https://vreemd.example/callback"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
    }
    engine = create_engine(url)
    with Session(engine) as db:
        db.add(
            RegisteredClient(
                client_id="dyn-" + "0" * 32, said=said, client_secret_sha256="b" * 64, management_digest="c" * 64,
                label="Vreemd", created_at=NOW, changed_at=NOW,
            )
        )  # fmt: skip
        db.commit()
    engine.dispose()
    found = {each.name: each for each in judged(folder)}
    assert f"dyn-{'0' * 32}: pkce is optional" in found["RFC9700-2.1.1-pkce"].wrong
    assert found["RFC9700-2.1-redirect-uris"].here == "2 applications, of which 1 registered themselves"


def spoilt(answer: Answer, status: int | None = None, **headers: str | None) -> Answer:
    changed = {**answer.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    kept = {name: value for name, value in changed.items() if value is not None}
    return replace(answer, status=status or answer.status, headers=kept)


@pytest.mark.parametrize(
    ("which", "change", "name"),
    [
        ("stranger", {"Location": "https://elsewhere.example/"}, "RFC9700-4.11-open-redirector"),
        (
            "near",
            {"Location": "https://oefenapp.example/callbackx?code=x"},
            "RFC9700-4.1-exact-redirect-uris",
        ),
        ("whole", {"Location": "https://elsewhere.example/"}, "RFC9700-4.1-exact-redirect-uris"),
        ("bare", {"Location": "/login/x"}, "RFC9700-2.1.1-pkce"),
        ("plain", {"Location": "/login/x?iss=x"}, "RFC9700-4.8-pkce-downgrade"),
        ("plain", {"Location": "https://oefenapp.example/?error=invalid_request"}, "RFC9700-2.1-mix-up"),
        ("posted", {"status": 307}, "RFC9700-4.12-no-307"),
        ("posted", {"status": 302}, "RFC9700-4.12-no-307"),
        ("whole", {"Access_Control_Allow_Origin": "*"}, "RFC9700-2.6-no-cors"),
        ("whole", {"Referrer_Policy": "origin"}, "RFC9700-4.2-referrer"),
        ("near", {"Referrer_Policy": None}, "RFC9700-4.2-referrer"),
        ("whole", {"Cache_Control": "private"}, "RFC9700-4.3-history"),
        ("stranger", {"X_Frame_Options": None}, "RFC9700-4.16-clickjacking"),
        ("stranger", {"Content_Security_Policy": "frame-ancestors *"}, "RFC9700-4.16-clickjacking"),
        ("misled", {"status": 404}, "RFC9700-2.6-metadata"),
    ],
)
def test_a_provider_that_answered_otherwise_would_be_named(
    deployed: Deployment, which: str, change: dict[str, Any], name: str
) -> None:
    assert broken(deployed) == []
    before = deployed.rehearsal
    if hasattr(before, which):
        changed: dict[str, Any] = {which: spoilt(getattr(before, which), **change)}
        after: Rehearsal = replace(before, **changed)
    else:
        asked: Asked = before.clients["oefenapp"]
        asked = replace(asked, **{which: spoilt(getattr(asked, which), **change)})
        after = replace(before, clients={"oefenapp": asked})
    assert broken(replace(deployed, rehearsal=after)) == [name]


def test_a_provider_that_believed_a_strange_host_would_be_named(deployed: Deployment) -> None:
    misled = deployed.rehearsal.misled
    believed = replace(misled, text=misled.text.replace("id.example.be", "elsewhere.example"))
    after = replace(deployed.rehearsal, misled=believed)
    assert broken(replace(deployed, rehearsal=after)) == ["RFC9700-2.6-metadata"]


def test_a_shorter_life_of_the_configured_database_is_not_touched(folder: Path) -> None:
    judged(folder)
    assert sorted(each.name for each in folder.iterdir()) == ["clients", "config.toml"]


def test_each_clause_has_its_own_name() -> None:
    assert len({clause.name for clause in CLAUSES}) == len(CLAUSES)
    assert len(CLAUSES) >= 25


def test_the_command_says_each_clause_and_its_exit_status_counts_what_must_be(folder: Path) -> None:
    def run() -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "idp.cli",
            "check",
            "--deploy",
            "--config",
            str(folder / "config.toml"),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    registration = folder / "clients" / "oefenapp.toml"
    registration.write_text(registration.read_text() + 'pkce = "optional"\n')
    done = run()
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    for clause in CLAUSES:
        assert any(line.startswith(f"{clause.name}: ") for line in lines), clause.name
    assert f"{CLAUSES[0].name}: yes, {CLAUSES[0].asks}" in lines
    at = next(i for i, line in enumerate(lines) if line.startswith("RFC9700-2.1.1-pkce: no"))
    assert lines[at + 1].startswith("  here: 1 applications; registration.enabled = False")
    assert lines[at + 2] == "  oefenapp: pkce is optional"
    assert any(line.startswith("RFC9700-2.5-asymmetric: advised") for line in lines)
