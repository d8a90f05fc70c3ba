"""The paper that cards are drawn on: a PDF with letters of its own, told apart for who hears it instead of seeing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from typing import Literal

from fpdf import FPDF
from fpdf.enums import ResourceAccessPolicy
from fpdf.fonts import TTFFont
from fpdf.prefs import ViewerPreferences

import templates
from idp.schools.card_fitting import MM_PER_POINT, Fitted, fit
from idp.schools.card_letters import covered, needs_shaping, readable
from idp.schools.qr_codes import QUIET_ZONE, modules, runs

Colour = tuple[int, int, int]
INK: Colour = (20, 24, 31)
QUIET: Colour = (74, 83, 97)
LINE: Colour = (160, 168, 178)
SIZES = {"A4": (210.0, 297.0), "A5": (148.0, 210.0)}
SUN: Colour = (255, 223, 51)
# Nobody reads this, but nothing of a name is lost: 500 letters go into the smallest box for one.
SMALLEST = 2.0
# Where letters stand, below the top of their line and in parts of their size.
BASELINE = 0.84


class Face(Enum):
    PLAIN = ("leerid", "", "DejaVuSans.ttf")
    BOLD = ("leerid", "B", "DejaVuSans-Bold.ttf")
    CODE = ("leerid-code", "B", "DejaVuSansMono-Bold.ttf")  # one width for all, and a zero that is no O


@dataclass(frozen=True)
class Place:
    """A box for a text, in mm, and how it is written there when there is room enough."""

    x: float
    y: float
    width: float
    height: float
    size: float
    face: Face = Face.PLAIN
    colour: Colour = INK
    align: Literal["left", "centre", "right"] = "left"


class Paper(FPDF):
    """The one place that reaches into fpdf2: tags and QR codes have no quick way through its front door."""

    def __init__(
        self, *, orientation: Literal["portrait", "landscape"], size: Literal["A4", "A5"], title: str
    ) -> None:
        super().__init__(orientation=orientation, format=SIZES[size])
        # Nothing is looked up for what a name says, on this machine or elsewhere (OA-51, CV-47).
        self.resource_access_policy = ResourceAccessPolicy.NONE
        self.alias_nb_pages("")  # a name may say {nb}
        self.set_auto_page_break(auto=False)
        self.c_margin = 0
        self.set_lang("nl")
        self.set_title(title)
        self.set_producer("LeerID")
        # At its own size: a card that is made smaller to fit has a smaller code.
        self.viewer_preferences = ViewerPreferences(display_doc_title=True, print_scaling="None")
        for face in Face:
            family, style, file = face.value
            self.add_font(family, style, templates.card_fonts() / file)
        self._origin = (0.0, 0.0)
        self._marks: Counter[int] = Counter()
        self._fitted: dict[tuple[str, Place], Fitted] = {}
        self._words: dict[tuple[str, Face], float] = {}

    @contextmanager
    def corner_at(self, x: float, y: float) -> Iterator[None]:
        """All places are now counted from there."""
        self._origin = (x, y)
        yield
        self._origin = (0.0, 0.0)

    @contextmanager
    def tagged(self, kind: Literal["H1", "P", "Figure"], spoken: str | None = None) -> Iterator[None]:
        """What is drawn now belongs together, and is read aloud as `spoken` when it isn't text."""
        number = self._marks[self.page]
        self._marks[self.page] += 1
        self._add_marked_content(struct_type=f"/{kind}", mcid=number, alt_text=spoken)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    @contextmanager
    def decoration(self) -> Iterator[None]:
        """What is drawn now says nothing."""
        self._out("/Artifact BMC")
        yield
        self._out("EMC")

    def put(self, text: str, place: Place, kind: Literal["H1", "P"] = "P") -> float:
        """Writes into the box; how far down it came."""
        with self.tagged(kind):
            return self.put_plainly(text, place)

    def put_plainly(self, text: str, place: Place) -> float:
        """Within a figure or a decoration."""
        fitted = self.fitted(text, place)
        for number, line in enumerate(fitted.lines):
            self._put_line(line, place, fitted.size, place.y + number * fitted.line_height)
        return place.y + fitted.height

    def fitted(self, text: str, place: Place) -> Fitted:
        """Many texts are on every card."""
        known = self._fitted.get((text, place))
        if known is None:
            drawable = covered(readable(text), self._font(place.face).cmap)
            known = self._fitted[text, place] = fit(
                drawable,
                width=place.width,
                height=place.height,
                largest=place.size,
                smallest=SMALLEST,
                width_of=cache(partial(self._width, face=place.face)),
            )
        return known

    def flowing(self, text: str, place: Place) -> Fitted:
        """At its own size, a line as full as it gets: for thousands of lines, as each word is measured once.

        What has too long a word, or too many, is fitted like the words on a card.
        """
        if (text, place) in self._fitted:
            return self._fitted[text, place]
        room = place.width / place.size
        space, lines, used = self._word(" ", place.face), [""], 0.0
        for word in covered(readable(text), self._font(place.face).cmap).split(" "):
            width = self._word(word, place.face)
            if width > room:
                return self.fitted(text, place)
            if lines[-1] and used + space + width > room:
                lines.append("")
            used = used + space + width if lines[-1] else width
            lines[-1] += f" {word}" if lines[-1] else word
        found = Fitted(place.size, tuple(lines))
        if found.height > place.height:
            return self.fitted(text, place)
        self._fitted[text, place] = found
        return found

    def _word(self, word: str, face: Face) -> float:
        known = self._words.get((word, face))
        if known is None:
            known = self._words[word, face] = self._width(word, face)
        return known

    def _put_line(self, line: str, place: Place, size: float, top: float) -> None:
        family, style, _ = place.face.value
        self.set_font(family, style, size)
        self.set_text_color(*place.colour)
        spare = 0 if place.align == "left" else place.width - self._width(line.rstrip(), place.face) * size
        x, y = self._origin
        x += place.x + (spare / 2 if place.align == "centre" else spare)
        y += top + BASELINE * size * MM_PER_POINT
        if needs_shaping(line):
            self._put_shaped(line.rstrip(), x, y)
        else:
            self.text(x, y, line)

    def _put_shaped(self, line: str, x: float, baseline: float) -> None:
        with self._shaping():
            self.set_xy(x, baseline - 0.8 * self.font_size)  # where fpdf2 puts the letters of a cell
            self.cell(h=self.font_size, text=line)

    def _width(self, text: str, face: Face) -> float:
        """In mm, at one point."""
        if not needs_shaping(text):
            return self._font(face).get_text_width(text, 1, None)[1] * MM_PER_POINT
        family, style, _ = face.value
        self.set_font(family, style, 100)
        with self._shaping():
            return self.get_string_width(text) / 100

    @contextmanager
    def _shaping(self) -> Iterator[None]:
        self.set_text_shaping(use_shaping_engine=True)
        yield
        self.set_text_shaping(use_shaping_engine=False)

    def _font(self, face: Face) -> TTFFont:
        family, style, _ = face.value
        font = self.fonts[f"{family}{style}"]
        assert isinstance(font, TTFFont)
        return font

    def qr_code(self, text: str, x: float, y: float, side: float) -> None:
        """One path of bars. Around it the quiet zone stays free: `side` is without it."""
        rows = modules(text)
        unit = side / (len(rows) - 2 * QUIET_ZONE) * self.k
        bars = "".join(
            f"{start - QUIET_ZONE} {number - QUIET_ZONE} {width} 1 re "
            for number, row in enumerate(rows)
            for start, width in runs(row)
        )
        left, top = (self._origin[0] + x) * self.k, (self.h - self._origin[1] - y) * self.k
        self._out(f"q 0 g {unit:.4f} 0 0 {-unit:.4f} {left:.2f} {top:.2f} cm {bars}f Q")

    def picture(self, key: str, x: float, y: float, side: float) -> None:
        """Embedded once, however many cards show it."""
        self.image(_png(key), self._origin[0] + x, self._origin[1] + y, side, side)

    def rule(self, x: float, y: float, width: float) -> None:
        self._draw_with(LINE, 0.15)
        left, top = self._origin
        self.line(left + x, top + y, left + x + width, top + y)

    def cut_across(self, y: float, width: float) -> None:
        self._scissors(5, y, (1, 0))
        self._dashed(13, y, width, y)

    def cut_down(self, x: float, height: float) -> None:
        self._scissors(x, 5, (0, 1))
        self._dashed(x, 13, x, height)

    def _dashed(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self._draw_with(LINE, 0.2)
        self.set_dash_pattern(dash=1.4, gap=1.4)
        self.line(x, y, to_x, to_y)
        self.set_dash_pattern()

    def _scissors(self, x: float, y: float, towards: tuple[float, float]) -> None:
        """Two rings and two blades that cross, six millimetres long."""
        self._draw_with(QUIET, 0.25)
        along, across = towards
        for side in (1, -1):
            ring = 1.3 * side
            self.circle(x + along - across * ring, y + across + along * ring, 0.85, "D")
            blade = (x + 1.7 * along - 0.9 * across * side, y + 1.7 * across + 0.9 * along * side)
            self.line(*blade, x + 6 * along + 0.8 * across * side, y + 6 * across - 0.8 * along * side)

    def sun(self, x: float, y: float, radius: float) -> None:
        """On a printer without colours it is a light grey one, and still has its rim."""
        self._draw_with(INK, radius / 5)
        self.set_fill_color(*SUN)
        left, top = self._origin
        self.circle(left + x, top + y, radius, "DF")
        self.set_fill_color(0)

    def _draw_with(self, colour: Colour, width: float) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(width)


@cache
def _png(key: str) -> bytes:
    return (templates.card_pictures() / f"{key}.png").read_bytes()
