"""Each test makes an engine of its own: a statement is compiled once for all of them.

SQLAlchemy keeps what it compiled per engine and per dialect object. The dialects of all tests' engines for one kind of
database are set up the same, so what was compiled for one fits the others.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

MOST_STATEMENTS = 5_000


def compile_once() -> None:
    compiled: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)
    Engine._compiled_cache = property(lambda engine: compiled, lambda engine, its_own: None)  # type: ignore[assignment]
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
