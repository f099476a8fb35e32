"""Reads one return of an order, and what its page needs, in a fixed number of queries."""

from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.http import Http404

from portal.access import OrderRequest
from portal.order_page.discretion import keep_to_yourself
from portal.return_page.instead import parcels_out
from portal.return_page.standing import OPENED
from returns.models import Offer, Receipt, ReturnAuthorization, ReturnLine, Shipment, Weighing
from returns.models.order import OrderQuerySet
from returns.states import Status
from tracking.models import Incident


def found(request: OrderRequest, number: str) -> ReturnAuthorization:
    """The return `number` of this very order, with its lines and the parcels of the order.
    Raises Http404."""
    order = request.order
    lines = Prefetch("lines", ReturnLine.objects.select_related("line"))
    open_offers = Offer.objects.open().filter(authorization=OuterRef("pk"))
    rma = ReturnAuthorization.objects.filter(order=order, number=number)
    rma = rma.annotate(has_offer=Exists(open_offers))
    mine = rma.prefetch_related(lines).first()
    if mine is None:
        raise Http404
    mine.order = order
    for row in mine.lines.all():
        row.line.order = order
    shipments = Prefetch("shipments", Shipment.objects.select_related("parcel", "resolution"))
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
    prefetch_related_objects([rma.order], "promises", *OrderQuerySet.WITH_CASES)
    prefetch_related_objects([rma], "photos")
    if rma.status == Status.APPROVED:
        prefetch_related_objects([rma], "documents")
    if rma.status in OPENED:
        again = Exists(Weighing.objects.filter(receipt=OuterRef("pk")))
        valid = Receipt.objects.filter(undone_at=None).annotate(has_weighings=again)
        prefetch_related_objects([rma], Prefetch("receipts", valid), "surplus", "resolutions")
        if any(getattr(receipt, "has_weighings", True) for receipt in rma.receipts.all()):
            prefetch_related_objects([rma], "receipts__weighings")
        for row in rma.resolutions.all():
            row.authorization = rma  # whose order says the currency
    if rma.ahead_at and rma.status not in OPENED:
        prefetch_related_objects([rma], "resolutions")
    out = parcels_out(rma)
    if parcels := [row.parcel for row in out if row.parcel]:
        troubles = Prefetch("incidents", Incident.objects.open())
        prefetch_related_objects(parcels, "scans", troubles)
    if not request.has_fresh_code:
        keep_to_yourself(rma.order, [*([shipment] if shipment else []), *out])
