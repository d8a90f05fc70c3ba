"""The portals' HTTP API."""
