"""`leerid check` names what is unsafe, and finds nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from idp import key_files
from idp.check import findings
from idp.oidc import keys as signing_keys

SAFE = """
issuer = "https://id.example.be"
[database]
url = "postgresql+psycopg://leerid@db.example.be/leerid?sslmode=verify-full"
[server]
trusted_proxies = 1
[mail]
server = "mail.example.be"
[portals]
leerlingloket = "https://leerling.example.be"
schoolloket = "https://school.example.be"
"""
CLIENT = """
client_id = "oefenapp"
name = "Oefenapp"
scope = "openid"
client_secret_sha256 = "{digest}"
redirect_uris = ["https://oefenapp.example/callback"]
"""

Named = Callable[[str], list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with nothing to mend."""
    now = datetime(2026, 3, 2, tzinfo=UTC)
    key_files.make_missing(tmp_path / "keys", now)
    signing_keys.make_missing(tmp_path / "keys" / "signing", now)
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "oefenapp.toml").write_text(CLIENT.format(digest="a" * 64))
    (tmp_path / "config.toml").write_text(SAFE)
    return tmp_path


@pytest.fixture
def named(folder: Path) -> Named:
    def names(text: str) -> list[str]:
        (folder / "config.toml").write_text(text)
        return [finding.name for finding in findings(folder / "config.toml")]

    return names


def test_a_safe_configuration_has_nothing_to_mend(named: Named) -> None:
    assert named(SAFE) == []


@pytest.mark.parametrize(
    ("safe", "unsafe", "name"),
    [
        ("trusted_proxies = 1", "trusted_proxies = 0", "server.trusted_proxies"),
        ("trusted_proxies = 1", "trusted_proxies = 1\ninsecure_http = true", "server.insecure_http"),
        ("https://leerling", "http://leerling", "portals.leerlingloket"),
        ("[mail]", "[demo]\nenabled = true\n[mail]", "demo.enabled"),
        ("[mail]", "[hashing]\nmemory_kib = 8192\n[mail]", "hashing"),
        ("[mail]", "[hashing]\ntime_cost = 1\n[mail]", "hashing"),
        ("[mail]", "[throttle]\naccount_limit = 1000\n[mail]", "throttle.account_limit"),
        ("[mail]", "[throttle]\ntyped_day_limit = 1000\n[mail]", "throttle.typed_day_limit"),
        ("[mail]", "[tokens]\ncode_seconds = 3600\n[mail]", "tokens.code_seconds"),
        ("[mail]", '[clients]\nallowed_hosts = "localhost"\n[mail]', "clients.allowed_hosts"),
        ("[mail]", '[registration]\nscope = "openid leerid:school"\n[mail]', "registration"),
        ("[mail]", '[registration]\nenabled = true\npkce = "optional"\n[mail]', "registration.pkce"),
        ("[mail]", '[staff]\nsecond_factor = "optional"\n[mail]', "staff.second_factor"),
        ("?sslmode=verify-full", "", "database.url"),
        ("?sslmode=verify-full", "?sslmode=prefer", "database.url"),
        ("leerid@db", "leerid:geheim@db", "database.url"),
        ("postgresql+psycopg", "mysql", "database.url"),
        ('server = "mail.example.be"', 'security = "none"\nserver = "mail.example.be"', "mail.security"),
        ('server = "mail.example.be"', "", "mail.server"),
    ],
)
def test_what_is_unsafe_is_named(named: Named, safe: str, unsafe: str, name: str) -> None:
    assert safe in SAFE
    assert named(SAFE.replace(safe, unsafe)) == [name]


def test_plain_http_is_named(named: Named) -> None:
    assert "issuer" in named(
        SAFE.replace("https://id", "http://id").replace("= 1", "= 1\ninsecure_http = true")
    )


def test_keys_that_others_can_read_are_named(folder: Path, named: Named) -> None:
    next((folder / "keys" / "signing").glob("*.json")).chmod(0o444)
    (folder / "keys" / "cookies.key").chmod(0o440)
    assert named(SAFE) == ["keys", "keys"]


def test_missing_keys_are_named(folder: Path, named: Named) -> None:
    (folder / "keys" / "pairwise.key").unlink()
    assert named(SAFE) == ["keys"]


def test_OA_07_a_client_without_pkce_is_named(folder: Path, named: Named) -> None:
    registration = folder / "clients" / "oefenapp.toml"
    registration.write_text(registration.read_text() + 'pkce = "optional"\n')
    assert named(SAFE) == ["clients.oefenapp"]


def test_a_registration_with_a_mistake_is_named(folder: Path, named: Named) -> None:
    (folder / "clients" / "oefenapp.toml").write_text('client_id = "iets-anders"\n')
    assert named(SAFE) == ["clients"]


@pytest.mark.parametrize("content", [None, "no certificate\n"], ids=["no such file", "no certificate"])
def test_certificates_that_cannot_be_read_are_named(folder: Path, named: Named, content: str | None) -> None:
    bundle = folder / "applications-ca.pem"
    if content is not None:
        bundle.write_text(content)
    assert named(SAFE.replace("[mail]", f'[clients]\nca_bundle_file = "{bundle}"\n[mail]')) == [
        "clients.ca_bundle_file"
    ]


def test_OA_54_a_role_that_slips_through_the_second_lock_is_named(
    named: Named, database_kind: str, database_url: str
) -> None:
    """On SQLite there is no such lock, and no role to name."""
    ours = 'url = "{}"'.format
    usual = SAFE.split("\n")[3]
    assert usual.startswith("url = ")
    assert named(SAFE.replace(usual, ours(database_url))) == []
    if database_kind == "postgresql":
        owner = make_url(database_url).set(username="postgres").render_as_string(hide_password=False)
        assert named(SAFE.replace(usual, ours(owner))) == ["database.url"]
