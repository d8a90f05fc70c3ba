"""Alembic's way in: runs the steps on the connection that it was handed, inside that connection's transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Enum

from idp.database import UtcDateTime
from idp.database_upgrade import metadata


def plainly(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """A step that is written today must run for years, so it names no type of ours, and no list of choices."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_item=plainly,
    # SQLite changes a table by making it anew; on PostgreSQL the same step is a plain ALTER.
    render_as_batch=context.config.attributes.get("render_as_batch", True),
)
context.run_migrations()
