"""The pictures and their sequences."""

import secrets
from collections import Counter
from itertools import product
from random import Random

import pytest

from idp.rules.password_maker import bits
from idp.rules.picture_passwords import (
    PICTURE_SET_VERSION,
    PICTURES,
    SPARE_PICTURES,
    PictureRefusal,
    picture_password,
    picture_space,
    refusal,
)


def drawn(*places: int) -> str:
    draws = iter(places)
    return picture_password(lambda limit: next(draws))


def test_R6_R45_nine_numbered_pictures() -> None:
    assert PICTURE_SET_VERSION == 1
    assert [picture.digit for picture in PICTURES] == list(range(1, 10))
    assert [picture.noun for picture in PICTURES] == [
        "ballon", "eend", "fiets", "huis", "kat", "paraplu", "raket", "slak", "trein",
    ]  # fmt: skip
    assert [picture.digit for picture in SPARE_PICTURES] == [10, 11, 12]


def test_every_picture_begins_with_another_sound() -> None:
    nouns = [picture.noun for picture in PICTURES + SPARE_PICTURES]
    assert len({noun[0] for noun in nouns}) == len(nouns)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("4729", None),
        ("1592", None),
        ("1235", None),
        ("12346", None),
        ("195728", None),
        ("472", PictureRefusal.WRONG_LENGTH),
        ("4729472", PictureRefusal.WRONG_LENGTH),
        ("", PictureRefusal.WRONG_LENGTH),
        ("4720", PictureRefusal.NOT_A_PICTURE),
        ("47a9", PictureRefusal.NOT_A_PICTURE),
        ("472٩", PictureRefusal.NOT_A_PICTURE),
        ("4779", PictureRefusal.TWICE_IN_A_ROW),
        ("1234", PictureRefusal.COUNTING),
        ("9876", PictureRefusal.COUNTING),
        ("456789", PictureRefusal.COUNTING),
        ("1212", PictureRefusal.STRAIGHT_LINE),
        ("1321", PictureRefusal.STRAIGHT_LINE),
        ("7414", PictureRefusal.STRAIGHT_LINE),
        ("1595", PictureRefusal.STRAIGHT_LINE),
        ("35753", PictureRefusal.STRAIGHT_LINE),
    ],
)
def test_what_no_pupil_gets(digits: str, expected: PictureRefusal | None) -> None:
    assert refusal(digits) is expected


@pytest.mark.parametrize("length", [4, 5, 6])
def test_PW_20_the_space_is_the_number_of_accepted_sequences(length: int) -> None:
    accepted = sum(refusal("".join(each)) is None for each in product("123456789", repeat=length))
    assert picture_space(length) == accepted


def test_PW_20_four_pictures_are_twelve_bits() -> None:
    assert picture_space(4) == 4404
    assert 12.1 < bits(picture_space(4)) < 12.2


@pytest.mark.parametrize("length", [4, 5, 6])
def test_every_drawn_sequence_is_accepted(length: int) -> None:
    for _ in range(300):
        digits = picture_password(secrets.randbelow, length=length)
        assert len(digits) == length
        assert refusal(digits) is None


def test_PW_20_accepted_sequences_come_equally_often() -> None:
    """Every sequence is one draw and a refused one starts all over, so each accepted one counts once."""
    first_draws = Counter[str]()
    for places in product(range(9), repeat=4):
        first_draws[drawn(*places, 3, 6, 1, 8)] += 1  # 4729 is what comes when the first is refused
    assert first_draws.pop("4729") == 1 + 9**4 - picture_space(4)
    assert set(first_draws.values()) == {1}
    assert len(first_draws) == picture_space(4) - 1


def test_PW_20_digits_come_about_equally_often() -> None:
    chance = Random(25)
    seen = Counter("".join(picture_password(chance.randrange) for _ in range(6000)))
    assert max(seen.values()) / min(seen.values()) < 1.2


@pytest.mark.parametrize("length", [0, 3, 7])
def test_other_lengths_are_not_offered(length: int) -> None:
    with pytest.raises(ValueError, match="4 to 6 pictures"):
        picture_password(secrets.randbelow, length=length)
    with pytest.raises(ValueError, match="4 to 6 pictures"):
        picture_space(length)
