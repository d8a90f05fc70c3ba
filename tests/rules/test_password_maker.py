"""The passwords a school hands out."""

import re
import secrets
from collections import Counter
from itertools import pairwise
from math import comb
from random import Random

import pytest

from idp.rules.password_maker import (
    BASIC_SPACE,
    TEMPORARY_SPACE,
    _basic_password_at,
    _space_of,
    basic_password,
    bits,
    temporary_password,
)
from idp.rules.word_lists import words

BASIC = re.compile(r"(?P<before>\d*)(?P<word>[a-z]+)(?P<after>\d*)")
SEED_PUPILS = [
    ("Abdulghani", "Bogdan"), ("Ardalan", "Bhatti"), ("Amani", "Bockstal"),
    ("Butrint", "Boeren"), ("Sezen", "Beuken"), ("Pieter-Alexander", "Bogaert"),
]  # fmt: skip


def shape_of(password: str) -> tuple[int, int, int]:
    found = BASIC.fullmatch(password)
    assert found is not None, password
    return len(found["before"]), len(found["word"]), len(found["after"])


def basic_space_for(*names: str) -> int:
    asked: list[int] = []

    def below(limit: int) -> int:
        asked.append(limit)
        return 0

    basic_password(below, avoid=names)
    return asked[0]


def test_R3_six_characters_a_word_and_some_digits() -> None:
    for _ in range(300):
        password = basic_password(secrets.randbelow)
        found = BASIC.fullmatch(password)
        assert len(password) == 6
        assert found is not None
        assert found["word"] in words("basic_words")
        assert found["before"] + found["after"]


def test_R3_the_sample_of_the_manual_can_be_drawn() -> None:
    assert "34mij1" in {_basic_password_at(index, ("mij",)) for index in range(4000)}


def test_PW_20_every_basic_password_has_exactly_one_draw() -> None:
    some = ("kat", "mij", "zon", "boom", "boek")
    made = [_basic_password_at(index, some) for index in range(_space_of(some))]
    assert len(made) == len(set(made)) == 3 * 4 * 1000 + 2 * 3 * 100
    with pytest.raises(IndexError):
        _basic_password_at(len(made), some)


def test_PW_20_the_space_is_counted_from_the_list_and_drawn_from_once() -> None:
    by_length = Counter(len(word) for word in words("basic_words"))
    assert by_length[3] * 4 * 1000 + by_length[4] * 3 * 100 == BASIC_SPACE == basic_space_for()
    assert bits(BASIC_SPACE) >= 20


def test_PW_20_the_ends_of_the_space_are_passwords() -> None:
    assert shape_of(basic_password(lambda limit: 0)) == (0, 3, 3)
    assert shape_of(basic_password(lambda limit: limit - 1)) == (2, 4, 0)


def test_PW_20_basic_places_come_as_often_as_their_share() -> None:
    chance = Random(20)
    shapes = Counter(shape_of(basic_password(chance.randrange)) for _ in range(2000))
    three = sum(1 for word in words("basic_words") if len(word) == 3) * 1000 / BASIC_SPACE
    assert set(shapes) == {(0, 3, 3), (1, 3, 2), (2, 3, 1), (3, 3, 0), (0, 4, 2), (1, 4, 1), (2, 4, 0)}
    for shape, times in shapes.items():
        if shape[1] == 3:
            assert abs(times / 2000 - three) < 0.03


def test_PW_20_the_draw_is_repeatable() -> None:
    assert basic_password(Random(7).randrange) == basic_password(Random(7).randrange)
    assert temporary_password(Random(7).randrange) == temporary_password(Random(7).randrange)


