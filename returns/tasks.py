"""What workers do. The queue only rings; the rows say what is to be done.

Every function may be called at any time, by several workers at once, and again after a
crash. `sweep` is rung each minute and makes good whatever a lost bell left behind.
"""

import logging

from django.utils import timezone
from django_q.tasks import async_task

logger = logging.getLogger(__name__)
BATCH = 20


def ring() -> None:
    """Tells the workers that rows are due. Losing this call loses nothing."""
    async_task("returns.tasks.work")


def work() -> None:
    """Attempts first: they write the notices that carry the codes."""
    judge_attempts()
    deliver_notices()


def judge_attempts() -> None:
    from returns.models import FindAttempt

    while attempts := FindAttempt.objects.claim(BATCH):
        for attempt in attempts:
            try:
                attempt.judge()
            except Exception as error:
                logger.exception("attempt %s could not be judged", attempt.pk)
                attempt.retry(type(error).__name__)


def deliver_notices() -> None:
    from returns import channels
    from returns.models import Notice

    while notices := Notice.objects.claim(BATCH):
        for notice in notices:
            channels.deliver(notice)


def sweep() -> None:
    """Everything that falls due by the clock. Reminders and expiries come before the
    promises that they keep."""
    from returns.models import Draft, Promise, ReturnAuthorization, Throttle

    now = timezone.now()
    ReturnAuthorization.objects.to_remind(now).remind(now)
    ReturnAuthorization.objects.overdue(now).expire(now)
    for promise in Promise.objects.due(now).select_related("order").iterator(chunk_size=200):
        promise.come_due(now)
    Draft.objects.stale().delete()
    Throttle.objects.stale().delete()
    work()
