"""From a name to usernames, and when two are the same."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules.usernames import MAXIMUM_LENGTH, UsernameProblem, candidates, problems, skeleton


def first(given_name: str, family_name: str) -> str:
    return next(candidates(given_name, family_name))


@pytest.mark.parametrize(
    ("given_name", "family_name", "username"),
    [
        ("Abdulghani", "Bogdan", "abdulghani.bogdan"),
        ("Ardalan", "Bhatti", "ardalan.bhatti"),
        ("Pieter-Alexander", "Bogaert", "pieter-alexander.bogaert"),
        ("Jan", "Van den Berg", "jan.vandenberg"),
        ("Siobhán", "O'Neil", "siobhan.oneil"),
        ("Siobhán", "O’Neil", "siobhan.oneil"),
        ("Zoë", "Müller-Lüdenscheidt", "zoe.muller-ludenscheidt"),
        ("Jürgen", "Groß", "jurgen.gross"),
        ("Łukasz", "Wójcik", "lukasz.wojcik"),
        ("Søren", "Ærøskøbing", "soren.aeroskobing"),
        ("Þóra", "Guðmundsdóttir", "thora.gudmundsdottir"),
        ("Işıl", "Yıldız", "isil.yildiz"),
        ("İbrahim", "Çelik", "ibrahim.celik"),
        ("Ĳsbrand", "Nguyễn", "ijsbrand.nguyen"),
        ("Иван", "Жуковский", "ivan.zhukovskii"),
        ("Νίκος", "Καζαντζάκης", "nikos.kazantzakis"),
        ("Madonna", "", "madonna"),
        ("", "Bhatti", "bhatti"),
        ("محمد", "علي", "leerling"),
        ("", "", "leerling"),
        ("--Jan--", "de -- Vos-", "jan.de-vos"),
        ("Jan 2", "Peeters (jr.)", "jan.peetersjr"),
    ],
)
def test_R24_voornaam_naam_in_plain_lower_case(given_name: str, family_name: str, username: str) -> None:
    assert first(given_name, family_name) == username


def test_R21_a_taken_name_gets_the_smallest_number() -> None:
    assert list(islice(candidates("Butrint", "Boeren"), 4)) == [
        "butrint.boeren", "butrint.boeren1", "butrint.boeren2", "butrint.boeren3",
    ]  # fmt: skip


def test_R22_a_long_name_is_cut_and_still_numbered() -> None:
    names = list(islice(candidates("Maximiliaan-Alexander", "Vandendriessche-Vanderschueren"), 120))
    assert names[0] == "maximiliaan-alexander.vandendriessche-vanderschuer"
    assert names[1] == "maximiliaan-alexander.vandendriessche-vanderschue1"
    assert names[100] == "maximiliaan-alexander.vandendriessche-vandersch100"
    assert {len(name) for name in names} == {50}
    assert len(set(names)) == 120


def test_R22_a_cut_never_ends_in_a_dot_or_hyphen() -> None:
    assert first("a" * 49, "Bee") == "a" * 49
    assert list(islice(candidates("a" * 47 + "-b", "Bee"), 2)) == ["a" * 47 + "-b", "a" * 47 + "-b1"]


@given(st.text(max_size=80), st.text(max_size=80))
def test_R22_R23_every_candidate_is_a_good_username_and_another_one(
    given_name: str, family_name: str
) -> None:
    names = list(islice(candidates(given_name, family_name), 12))
    assert [problems(name) for name in names] == [()] * 12
    assert len({skeleton(name) for name in names}) == 12
    assert all(skeleton(name) == name for name in names)


@pytest.mark.parametrize(
    "typed",
    [
        "Jan.Peeters",
        "JAN.PEETERS",
        " jan.peeters ",
        "ján.pëeters",
        "jаn.pееters",  # Cyrillic а, е
        "јan.рeeterѕ",  # Cyrillic ј, р, ѕ
        "jαn.peeτers",  # Greek α, τ
        "ｊａｎ．ｐｅｅｔｅｒｓ",
        "jan\N{ZERO WIDTH SPACE}.peeters",
        "jan.\N{RIGHT-TO-LEFT OVERRIDE}peeters",
        "jan.peeters\N{ZERO WIDTH NO-BREAK SPACE}",
        "jan․peeters",
        "𝒿𝒶𝓃.peeters",
        "jan.pee\N{SOFT HYPHEN}ters",
    ],
)
def test_OA_39_what_looks_the_same_is_the_same(typed: str) -> None:
    assert skeleton(typed) == "jan.peeters"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ali.yıldız", "ali.yildiz"),
        ("İbrahim", "ibrahim"),
        ("groß", "gross"),
        ("GROẞ", "gross"),
        ("łukasz", "lukasz"),
        ("ﬁen", "fien"),
        ("jan–peeters", "jan-peeters"),
        ("jan＠mail", "jan@mail"),
    ],
)
def test_OA_39_pairs_that_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("butrint.boeren", "butrint.boeren1"),
        ("jan.peeters", "janpeeters"),
        ("jan-peeters", "jan.peeters"),
        ("abdul1", "abdull"),
    ],
)
def test_R21_different_names_stay_different(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=60))
def test_OA_39_a_skeleton_is_its_own_skeleton(username: str) -> None:
    assert skeleton(skeleton(username)) == skeleton(username)


@given(st.text("abcdefghijklmnopqrstuvwxyz.-0123456789", min_size=1, max_size=50))
def test_OA_39_case_never_matters(username: str) -> None:
    assert skeleton(username.upper()) == skeleton(username) == username


@pytest.mark.parametrize(
    ("username", "expected"),
    [
        ("abdulghani.bogdan", ()),
        ("Pieter-Alexander.Bogaert_2", ()),
        ("a" * MAXIMUM_LENGTH, ()),
        ("", (UsernameProblem.EMPTY,)),
        ("   ", (UsernameProblem.EMPTY,)),
        ("a" * 51, (UsernameProblem.TOO_LONG,)),
        ("jan@peeters", (UsernameProblem.HAS_AT,)),
        ("jan＠peeters", (UsernameProblem.HAS_AT, UsernameProblem.BAD_CHARACTER)),
        ("jan peeters", (UsernameProblem.BAD_CHARACTER,)),
        ("jаn.peeters", (UsernameProblem.BAD_CHARACTER,)),
        ("jan\N{ZERO WIDTH SPACE}peeters", (UsernameProblem.BAD_CHARACTER,)),
        ("jan\n", (UsernameProblem.BAD_CHARACTER, UsernameProblem.BAD_EDGE)),
        ("=jan", (UsernameProblem.BAD_CHARACTER, UsernameProblem.BAD_EDGE)),
        (".jan", (UsernameProblem.BAD_EDGE,)),
        ("jan-", (UsernameProblem.BAD_EDGE,)),
        ("32890", (UsernameProblem.NO_LETTER,)),
        ("@", (UsernameProblem.HAS_AT, UsernameProblem.BAD_EDGE, UsernameProblem.NO_LETTER)),
    ],
)
def test_R22_R23_PW_35_what_staff_may_type(username: str, expected: tuple[UsernameProblem, ...]) -> None:
    assert problems(username) == expected
