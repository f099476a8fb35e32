"""Where we said no, or gave less: what we went by, what remains possible, and what the parcels
weighed, as facts for both sides."""

from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects

from portal.return_page.pictures import pictures
from returns import remains, weights
from returns.codes import Kind
from returns.states import SETTLED, Status

if TYPE_CHECKING:
    from portal.access import OrderRequest
    from returns.models import ReturnAuthorization
    from returns.weights import Weights


def refused(request: "OrderRequest", rma: "ReturnAuthorization") -> dict[str, Any]:
    """may_appeal: what was given may be looked at once more."""
    if rma.status == Status.DECLINED:
        return {
            "shown_photos": pictures(request, rma, rma.shown_photos.all()),
            "remains": remains.told(rma),
            "parcel_weights": weighed_out(rma),
        }
    if rma.status not in SETTLED:
        return {}
    return {"remains": remains.told(rma), "may_appeal": rma.may_question_outcome}


def weighed_back(rma: "ReturnAuthorization") -> "list[Weights]":
    """Of the parcel that brought it, where several weights are known."""
    found = [] if rma.keeps_goods else [weights.of_return(rma)]
    return [one for one in found if one.are_several]


def weighed_out(rma: "ReturnAuthorization") -> "list[Weights]":
    """Of the parcels to the buyer, where something in one is said to be missing or wrong."""
    if rma.kind != Kind.CLAIM:
        return []
    order = rma.order
    prefetch_related_objects([order], "shipments__lines__line")
    found = [weights.of_shipment(row, order) for row in order.outbound if row.parcel]
    return [one for one in found if one.are_several]
