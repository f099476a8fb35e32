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
# Of these, what came in may take so many; one more row may take some thirty, for its photos.
LONGEST_READING = 10


def ring() -> None:
    """Tells the workers that rows are due. Losing this call loses nothing."""
    async_task("returns.tasks.work")


def ring_returns() -> None:
    """Tells the workers that parcels of returns have moved; the sweep finds them as well."""
    async_task("returns.tasks.follow_returns")


def ring_cases() -> None:
    """Tells the workers that something is wrong with a parcel, or no longer."""
    async_task("returns.tasks.follow_cases")


def ring_packs() -> None:
    """Tells the workers that somebody waits for an evidence pack."""
    async_task("returns.tasks.make_packs")


def make_packs() -> None:
    """One at a time, in a task of its own each: it may take as long as the queue lets one run."""
    from returns.models import EvidencePack

    if EvidencePack.objects.work() and EvidencePack.objects.due().exists():
        ring_packs()


def ring_refunds() -> None:
    """Tells the workers that money is to be refunded. It has a task of its own: who is killed
    over it leaves somebody to look in the shop."""
    async_task("returns.tasks.send_refunds")


def send_refunds() -> None:
    from returns.models import ShopRefund

    ShopRefund.objects.work()


def follow_cases() -> None:
    """Also rung each minute: a lost bell is made good, and what did not arrive over its
    channel goes by email where nobody came so far."""
    from returns.models import Case, Investigation, Notice, ProblemReminder

    now = timezone.now()
    Investigation.objects.follow(now)
    Case.objects.follow(now)
    ProblemReminder.objects.come_due(now)
    Case.objects.forget(now)
    Notice.objects.fall_back(now)


def follow_addresses() -> None:
    """Once their contact was told, changes of address go their way; and what became of them."""
    from returns.models import AddressChange, ShopUpdate

    AddressChange.objects.follow()
    ShopUpdate.objects.work()


def follow_withdrawals() -> None:
    """What was declared is acknowledged first; then its order is found, and what the law lets us
    keep back is promised once the goods are on their way."""
    from returns import channels
    from returns.models import ReturnAuthorization, WithdrawalOutcome, WithdrawalReceipt

    with channels.opened() as through:
        WithdrawalReceipt.objects.deliver(through)
    WithdrawalOutcome.objects.work()
    ReturnAuthorization.objects.promise_money(timezone.now())


def follow_refunds() -> None:
    """Rings for refunds that are due, whatever bell was lost."""
    from returns.models import ShopRefund

    if ShopRefund.objects.due().exists() or ShopRefund.objects.lost().exists():
        ring_refunds()


def follow_returns() -> None:
    from returns.models import ReturnAuthorization

    ReturnAuthorization.objects.follow()


def work() -> None:
    """Attempts first: they write the notices that carry the codes. Somebody waits for these,
    so they leave before anything is read."""
    until = time.monotonic() + LONGEST_ROUND
    judge_attempts()
    deliver_codes()
    follow_withdrawals()
    follow_addresses()
    take_in()
    deliver_notices(until)


def take_in() -> None:
    """What came in, one at a time. When time is up, we ring ourselves: what has to leave
    does not wait until everything is read."""
    from returns.models import Inbound

    until = time.monotonic() + LONGEST_READING
    while claimed := Inbound.objects.claim(1):
        claimed[0].process()
        if time.monotonic() > until:
            ring()
            return


def deliver_codes() -> None:
    """What somebody sits waiting for, and nothing else."""
    from returns import channels
    from returns.models import Notice

    until = time.monotonic() + LONGEST_READING
    with channels.opened() as through:
        while claimed := Notice.objects.urgent().claim(1):
            if not claimed[0].deliver(through) or time.monotonic() > until:
                return


def pull_mail() -> None:
    """Fetches the answers from the mailbox, when there is one."""
    from returns import mailbox

    mailbox.pull()


def judge_attempts() -> None:
    from returns.models import FindAttempt

    while attempts := FindAttempt.objects.claim(BATCH):
        for attempt in attempts:
            try:
                attempt.judge()
            except Exception as error:
                logger.exception("attempt %s could not be judged", attempt.pk)
                attempt.retry(type(error).__name__)


def deliver_notices(until: float = 0.0) -> None:
    """Sends what is due, one at a time, over one connection; codes that somebody waits
    for go before everything else.

    Claimed singly, a notice loses no attempt because an earlier one took long. What goes
    over a channel that is down waits for the next ring, and the others go; when time is up,
    we ring ourselves, because the queue stops work that takes longer (Q_CLUSTER["timeout"]).
    until: of time.monotonic, where the round began earlier; one is sent all the same.
    """
    from returns import channels
    from returns.models import Notice

    until = until or time.monotonic() + LONGEST_ROUND
    down: set[str] = set()
    with channels.opened() as through:
        while claimed := Notice.objects.next_one(without=down):
            if not claimed[0].deliver(through):
                down.add(claimed[0].channel)
            if time.monotonic() > until:
                ring()
                return


def sweep() -> None:
    """Everything that falls due by the clock. Reminders and expiries come before the
    promises that they keep."""
    from returns.models import (
        Draft,
        FindAttempt,
        Inbound,
        Offer,
        Promise,
        ReturnAuthorization,
        Throttle,
    )

    now = timezone.now()
    Offer.objects.over(now).expire(now)
    ReturnAuthorization.objects.follow(now)
    ReturnAuthorization.objects.to_remind(now).remind(now)
    ReturnAuthorization.objects.overdue(now).expire(now)
    Promise.objects.come_due(now)
    Inbound.objects.stale().delete()
    Draft.objects.stale().delete()
    Throttle.objects.stale().delete()
    FindAttempt.objects.stale().delete()
    # Mail scanners that open links leave sessions behind.
    Session.objects.filter(expire_date__lt=now).delete()
    work()


def tidy() -> None:
    """Once a day: what a killed process left in the store of files, and records whose time is
    over."""
    from returns.models import EvidencePack, Withdrawal
    from returns.tidying import drop_lost_files

    EvidencePack.objects.forget()
    if count := drop_lost_files():
        logger.info("%d files belonged to nothing and are gone", count)
    if count := Withdrawal.objects.erase_old():
        logger.info("%d withdrawals need not be kept any more and are gone", count)
