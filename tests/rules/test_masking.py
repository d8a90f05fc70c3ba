"""Masked e-mail addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules.masking import mask_email


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("thomas@ond.vlaanderen.be", "t*****s@ond.vlaanderen.be"),
        ("ts.tester.s@ond.vlaanderen.be", "t*****s@ond.vlaanderen.be"),
        ("ardalan.bhatti@mail.be", "a*****i@mail.be"),
        ("abc@mail.be", "a*****c@mail.be"),
        ("ab@mail.be", "a*****@mail.be"),
        ("a@mail.be", "a*****@mail.be"),
        ('"a@b"@mail.be', '"*****"@mail.be'),
        ("no address", "n*****s"),
        ("", "*****"),
    ],
)
def test_R98_first_character_five_stars_last_character(address: str, masked: str) -> None:
    assert mask_email(address) == masked


@given(st.text("abcdefghij.", min_size=3, max_size=60))
def test_R98_the_mask_does_not_tell_the_length(local: str) -> None:
    assert len(mask_email(f"{local}@mail.be")) == len("a*****b@mail.be")
