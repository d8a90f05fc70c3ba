"""JSON that can be read in one way only: no member twice, no NaN, and never deeper than we can follow (OA-09)."""

from __future__ import annotations

import json
from typing import Any


def read(document: str | bytes) -> Any:
    """Whatever stands there. Raises ValueError for anything that two readers could understand differently."""
    try:
        return json.loads(document, object_pairs_hook=each_once, parse_constant=refuse_constant)
    except RecursionError:  # ten thousand brackets
        raise ValueError("nested too deeply") from None


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
