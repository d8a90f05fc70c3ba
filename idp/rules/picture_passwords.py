"""A password of pictures: which pictures there are, and which sequences a pupil may get.

Picture, digit and place on the pad belong together everywhere: fingers, keyboards and password managers learn
them. Sequences are assigned, never chosen: what children choose themselves can be guessed.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from idp.rules.drawing import Below

PICTURE_SET_VERSION = 1
LENGTHS = range(4, 7)


@dataclass(frozen=True)
class Picture:
    digit: int
    key: str
    noun: str


def _picture(digit: int, noun: str) -> Picture:
    return Picture(digit, key=noun, noun=noun)


# Nouns known at five, one word a picture, every one with another first sound.
PICTURES = (
    _picture(1, "ballon"), _picture(2, "eend"), _picture(3, "fiets"),
    _picture(4, "huis"), _picture(5, "kat"), _picture(6, "paraplu"),
    _picture(7, "raket"), _picture(8, "slak"), _picture(9, "trein"),
)  # fmt: skip
SPARE_PICTURES = (_picture(10, "appel"), _picture(11, "vis"), _picture(12, "wolk"))

_DIGITS = "".join(str(picture.digit) for picture in PICTURES)
_UPWARDS, _DOWNWARDS = _DIGITS, _DIGITS[::-1]
_LINES = tuple(frozenset(line) for line in ("123", "456", "789", "147", "258", "369", "159", "357"))


class PictureRefusal(StrEnum):
    WRONG_LENGTH = "wrong_length"
    NOT_A_PICTURE = "not_a_picture"
    TWICE_IN_A_ROW = "twice_in_a_row"
    COUNTING = "counting"  # 1234, 9876
    STRAIGHT_LINE = "straight_line"  # all in one row, column or diagonal of the pad


def picture_password(below: Below, *, length: int = 4) -> str:
    """Drawn again until it is accepted, which keeps all accepted sequences equally likely."""
    _check_length(length)
    while True:
        digits = "".join(_DIGITS[below(len(_DIGITS))] for _ in range(length))
        if refusal(digits) is None:
            return digits


def refusal(digits: str) -> PictureRefusal | None:
    if len(digits) not in LENGTHS:
        return PictureRefusal.WRONG_LENGTH
    if not set(digits) <= set(_DIGITS):
        return PictureRefusal.NOT_A_PICTURE
    if any(one == next_one for one, next_one in pairwise(digits)):
        return PictureRefusal.TWICE_IN_A_ROW
    if digits in _UPWARDS or digits in _DOWNWARDS:
        return PictureRefusal.COUNTING
    if any(set(digits) <= line for line in _LINES):
        return PictureRefusal.STRAIGHT_LINE
    return None


def picture_space(length: int) -> int:
    """How many sequences are accepted. From four pictures on, none is refused for two reasons at once."""
    _check_length(length)
    pictures = len(PICTURES)
    no_repeats = int(pictures * (pictures - 1) ** (length - 1))
    counting = 2 * (pictures - length + 1)
    straight = int(len(_LINES) * 3 * 2 ** (length - 1))
    return no_repeats - counting - straight


def _check_length(length: int) -> None:
    if length not in LENGTHS:
        raise ValueError(f"a picture password has {LENGTHS[0]} to {LENGTHS[-1]} pictures")
