"""What a chosen password must be."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules.common_passwords import own_characters
from idp.rules.password_policy import (
    MAXIMUM_LENGTH,
    MINIMUM_LENGTH,
    Tip,
    Violation,
    check,
    tips_followed,
)
from idp.rules.word_lists import words

USERNAME = "ardalan.bhatti"
GOOD = "Olifant7Trapladder"


@pytest.mark.parametrize(
    ("password", "violations"),
    [
        ("", (Violation.TOO_SHORT,)),
        ("kxqzvbwmpdj", (Violation.TOO_SHORT,)),
        ("kxqzvbwmpdjt", ()),
        ("k" + "\N{COMBINING ACUTE ACCENT}" + "xqzvbwmpdj", (Violation.TOO_SHORT,)),
        ("fietsbel en trapladder " * 5, ()),
    ],
)
def test_R9_R61_at_least_twelve_characters(password: str, violations: tuple[Violation, ...]) -> None:
    assert check(password, username=USERNAME) == violations


def test_6_2_9_up_to_128_characters_and_no_more() -> None:
    longest = "".join(chr(0x4E00 + number) for number in range(MAXIMUM_LENGTH))
    assert check(longest, username=USERNAME) == ()
    assert check(longest + "x", username=USERNAME) == (Violation.TOO_LONG,)
    assert check("ardalan" * 10_000, username=USERNAME) == (Violation.TOO_LONG,)


@pytest.mark.parametrize(
    "password",
    ["kxqzvbwmpdjt", "een lief klein vogeltje", "🦊🐢🐙🦉🐝🐳🦔🐞🦀🐫🦩🐿", "849302756182", "KXQZVBWMPDJT"],
)
def test_6_2_5_no_kind_of_character_is_asked_for(password: str) -> None:
    assert check(password, username=USERNAME) == ()


@pytest.mark.parametrize("word", ["éénhoornvlekjes", "Noël-trapladder", "café7kruimeldief"])
def test_DEV_6_both_spellings_of_an_accent_are_one_password(word: str) -> None:
    composed, apart = unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)
    assert composed != apart
    assert check(composed, username=USERNAME) == check(apart, username=USERNAME)
    assert tips_followed(composed) == tips_followed(apart)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ardalan.bhatti", "trapladder-ardalan"),
        ("ardalan.bhatti", "BHATTI+trapladder"),
        ("ardalan.bhatti", "trapladder-Árdàlan"),
        ("butrint.boeren1", "boerenkoolstampot"),
        ("pieter-alexander.bogaert", "trapALEXANDERladder"),
        ("jan.peeters", "sinaasjanappel"),
        ("bo.li", "trapladder-bo.li-9"),
        ("bo.li1", "trapladder-BO.LI1"),
    ],
)
def test_R10_R62_no_part_of_the_username(username: str, password: str) -> None:
    assert check(password, username=username) == (Violation.CONTAINS_USERNAME,)


@pytest.mark.parametrize(
    ("username", "password"),
    [("bo.li", "bolide-trapladder"), ("an.de.wit2", "wandelstok2-kruimel"), ("", GOOD)],
)
def test_R10_parts_of_one_or_two_letters_are_allowed(username: str, password: str) -> None:
    assert check(password, username=username) == ()


@pytest.mark.parametrize(
    "password",
    [
        "wachtwoord123",
        "Welkom2024!!",
        "qwertyuiop12",
        "aaaaaaaaaaaa",
        "123456789012",
        "azertyazerty1",
        "voetbal2024!!",
        "P@ssw0rd2024",
        "W3lk0m!!2024",
        "welkomwelkom",
        "welkom1welkom2",
        "112233445566",
        "abcdefghijkl",
        "987654321098",
        "201020102010",
        "07112010071120",
        "1qaz2wsx3edc",
        "qsdfghjklm12",
        "azertyuiopqs",
        "xk7xk7xk7xk7",
        "!!welkom!!2024",
        "Emma-Lucas-2012",
        "Juf-Marieke-1",
        "september2024",
        "zomervakantie1",
        "Antwerpen2023!",
        "clubbrugge1891",
        "ikhouvanjou12",
        "Wachtwoorden1",
        "hond1234567890",
        "000000000000",
        "leerid123456",
        "School2024!!!!",
        "Klas-2024-2025",
        "Rekenrijk2024",
        "smartschool12",
        "Wáchtwoord123",
    ],
)
def test_6_2_4_6_2_11_what_everybody_tries_is_too_common(password: str) -> None:
    assert check(password, username=USERNAME) == (Violation.TOO_COMMON,)


@pytest.mark.parametrize(
    "password",
    [
        "Olifant7Trapladder",
        "regenboog-fiets7",
        "x7$kQ2!mZ9&p",
        "849302756182",
        "Banaan-Gitaar-42",
        "Kat-Paard-7391",
        "gitaarsnaren",
        "paardebloemen",
        "fiets7lamp&zee",
        "Drie=kikkers+9",
        "tuinslang!kaars",
        "boterham_met_5_spinnen",
        "vlinder8tractor",
        "maanlicht#kompas",
        "kookpot4ladder",
        "zebra.knoop.22",
        "IkEetGraag3Pannenkoeken",
        "wortel-schaats1",
        "krokodil2tanden9",
        "sneeuwman&soep3",
        "dakgoot77pompoen",
        "emmer?hamster5",
        "treinrails-oor4",
        "puzzelstuk(42)",
        "pinguin8verrekijker",
    ],
)
def test_words_of_ones_own_are_good(password: str) -> None:
    assert check(password, username=USERNAME) == ()


def test_6_2_4_every_long_word_of_the_list_is_refused_in_any_case() -> None:
    long_words = [word for word in words("common_passwords") if len(word) >= MINIMUM_LENGTH]
    assert long_words
    for word in long_words:
        assert Violation.TOO_COMMON in check(word.upper(), username=USERNAME)


def test_the_list_of_common_words_is_clean() -> None:
    common = words("common_passwords")
    assert len(common) == len(set(common)) > 1000
    assert all(word.isascii() and word.isalpha() and word.islower() and len(word) >= 4 for word in common)


@pytest.mark.parametrize(
    "password",
    ["Ledeberg-Wondelgem-1", "ledeberg2024!!", "L3d3b3rg-2024!", "Welkom-Ledeberg-1", "fietsWondelgem77"],
)
def test_6_2_11_a_password_mostly_of_personal_words_is_too_personal(password: str) -> None:
    found = check(password, username=USERNAME, personal_words=["Ledeberg", "Basisschool Wondelgem"])
    assert found == (Violation.TOO_PERSONAL,)


@pytest.mark.parametrize("password", ["regenboog-ledeberg", "Ledeberg-trapladder7", GOOD])
def test_a_personal_word_among_more_of_ones_own_is_allowed(password: str) -> None:
    assert check(password, username=USERNAME, personal_words=["Ledeberg", "De", "6"]) == ()


def test_more_than_one_thing_can_be_wrong() -> None:
    assert check("Bhatti", username=USERNAME) == (Violation.TOO_SHORT, Violation.CONTAINS_USERNAME)
    assert check("Bhatti123456", username=USERNAME, personal_words=["Bhatti"]) == (
        Violation.CONTAINS_USERNAME,
        Violation.TOO_PERSONAL,
    )


@pytest.mark.parametrize(
    ("password", "own"),
    [
        ("wachtwoord", 0),
        ("wachtwoord!2024!", 0),
        ("wachtwoordx", 1),
        ("wachtwoord849302756182", 8),
        ("x7$kQ2!mZ9&p", 12),
        ("1337", 0),
        ("", 0),
    ],
)
def test_what_is_left_when_the_common_is_taken_out(password: str, own: int) -> None:
    assert own_characters(password) == own


@given(st.text(max_size=140), st.text(max_size=30))
def test_any_text_gets_an_answer(password: str, username: str) -> None:
    assert set(check(password, username=username, personal_words=[username])) <= set(Violation)
    assert 0 <= own_characters(password[:20]) <= 20 * 18  # one sign can fold into eighteen letters


@pytest.mark.parametrize(
    ("password", "tips"),
    [
        ("", set()),
        ("trapladder", set()),
        ("Trapladder", {Tip.BOTH_CASES}),
        ("trap7ladder", {Tip.TWO_WORDS, Tip.DIGITS}),
        ("trap-ladder", {Tip.TWO_WORDS, Tip.SPECIAL_CHARACTERS}),
        ("trap ladder", set()),
        ("trap _ ladder", {Tip.TWO_WORDS, Tip.SPECIAL_CHARACTERS}),
        ("een grote trap-ladder", {Tip.TWO_WORDS, Tip.SPECIAL_CHARACTERS}),
        ("ab-cd", {Tip.SPECIAL_CHARACTERS}),
        ("7trapladder", {Tip.DIGITS}),
        ("Élan&été9", set(Tip)),
        ("Olifant7Trap!", set(Tip)),
    ],
)
def test_R64_tips_are_ticked_one_by_one(password: str, tips: set[Tip]) -> None:
    assert tips_followed(password) == tips


def test_R64_tips_are_advice_only() -> None:
    assert tips_followed("kxqzvbwmpdjt") == frozenset()
    assert check("kxqzvbwmpdjt", username=USERNAME) == ()
