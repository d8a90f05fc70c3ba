"""The README's tables of proof are those of the tests as they stand."""

from __future__ import annotations

from tests.tables import README, with_tables


def test_the_readmes_tables_are_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_tables(text) == text, "run `python -m tests.tables`"


def test_every_rule_that_is_built_has_a_test() -> None:
    assert "**no test**" not in with_tables(README.read_text(encoding="utf-8"))
