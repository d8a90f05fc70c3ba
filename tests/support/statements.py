"""What is asked of the database meanwhile: each statement that a provider's engine executes, in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

NOT_STATEMENTS = ("BEGIN", "COMMIT", "ROLLBACK")


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements, each on one line; without those that only begin or end a transaction."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NOT_STATEMENTS):
            statements.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def verbs(statements: list[str]) -> list[str]:
    """SELECT, INSERT, UPDATE, DELETE: the first word of each."""
    return [statement.partition(" ")[0] for statement in statements]
