"""A clock that tests move: the real time, and a distance from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the moment; `move(hours=1)` takes it further, `set(moment)` puts it somewhere."""

    def __init__(self) -> None:
        self.distance = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.distance

    def move(self, **distance: float) -> datetime:
        self.distance += timedelta(**distance)
        return self()

    def set(self, moment: datetime) -> datetime:
        self.distance = moment - datetime.now(UTC)
        return self()
