"""A clock that tests move: the real time, and a distance from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Call it for the moment; `move(hours=1)` takes it further, `set(moment)` puts it somewhere, `stop()` holds it."""

    def __init__(self) -> None:
        self.distance = timedelta()
        self.stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stopped or datetime.now(UTC)) + self.distance

    def move(self, **distance: float) -> datetime:
        self.distance += timedelta(**distance)
        return self()

    def set(self, moment: datetime) -> datetime:
        self.distance = moment - (self.stopped or datetime.now(UTC))
        return self()

    def stop(self) -> datetime:
        """At the next whole second, for tests of a boundary of one: however long they take, it stays where it is."""
        self.stopped = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        return self()
