"""Reads one return of an order, and what its page needs, in a fixed number of queries."""

from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404

from portal.access import OrderRequest
from portal.order_page.discretion import keep_to_yourself
from portal.return_page.standing import OPENED
from returns.models import Receipt, ReturnAuthorization, ReturnLine, Shipment
from returns.states import Status
from tracking.models import Incident


def found(request: OrderRequest, number: str) -> ReturnAuthorization:
    """The return `number` of this very order, with its lines and the parcels of the order.
    Raises Http404."""
    order = request.order
    lines = Prefetch("lines", ReturnLine.objects.select_related("line"))
    rma = ReturnAuthorization.objects.filter(order=order, number=number)
    mine = rma.prefetch_related(lines).first()
    if mine is None:
        raise Http404
    mine.order = order
    for row in mine.lines.all():
        row.line.order = order
    shipments = Prefetch("shipments", Shipment.objects.select_related("parcel"))
    prefetch_related_objects([order], shipments)
    return mine


def read_story(request: OrderRequest, rma: ReturnAuthorization) -> None:
    """What happened to it since: reports of its parcel and what is wrong with it, photos,
    what was inside, what the buyer gets. A link is not told what carriers write about the
    buyer."""
    shipment = rma.parcel_back
    if shipment and shipment.parcel:
        troubles = Prefetch("incidents", Incident.objects.open())
        prefetch_related_objects([shipment.parcel], "scans", troubles)
    prefetch_related_objects([rma.order], "promises", "cases__owner", "cases__contacts")
    prefetch_related_objects([rma], "photos")
    if rma.status == Status.APPROVED:
        prefetch_related_objects([rma], "documents")
    if rma.status in OPENED:
        undone = Prefetch("receipts", Receipt.objects.filter(undone_at=None))
        prefetch_related_objects([rma], undone, "surplus", "resolutions")
        for row in rma.resolutions.all():
            row.authorization = rma  # whose order says the currency
    if not request.has_fresh_code:
        keep_to_yourself(rma.order, [shipment] if shipment else [])
