"""The settings: what the example file promises, and how a wrong configuration is refused."""

from __future__ import annotations

import tomllib
import typing
from dataclasses import MISSING, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from idp import key_files
from idp.database import utc_now
from idp.settings import OTHERS_TABLES, Settings, SettingsError, load, parse
from portals.kit.settings import PortalSettings
from portals.kit.settings import load as load_portal

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
ISSUER = {"issuer": "https://id.leerid.example"}


def sections() -> dict[str, Any]:
    hints = typing.get_type_hints(Settings)
    return {each.name: hints[each.name] for each in fields(Settings) if is_dataclass(hints[each.name])}


def settings_with_keys() -> list[tuple[str, str]]:
    return [(name, key.name) for name, section in sections().items() for key in fields(section)]


def without_optional_marks(text: str) -> str:
    """The example with its two commented-out keys switched on."""
    lines = (
        line.removeprefix("# ") if line.startswith("# ") and "_file = " in line else line
        for line in text.split("\n")
    )
    return "\n".join(lines)


@pytest.fixture
def example() -> dict[str, Any]:
    return tomllib.loads(without_optional_marks(EXAMPLE.read_text(encoding="utf-8")))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


# The example


def test_the_example_is_a_configuration() -> None:
    assert load(EXAMPLE, environment={}).issuer == "https://id.leerid.example"


def test_the_example_holds_every_setting_and_no_other(example: dict[str, Any]) -> None:
    own = {name: table for name, table in example.items() if name not in OTHERS_TABLES}
    shown = {(name, key) for name, table in own.items() if isinstance(table, dict) for key in table}
    assert shown == set(settings_with_keys())
    assert set(own) == {each.name for each in fields(Settings)}


def test_the_example_shows_the_defaults(example: dict[str, Any]) -> None:
    for name, section in sections().items():
        for key in fields(section):
            if key.default not in (MISSING, None):
                shown = example[name][key.name]
                assert type(key.default)(shown) == key.default, f"{name}.{key.name}"


def test_every_setting_in_the_example_has_a_sentence_above_it() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(lines):
        if " = " in line.partition("#")[0] or line.startswith("["):
            assert before.startswith("# "), line
            assert len(before.split()) > 2, line


@pytest.mark.parametrize("portal", sorted(OTHERS_TABLES))
def test_the_portals_read_their_own_tables_of_the_same_file(example: dict[str, Any], portal: str) -> None:
    assert set(example[portal]) == {each.name for each in fields(PortalSettings)}
    assert load_portal(EXAMPLE, portal).client_id == portal


# Reading


def test_paths_are_relative_to_the_file_also_when_they_are_not_in_it(tmp_path: Path) -> None:
    settings = load(
        written(tmp_path, 'issuer = "https://id.leerid.example"\n[mail]\npassword_file = "mail"\n'), {}
    )
    assert settings.keys.directory == tmp_path / "keys"
    assert settings.clients.directory == tmp_path / "clients"
    assert settings.mail.password_file == tmp_path / "mail"


@pytest.mark.parametrize(
    ("variable", "value", "table", "key", "expected"),
    [
        ("LEERID_DATABASE_URL", "sqlite:////elsewhere.db", "database", "url", "sqlite:////elsewhere.db"),
        ("LEERID_SERVER_PORT", "9000", "server", "port", 9000),
        ("LEERID_SERVER_RUN_WORKER", "false", "server", "run_worker", False),
        ("LEERID_HASHING_QUEUE_SECONDS", "1.5", "hashing", "queue_seconds", 1.5),
    ],
)
def test_the_environment_goes_before_the_file(
    tmp_path: Path, variable: str, value: str, table: str, key: str, expected: object
) -> None:
    settings = load(written(tmp_path, 'issuer = "https://id.leerid.example"\n'), {variable: value})
    assert getattr(getattr(settings, table), key) == expected


def test_the_environment_can_give_the_issuer(tmp_path: Path) -> None:
    assert load(written(tmp_path, ""), {"LEERID_ISSUER": "https://id.leerid.example"}).https


@pytest.mark.parametrize(("table", "key"), settings_with_keys())
def test_secrets_are_given_as_a_file(table: str, key: str) -> None:
    secret_words = ("password", "secret", "private")
    assert not any(word in key for word in secret_words) or key.endswith("_file"), f"{table}.{key}"


# Refusing (FT-23: refuses to start, names the setting, never the value)

