"""The house itself: what is locked, what travels in the wheel, what the repository may hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import idp
from tests.support import needs

HOUSE = Path(__file__).parents[1]
LOCK = HOUSE / "requirements.lock"
PACKAGES = ("idp", "portals", "clients", "templates")

# CV-01: the first versions without the holes that are known.
LEAST = {
    "authlib": "1.9.0",
    "joserfc": "1.7.6",
    "flask": "3.1.3",
    "werkzeug": "3.1.6",
    "gunicorn": "22",
    "pyjwt": "2.15.0",
}


def locked() -> dict[str, Version]:
    """What the lock pins, by name."""
    pins = re.findall(r"^([a-z0-9-]+)==([^ \\;]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: Version(version) for name, version in pins}


def project() -> dict[str, object]:
    return tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    """The files that belong to the repository: what git knows, and what it would add."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=HOUSE, capture_output=True, check=False)
    if listed.returncode != 0:
        needs.missing("this is no git repository, so that nobody can tell what belongs to it")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := HOUSE / name).is_file()]


# The lock


@pytest.mark.parametrize(("name", "least"), LEAST.items())
def test_CV_01_no_version_with_a_known_hole_is_locked(name: str, least: str) -> None:
    assert locked()[name] >= Version(least)


@pytest.mark.parametrize("name", ["python-jose", "jose", "jwcrypto"])
def test_CV_01_no_forsaken_jose_library_is_locked(name: str) -> None:
    assert name not in locked()


def test_CV_06_the_provider_itself_has_one_jose_library() -> None:
    for name in project()["project"]["dependencies"]:  # type: ignore[index]
        assert Requirement(name).name not in {"pyjwt", "pyjwkest", "python-jose", "jwcrypto"}


def test_OA_64_the_lock_names_no_address() -> None:
    assert not re.search(r"https?:|file:|index", LOCK.read_text(encoding="utf-8"))


def test_OA_64_everything_locked_has_a_hash() -> None:
    entries = re.split(r"\n(?=[a-z])", LOCK.read_text(encoding="utf-8").strip())
    assert len(entries) == len(locked())
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_lock_holds_what_the_project_asks() -> None:
    table = project()
    asked = [
        *table["project"]["dependencies"],  # type: ignore[index]
        *table["dependency-groups"]["dev"],  # type: ignore[index]
        *table["build-system"]["requires"],  # type: ignore[index]
    ]
    pins = locked()
    for line in asked:
        requirement = Requirement(line)
        assert pins[requirement.name.lower()] in requirement.specifier, line


def test_OA_64_the_lock_of_what_is_in_javascript_has_a_hash_for_each_and_names_no_registry() -> None:
    lock = json.loads((HOUSE / "tests/interop/package-lock.json").read_text(encoding="utf-8"))
    asked = json.loads((HOUSE / "tests/interop/package.json").read_text(encoding="utf-8"))
    assert "://" not in json.dumps(lock)
    own = lock["packages"].pop("")
    assert own["dependencies"] == asked["dependencies"]
    for name, package in lock["packages"].items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


# The wheel


@pytest.fixture(scope="module")
def in_the_wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "name",
    [
        "idp/py.typed",
        "idp/rules/data/common_passwords.txt",
        "idp/migrations/env.py",
        "templates/design/base.html",
        "templates/design/static/leerid.css",
        "templates/design/pictures/fiets.svg",
        "templates/idp/error.html",
        "templates/catalogues/en.po",
        "templates/catalogues/fr.po",
        "clients/rekenrijk.toml",
    ],
)
def test_the_wheel_runs_anywhere(in_the_wheel: set[str], name: str) -> None:
    assert name in in_the_wheel


def test_everything_in_the_packages_travels(in_the_wheel: set[str]) -> None:
    ours = {
        str(path.relative_to(HOUSE)) for path in tracked() if path.relative_to(HOUSE).parts[0] in PACKAGES
    }
    assert ours <= in_the_wheel


def test_nothing_else_travels(in_the_wheel: set[str]) -> None:
    others = {name for name in in_the_wheel if name.split("/")[0] not in PACKAGES}
    assert all(".dist-info/" in name for name in others), others
    assert not [name for name in in_the_wheel if name.endswith((".key", ".db", ".pyc"))]


# The rooms


def test_every_room_says_what_it_owns_and_what_it_must_not_know() -> None:
    for room in iter_modules(idp.__path__, "idp."):
        if room.ispkg and room.name != "idp.migrations":
            assert import_module(room.name).__doc__, room.name


def test_every_module_begins_with_its_idea() -> None:
    for path in tracked():
        if path.suffix == ".py" and path.relative_to(HOUSE).parts[0] in PACKAGES and path.stat().st_size:
            first = path.read_text(encoding="utf-8").lstrip()
            assert first.startswith('"""'), f"{path.relative_to(HOUSE)} has no docstring"


def test_pure_modules_and_contracts_speak_of_modules_that_are_there() -> None:
    named = re.findall(
        r"^    ((?:idp|portals|clients|templates)(?:\.\w+)*)",
        (HOUSE / ".importlinter").read_text(),
        re.MULTILINE,
    )
    assert not [name for name in named if find_spec(name) is None]


# The repository


def test_no_path_of_a_machine_is_in_the_repository() -> None:
    machine = re.compile(r"/(?:home|root|Users|work|opt)/[A-Za-z0-9_.-]+")
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(HOUSE)}: {each}" for each in machine.findall(text)]
    assert not found


def test_no_private_key_or_database_is_in_the_repository() -> None:
    for path in tracked():
        assert path.suffix not in {".key", ".pem", ".db"}, path
        assert b"-----BEGIN PRIVATE" + b" KEY" not in path.read_bytes(), path


def test_the_top_of_the_house_holds_nothing_unexpected() -> None:
    wanted = {
        *PACKAGES,
        *("keys", "tests", "config.example.toml", "pyproject.toml", "README.md"),
        *("Makefile", "requirements.lock", ".ci", ".importlinter", ".gitignore", "LICENSE"),
    }
    assert {path.relative_to(HOUSE).parts[0] for path in tracked()} <= wanted
