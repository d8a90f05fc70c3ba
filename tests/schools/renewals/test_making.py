"""A seed makes the same passwords wherever it is asked, and each as likely as any other."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

import pytest

from idp.rules.account_types import AccountKind, SecretKind
from idp.rules.password_maker import BASIC_SPACE, TEMPORARY_SPACE, bits
from idp.rules.picture_passwords import LENGTHS, picture_space, refusal
from idp.schools.renewals import making
from idp.schools.renewals.making import Recipient, maker, new_seed, password, source

SEED = bytes(range(32))
WORDS = Recipient(60351, AccountKind.BASIC, SecretKind.TEXT, ("Abdulghani", "Bogdan"))
PICTURES = Recipient(60351, AccountKind.BASIC, SecretKind.PICTURES, ("Abdulghani", "Bogdan"))
TEMPORARY = Recipient(32890, AccountKind.ADVANCED, SecretKind.TEXT, ("Ardalan", "Bhatti"))
KINDS = [WORDS, PICTURES, TEMPORARY]


def made(recipient: Recipient, seed: bytes = SEED, length: int = 4) -> str:
    return password(seed, recipient, picture_length=length).reveal()


def other(recipient: Recipient, number: int) -> Recipient:
    return Recipient(number, recipient.account_kind, recipient.secret_kind, recipient.names)


def test_PW_36_a_seed_makes_the_same_passwords_again() -> None:
    for recipient in KINDS:
        assert made(recipient) == made(recipient)


def test_PW_36_other_passwords_of_the_same_seed_need_another_version() -> None:
    """Does this fail, then a word list or a way to draw has changed: raise `making.VERSION`, and change the digest here."""
    crowd = [other(recipient, number) for recipient in KINDS for number in range(200)]
    everything = " ".join(made(recipient) for recipient in crowd)
    assert making.VERSION == 1
    assert hashlib.sha256(everything.encode()).hexdigest() == (
        "d77d860334990c333f6c74d4605fc57d02ded2b311253aa4a7da0a125bd48bc8"
    )


def test_PW_20_every_kind_has_the_space_that_its_lists_say() -> None:
    assert bits(BASIC_SPACE) >= 20
    assert bits(TEMPORARY_SPACE) >= 40
    assert bits(picture_space(4)) >= 12


@pytest.mark.parametrize("recipient", KINDS)
def test_PW_20_each_pupil_and_each_seed_draws_anew(recipient: Recipient) -> None:
    by_pupil = {made(other(recipient, number)) for number in range(400)}
    by_seed = {made(recipient, new_seed()) for _ in range(400)}
    least = 330 if recipient is PICTURES else 390  # of four thousand sequences some come twice
    assert min(len(by_pupil), len(by_seed)) > least


def test_PW_20_a_hundred_thousand_draws_are_even() -> None:
    """Of a limit that is no power of two, where a remainder would show."""
    limit = 200
    draws = Counter(
        below(limit)
        for number in range(100)
        for below in [source(SEED, other(TEMPORARY, number), maker(4))]
        for _ in range(1000)
    )
    expected = 100_000 / limit
    assert set(draws) == set(range(limit))
    chi_squared = sum((times - expected) ** 2 / expected for times in draws.values())
    assert (
        chi_squared < 285
    )  # 199 degrees of freedom: more than this once in 20,000 times, and the seed is fixed


@pytest.mark.parametrize("limit", [1, 2, 3, 255, 256, 257, 65_536, BASIC_SPACE])
def test_PW_20_a_draw_stays_below_its_limit(limit: int) -> None:
    below = source(SEED, WORDS, maker(4))
    drawn = [below(limit) for _ in range(300)]
    assert min(drawn) >= 0
    assert max(drawn) < limit


def test_PW_20_from_nothing_nothing_is_drawn() -> None:
    with pytest.raises(ValueError):
        source(SEED, WORDS, maker(4))(0)


def test_R3_R6_R7_each_kind_of_account_gets_its_kind_of_password() -> None:
    for number in range(100):
        assert re.fullmatch(r"(?=.{6}$)\d*[a-z]{3,4}\d*", made(other(WORDS, number)))
        assert refusal(made(other(PICTURES, number))) is None
        assert re.fullmatch(r"[A-Za-z\d]{8}", made(other(TEMPORARY, number)))


def test_PW_21_no_password_holds_a_part_of_the_name() -> None:
    named = [Recipient(n, AccountKind.BASIC, SecretKind.TEXT, ("Jan-Willem", "De Boom")) for n in range(500)]
    words = {re.sub(r"\d", "", made(recipient)) for recipient in named}
    assert not words & {"wil", "boom"}


def test_kinds_of_one_pupil_have_nothing_to_do_with_each_other() -> None:
    """Who knows the words of a pupil learns nothing of the pictures, and back again gives the same words."""
    streams = [source(SEED, recipient, maker(4)) for recipient in KINDS]
    assert len({tuple(below(256) for _ in range(8)) for below in streams}) == len(KINDS)


def test_another_length_of_pictures_is_another_maker() -> None:
    assert len({maker(length) for length in LENGTHS}) == len(LENGTHS)
    assert made(PICTURES, length=4) != made(PICTURES, length=5)[:4]
