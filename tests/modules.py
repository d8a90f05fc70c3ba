"""The certification's modules, and in which of its plans each of them passes: the README's other table about conformity."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests.conformity import TESTS, WORDS
from tests.outcomes import Results, worst


@dataclass(frozen=True)
class Module:
    """One test of the certification, in the plans in which it runs. `skipped`: because skipping is the secure choice."""

    name: str
    places: dict[str, str]  # plan -> test
    skipped: bool


PROFILES = {
    "test_config.py": "config",
    "test_dynamic.py": "dynamic",
    "test_third_party_login.py": "3rd-party-init",
    "test_rp_initiated_logout.py": "rp-initiated logout",
    "test_backchannel_logout.py": "back-channel logout",
    "test_frontchannel_logout.py": "front-channel logout",
    "test_session_management.py": "session management",
    "test_fapi.py": "FAPI 2.0 security profile",
}


def table(results: Results) -> str:
    lines = ["| module | state | in the plans |", "|---|---|---|"]
    for module in certification_modules():
        state = WORDS[worst(results.of(place) for place in module.places.values())]
        state += ": skipped there, refused here" if module.skipped else ""
        lines.append(f"| {module.name} | {state} | {', '.join(profiles(module))} |")
    return "\n".join(lines)


def profiles(module: Module) -> list[str]:
    """Each profile once, with how many of its response types when there are several."""
    counted: dict[str, int] = {}
    for plan in module.places:
        profile = plan if plan in PROFILES.values() else plan.partition(" ")[0]
        counted[profile] = counted.get(profile, 0) + 1
    return [profile if times == 1 else f"{profile} ({times})" for profile, times in counted.items()]


def certification_modules() -> list[Module]:
    found: dict[str, dict[str, str]] = {}
    skipped: set[str] = set()
    for file in sorted((TESTS / "certification").glob("test_*.py")):
        module = importlib.import_module(f"tests.certification.{file.stem}")
        for test, function in tests_in(module):
            name = module_name(test)
            for plan, place in places(f"certification/{file.name}::{test}", function, file.name):
                found.setdefault(name, {})[plan] = place
            if (function.__doc__ or "").startswith("Skipped"):
                skipped.add(name)
    return [Module(name, places, name in skipped) for name, places in sorted(found.items())]


def module_name(test: str) -> str:
    """`test_oidcc_scope_all` -> `oidcc-scope-all`; one of them has an underscore in its name."""
    return test.removeprefix("test_").replace("_", "-").replace("3rd-party", "3rd_party")


def tests_in(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        if re.match(r"test_(oidcc|fapi2)_", name) and value.__module__ == module.__name__:
            yield name, value


def places(test: str, function: Any, file: str) -> Iterator[tuple[str, str]]:
    """Each plan of a test that runs in several, or the profile that its file is about."""
    plans = [
        str(plan)
        for mark in getattr(function, "pytestmark", ())
        if mark.name == "parametrize" and mark.args[0] == "plan"
        for plan in mark.args[1]
    ]
    if file in PROFILES:
        yield PROFILES[file], test
        return
    for plan in plans:
        yield plan, f"{test}[{plan}]"
