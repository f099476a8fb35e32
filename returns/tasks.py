"""What workers do. The queue only rings; the rows say what is to be done.

Every function may be called at any time, by several workers at once, and again after a
crash. `sweep` is rung each minute and makes good whatever a lost bell left behind.
"""

import logging
import time

from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.tasks import async_task

logger = logging.getLogger(__name__)
BATCH = 20
# Seconds after which a round of deliveries ends; one more may take some fifteen.
LONGEST_ROUND = 25


def ring() -> None:
    """Tells the workers that rows are due. Losing this call loses nothing."""
    async_task("returns.tasks.work")


def ring_returns() -> None:
    """Tells the workers that parcels of returns have moved; the sweep finds them as well."""
    async_task("returns.tasks.follow_returns")


def follow_returns() -> None:
    from returns.models import ReturnAuthorization

    ReturnAuthorization.objects.follow()


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
    """Sends what is due, one at a time, over one connection; codes that somebody waits
    for go before everything else.

    Claimed singly, a notice loses no attempt because an earlier one took long. When the
    mail server is down, the next ring tries again; when time is up, we ring ourselves,
    because the queue stops work that takes longer (Q_CLUSTER["timeout"]).
    """
    from returns import channels
    from returns.models import Notice

    until = time.monotonic() + LONGEST_ROUND
    with channels.opened() as through:
        while claimed := Notice.objects.urgent().claim(1) or Notice.objects.claim(1):
            if not claimed[0].deliver(through):
                return
            if time.monotonic() > until:
                ring()
                return


def sweep() -> None:
    """Everything that falls due by the clock. Reminders and expiries come before the
    promises that they keep."""
    from returns.models import Draft, FindAttempt, Promise, ReturnAuthorization, Throttle

    now = timezone.now()
    ReturnAuthorization.objects.follow(now)
    ReturnAuthorization.objects.to_remind(now).remind(now)
    ReturnAuthorization.objects.overdue(now).expire(now)
    Promise.objects.come_due(now)
    Draft.objects.stale().delete()
    Throttle.objects.stale().delete()
    FindAttempt.objects.stale().delete()
    # Mail scanners that open links leave sessions behind.
    Session.objects.filter(expire_date__lt=now).delete()
    work()


def tidy() -> None:
    """Once a day: what a killed process left in the store of files."""
    from returns.tidying import drop_lost_files

    if count := drop_lost_files():
        logger.info("%d files belonged to nothing and are gone", count)
