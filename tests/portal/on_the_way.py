"""Parcels with which something is wrong, brought there the way it happens in life."""

from datetime import datetime, timedelta

from django.utils import timezone

from returns.models import BUYER, Order, ReturnAuthorization, Shipment, ShipmentLine, Store
from tests import people
from tests.returns.returning import returned
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Dispatch, Incident, Parcel, ScanReport

NUMBER = "RB123456785GB"
BACK = "RB987654321GB"


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def report(milestone: str = Milestone.IN_TRANSIT, place: str = "Kaunas", **values) -> ScanReport:
    """One report of a carrier, an hour ago when not said otherwise."""
    at = values.pop("at", None) or ago(hours=1)
    return ScanReport(at=at, milestone=milestone, place=place, **values)


def sent(
    store: Store,
    *reports: ScanReport,
    left: datetime | None = None,
    number: str = NUMBER,
    carrier: str = "royal-mail",
    order: Order | None = None,
    dispatch: dict | None = None,
    **values,
) -> Order:
    """An order whose one parcel (or one more, of `order`) left us then, and what was told of
    it since. Without any report only the watch has looked at it."""
    left = left or ago(days=2)
    order = order or people.place_order(store, shipped=False, **values)
    told = {"origin": store.country, "destination": order.country} | (dispatch or {})
    parcel = Parcel.objects.announce(
        store.account, number, carrier, left, Dispatch(handed_over_at=left, **told)
    )
    shipment = Shipment.objects.create(order=order, parcel=parcel, shipped_at=left)
    for line in order.lines.filter(needs_shipping=True):
        ShipmentLine.objects.create(shipment=shipment, line=line, quantity=line.quantity)
    hear(parcel, *reports)
    return Order.objects.get(pk=order.pk)


def sent_back(
    store: Store, *reports: ScanReport, posted: datetime | None = None, **values
) -> ReturnAuthorization:
    """A return whose number was given when it was posted, and what was told of it since."""
    order = people.place_order(store, days_ago=20, **values)
    rma = returned(order)
    rma.name_parcel(BACK, "royal-mail", by=BUYER)
    posted = posted or ago(days=2)
    shipment = order.shipments.get(is_return=True)
    Parcel.objects.filter(pk=shipment.parcel_id).update(handed_over_at=posted, announced_at=posted)
    Shipment.objects.filter(pk=shipment.pk).update(shipped_at=posted)
    ReturnAuthorization.objects.filter(pk=rma.pk).update(posted_at=posted)
    hear(Parcel.objects.get(pk=shipment.parcel_id), *reports)
    ReturnAuthorization.objects.follow()
    return ReturnAuthorization.objects.get(pk=rma.pk)


def hear(parcel: Parcel, *reports: ScanReport) -> None:
    if reports:
        parcel.record(reports)
    Parcel.objects.filter(pk=parcel.pk).update(watch_at=timezone.now())
    Parcel.objects.watch()


def the_parcel(order: Order) -> Parcel:
    return Parcel.objects.get(pk=order.shipments.get(is_return=False).parcel_id)


def wrong(parcel: Parcel, kind: str, *, since: datetime | None = None, **detail) -> Incident:
    """As if the watch had found it, whatever the scans say."""
    return Incident.objects.create(
        parcel=parcel, kind=IncidentKind(kind), since=since or ago(days=3), detail=detail
    )


def kinds(parcel: Parcel) -> set[str]:
    return set(parcel.incidents.open().values_list("kind", flat=True))
