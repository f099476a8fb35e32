"""The clock: rings for the work that is due, and notices when nobody answers.

django-q2 is only the bell. Whatever a bell is rung for stands in rows of our own, so a
lost ring costs at most a minute. The clock rings `beat` through the whole queue at every
tick; when the heartbeat stands still for three ticks although somebody should have
heard, the worker is silent, and the keeper (`portal/running/keeper.py`) replaces it.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from portal.running.keeper import SILENT, TICK
from tracking.models import Heartbeat

logger = logging.getLogger(__name__)

SILENCE = 3 * TICK  # seconds
# What is rung for, and how often (seconds).
BELLS = {
    "tracking.tasks.beat": 0.0,
    "returns.tasks.work": 0.0,
    "returns.tasks.sweep": 3 * TICK,
    "returns.tasks.follow_cases": 3 * TICK,
    "returns.tasks.pull_mail": 3 * TICK,
    "returns.tasks.make_packs": 3 * TICK,
    "tracking.tasks.intercept": 0.0,
    "tracking.tasks.sweep": 3 * TICK,
    "tracking.tasks.check": 3 * TICK,
    "tracking.tasks.learn": 24 * 60 * 60.0,
    "returns.tasks.tidy": 24 * 60 * 60.0,
}
# A ring that nobody heard for so long is forgotten; the next one says the same.
STALE = timedelta(minutes=10)


class Clock:
    """rung: bell → when it was rung last. last_beat: the newest heartbeat that was heard,
    unchanged_since: when it was. Both times on the machine's own stopwatch, in seconds."""

    def __init__(self) -> None:
        self.rung: dict[str, float] = {}
        self.last_beat: datetime | None = None
        self.unchanged_since = time.monotonic()

    def tick(self) -> str:
        """One round; returns the line for the keeper. Never raises for the database."""
        try:
            close_old_connections()
            self.ring_due_bells()
            self.listen()
        except DatabaseError as error:
            # Perhaps a worker that hangs holds the lock that we wait for: that is silence
            # too. A worker that is replaced while a database server is away loses nothing.
            logger.warning("The clock cannot work with the database: %s", error)
        silent = time.monotonic() - self.unchanged_since > SILENCE
        return SILENT if silent else "tick"

    def ring_due_bells(self) -> None:
        """Rings whose pause is over, and forgets rings that nobody heard."""
        now = timezone.now()
        OrmQ.objects.filter(lock__lt=now - STALE).delete()
        # Rings that no worker has taken yet need no second one.
        waiting = {ring.func() for ring in OrmQ.objects.filter(lock__lte=now)[:200]}
        for bell, pause in BELLS.items():
            rung = self.rung.get(bell)
            if bell in waiting or (rung is not None and time.monotonic() - rung < pause):
                continue
            async_task(bell)
            self.rung[bell] = time.monotonic()

    def listen(self) -> None:
        """Notes whether the heart has beaten since."""
        beat = Heartbeat.last()
        if beat != self.last_beat:
            self.last_beat, self.unchanged_since = beat, time.monotonic()
