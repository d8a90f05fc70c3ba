"""The README's tables of proof, made from the tests themselves: `python -m tests.tables` rewrites them.

A test says in its name, or in the first line of its docstring, which rule (R21) or which criterion (OA-06) it proves. What
becomes of specifications and of the certification's modules stands in `conformity.py` and `modules.py`; whether they pass is
read from the last run of their tests.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests import conformity, modules, outcomes
from tests.outcomes import Results

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"

RULE = re.compile(r"(?<![A-Za-z0-9])R(\d{1,3})(?![0-9A-Za-z])")
CRITERION = re.compile(r"(?<![A-Za-z])(OA|PW|CV|FT|PR)[-_](\d{2})(?!\d)")

# Rules of the manuals about the pupil's own management of password and e-mail address.
LATER: dict[int, str] = {
    13: "changing one's own password",
    15: "recovery by mail",
    48: "recovery by mail",
    57: "changing one's own password",
    58: "managing one's e-mail address",
    67: "managing one's e-mail address",
    68: "managing one's e-mail address",
    71: "managing one's e-mail address",
    72: "managing one's e-mail address",
    74: "managing one's e-mail address",
}


def main() -> None:
    text = README.read_text(encoding="utf-8")
    wanted = with_tables(text, Results(outcomes.still_there(outcomes.read())))
    if "--check" in sys.argv:
        sys.exit(0 if text == wanted else "README.md: the tables are old; run `python -m tests.tables`")
    README.write_text(wanted, encoding="utf-8")


def with_tables(text: str, results: Results) -> str:
    proofs = collected()
    for name, table in {
        "conformity": conformity.table(results),
        "rules": rules(proofs),
        "criteria": criteria(proofs),
        "modules": modules.table(results),
    }.items():
        begin, end = f"<!-- {name}: made by tests/tables.py -->", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = f"{head}{begin}\n{table}\n{end}{tail}"
    return text


def collected() -> dict[str, list[str]]:
    """Rule or criterion -> the tests that prove it, as `room/file.py::name`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, docstring in tests_in(path):
            place = f"{path.relative_to(ROOT / 'tests')}::{name}"
            for key in keys_of(f"{name.replace('_', ' _')} {name} {docstring}"):
                if place not in found[key]:
                    found[key].append(place)
    return found


def tests_in(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, (ast.get_docstring(node) or "").split("\n")[0]


def keys_of(words: str) -> set[str]:
    spaced = words.replace("_", " ")
    keys = {f"R{int(number)}" for number in RULE.findall(spaced)}
    return keys | {f"{kind}-{number}" for kind, number in CRITERION.findall(words.replace(" _", "_"))}


def rules(proofs: dict[str, list[str]]) -> str:
    lines = ["| rule | proved by |", "|---|---|"]
    for number in range(1, 118):
        shown = tests_cell(proofs.get(f"R{number}", []))
        if not shown and number not in LATER:
            shown = "**no test**"
        lines.append(f"| {number} | {shown or f'not built yet: {LATER[number]}'} |")
    return "\n".join(collapsed(lines))


def collapsed(lines: list[str]) -> list[str]:
    """Runs of rules with the same words become one line."""
    result: list[str] = []
    for line in lines:
        number, words = line.strip("| ").split(" | ", 1) if " | " in line else ("", line)
        last = result[-1].strip("| ").split(" | ", 1) if result and " | " in result[-1] else ["", ""]
        if number.isdigit() and words == last[1] and words.startswith("not built"):
            first = last[0].split("–")[0]
            result[-1] = f"| {first}–{number} | {words} |"
        else:
            result.append(line)
    return result


def criteria(proofs: dict[str, list[str]]) -> str:
    keys = sorted(key for key in proofs if CRITERION.fullmatch(key))
    return "\n".join(
        [
            "| criterion | proved by |",
            "|---|---|",
            *(f"| {key} | {tests_cell(proofs[key])} |" for key in keys),
        ]
    )


def tests_cell(tests: list[str]) -> str:
    """At most three names, the rest as a number: enough to find them."""
    names = [f"`{test.split('::')[1].removeprefix('test_')}` ({test.split('::')[0]})" for test in tests[:3]]
    more = f" and {len(tests) - 3} more" if len(tests) > 3 else ""
    return "<br>".join(names) + more


if __name__ == "__main__":
    main()
