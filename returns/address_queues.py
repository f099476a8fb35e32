"""What waits for the desk about addresses: the board of the day counts it, the list of
changes shows it (`?queue=<name>`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from returns.models import AddressChange, Promise, PromiseKind
from returns.models.address_change import AddressChangeQuerySet
from tracking.models import Interception


@dataclass(frozen=True)
class Waiting:
    """rows: what waits. since: the field that says since when."""

    label: str
    rows: Callable[[], AddressChangeQuerySet]
    since: str = "requested_at"


def to_call() -> AddressChangeQuerySet:
    """A person calls the carrier, to ask or to find out."""
    return AddressChange.objects.filter(interception__in=Interception.objects.to_call())


WAITING: dict[str, Waiting] = {
    "decide": Waiting("Addresses to decide", lambda: AddressChange.objects.to_decide()),
    "tell": Waiting("Warehouses to tell", lambda: AddressChange.objects.untold_shop()),
    "call": Waiting("Carriers to call", to_call),
    "again": Waiting(
        "To send again",
        lambda: AddressChange.objects.to_send_again(),
        "shipment__parcel__milestone_at",
    ),
    "charge": Waiting("Fees to charge", lambda: AddressChange.objects.to_charge(), "fee_owed_at"),
}


def is_late(now: datetime | None = None) -> Exists:
    """Whether it waits longer than was promised: a condition for changes."""
    late = Promise.objects.late(now or timezone.now()).filter(kind=PromiseKind.ADDRESS)
    return Exists(late.filter(order=OuterRef("order"), authorization=None))


def word_due() -> Subquery:
    """When its buyer is told what became of it; None when nothing is promised."""
    mine = Promise.objects.open().filter(kind=PromiseKind.ADDRESS, authorization=None).order_by()
    return Subquery(mine.filter(order=OuterRef("order")).values("due_at")[:1])
