"""A text in a box: smaller, then on more lines, never over the edge."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from idp.schools.card_fitting import Fitted, fit


def fitted(
    text: str, *, width: float = 50, height: float = 10, largest: float = 14, smallest: float = 2
) -> Fitted:
    """In a font whose letters are all a fifth of a millimetre wide at one point."""
    return fit(text, width=width, height=height, largest=largest, smallest=smallest, width_of=width_of)


def width_of(text: str) -> float:
    return len(text) / 5


def test_OA_51_what_fits_is_as_large_as_wished() -> None:
    assert fitted("Ardalan Bhatti") == Fitted(14, ("Ardalan Bhatti",))


def test_OA_51_what_does_not_fit_is_smaller_before_it_is_broken() -> None:
    assert fitted("Maximiliaan-Bogaerts", width=50) == Fitted(12.5, ("Maximiliaan-Bogaerts",))


def test_OA_51_lines_end_at_spaces_and_are_about_equally_long() -> None:
    assert fitted("een twee drie vier", width=40, height=20).lines == ("een twee ", "drie vier")


def test_OA_51_a_long_word_ends_a_line_where_its_parts_join() -> None:
    lines = fitted("pieter-alexander.van-den-broeck", width=30, height=10).lines
    assert lines == ("pieter-alexander.", "van-den-broeck")


def test_OA_51_a_word_without_joints_is_broken_anywhere() -> None:
    found = fitted("W" * 100)
    assert len(found.lines) > 1
    assert "".join(found.lines) == "W" * 100


def test_OA_51_only_what_nobody_can_read_is_cut() -> None:
    found = fitted("W" * 5000)
    assert found.size == 2
    assert found.lines[-1].endswith("…")


@settings(max_examples=200)
@given(st.text(alphabet="ab -./é\u0301", max_size=600), st.floats(5, 120), st.floats(4, 40))
def test_OA_51_nothing_reaches_over_the_edge(text: str, width: float, height: float) -> None:
    text = " ".join(text.split())
    found = fitted(text, width=width, height=height)
    assert found.height <= height
    assert all(width_of(line.rstrip()) * found.size <= width + 1e-6 for line in found.lines)
    if not found.lines[-1].endswith("…"):
        assert "".join(found.lines) == text
