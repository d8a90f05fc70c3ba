"""How much of a password is its own, and not what everybody tries.

A guesser begins with words from a list, names of months, clubs and pupils, walks over the keys, repeats,
counting and years, dressed up with some digits. All of that is free to the guesser. What is left over is the
password's own.
"""

import re
from collections.abc import Set
from functools import cache
from itertools import groupby

from idp.rules.folding import folded
from idp.rules.word_lists import words

_SHORTEST_WORD = 3
_FILLER = 4  # digits or signs beside a common piece that add nothing: `welkom2024!`
_LETTER_WALK = 4
_OTHER_WALK = 3

# One sign may stand for two letters: `w1nter` and `we1kom`.
_READINGS = (str.maketrans("01345@$!7", "oieasasit"), str.maketrans("01345@$!7", "oleaslslt"))

_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "!@#$%^&*()_+",
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1aqw2zsx3edc", "1a2z3e4r5t6y", "1q2w3e4r5t6y",
)  # fmt: skip
_WALKS = _ROWS + tuple(row[::-1] for row in _ROWS)

_REPEAT = re.compile(r"(.)\1{2,}", re.DOTALL)
_DATE = re.compile(r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d")


def own_characters(password: str, also_known: Set[str] = frozenset()) -> int:
    """The fewest characters that stay unexplained, whichever way the password is read.

    `also_known` are folded words that this guesser knows besides the common ones.
    """
    return _fewest_own(_read_once(folded(password)), _common_words() | also_known)


def _read_once(text: str) -> str:
    """`112233` is `123`, and `welkomwelkom` is `welkom`: what only repeats itself is read once."""
    runs = [(character, len(list(run))) for character, run in groupby(text)]
    if all(length > 1 for _, length in runs):
        text = "".join(character for character, _ in runs)
    period = (text + text).find(text, 1)
    return text[:period] if period > 0 else text


def _fewest_own(text: str, known: Set[str]) -> int:
    """Read from the back: for every place, the fewest own characters from there to the end.

    Two answers a place: `dressed` after a common piece (or at the front), where some filler is free, and
    `plain` after an own character, where it is not, so that `x7$kQ2!mZ9&p` stays its own from end to end.
    """
    length = len(text)
    longest = max(map(len, known), default=0)
    plain, dressed = [0] * (length + 1), [0] * (length + 1)
    for start in range(length - 1, -1, -1):
        ends = _piece_ends(text, start, known, longest)
        plain[start] = min([1 + plain[start + 1], *(dressed[end] for end in ends)])
        dressed[start] = min([plain[start], *(plain[end] for end in _filler_ends(text, start))])
    return dressed[0]


def _piece_ends(text: str, start: int, known: Set[str], longest: int) -> set[int]:
    ends = {
        end
        for end in range(start + _SHORTEST_WORD, min(start + longest, len(text)) + 1)
        if _is_word(text[start:end], known)
    }
    for pattern in (_REPEAT, _DATE):
        if match := pattern.match(text, start):
            ends.add(match.end())
    return ends | _walk_ends(text, start)


def _is_word(piece: str, known: Set[str]) -> bool:
    # Digits alone are no word: 1337 is a number.
    return any(character.isalpha() for character in piece) and any(
        piece.translate(reading) in known for reading in _READINGS
    )


def _walk_ends(text: str, start: int) -> set[int]:
    ends = set()
    for end in range(start + _OTHER_WALK, len(text) + 1):
        step = text[start:end]
        if not any(step in walk for walk in _WALKS):
            break
        if not step.isalpha() or len(step) >= _LETTER_WALK:
            ends.add(end)
    return ends


def _filler_ends(text: str, start: int) -> list[int]:
    ends = []
    for end in range(start + 1, min(start + _FILLER, len(text)) + 1):
        if text[end - 1].isalpha():
            break
        ends.append(end)
    return ends


@cache
def _common_words() -> frozenset[str]:
    return frozenset(words("common_passwords"))
