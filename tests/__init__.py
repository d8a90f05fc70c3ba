"""The tests: a mirror of the rooms, with `journeys/` across all applications and `support/` for what they share."""
