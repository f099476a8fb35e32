"""What became of a change of address, told to the buyer once each. Called under the order's
lock."""

from datetime import datetime
from typing import TYPE_CHECKING

from returns.address_policy import AGAIN
from returns.address_states import ChangeStatus
from returns.models.event import RULE
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from tracking.gateways import Failure

if TYPE_CHECKING:
    from returns.models.address_change import AddressChange


# What a parcel did, whatever its carrier had been asked.
ITS_ROAD = frozenset({Failure.DELIVERED, Failure.WENT_BACK})


def _is_told_by_recall(change: "AddressChange") -> bool:
    """Of a parcel that is not wanted: that it turned, or was delivered all the same, its return
    tells, with the money."""
    ends = change.status == ChangeStatus.SUCCEEDED or change.failure in ITS_ROAD
    return change.is_recall and ends


def tell(change: "AddressChange", now: datetime) -> Notice | None:
    """The letter of its present state. It keeps the promise of an answer, unless another
    change still waits for one; by when we write next is promised with the parcel."""
    order = change.order
    promises = Promise.objects.open().filter(
        order=order, kind=PromiseKind.ADDRESS, authorization=None
    )
    others_wait = order.address_changes.unanswered().exclude(pk=change.pk).exists()
    answers = change.aim != AGAIN and not others_wait
    if _is_told_by_recall(change):
        if answers:
            Promise.objects.keep(order, PromiseKind.ADDRESS, now=now)
        Promise.objects.of_update(order, by=RULE, now=now)
        return None
    notice = Notice.objects.write(
        order,
        NoticeKind.ADDRESS_NEWS,
        event=f"address-{change.pk}-{change.status}",
        keeps=promises.first() if answers else None,
        now=now,
        change=change.pk,
        status=change.status,
    )
    if notice is None and answers:  # nobody is left to write to
        promises.let_go(now)
    if change.was_shipped:
        Promise.objects.of_update(order, by=RULE, now=now)
    else:
        Promise.objects.of_dispatch(order, by=RULE, now=now)
    return notice
