"""The queues of the desk: what waits for staff to do, since when, and what was promised.

The board of the day counts them, the list of returns shows them (`?work=<name>`); what is
said of messages and cases stands below.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from returns.models import Promise, PromiseKind, Resolution, ReturnAuthorization, Shipment, Surplus
from returns.states import ResolutionState, Status

# A parcel that nobody scanned for so long after it was posted was perhaps never handed over.
QUIET_AFTER = timedelta(days=7)

Returns = QuerySet[ReturnAuthorization]


@dataclass(frozen=True)
class Queue:
    """rows: what waits. since: the field that says since when. owed: the kinds of promises
    that say until when."""

    label: str
    rows: Callable[[], Returns]
    since: str
    owed: Set[str] = frozenset()

    def late(self, now: datetime | None = None) -> Exists:
        """Whether one of `rows` waits longer than was promised: a condition for them."""
        return Exists(
            Promise.objects.late(now).filter(authorization=OuterRef("pk"), kind__in=self.owed)
        )


def quiet(now: datetime | None = None) -> Returns:
    """Posted by the buyer's word, and not scanned since."""
    until = (now or timezone.now()) - QUIET_AFTER
    return ReturnAuthorization.objects.filter(
        status=Status.APPROVED, posted_at__lte=until, arrived_at=None
    )


def to_send() -> Returns:
    """Decided, and something of it is neither sent nor being sent."""
    left = Resolution.objects.filter(
        authorization=OuterRef("pk"), state__in=[ResolutionState.PENDING, ResolutionState.FAILED]
    )
    return ReturnAuthorization.objects.filter(Exists(left))


def with_surplus() -> Returns:
    left = Surplus.objects.filter(authorization=OuterRef("pk"), decided_at=None)
    return ReturnAuthorization.objects.filter(Exists(left))


def in_doubt() -> Returns:
    """The tracking number is another parcel's as well."""
    doubtful = Shipment.objects.filter(authorization=OuterRef("pk"), is_return=True, in_doubt=True)
    return ReturnAuthorization.objects.filter(Exists(doubtful))


INSPECTION = frozenset({PromiseKind.INSPECTION})
SENDING = frozenset({PromiseKind.REFUND, PromiseKind.CREDIT, PromiseKind.GOODS})

QUEUES: dict[str, Queue] = {
    "post": Queue(
        "Approved, not posted yet",
        lambda: ReturnAuthorization.objects.unposted().filter(keeps_goods=False, arrived_at=None),
        "approved_at",
    ),
    "put_right": Queue(
        "To put right, nothing comes back",
        lambda: ReturnAuthorization.objects.filter(status=Status.APPROVED, keeps_goods=True),
        "approved_at",
        SENDING,
    ),
    "receive": Queue(
        "To receive: they are here",
        lambda: ReturnAuthorization.objects.to_receive(),
        "arrived_at",
        INSPECTION,
    ),
    "inspect": Queue(
        "To inspect", lambda: ReturnAuthorization.objects.to_inspect(), "received_at", INSPECTION
    ),
    "settle": Queue(
        "To decide what the buyer gets",
        lambda: ReturnAuthorization.objects.to_settle(),
        "inspected_at",
        INSPECTION,
    ),
    "send": Queue("Money and goods to send", to_send, "resolved_at", SENDING),
    "surplus": Queue("Came besides, to decide", with_surplus, "received_at"),
    "doubt": Queue("Tracking numbers in doubt", in_doubt, "posted_at"),
    "quiet": Queue("Posted, not scanned for 7 days", quiet, "posted_at"),
}


# --- Messages and cases ------------------------------------------------------------------------


def answer_is_late(now: datetime | None = None) -> Exists:
    """Whether a message waits longer than was promised: a condition for messages."""
    late = Promise.objects.late(now).filter(order=OuterRef("order"), kind=PromiseKind.REPLY)
    return Exists(late)


def word_due() -> models.Case:
    """Of a case: when its buyer has to be written to, None when nothing is promised."""
    mine = Promise.objects.open().filter(kind=PromiseKind.UPDATE).order_by()
    of_order = mine.filter(order=OuterRef("order"), authorization=None)
    of_return = mine.filter(authorization=OuterRef("authorization"))
    return models.Case(
        models.When(authorization=None, then=Subquery(of_order.values("due_at")[:1])),
        default=Subquery(of_return.values("due_at")[:1]),
    )
