"""Sums that grow with the pupil: every ten beads the next kind."""

from __future__ import annotations

import random
from typing import Any

CHANCE = random.SystemRandom()
Sum = tuple[int, str, int]


def start() -> dict[str, Any]:
    """What a session needs to begin with."""
    return {"score": 0, "sum": new_sum(0), "said": ""}


def after(score: int, question: Sum, answer: str) -> dict[str, Any]:
    """What a session holds after an answer: a bead and a new sum, or the same sum once more."""
    a, sign, b = question
    outcome = {"+": a + b, "−": a - b, "×": a * b}[sign]
    if answer.strip() != str(outcome):
        return {"said": "wrong"}
    return {"said": "right", "score": score + 1, "sum": new_sum(score + 1)}


def new_sum(score: int) -> Sum:
    """Two numbers and the sign between them, as hard as the score says."""
    level = min(score // 10, 3)
    if level >= 2:
        return CHANCE.randint(1, 10), "×", CHANCE.randint(1, 5 if level == 2 else 10)
    top = (10, 20)[level]
    part, total = sorted((CHANCE.randint(1, top), CHANCE.randint(2, top)))
    return (total, "−", part) if CHANCE.random() < 0.4 else (total - part, "+", part)
