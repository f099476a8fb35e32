"""News: what a change of a parcel means for its buyer: a promise, and a message.

Called under the order's lock.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from returns.codes import Kind
from returns.models.case import BEFORE_WE_KNEW as BEFORE_WE_KNEW
from returns.models.case import Case, CaseKind
from returns.models.event import RULE
from returns.models.notice import Notice, NoticeKind, What
from returns.models.promise import Promise
from returns.states import FREED, SETTLED
from tracking.incidents import IncidentKind
from tracking.milestones import FINAL

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.models.shipment import Shipment

# Working days until we have looked again and written, by what is wrong.
SOON, USUAL, LATER = 1, 2, 3
WORD_WITHIN: dict[str, int] = {
    IncidentKind.SILENT: USUAL,
    IncidentKind.STALLED: USUAL,
    IncidentKind.OVERDUE: USUAL,
    IncidentKind.WRONG_WAY: USUAL,
    IncidentKind.CUSTOMS_HOLD: LATER,
    IncidentKind.CUSTOMS_DOCUMENTS: SOON,
    IncidentKind.ADDRESS: SOON,
    IncidentKind.ATTEMPT_FAILED: SOON,
    IncidentKind.WAITING_AT_PICKUP: USUAL,
    IncidentKind.REFUSED: SOON,
    IncidentKind.DAMAGED: SOON,
    IncidentKind.LOST: SOON,
    IncidentKind.UNCLEAR_SIGNATURE: USUAL,
    IncidentKind.WEIGHT_MISMATCH: LATER,
    IncidentKind.DELIVERED_NOT_RECEIVED: SOON,
    CaseKind.CAME_BACK: SOON,
    CaseKind.TOLD: SOON,
    CaseKind.TURNED_UP: USUAL,
}


def trouble(case: Case, now: datetime) -> bool:
    """Something is wrong, or worse than it was: we say by when we write again, and write.
    Whether there was anything to write."""
    order, rma = case.order, case.authorization
    due = order.word_due(now, WORD_WITHIN[case.kind])
    if rma is not None:
        rma.refresh_from_db(fields=["status"])
        if rma.status in SETTLED:  # it was made good at once, which is told with the money
            return False
        rma.order = order
        rma.promise_word(due, by=RULE, now=now)
    else:
        Promise.objects.of_update(order, by=RULE, due_at=due, now=now)
    if case.is_old_news or case.level <= case.told_level or _tells_of_a_recall(case):
        return False
    notice = Notice.objects.gather(
        order,
        _kind(case),
        event=f"case-{case.pk}-{case.level}",
        what=What.TROUBLE,
        authorization=rma,
        case=case,
        held=True,
        now=now,
    )
    return notice is not None


def _tells_of_a_recall(case: Case) -> bool:
    """That a parcel turned which the buyer does not want, its return tells, with the money."""
    if case.kind != CaseKind.CAME_BACK:
        return False
    mine = case.order.returns.filter(turning__parcel=case.parcel_id, kind=Kind.RETURN_TO_SENDER)
    return mine.exclude(status__in=FREED).exists()


def trouble_is_over(case: Case, now: datetime) -> None:
    """Good news for whom has heard the bad; a delivery is news of its own."""
    if case.parcel.milestone in FINAL or not Notice.objects.have_told(case):
        return
    Notice.objects.gather(
        case.order,
        _kind(case),
        event=f"case-{case.pk}-over",
        what=What.OVER,
        authorization=case.authorization,
        case=case,
        now=now,
    )


def posted(order: "Order", shipment: "Shipment", now: datetime) -> None:
    """A parcel has left for the buyer."""
    if order.store.tells_posted:
        Notice.objects.gather(
            order,
            NoticeKind.ORDER_NEWS,
            event=f"posted-{shipment.pk}",
            what=What.POSTED,
            shipment=shipment,
            now=now,
        )


def renumbered(order: "Order", shipment: "Shipment", now: datetime) -> None:
    """Its tracking number was corrected: the one that was told before leads nowhere."""
    if order.store.tells_posted:
        Notice.objects.gather(
            order,
            NoticeKind.ORDER_NEWS,
            event=f"number-{shipment.pk}-{shipment.parcel_id}",
            what=What.NUMBER,
            shipment=shipment,
            now=now,
        )


def arrived(order: "Order", shipment: "Shipment", now: datetime | None = None) -> None:
    """The last parcel of the order has arrived. Needs no lock of the order."""
    # That kept our word. What is wrong all the same needs a new one; the worker gives it.
    Case.objects.open().filter(order=order, authorization=None).stir(now or timezone.now())
    Notice.objects.gather(
        order,
        NoticeKind.ORDER_NEWS,
        event=f"arrived-{shipment.pk}",
        what=What.ARRIVED,
        shipment=shipment,
        now=now,
    )


def _kind(case: Case) -> str:
    return NoticeKind.RETURN_NEWS if case.authorization_id else NoticeKind.ORDER_NEWS
