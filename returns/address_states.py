"""The states of a change of address, and what they mean: plain data.

    waiting → requested → sent → accepted → succeeded | failed | withdrawn
    waiting → declined

A change that was stopped, or failed, may still turn out to have worked: what the scans show
stands above what anybody said. Words for buyers are in `returns/address_texts.py`.
"""

from django.db.models import TextChoices

from returns.address_policy import AGAIN
from returns.models.event import EventKind
from tracking.gateways import Aim, Failure
from tracking.interceptions import InterceptionStatus

AIMS = [
    (Aim.REDIRECT.value, "To another address"),
    (Aim.RETURN.value, "Back to us"),
    (Aim.DEPOT.value, "Back to the depot"),
    (Aim.HOLD.value, "Kept at a counter"),
    (Aim.RESCHEDULE.value, "On another day"),
    (AGAIN, "Sent again when it is back"),
]


class ChangeStatus(TextChoices):
    """Labels are for the desk."""

    WAITING = "waiting", "Waits for us"
    REQUESTED = "requested", "Requested"
    SENT = "sent", "Asked"
    ACCEPTED = "accepted", "Said yes"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Did not work"
    WITHDRAWN = "withdrawn", "Withdrawn"
    DECLINED = "declined", "Declined by us"


C = ChangeStatus
OPEN = frozenset({C.WAITING, C.REQUESTED, C.SENT, C.ACCEPTED})
ENDED = frozenset(C) - OPEN
# What was not shipped goes where such a change says.
IN_FORCE = frozenset({C.REQUESTED, C.SENT, C.ACCEPTED, C.SUCCEEDED})
IN_ORDER = (C.WAITING, C.REQUESTED, C.SENT, C.ACCEPTED)
# What a request to the carrier says → what it means here.
STATUS_OF: dict[str, str] = {
    InterceptionStatus.REQUESTED: C.REQUESTED,
    InterceptionStatus.UNSUPPORTED: C.REQUESTED,
    InterceptionStatus.SENT: C.SENT,
    InterceptionStatus.ACCEPTED: C.ACCEPTED,
    InterceptionStatus.SUCCEEDED: C.SUCCEEDED,
    InterceptionStatus.FAILED: C.FAILED,
    InterceptionStatus.WITHDRAWN: C.WITHDRAWN,
}
STATUSES_THAT_END = sorted(status for status, here in STATUS_OF.items() if here in ENDED)
# How the forms of changes begin that belong to a recall (Order.recall).
RECALL = "recall-"
# What may still be asked for when the order was cancelled.
RECALLS = frozenset({Aim.RETURN, Aim.DEPOT})
EVENT_OF: dict[str, str] = {
    C.SENT: EventKind.ADDRESS_SENT,
    C.ACCEPTED: EventKind.ADDRESS_ACCEPTED,
    C.SUCCEEDED: EventKind.ADDRESS_DONE,
    C.FAILED: EventKind.ADDRESS_FAILED,
    C.WITHDRAWN: EventKind.ADDRESS_WITHDRAWN,
    C.DECLINED: EventKind.ADDRESS_DECLINED,
}
# Steps that are told by a letter; that the carrier was asked, the page tells.
TOLD = frozenset({C.ACCEPTED, C.SUCCEEDED, C.FAILED, C.WITHDRAWN, C.DECLINED})


class WhyNot(TextChoices):
    """Why a change did not work, beside those of tracking.gateways.Failure."""

    SHIPPED = "shipped", "It left before the warehouse knew"
    SHOP_CHANGED = "shop_changed", "The shop changed it otherwise"
    CANCELLED = "cancelled", "The order was cancelled"
    GOODS_GONE = "goods_gone", "What was in it was taken back already"


FAILURES = [*((f.value, f.name.replace("_", " ").capitalize()) for f in Failure), *WhyNot.choices]


class Verified(TextChoices):
    """How the desk made sure who was calling."""

    CALLED_BACK = "called_back", "Called back on the number on the order"
    CODE = "code", "Read back the code that we emailed"
    DETAILS = "details", "Knew what was bought, for how much, and where it goes"
