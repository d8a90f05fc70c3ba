"""How a pupil's name is shown."""

import pytest

from idp.rules.names import family_first, greeting_name, initials


@pytest.mark.parametrize(
    ("given", "family", "expected"),
    [
        ("Ardalan", "Bhatti", "BA"),
        ("Pieter-Alexander", "Bogaert", "BP"),
        ("élise", "de Smet", "DÉ"),
        ("Jan", "'t Hart", "TJ"),
        ("ßara", "Ö", "ÖS"),
        ("Ardalan", "", "A"),
        ("", "", ""),
    ],
)
def test_R53_initials_begin_with_the_family_name(given: str, family: str, expected: str) -> None:
    assert initials(given, family) == expected


def test_R53_the_family_name_comes_first() -> None:
    assert family_first("Ardalan", "Bhatti") == "Bhatti Ardalan"
    assert family_first("Ardalan", "") == "Ardalan"


def test_PW_33_a_card_shows_the_first_name_and_one_letter() -> None:
    assert greeting_name("Abdulghani", "Bogdan") == "Abdulghani B."
    assert greeting_name("Jan", "van den Berg") == "Jan V."
    assert greeting_name("Abdulghani", "") == "Abdulghani"
    assert greeting_name("", "Bogdan") == "B."
