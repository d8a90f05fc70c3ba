"""What the room must not know."""

import ast
import sys
from importlib.resources import files
from pathlib import Path

ROOM = Path(str(files("idp.rules")))
CLOCKS_AND_DICE = {"random", "secrets", "time", "os"}


def imported(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_rules_know_only_plain_python_and_each_other() -> None:
    for file in ROOM.glob("*.py"):
        for module in imported(file.read_text(encoding="utf-8")):
            top = module.partition(".")[0]
            assert module.startswith("idp.rules.") or top in sys.stdlib_module_names, (file.name, module)
            assert top not in CLOCKS_AND_DICE, (file.name, module)


def test_rules_never_look_at_the_clock() -> None:
    for file in ROOM.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        assert ".now(" not in source, file.name
        assert ".today()" not in source, file.name
