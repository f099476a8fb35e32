"""The queues of the desk: what waits for staff to do, since when, and what was promised.

The board of the day counts them, the list of returns shows them (`?work=<name>`); what is
said of messages and cases stands below.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from returns.codes import GOODS_KINDS, Disposition, Kind
from returns.models import (
    PostageClaim,
    Promise,
    PromiseKind,
    Resolution,
    ReturnAuthorization,
    ReturnLine,
    Shipment,
    ShopRefund,
    Surplus,
    Weighing,
)
from returns.models.stopping import proved
from returns.states import OPEN, RUNNING, SETTLED, ResolutionState, Status
from tracking.milestones import Milestone
from tracking.work import WorkState

# A parcel that nobody scanned for so long after it was posted was perhaps never handed over.
QUIET_AFTER = timedelta(days=7)

UNDER_WAY = (WorkState.DUE, WorkState.CLAIMED)

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
    """Decided, and something of it is neither sent nor being sent, by the shop either."""
    left = Resolution.objects.filter(
        authorization=OuterRef("pk"), state__in=[ResolutionState.PENDING, ResolutionState.FAILED]
    )
    by_shop = Q(state=ResolutionState.PENDING, shop_refund__state__in=UNDER_WAY)
    failed = Q(state=ResolutionState.FAILED, shop_refund__isnull=False)
    goods = Q(kind__in=GOODS_KINDS)
    # Sent before the old ones are here, or sold out: those wait in queues of their own.
    goods &= Q(authorization__ahead_at__isnull=False, authorization__status__in=RUNNING) | Q(
        authorization__variant_gone_at__isnull=False
    )
    return ReturnAuthorization.objects.filter(Exists(left.exclude(by_shop | failed | goods)))


def failed_refunds() -> Returns:
    """The shop could not refund it, does not get through with it, or refunded what had gone
    another way."""
    mine = Resolution.objects.filter(authorization=OuterRef("pk"))
    failed = mine.filter(state=ResolutionState.FAILED, shop_refund__isnull=False)
    late = ShopRefund.objects.late().filter(resolution__authorization=OuterRef("pk"))
    doubtful = mine.filter(state=ResolutionState.SUCCEEDED).exclude(last_error="")
    return ReturnAuthorization.objects.filter(Exists(failed) | Exists(late) | Exists(doubtful))


def with_surplus() -> Returns:
    left = Surplus.objects.filter(authorization=OuterRef("pk"), decided_at=None)
    return ReturnAuthorization.objects.filter(Exists(left))


def with_receipt() -> Returns:
    """The buyer paid the postage, and shows the receipt."""
    asked = PostageClaim.objects.waiting().filter(authorization=OuterRef("pk"))
    return ReturnAuthorization.objects.filter(Exists(asked))


def in_doubt() -> Returns:
    """The tracking number is another parcel's as well."""
    doubtful = Shipment.objects.filter(authorization=OuterRef("pk"), is_return=True, in_doubt=True)
    return ReturnAuthorization.objects.filter(Exists(doubtful))


def to_weigh() -> Returns:
    """A parcel of it was opened, and its weights do not go together."""
    asked = Weighing.objects.open().filter(receipt__authorization=OuterRef("pk"))
    return ReturnAuthorization.objects.filter(Exists(asked))


def ahead() -> Returns:
    """New goods are to leave although the old ones are not here."""
    left = Resolution.objects.filter(
        authorization=OuterRef("pk"), state=ResolutionState.PENDING, kind__in=GOODS_KINDS
    )
    mine = ReturnAuthorization.objects.filter(ahead_at__isnull=False, status__in=RUNNING)
    return mine.filter(Exists(left))


def not_come() -> Returns:
    """New goods were sent, and the old ones were not posted in time."""
    return ReturnAuthorization.objects.filter(
        status=Status.APPROVED,
        original_missing_at__isnull=False,
        posted_at=None,
        arrived_at=None,
    )


def called_back() -> Returns:
    """Parcels that buyers do not want, or that turned, until they are here."""
    return ReturnAuthorization.objects.filter(
        kind=Kind.RETURN_TO_SENDER, status=Status.APPROVED, arrived_at=None
    )


