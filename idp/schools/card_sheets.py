"""A sheet of cards to cut apart: dashed lines with scissors, and under them which sheet of how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idp.schools.card_contents import CardToPrint
from idp.schools.card_layouts import ON_A_SHEET, draw
from idp.schools.card_paper import QUIET, Paper, Place

COLUMNS, ROWS = 2, 4
CARDS_A_SHEET = COLUMNS * ROWS
WIDTH, HEIGHT = 105.0, 72.0  # the sheet's own edges are two of the cuts
NONE_AT_ALL = "Er zijn geen kaartjes om af te drukken."

_TITLE = Place(8, ROWS * HEIGHT + 2.6, 140, 3.4, 7, colour=QUIET)
_PAGE = Place(150, ROWS * HEIGHT + 2.6, 52, 3.4, 7, colour=QUIET, align="right")
_ALONE = Place(20, 20, 170, 8, 12)


def draw_sheets(paper: Paper, cards: Sequence[CardToPrint], title: str) -> None:
    sheets = list(_eights(cards)) or [[]]
    for number, sheet in enumerate(sheets, start=1):
        paper.add_page()
        _draw_sheet(paper, sheet)
        with paper.decoration():
            paper.put_plainly(title, _TITLE)
            paper.put_plainly(f"Pagina {number} van {len(sheets)}", _PAGE)


def _eights(cards: Sequence[CardToPrint]) -> Iterator[Sequence[CardToPrint]]:
    return (cards[start : start + CARDS_A_SHEET] for start in range(0, len(cards), CARDS_A_SHEET))


def _draw_sheet(paper: Paper, cards: Sequence[CardToPrint]) -> None:
    if not cards:
        paper.put(NONE_AT_ALL, _ALONE)
        return
    with paper.decoration():
        _cuts(paper, rows=-(-len(cards) // COLUMNS))
    for place, card in enumerate(cards):
        row, column = divmod(place, COLUMNS)
        with paper.corner_at(column * WIDTH, row * HEIGHT):
            draw(paper, card, ON_A_SHEET)


def _cuts(paper: Paper, rows: int) -> None:
    paper.cut_down(WIDTH, rows * HEIGHT)
    for row in range(1, rows + 1):
        paper.cut_across(row * HEIGHT, COLUMNS * WIDTH)
