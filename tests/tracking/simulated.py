"""Simulated time: what the site takes for now, moved by the test and by its own waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest import mock

from tracking import tasks

# A Monday, far enough ahead: the defaults of some columns are read from the real clock,
# and what falls due must never lie in the future.
MONDAY = datetime(2040, 3, 5, 9, tzinfo=UTC)


class Clock:
    """now: aware, in UTC. waited: seconds that a worker waited for its turn, each time."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now
        self.waited: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    def go(self, **values: float) -> datetime:
        """So much later; values: those of a timedelta."""
        self.now += timedelta(**values)
        return self.now

    def to(self, moment: datetime) -> None:
        """Not back: nobody's clock does that."""
        self.now = max(self.now, moment)

    def monotonic(self) -> float:
        return (self.now - MONDAY).total_seconds()


@contextmanager
def simulated(clock: Clock) -> Iterator[Clock]:
    with (
        mock.patch("django.utils.timezone.now", clock),
        mock.patch("tracking.models.connection.sleep", clock.sleep),
        mock.patch.object(tasks, "time", SimpleNamespace(monotonic=clock.monotonic)),
    ):
        yield clock
