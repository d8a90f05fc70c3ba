"""The passwords a school hands out, made from a source of chance that is handed in."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from idp.rules.drawing import Below
from idp.rules.folding import folded
from idp.rules.word_lists import words

__all__ = ["BASIC_SPACE", "TEMPORARY_SPACE", "Below", "basic_password", "bits", "temporary_password"]

_TEMPORARY_LENGTH = 8
_NAME_PART = 3

# No vowels, nor the digits that are read as vowels, so that no word can be read in a temporary password; no f
# and k, of which short curses are made: then no list of bad words is needed. And nothing that looks like
# something else: no l beside 1, no O beside 0.
_LOWER = "bcdghjmnpqrstvwxz"
_UPPER = "BCDGHJLMNPQRSTVWXZ"
_LETTERS = _LOWER + _UPPER
_DIGITS = "256789"
_LETTERS_BESIDE_DIGIT = _TEMPORARY_LENGTH - 1


@dataclass(frozen=True)
class _Shape:
    """A word with digits before and after it: `34mij1` is (2, 3, 1)."""

    before: int
    word: int
    after: int

    def numbers(self) -> int:
        return int(10 ** (self.before + self.after))

    def filled(self, word: str, number: int) -> str:
        digits = f"{number:0{self.before + self.after}}"
        return digits[: self.before] + word + digits[self.before :]


_SHAPES = (
    _Shape(0, 3, 3), _Shape(1, 3, 2), _Shape(2, 3, 1), _Shape(3, 3, 0),
    _Shape(0, 4, 2), _Shape(1, 4, 1), _Shape(2, 4, 0),
)  # fmt: skip


def basic_password(below: Below, *, avoid: Iterable[str] = ()) -> str:
    """Six characters, a word and some digits (R3): one draw over all there are, so each is equally likely.

    `avoid` holds the pupil's names: no word that is part of one, and no word with one in it.
    """
    allowed = _words_outside(avoid)
    return _basic_password_at(below(_space_of(allowed)), allowed)


def temporary_password(below: Below) -> str:
    """Eight characters, one of them a digit, letters in both cases (R7); drawn again until it has both."""
    while True:
        place = below(_TEMPORARY_LENGTH)
        digit = _DIGITS[below(len(_DIGITS))]
        letters = "".join(_LETTERS[below(len(_LETTERS))] for _ in range(_LETTERS_BESIDE_DIGIT))
        if not letters.islower() and not letters.isupper():
            return letters[:place] + digit + letters[place:]


def bits(space: int) -> float:
    return math.log2(space)


def _basic_password_at(index: int, allowed: tuple[str, ...]) -> str:
    by_length = {length: [word for word in allowed if len(word) == length] for length in (3, 4)}
    for shape in _SHAPES:
        fitting = by_length[shape.word]
        size = len(fitting) * shape.numbers()
        if index < size:
            which, number = divmod(index, shape.numbers())
            return shape.filled(fitting[which], number)
        index -= size
    raise IndexError("there is no such basic password")


def _space_of(allowed: tuple[str, ...]) -> int:
    lengths = Counter(map(len, allowed))
    return sum(lengths[shape.word] * shape.numbers() for shape in _SHAPES)


def _words_outside(names: Iterable[str]) -> tuple[str, ...]:
    parts = {part for name in names for part in re.findall(r"[^\W\d_]+", folded(name))}
    telling = {part for part in parts if len(part) >= _NAME_PART}
    return tuple(
        word
        for word in words("basic_words")
        if not any(word in part for part in parts) and not any(part in word for part in telling)
    )


BASIC_SPACE = _space_of(words("basic_words"))
TEMPORARY_SPACE = (
    _TEMPORARY_LENGTH
    * len(_DIGITS)
    * (
        len(_LETTERS) ** _LETTERS_BESIDE_DIGIT
        - len(_LOWER) ** _LETTERS_BESIDE_DIGIT
        - len(_UPPER) ** _LETTERS_BESIDE_DIGIT
    )
)
