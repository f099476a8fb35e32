"""Returns on their way back, brought where a test needs them by the verbs of the house."""

from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from returns.models import BUYER, Actor, Finding, Found, Order, ReturnAuthorization, Wanted
from returns.models.event import ActorKind
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

DESK = Actor(ActorKind.STAFF)
NUMBER = "RB123456785GB"
forms = count()


def returned(order: Order, *quantities: int, reason: str = "fit", **values) -> ReturnAuthorization:
    """A request for so many of each line, approved at once by the store's usual rules."""
    wanted = [
        Wanted(line.pk, quantity, reason)
        for line, quantity in zip(order.lines.all(), quantities or (1,), strict=False)
        if quantity
    ]
    key = values.pop("key", f"form {next(forms)}")
    rma = order.request_return(wanted, by=BUYER, key=key, **values)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def posted(rma: ReturnAuthorization, number: str = NUMBER) -> Parcel:
    """The parcel that brings it, by the number that the buyer gave."""
    shipment = rma.name_parcel(number, "royal-mail", by=BUYER)
    assert shipment.parcel
    return shipment.parcel


def scan(parcel: Parcel, milestone: str = Milestone.ACCEPTED, at: datetime | None = None) -> None:
    """One report of the carrier, and what the worker makes of it."""
    parcel.record([ScanReport(at=at or timezone.now(), milestone=milestone, place="Bristol")])
    ReturnAuthorization.objects.follow()


def opened(
    rma: ReturnAuthorization, *counts: int, others: list[tuple[str, int]] | None = None, **values
) -> ReturnAuthorization:
    """The warehouse found so many of each line in the parcel, one of each when not said."""
    rows = list(rma.lines.all())
    numbers = counts or tuple(row.approved for row in rows)
    found = Found(
        {row.pk: number for row, number in zip(rows, numbers, strict=True)}, others or [], **values
    )
    rma.receive(found, by=DESK, key=f"form {next(forms)}")
    return rma


def inspected(rma: ReturnAuthorization, *accepted: int, **values) -> ReturnAuthorization:
    """How many of each line that came are taken, all of them when not said."""
    rows = [row for row in rma.lines.all() if row.received]
    numbers = accepted or tuple(row.received for row in rows)
    rma.inspect(
        {
            row.pk: Finding("as_new", number, **values)
            for row, number in zip(rows, numbers, strict=True)
        },
        by=DESK,
    )
    return rma


def later(**spans: int) -> datetime:
    return timezone.now() + timedelta(**spans)
