"""What the queue runs for parcels; every task is safe to run twice or never."""

import time

from django_q.tasks import async_task

from tracking.models import Heartbeat, Push

# The largest push of all takes some four seconds, most take some milliseconds.
BATCH = 5
# Seconds after which a round ends; with one more batch it stays well below the time after
# which the queue stops it (Q_CLUSTER["timeout"]).
LONGEST_ROUND = 25


def beat() -> None:
    """Proof that work passes through the queue from end to end (`portal/running/clock.py`)."""
    Heartbeat.beat()


def ring() -> None:
    """Tells the workers that something was pushed. Losing this call loses nothing."""
    async_task("tracking.tasks.process_pushes")


def process_pushes() -> None:
    """Records what providers told, oldest first."""
    until = time.monotonic() + LONGEST_ROUND
    while pushes := Push.objects.claim(BATCH):
        for push in pushes:
            push.process()
        if time.monotonic() > until:
            ring()
            return


def sweep() -> None:
    """Everything that falls due by the clock, and what a lost ring left behind."""
    Push.objects.stale().delete()
    process_pushes()