def to_book() -> Returns:
    """Back at our door, and made good before: nothing is paid for them any more."""
    waived = ReturnLine.objects.filter(authorization=OuterRef("pk"), waived__gt=0)
    back = ReturnAuthorization.objects.filter(
        turning__parcel__milestone=Milestone.RETURNED, status__in=SETTLED
    )
    return back.filter(Exists(waived.filter(disposition=Disposition.PENDING)))


def paid_and_delivered() -> Returns:
    """The money was given because the parcel turned, and then it was delivered all the same."""
    waived = ReturnLine.objects.filter(authorization=OuterRef("pk"), waived__gt=0)
    there = ReturnAuthorization.objects.filter(
        kind=Kind.RETURN_TO_SENDER,
        turning__parcel__milestone=Milestone.DELIVERED,
        status__in=SETTLED,
    )
    return there.filter(Exists(waived))


def sold_out() -> Returns:
    """What was chosen is gone: waits for the buyer to choose again."""
    open_ = OPEN | {Status.RESOLVED}
    return ReturnAuthorization.objects.filter(variant_gone_at__isnull=False, status__in=open_)


def left_late() -> Returns:
    """The money is decided, and the goods are with the buyer all the same: until they are booked
    as here again."""
    out = ReturnLine.objects.filter(authorization=OuterRef("pk"), waived__gt=0)
    left = ReturnAuthorization.objects.filter(keeps_goods=True, left_at__isnull=False)
    return left.filter(Exists(out))


# Nobody has to make sure that it does not leave.
STAYS = Q(stop_wanted_at=None) | Q(stopped_at__isnull=False)
INSPECTION = frozenset({PromiseKind.INSPECTION})
SENDING = frozenset({PromiseKind.REFUND, PromiseKind.CREDIT, PromiseKind.GOODS})

QUEUES: dict[str, Queue] = {
    "answer": Queue(
        "Return requests to answer",
        lambda: ReturnAuthorization.objects.waiting(),
        "requested_at",
        frozenset({PromiseKind.ANSWER}),
    ),
    "post": Queue(
        "Approved, not posted yet",
        lambda: ReturnAuthorization.objects.unposted().filter(
            keeps_goods=False, arrived_at=None, original_missing_at=None
        ),
        "approved_at",
    ),
    "put_right": Queue(
        "To put right, nothing comes back",
        lambda: ReturnAuthorization.objects.filter(STAYS, status=Status.APPROVED, keeps_goods=True),
        "approved_at",
        SENDING,
    ),
    "stop": Queue(
        "Parcels to stop: withdrawn before they left",
        lambda: ReturnAuthorization.objects.filter(~STAYS, status=Status.APPROVED),
        "stop_wanted_at",
        SENDING,
    ),
    "on_proof": Queue(
        "Withdrawals to pay: the goods are on their way",
        lambda: proved(promised=True),
        "requested_at",
        SENDING,
    ),
    "left_late": Queue("Left although it was stopped", left_late, "left_at"),
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
    "weigh": Queue("To weigh once more", to_weigh, "received_at"),
    "appeals": Queue(
        "Appeals",
        lambda: ReturnAuthorization.objects.appealed(),
        "appealed_at",
        frozenset({PromiseKind.ANSWER}),
    ),
    "refunds": Queue("Refunds that failed", failed_refunds, "resolved_at", SENDING),
    "ahead": Queue("New goods to send at once", ahead, "ahead_at", frozenset({PromiseKind.GOODS})),
    "missing": Queue(
        "New goods sent, old ones missing",
        not_come,
        "original_missing_at",
        frozenset({PromiseKind.ANSWER}),
    ),
    "sold_out": Queue("Sold out, the buyer chooses again", sold_out, "variant_gone_at"),
    "called_back": Queue("Parcels called back or refused", called_back, "approved_at"),
    "book": Queue("Here again, paid for before", to_book, "resolved_at"),
    "delivered": Queue("Paid for, and delivered all the same", paid_and_delivered, "resolved_at"),
    "postage": Queue(
        "Receipts for postage to look at",
        with_receipt,
        "posted_at",
        frozenset({PromiseKind.POSTAGE}),
    ),
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
