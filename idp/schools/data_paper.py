"""A long document to read: a title, headings, and what there is under each, page after page on A4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from idp.schools.card_paper import QUIET, Face, Paper, Place

LEFT, RIGHT, TOP, BOTTOM = 20.0, 190.0, 20.0, 272.0
WIDTH = RIGHT - LEFT
VALUES_FROM = 68.0
# Of a word that is longer than its line.
MOST = (BOTTOM - TOP) / 2 - 10

HEAD = Place(LEFT, 0, WIDTH, MOST, 20, Face.BOLD)
LEAD = Place(LEFT, 0, WIDTH, MOST, 10.5, colour=QUIET)
HEADING = Place(LEFT, 0, WIDTH, MOST, 14, Face.BOLD)
NAME = Place(LEFT, 0, VALUES_FROM - 4, MOST, 10, colour=QUIET)
VALUE = Place(LEFT + VALUES_FROM, 0, WIDTH - VALUES_FROM, MOST, 10)
NOTHING = Place(LEFT, 0, WIDTH, MOST, 10, colour=QUIET)
TITLE = Place(LEFT, 0, WIDTH, MOST, 10)
REST = Place(LEFT, 0, WIDTH, MOST, 8.5, colour=QUIET)


@dataclass(frozen=True)
class Row:
    """What it is, and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class Entry:
    """One of many: what it is about, and in smaller letters all the rest."""

    title: str
    rest: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with what is under it; `nothing` when there is none."""

    heading: str
    rows: Sequence[Row] = ()
    entries: Sequence[Entry] = ()
    nothing: str = ""


@dataclass(frozen=True)
class Document:
    title: str
    lead: Sequence[str]
    sections: Sequence[Section]
    footer: str


def pdf(document: Document) -> bytes:
    writer = Writer(document)
    writer.new_page()
    writer.write(document.title, HEAD, kind="H1", after=3)
    for sentence in document.lead:
        writer.write(sentence, LEAD, after=1.5)
    for section in document.sections:
        writer.section(section)
    return bytes(writer.paper.output())


class Writer:
    """Where the pen is, and a new page when there is no room left."""

    def __init__(self, document: Document) -> None:
        self.paper = Paper(orientation="portrait", size="A4", title=document.title)
        self.footer = document.footer
        self.y = TOP
        self.pages = 0

    def new_page(self) -> None:
        self.paper.add_page()
        self.pages += 1
        self.y = TOP
        with self.paper.decoration():
            self.paper.put_plainly(self.footer, Place(LEFT, 282, WIDTH - 20, 5, 8, colour=QUIET))
            number = Place(RIGHT - 20, 282, 20, 5, 8, colour=QUIET, align="right")
            self.paper.put_plainly(str(self.pages), number)

    def room_for(self, height: float) -> None:
        if self.y + height > BOTTOM:
            self.new_page()

    def section(self, section: Section) -> None:
        self.room_for(24)  # a heading never stands alone at the foot of a page
        self.y += 7
        self.write(section.heading, HEADING, kind="H1", after=1.5)
        self.rule()
        if not section.rows and not section.entries:
            self.write(section.nothing, NOTHING, after=1)
        for row in section.rows:
            self.row(row)
        for entry in section.entries:
            self.entry(entry)

    def rule(self) -> None:
        with self.paper.decoration():
            self.paper.rule(LEFT, self.y, WIDTH)
        self.y += 2.5

    def row(self, row: Row) -> None:
        both = ((row.name, NAME), (row.value, VALUE))
        height = max(self.paper.flowing(text, place).height for text, place in both)
        self.room_for(height)
        for text, place in both:
            self.put(text, place)
        self.y += height + 1.4

    def entry(self, entry: Entry) -> None:
        title = self.paper.flowing(entry.title, TITLE).height
        rest = self.paper.flowing(entry.rest, REST).height if entry.rest else 0
        self.room_for(title + rest)
        self.put(entry.title, TITLE)
        self.y += title
        if entry.rest:
            self.put(entry.rest, REST)
        self.y += rest + 2

    def write(self, text: str, place: Place, *, kind: Literal["H1", "P"] = "P", after: float) -> None:
        height = self.paper.flowing(text, place).height
        self.room_for(height)
        self.put(text, place, kind)
        self.y += height + after

    def put(self, text: str, place: Place, kind: Literal["H1", "P"] = "P") -> None:
        """Each text is measured once: its place begins where the pen is."""
        with self.paper.corner_at(0, self.y):
            self.paper.put(text, place, kind)
