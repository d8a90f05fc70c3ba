"""Where everything stands on a card: one layout for a sheet of eight, one for a card alone (R32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from idp.rules.picture_passwords import Picture
from idp.schools.card_contents import (
    KNOWN_ALREADY,
    PASSWORD,
    TEMPORARY,
    USERNAME,
    WARNING,
    WAYS_IN,
    WORDMARK,
    CardToPrint,
    KnownAlready,
    PasswordInPictures,
    PasswordInWords,
    password_shown,
)
from idp.schools.card_fitting import LEADING, MM_PER_POINT
from idp.schools.card_paper import BASELINE, QUIET, Face, Paper, Place


@dataclass(frozen=True)
class Layout:
    """In mm from the card's corner, in the order of R40, which is also the order in which a card is read aloud.

    School and sentence stand below what comes before them: their y is a distance.
    """

    group: Place
    name: Place
    wordmark: Place
    school: Place
    username_label: Place
    username: Place
    password_label: Place
    password: Place
    note: Place
    pictures: Place
    sentence: Place
    code: Place
    ways_in: Place | None
    address: Place
    warning: Place


ON_A_SHEET = Layout(
    group=Place(8, 5.2, 66, 3.8, 8.5),
    name=Place(8, 9.2, 66, 7.2, 14.5, Face.BOLD),
    wordmark=Place(74, 9.5, 20.8, 5, 12, Face.BOLD, align="right"),
    school=Place(8, 0.4, 52, 5.6, 7, colour=QUIET),
    username_label=Place(8, 22, 52, 3.2, 7.5, colour=QUIET),
    username=Place(8, 25.1, 52, 7, 12.5, Face.CODE),
    password_label=Place(8, 32.6, 52, 3.2, 7.5, colour=QUIET),
    password=Place(8, 35.7, 52, 8, 17, Face.CODE),
    note=Place(8, 44.8, 52, 6.6, 7.5),
    pictures=Place(8, 36.1, 52, 15, 10, Face.CODE, align="centre"),
    sentence=Place(8, 0.5, 52, 6.2, 7),
    code=Place(64, 20, 33, 33, 0),
    ways_in=None,
    address=Place(8, 58.4, 89, 2.9, 6.8, Face.CODE, align="right"),
    warning=Place(8, 62.6, 89, 5.8, 6.5, colour=QUIET),
)
ALONE = Layout(
    group=Place(15, 14, 125, 6, 13),
    name=Place(15, 20.5, 138, 14, 28, Face.BOLD),
    wordmark=Place(153, 22, 37, 9, 22, Face.BOLD, align="right"),
    school=Place(15, 1, 120, 10, 12, colour=QUIET),
    username_label=Place(15, 48, 112, 5.5, 12, colour=QUIET),
    username=Place(15, 53.5, 112, 12, 22, Face.CODE),
    password_label=Place(15, 68, 112, 5.5, 12, colour=QUIET),
    password=Place(15, 73.5, 112, 14, 30, Face.CODE),
    note=Place(15, 90, 112, 11, 12),
    pictures=Place(15, 74.5, 112, 29, 17, Face.CODE, align="centre"),
    sentence=Place(15, 1, 112, 10.5, 11.5),
    code=Place(139, 46, 56, 56, 0),
    ways_in=Place(130, 111, 65, 4.2, 9.5, colour=QUIET, align="right"),
    address=Place(15, 116, 180, 4.6, 10, Face.CODE, align="right"),
    warning=Place(15, 127.5, 180, 10, 9.5, colour=QUIET),
)
GAP_BETWEEN_PICTURES = 0.03  # of the width of their row
SUN_SIZE = 0.2  # of the wordmark's letters


def draw(paper: Paper, card: CardToPrint, layout: Layout) -> None:
    pen = _Pen(paper, layout)
    pen.head(card)
    pen.username(card)
    pen.password(card)
    pen.way_in(card)
    pen.warning()


@dataclass(frozen=True)
class _Pen:
    paper: Paper
    layout: Layout

    def head(self, card: CardToPrint) -> None:
        paper, layout = self.paper, self.layout
        paper.put(card.group_and_class, layout.group)
        bottom = paper.put(card.full_name, layout.name, "H1")
        self.wordmark()
        paper.put(card.school_name, below(bottom, layout.school, until=layout.username_label))

    def wordmark(self) -> None:
        """The word, and a sun for its full stop."""
        place = self.layout.wordmark
        self.paper.put(WORDMARK, place)
        letters = place.size * MM_PER_POINT
        radius = letters * SUN_SIZE
        with self.paper.decoration():
            self.paper.sun(
                place.x + place.width + 1.6 * radius, place.y + letters * BASELINE - radius, radius
            )

    def username(self, card: CardToPrint) -> None:
        self.paper.put(USERNAME, self.layout.username_label)
        self.paper.put(card.username, self.layout.username)

    def password(self, card: CardToPrint) -> None:
        match password_shown(card):
            case KnownAlready():
                self.paper.put(KNOWN_ALREADY, replace(self.layout.note, y=self.layout.password_label.y))
            case PasswordInWords() as shown:
                self.in_words(shown)
            case PasswordInPictures() as shown:
                self.in_pictures(shown)
            case other:
                assert_never(other)

    def in_words(self, shown: PasswordInWords) -> None:
        self.paper.put(PASSWORD, self.layout.password_label)
        self.paper.put(shown.secret.reveal(), self.layout.password)
        if shown.is_temporary:
            self.paper.put(TEMPORARY, self.layout.note)

    def in_pictures(self, shown: PasswordInPictures) -> None:
        self.paper.put(PASSWORD, self.layout.password_label)
        with self.paper.tagged("Figure", shown.spoken):
            bottom = self.row(shown.pictures)
        self.paper.put(shown.sentence, below(bottom, self.layout.sentence, until=self.layout.address))

    def row(self, pictures: Sequence[Picture]) -> float:
        """Under each its digit, which is what is typed. How far down they came."""
        place = self.layout.pictures
        gap = place.width * GAP_BETWEEN_PICTURES
        digit_height = place.size * MM_PER_POINT * LEADING
        side = min((place.width + gap) / len(pictures) - gap, place.height - digit_height)
        for number, picture in enumerate(pictures):
            x = place.x + number * (side + gap)
            self.paper.picture(picture.key, x, place.y, side)
            under = replace(place, x=x, y=place.y + side + 0.3, width=side, height=digit_height)
            self.paper.put_plainly(str(picture.digit), under)
        return place.y + side + 0.3 + digit_height

    def way_in(self, card: CardToPrint) -> None:
        code = self.layout.code
        with self.paper.tagged("Figure", f"QR-code naar {card.address}"):
            self.paper.qr_code(card.address, code.x, code.y, code.width)
        if self.layout.ways_in:
            self.paper.put(WAYS_IN, self.layout.ways_in)
        self.paper.put(card.address, self.layout.address)

    def warning(self) -> None:
        place = self.layout.warning
        with self.paper.decoration():
            self.paper.rule(place.x, place.y - 1, place.width)
        self.paper.put(WARNING, place)


def below(bottom: float, place: Place, *, until: Place) -> Place:
    """Where `place` stands under what came before it, without reaching what comes after."""
    top = bottom + place.y
    return replace(place, y=top, height=min(place.height, until.y - place.y - top))
