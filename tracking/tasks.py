"""What the queue runs for parcels; every task is safe to run twice or never."""

import logging
import time

from django_q.tasks import async_task

from tracking.models import (
    Account,
    Connection,
    Following,
    Heartbeat,
    Interception,
    InterceptionReport,
    Lane,
    Parcel,
    Push,
)
from tracking.work import place_of

logger = logging.getLogger(__name__)

# Pushes that are one transaction. The largest of all takes some four seconds by itself,
# most take some milliseconds; together they stay below the lease.
BATCH = 20
# Seconds after which a round ends; with one more batch it stays well below the time after
# which the queue stops it (Q_CLUSTER["timeout"]).
LONGEST_ROUND = 25
# Parcels that are one transaction of the watch, and of the polling.
WATCHED, CHECKED = 500, 500


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
        Push.objects.process(pushes)
        if time.monotonic() > until:
            ring()
            return


def ring_interceptions() -> None:
    """Tells the workers that a carrier is to be asked for something. Losing this call loses
    nothing."""
    async_task("tracking.tasks.intercept")


def intercept() -> None:
    """Asks carriers to turn parcels, and what became of it, one request at a time."""
    until = time.monotonic() + LONGEST_ROUND
    while _intercept_one():
        if time.monotonic() > until:
            ring_interceptions()
            return


def _intercept_one() -> bool:
    """Whoever clicks now goes first, and waits for no more than one result that was told;
    what is only looked at waits for both. Whether there was anything to do."""
    asked = Interception.objects.unasked().work(limit=1)
    reports = InterceptionReport.objects.claim(1)
    for report in reports:
        report.process()
    return bool(asked or reports or Interception.objects.work(limit=1))


def watch() -> None:
    """Opens, updates and clears what is wrong with parcels by the clock alone."""
    until = time.monotonic() + LONGEST_ROUND
    while Parcel.objects.watch(limit=WATCHED) == WATCHED:
        if time.monotonic() > until:
            async_task("tracking.tasks.watch")
            return


def check() -> None:
    """Decides which parcels are asked for, then asks every provider at its own pace."""
    until = time.monotonic() + LONGEST_ROUND
    while Parcel.objects.poll(limit=CHECKED) == CHECKED and time.monotonic() < until:
        pass
    left = list(Connection.objects.asked().select_related("account"))
    while left and time.monotonic() < until:
        # One call each, in turn: a backlog at one of them keeps no other waiting.
        left = [connection for connection in left if ask(connection)]
    if left:
        async_task("tracking.tasks.check")


def ask(connection: Connection) -> bool:
    """Makes a call that is due at one provider; says whether there was one."""
    try:
        return bool(Following.objects.work(connection, calls=1))
    except Exception as error:
        # One provider must not keep the others from being asked. An error's own words may
        # hold what somebody told.
        logger.error("connection %s could not be worked on: %s", connection.pk, place_of(error))
        return False


def sweep() -> None:
    """Everything that falls due by the clock, and what a lost ring left behind."""
    Push.objects.stale().delete()
    InterceptionReport.objects.stale().delete()
    Following.objects.forgotten().delete()
    Parcel.dropped.settled().delete()
    process_pushes()
    watch()


def learn() -> None:
    """Once a day: what lanes usually take, and with it what parcels may expect."""
    for account in Account.objects.all():
        try:
            if Lane.objects.learn(account.pk):
                account.expect_anew()
        except Exception as error:
            logger.error("account %s could not learn: %s", account.pk, place_of(error))
