"""What these tests meet."""

from tests.portals.fixtures import database_with_tables, desks, visitor

__all__ = ["database_with_tables", "desks", "visitor"]
