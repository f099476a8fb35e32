"""Reads what the pages about addresses need, in a fixed number of queries."""

from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404

from portal.access import OrderRequest
from returns.models import AddressChange, Order, Shipment


def read(order: Order) -> None:
    """Its goods, parcels and changes of address, and what its store says about these."""
    prefetch_related_objects(
        [order],
        "lines",
        Prefetch("shipments", Shipment.objects.select_related("parcel")),
        "shipments__lines",
        "shipments__parcel__interceptions",
        "store__interception_rules",
    )
    read_changes(order)


def read_changes(order: Order) -> None:
    """Its changes of address, each with the parcel of the order that it is about."""
    changes = Prefetch("address_changes", AddressChange.objects.select_related("interception"))
    prefetch_related_objects([order], changes)
    parcels = {row.pk: row for row in order.shipments.all()}
    for change in order.address_changes.all():
        if change.shipment_id in parcels:
            change.shipment = parcels[change.shipment_id]


def parcels_of(order: Order) -> list[Shipment]:
    """What was sent to the buyer, oldest first; several dispatches in one parcel are one."""
    found: dict[object, Shipment] = {}
    for shipment in order.outbound:
        found.setdefault(shipment.parcel_id or ("none", shipment.pk), shipment)
    return list(found.values())


def found_parcel(order: Order, pk: int) -> Shipment:
    """The shipment `pk` of this very order. Raises Http404."""
    for shipment in parcels_of(order):
        if shipment.pk == pk:
            return shipment
    raise Http404


def found_change(request: OrderRequest, pk: int) -> AddressChange:
    """The change `pk` of this very order. Raises Http404."""
    rows = AddressChange.objects.select_related(
        "shipment__parcel", "interception", "told", "decided_by"
    )
    change = rows.filter(order=request.order, pk=pk).first()
    if change is None:
        raise Http404
    change.order = request.order
    if change.shipment:
        change.shipment.order = request.order
    return change


def running(order: Order, shipment: Shipment | None) -> AddressChange | None:
    """The change that is under way for one of its parcels (None: for what was not shipped)."""
    for change in order.address_changes.all():
        mine = change.shipment_id == shipment.pk if shipment else not change.was_shipped
        if mine and change.is_open:
            return change
    return None
