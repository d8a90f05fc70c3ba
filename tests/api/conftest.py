"""What these tests meet."""

from tests.portals.fixtures import desks, visitor

__all__ = ["desks", "visitor"]
