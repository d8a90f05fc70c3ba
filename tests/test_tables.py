"""The README's tables of proof are those of the tests as they stand, and nothing in them fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import conformity
from tests.outcomes import Outcome, Recorder, Results, read, still_there
from tests.tables import README, with_tables


class AllPass(Results):
    """What the check asks of every run: whatever fails there fails by itself."""

    def __init__(self) -> None:
        super().__init__({})

    def of(self, place: str) -> Outcome:
        return Outcome.PASSED


def test_the_readmes_tables_are_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_tables(text, AllPass()) == text, "run the tests, and then `python -m tests.tables`"


def test_every_rule_that_is_built_has_a_test() -> None:
    assert "**no test**" not in with_tables(README.read_text(encoding="utf-8"), AllPass())


def test_every_part_of_a_specification_names_tests_that_are_there() -> None:
    assert conformity.missing() == []


def test_only_what_was_run_and_passed_passes(tmp_path: Path) -> None:
    """A table that says so by itself would prove nothing."""
    outcomes = {
        "tests/a/test_x.py::test_one[sqlite]": Outcome.PASSED,
        "tests/a/test_x.py::test_one[postgresql]": Outcome.FAILED,
        "tests/a/test_x.py::test_two": Outcome.PASSED,
        "tests/a/test_y.py::test_three": Outcome.NOT_RUN,
    }
    file = tmp_path / "outcomes.json"
    recorder = Recorder(file)
    recorder.heard = dict(outcomes)
    recorder.pytest_sessionfinish()
    results = Results(read(file))
    assert results.of("a/test_x.py::test_two") is Outcome.PASSED
    assert results.of("a/test_x.py::test_one[sqlite]") is Outcome.PASSED
    assert results.of("a/test_x.py::test_one") is Outcome.FAILED
    assert results.of("a/test_x.py") is Outcome.FAILED
    assert results.of("a/test_y.py") is Outcome.NOT_RUN
    assert results.of("a/") is Outcome.FAILED
    assert results.of("a/test_z.py") is Outcome.NOT_RUN


def test_a_test_that_is_gone_or_has_another_name_counts_no_more() -> None:
    here = "tests/test_tables.py::test_the_readmes_tables_are_current"
    gone = ("tests/test_tables.py::test_that_never_was", "tests/test_gone.py::test_x", "::odd")
    assert still_there({here: Outcome.PASSED, **dict.fromkeys(gone, Outcome.FAILED)}) == {
        here: Outcome.PASSED
    }


@pytest.mark.parametrize(("some", "left"), [(False, {"[new]"}), (True, {"[old]", "[new]"})])
def test_a_whole_file_is_run_with_the_parameters_it_has_now(
    tmp_path: Path, some: bool, left: set[str]
) -> None:
    test, file = "tests/a/test_x.py::test_one", tmp_path / "outcomes.json"
    for parameter in ("[old]", "[new]"):
        recorder = Recorder(file, some=some)
        recorder.heard = {f"{test}{parameter}": Outcome.PASSED}
        recorder.pytest_sessionfinish()
    assert set(read(file)) == {f"{test}{parameter}" for parameter in left}
