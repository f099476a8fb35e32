"""The post office of the tests: sends what is due at a moment that a test names."""

from datetime import datetime

from django.utils import timezone

from returns import channels
from returns.models import Notice
from tracking.work import WorkState


def send_due(now: datetime) -> list[Notice]:
    """Sends everything that is due at `now`, as the worker does, and returns it."""
    due = Notice.objects.filter(state=WorkState.DUE, due_at__lte=now)
    due.update(due_at=timezone.now())  # the lease knows only the clock on the wall
    sent = []
    with channels.opened() as through:
        while claimed := Notice.objects.claim(1):
            claimed[0].deliver(through, now)
            sent.append(Notice.objects.get(pk=claimed[0].pk))
    return sent
