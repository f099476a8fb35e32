"""Rounds: many rows in one task, which the queue stops after a minute."""

import time
from collections.abc import Iterable, Iterator

# Seconds; the last row may take some more. What is left over is due at the next ring.
LONGEST = 20.0


def in_time[Row](rows: Iterable[Row], seconds: float = LONGEST) -> Iterator[Row]:
    """The rows, as long as there is time; at least one."""
    until = time.monotonic() + seconds
    for row in rows:
        yield row
        if time.monotonic() > until:
            return