@pytest.mark.parametrize(("given", "family"), SEED_PUPILS)
def test_PW_21_a_pupil_keeps_twenty_bits_without_words_of_the_own_name(given: str, family: str) -> None:
    assert bits(basic_space_for(given, family)) >= 20


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (["Abdulghani", "Bogdan"], {"dan"}),
        (["Jan-Willem", "De Boom"], {"wil", "boom"}),
        (["Zoë", "Van Roosmalen"], {"van", "roos", "mal", "zoe"}),
    ],
)
def test_PW_21_no_word_that_is_part_of_the_name(names: list[str], refused: set[str]) -> None:
    lost = refused & set(words("basic_words"))
    assert lost
    assert BASIC_SPACE - basic_space_for(*names) >= _space_of(tuple(lost))
    chance = Random(21)
    drawn = {re.sub(r"\d", "", basic_password(chance.randrange, avoid=names)) for _ in range(500)}
    assert not drawn & refused


def test_PW_21_no_word_with_the_name_in_it() -> None:
    chance = Random(22)
    drawn = {re.sub(r"\d", "", basic_password(chance.randrange, avoid=["Roo"])) for _ in range(800)}
    assert not [word for word in drawn if "roo" in word]


def test_PW_21_the_list_is_short_plain_words() -> None:
    listed = words("basic_words")
    assert len(listed) == len(set(listed)) >= 150
    assert all(re.fullmatch(r"[a-z]{3,4}", word) for word in listed)
    unwelcome = [
        "aids",
        "bar",
        "bek",
        "bier",
        "bil",
        "bom",
        "dik",
        "dom",
        "dood",
        "dwaas",
        "fik",
        "flik",
        "gat",
        "gek",
        "gin",
        "god",
        "graf",
        "ham",
        "heks",
        "hel",
        "hoer",
        "hol",
        "jood",
        "kak",
        "kerk",
        "kil",
        "kut",
        "lam",
        "lul",
        "mes",
        "mis",
        "mof",
        "non",
        "pik",
        "pil",
        "pijl",
        "pis",
        "poep",
        "poot",
        "pot",
        "rum",
        "seks",
        "sex",
        "slet",
        "spek",
        "tiet",
        "wijn",
        "wip",
        "zak",
        "zat",
        "zot",
        "een",
        "twee",
        "drie",
        "vier",
        "vijf",
        "zes",
        "acht",
        "tien",
        "elf",
        "nul",
        "mei",
        "juni",
        "juli",
        "jan",
        "feb",
        "mrt",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
    ]
    assert not set(listed) & set(unwelcome)


def test_R7_eight_characters_both_cases_one_digit() -> None:
    for _ in range(500):
        password = temporary_password(secrets.randbelow)
        assert re.fullmatch(r"[A-Za-z0-9]{8}", password)
        assert any(c.islower() for c in password)
        assert any(c.isupper() for c in password)
        assert sum(c.isdigit() for c in password) == 1


def test_PW_21_temporary_passwords_hold_no_word_and_nothing_that_looks_like_something_else() -> None:
    chance = Random(23)
    seen = set("".join(temporary_password(chance.randrange) for _ in range(3000)))
    assert not seen & set("aeiouyAEIOUY0134lfkFK")
    assert not seen & set("=+-@'")


def test_PW_20_temporary_passwords_have_forty_bits() -> None:
    lower, upper, digits = 17, 18, 6
    mixed = sum(comb(7, count) * upper**count * lower ** (7 - count) for count in range(1, 7))
    assert mixed * digits * 8 == TEMPORARY_SPACE
    assert bits(TEMPORARY_SPACE) >= 40


def test_PW_20_temporary_characters_come_equally_often() -> None:
    chance = Random(24)
    drawn = [temporary_password(chance.randrange) for _ in range(12_000)]
    places = Counter(next(i for i, c in enumerate(password) if c.isdigit()) for password in drawn)
    letters = Counter(c for password in drawn for c in password if c.isalpha())
    assert len(places) == 8
    assert len(letters) == 35
    assert max(places.values()) / min(places.values()) < 1.2
    assert max(letters.values()) / min(letters.values()) < 1.2


def test_two_passwords_in_a_row_differ() -> None:
    drawn = [temporary_password(secrets.randbelow) for _ in range(50)]
    assert all(one != other for one, other in pairwise(drawn))
