"""Printed cards: what a school hands to its pupils, one alone or a class on sheets to cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idp.rules.folding import folded
from idp.schools.card_contents import CardToPrint
from idp.schools.card_layouts import ALONE, draw
from idp.schools.card_paper import Paper
from idp.schools.card_sheets import draw_sheets

__all__ = ["CardToPrint", "one_card", "printing_order", "sheets"]


def one_card(card: CardToPrint) -> bytes:
    """One page of A5."""
    paper = Paper(orientation="landscape", size="A5", title="LeerID-kaartje")
    paper.add_page()
    draw(paper, card, ALONE)
    return bytes(paper.output())


def sheets(cards: Sequence[CardToPrint], title: str) -> bytes:
    """Pages of A4 with eight cards each, in the order in which a school hands them out."""
    paper = Paper(orientation="portrait", size="A4", title="LeerID-kaartjes")
    draw_sheets(paper, printing_order(cards), title)
    return bytes(paper.output())


def printing_order(cards: Iterable[CardToPrint]) -> list[CardToPrint]:
    """By administrative group, then by name (R41); capitals and accents don't count."""
    return sorted(
        cards,
        key=lambda card: (
            folded(card.group),
            folded(card.family_name),
            folded(card.given_name),
            card.username,
        ),
    )
