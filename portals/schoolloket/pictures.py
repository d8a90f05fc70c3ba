"""The drawing of each digit of a picture password: on the pad, on the card and here they belong together everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """As the design's pieces show it."""

    digit: str
    key: str

    @property
    def noun(self) -> str:
        return self.key


DRAWINGS = ("ballon", "eend", "fiets", "huis", "kat", "paraplu", "raket", "slak", "trein")
PICTURES = {str(digit): Picture(str(digit), key) for digit, key in enumerate(DRAWINGS, start=1)}


def pictures_of(password: str) -> list[Picture]:
    """A picture password as its drawings, in order. An unknown digit is a fault: half a password helps nobody."""
    return [PICTURES[digit] for digit in password]