CANARY = "Zeg-dit-nooit-hardop-7"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "issuer: must be given"),
        ({"issuer": f"http://{CANARY}.example"}, "issuer: must be https"),
        ({"issuer": f"https://id.example/{CANARY}"}, "issuer:"),
        ({"issuer": f"https://id.example?{CANARY}"}, "issuer:"),
        ({"issuer": f"https://id.example#{CANARY}"}, "issuer:"),
        ({"issuer": CANARY}, "issuer:"),
        ({"issuer": 7}, "issuer: must be text"),
        ({**ISSUER, "isuer": CANARY}, "isuer: unknown setting; did you mean issuer?"),
        ({**ISSUER, "databse": {"url": CANARY}}, "databse: unknown setting; did you mean database?"),
        ({**ISSUER, "database": {"ulr": CANARY}}, "database.ulr: unknown setting; did you mean url?"),
        ({**ISSUER, "debug": CANARY}, "debug: unknown setting"),
        (
            {**ISSUER, "mail": {"password": CANARY}},
            "mail.password: unknown setting; did you mean password_file?",
        ),
        ({**ISSUER, "mail": CANARY}, "mail: must be a table"),
        ({**ISSUER, "server": {"port": CANARY}}, "server.port: must be a number"),
        ({**ISSUER, "server": {"port": True}}, "server.port: must be a number"),
        ({**ISSUER, "server": {"port": 80.5}}, "server.port: must be a whole number"),
        (
            {**ISSUER, "tokens": {"code_seconds": -1}},
            "tokens.code_seconds: must be a whole number of at least 0",
        ),
        ({**ISSUER, "server": {"insecure_http": CANARY}}, "server.insecure_http: must be true or false"),
        ({**ISSUER, "server": {"insecure_http": 1}}, "server.insecure_http: must be true or false"),
        ({**ISSUER, "keys": {"directory": [CANARY]}}, "keys.directory: must be text"),
    ],
)
def test_FT_23_a_wrong_setting_is_refused_by_name_and_not_by_value(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(wrong)
    assert str(refused.value).startswith(named)
    assert CANARY not in str(refused.value)


def test_FT_23_a_file_that_is_not_toml_is_refused_without_its_content(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, f"issuer = {CANARY}\n"), {})
    assert "not valid TOML" in str(refused.value)
    assert CANARY not in str(refused.value)


def test_FT_23_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "nowhere.toml", {})


def test_FT_23_an_environment_variable_is_held_to_the_same(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, 'issuer = "https://id.leerid.example"\n'), {"LEERID_SERVER_PORT": CANARY})
    assert str(refused.value) == "server.port: must be a number"


def test_FT_23_http_is_allowed_for_a_demonstration_that_says_so() -> None:
    assert not parse({"issuer": "http://127.0.0.1:8000", "server": {"insecure_http": True}}).https


# Keys


def test_FT_23_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key_files.make_missing(tmp_path, utc_now())
    (tmp_path / "pairwise.key").chmod(0o444)
    with pytest.raises(key_files.KeyFileError, match=r"pairwise\.key: must be readable by its owner only"):
        key_files.load(tmp_path)


@pytest.mark.parametrize("name", ["cookies.key", "pairwise.key", "lookup.key", "audit.key"])
def test_FT_23_CV_30_a_missing_key_is_refused(tmp_path: Path, name: str) -> None:
    key_files.make_missing(tmp_path, utc_now())
    (tmp_path / name).unlink()
    with pytest.raises(key_files.KeyFileError, match=name):
        key_files.load(tmp_path)


@pytest.mark.parametrize("content", [CANARY, "c2hvcnQ=", ""])
def test_FT_23_CV_30_a_weak_or_broken_key_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    key_files.make_missing(tmp_path, utc_now())
    (tmp_path / "lookup.key").unlink()
    key_files.write_private(tmp_path / "lookup.key", content.encode())
    with pytest.raises(key_files.KeyFileError) as refused:
        key_files.load(tmp_path)
    assert "lookup.key" in str(refused.value)
    assert not content or content not in str(refused.value)


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    first = key_files.make_missing(tmp_path, utc_now())
    assert key_files.make_missing(tmp_path, utc_now()) == []
    assert {path.stat().st_mode & 0o777 for path in first} == {0o400}
    assert len({path.read_bytes() for path in first}) == len(first)


def test_keys_do_not_print_themselves(tmp_path: Path) -> None:
    key_files.make_missing(tmp_path, utc_now())
    keys = key_files.load(tmp_path)
    shown = f"{keys!r} {keys.sealing!r}"
    assert repr(keys.pairwise)[2:-1] not in shown
    assert repr(keys.sealing.keys[keys.sealing.current])[2:-1] not in shown


def test_paths_are_absolute_however_the_file_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A framework resolves a relative path against a folder of its own, and would not find the file."""
    (tmp_path / "config.toml").write_text(
        'issuer = "https://id.school.example"\n[clients]\ndirectory = "ours"\n'
    )
    monkeypatch.chdir(tmp_path)
    found = load(Path("config.toml"), {})
    assert found.clients.directory == tmp_path.resolve() / "ours"
    assert found.keys.directory.is_absolute()
    assert found.database.url == f"sqlite:///{tmp_path.resolve()}/data/leerid.db"
