"""A name -> usernames to try, in order; and when two usernames are the same to the eye."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from itertools import count

from idp.rules.folding import folded, without_marks
from idp.rules.other_scripts import LOOK_ALIKES, SPOKEN

MAXIMUM_LENGTH = 50
_NAMELESS = "leerling"
_UNSEEN = frozenset({"Cf", "Cc", "Mn", "Me"})  # zero width, direction marks, controls, accents


class UsernameProblem(StrEnum):
    EMPTY = "empty"
    TOO_LONG = "too_long"
    HAS_AT = "has_at"
    BAD_CHARACTER = "bad_character"
    BAD_EDGE = "bad_edge"
    NO_LETTER = "no_letter"


def candidates(given_name: str, family_name: str) -> Iterator[str]:
    """`voornaam.naam`, then with 1, 2, 3 … behind it (R21, R24), all cut to stay within fifty (R22)."""
    stem = _stem(given_name, family_name)
    yield _cut(stem, MAXIMUM_LENGTH)
    for number in count(1):
        yield _cut(stem, MAXIMUM_LENGTH - len(str(number))) + str(number)


def skeleton(username: str) -> str:
    """What the eye makes of a username (OA-39): no two accounts share one, and sign-in goes by it."""
    seen = _seen(username)
    # Folding can bring a look-alike to light, and a look-alike read can leave something to fold.
    return seen if seen == username else skeleton(seen)


def problems(username: str) -> tuple[UsernameProblem, ...]:
    """Why a name that staff typed cannot be a username; whether it is free is asked elsewhere."""
    if not username.strip():
        return (UsernameProblem.EMPTY,)
    plain = unicodedata.normalize("NFKC", username)
    found = {
        UsernameProblem.TOO_LONG: len(username) > MAXIMUM_LENGTH,
        # Full width counts too: a username that reads like an e-mail address could pass for somebody else's.
        UsernameProblem.HAS_AT: "@" in plain,
        UsernameProblem.BAD_CHARACTER: re.fullmatch(r"[A-Za-z0-9._-]*", username.replace("@", "")) is None,
        UsernameProblem.BAD_EDGE: not username[0].isalnum() or not username[-1].isalnum(),
        UsernameProblem.NO_LETTER: not any(character.isalpha() for character in username),
    }
    return tuple(problem for problem, holds in found.items() if holds)


def _stem(given_name: str, family_name: str) -> str:
    parts = (_name_part(given_name), _name_part(family_name))
    return ".".join(part for part in parts if part) or _NAMELESS


def _name_part(name: str) -> str:
    """Letters a to z and the hyphens between them: `Pieter-Alexander` keeps his, `O'Neil` becomes `oneil`."""
    spoken = without_marks(folded(name).translate(SPOKEN))
    kept = re.sub(r"[^a-z-]", "", spoken)
    return re.sub(r"-+", "-", kept).strip("-")


def _cut(stem: str, length: int) -> str:
    return stem[:length].rstrip(".-")


def _seen(username: str) -> str:
    shown = unicodedata.normalize("NFKC", username)
    visible = "".join(character for character in shown if unicodedata.category(character) not in _UNSEEN)
    return "".join(without_marks(folded(visible).translate(LOOK_ALIKES)).split())
