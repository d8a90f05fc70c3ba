"""A text in a box that may be too small for it: smaller letters, then more lines, never over the edge."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

MM_PER_POINT = 25.4 / 72
LEADING = 1.22
STEP = 0.5


@dataclass(frozen=True)
class Fitted:
    size: float
    lines: tuple[str, ...]

    @property
    def line_height(self) -> float:
        return self.size * LEADING * MM_PER_POINT

    @property
    def height(self) -> float:
        return self.line_height * len(self.lines)


class Break(IntEnum):
    """Where a line may end; each also where those before it may."""

    AT_SPACES = 0
    AT_JOINTS = 1  # after the - of a name, the . of a username, the / of an address
    ANYWHERE = 2


_PIECES = {
    Break.AT_SPACES: re.compile(r"\S+\s*"),
    Break.AT_JOINTS: re.compile(r"[^\s./_-]*[\s./_-]+|[^\s./_-]+"),
    Break.ANYWHERE: re.compile(r".\s*", re.DOTALL),
}
# A word is made this much smaller before it is broken.
_BROKEN_BELOW = {Break.AT_SPACES: 1.0, Break.AT_JOINTS: 0.85, Break.ANYWHERE: 0.6}

WidthOf = Callable[[str], float]  # of a text at one point, in mm


def fit(
    text: str, *, width: float, height: float, largest: float, smallest: float, width_of: WidthOf
) -> Fitted:
    for size in _sizes(largest, smallest):
        worst = _worst_break(size / largest)
        lines = _wrapped(text, width / size, width_of, worst)
        if lines and Fitted(size, lines).height <= height:
            return Fitted(size, _balanced(lines, text, width / size, width_of, worst))
    return _cut(Fitted(smallest, _wrapped(text, width / smallest, width_of, Break.ANYWHERE)), height)


def _sizes(largest: float, smallest: float) -> Iterator[float]:
    size = largest
    while size > smallest:
        yield size
        size -= STEP
    yield smallest


def _worst_break(part: float) -> Break:
    return max(each for each, below in _BROKEN_BELOW.items() if part <= below)


def _wrapped(text: str, width: float, width_of: WidthOf, worst: Break) -> tuple[str, ...]:
    """Nothing when a piece is too wide and may not be broken. The space that ended a line stays: who copies it needs it."""
    lines, line = [], ""
    for piece in _pieces(text, width, width_of, Break.AT_SPACES, worst):
        if width_of((line + piece).rstrip()) <= width:
            line += piece
            continue
        if worst is not Break.ANYWHERE and width_of(piece.rstrip()) > width:
            return ()
        lines.append(line)
        line = piece
    return tuple(each for each in [*lines, line] if each.strip()) or ("",)


def _balanced(
    lines: tuple[str, ...], text: str, width: float, width_of: WidthOf, worst: Break
) -> tuple[str, ...]:
    """As many lines, about equally long: no last line of one word."""
    if len(lines) == 1:
        return lines
    narrower = (_wrapped(text, width * part / 20, width_of, worst) for part in range(10, 20))
    return next((each for each in narrower if len(each) == len(lines)), lines)


def _pieces(text: str, width: float, width_of: WidthOf, now: Break, worst: Break) -> Iterator[str]:
    """Only what is too wide is broken further."""
    for piece in _PIECES[now].findall(text):
        if now < worst and width_of(piece.rstrip()) > width:
            yield from _pieces(piece, width, width_of, Break(now + 1), worst)
        else:
            yield piece


def _cut(fitted: Fitted, height: float) -> Fitted:
    room = max(1, int(height / fitted.line_height))
    if len(fitted.lines) <= room:
        return fitted
    kept = fitted.lines[:room]
    return Fitted(fitted.size, (*kept[:-1], kept[-1][:-1] + "…"))
