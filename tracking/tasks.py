"""What the queue runs for parcels; every task is safe to run twice or never."""

from tracking.models import Heartbeat


def beat() -> None:
    """Proof that work passes through the queue from end to end (`portal/running/clock.py`)."""
    Heartbeat.beat()
