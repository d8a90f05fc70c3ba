"""Any text made fit to be drawn: a name is a name, whatever somebody once typed into it (OA-51)."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterator

MISSING = "\ufffd"
MARKS_ON_A_LETTER = 3
_JOINERS = "\u200c\u200d"
_RIGHT_TO_LEFT_OR_MARK = frozenset({"R", "AL", "AN", "NSM"})


def readable(text: str) -> str:
    """One line of visible letters: controls, hidden directions and half characters are gone, spaces are single."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", "".join(map(_visible, text)))
    return " ".join("".join(_without_towers(composed)).split())


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in {"Cc", "Cf", "Cs"} or "\ufe00" <= character <= "\ufe0f"
    return "" if hidden else character


def _without_towers(text: str) -> Iterator[str]:
    """Some write a dozen marks on one letter; they would reach into the neighbours."""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MARKS_ON_A_LETTER:
            yield character


def covered(text: str, known: Container[int]) -> str:
    """What the font has no letter for, marked; a mark or joiner that it lacks is left out."""
    return "".join(character if ord(character) in known else _instead_of(character) for character in text)


def _instead_of(character: str) -> str:
    return "" if character in _JOINERS or unicodedata.combining(character) else MISSING


def needs_shaping(text: str) -> bool:
    """Letters that join, turn around or stand upon another. The others are drawn one by one: that is quicker."""
    return not text.isascii() and any(
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT_OR_MARK for character in text
    )
