"""What a password that somebody chooses must be, and what would make it better."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from idp.rules.common_passwords import own_characters
from idp.rules.folding import folded

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 128  # long enough for any sentence, short enough that nobody keeps the hash busy
SHORTEST_PART = 3  # of a username or another personal word: shorter parts are in half of all words
MINIMUM_OWN_CHARACTERS = 6

_LETTER_RUN = re.compile(r"[^\W\d_]+")
_BETWEEN_WORDS = re.compile(r"(?<=[^\W\d_]{3})[\W\d_]+(?=[^\W\d_]{3})")
_SPECIAL = re.compile(r"[^\w\s]|_")


class Violation(StrEnum):
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CONTAINS_USERNAME = "contains_username"
    TOO_COMMON = "too_common"
    TOO_PERSONAL = "too_personal"


class Tip(StrEnum):
    """Advice only (R64): no password is refused for it."""

    TWO_WORDS = "two_words"
    BOTH_CASES = "both_cases"
    DIGITS = "digits"
    SPECIAL_CHARACTERS = "special_characters"


def check(password: str, *, username: str, personal_words: Iterable[str] = ()) -> tuple[Violation, ...]:
    """What the pupil must mend; empty when the password is good.

    Too common: fewer than six characters are left when common words, walks over the keys, repeats, counting,
    years and the digits and signs beside them are taken out. Too personal: the same once the personal words
    go too, or more than half of the letters are in those. Both are asked only when the length is right.
    """
    password = _composed(password)
    if len(password) > MAXIMUM_LENGTH:
        return (Violation.TOO_LONG,)
    too_short = (Violation.TOO_SHORT,) if len(password) < MINIMUM_LENGTH else ()
    named = (Violation.CONTAINS_USERNAME,) if _contains_username(password, username) else ()
    easy = () if too_short else _easy_to_guess(password, _parts(*personal_words))
    return too_short + named + easy


def tips_followed(password: str) -> frozenset[Tip]:
    password = _composed(password)
    followed = {
        Tip.TWO_WORDS: any(not between.isspace() for between in _BETWEEN_WORDS.findall(password)),
        Tip.BOTH_CASES: any(c.islower() for c in password) and any(c.isupper() for c in password),
        Tip.DIGITS: any(c.isdigit() for c in password),
        Tip.SPECIAL_CHARACTERS: _SPECIAL.search(password) is not None,
    }
    return frozenset(tip for tip, holds in followed.items() if holds)


def _composed(password: str) -> str:
    """An é is one character, whichever keyboard typed it; nothing else is changed."""
    return unicodedata.normalize("NFC", password)


def _contains_username(password: str, username: str) -> bool:
    """The whole name, or a part of three letters or more (R10)."""
    whole = {folded(username)} - {""}
    return any(part in folded(password) for part in whole | _parts(username))


def _easy_to_guess(password: str, personal: frozenset[str]) -> tuple[Violation, ...]:
    if own_characters(password) < MINIMUM_OWN_CHARACTERS:
        return (Violation.TOO_COMMON,)
    if own_characters(password, personal) < MINIMUM_OWN_CHARACTERS or _mostly(password, personal):
        return (Violation.TOO_PERSONAL,)
    return ()


def _mostly(password: str, personal: frozenset[str]) -> bool:
    """Are more than half of its letters in personal words?"""
    if not personal:
        return False
    text = folded(password)
    longest_first = "|".join(re.escape(word) for word in sorted(personal, key=len, reverse=True))
    in_words = sum(len(word) for word in re.findall(longest_first, text))
    return 2 * in_words > sum(len(run) for run in _LETTER_RUN.findall(text))


def _parts(*texts: str) -> frozenset[str]:
    runs = {run for text in texts for run in _LETTER_RUN.findall(folded(text))}
    return frozenset(run for run in runs if len(run) >= SHORTEST_PART)
