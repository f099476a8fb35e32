"""What a return's page says of new goods instead of others, and of a parcel that turns: the words
about it and the way of its parcel.

Functions over a ReturnAuthorization loaded by `portal/return_page/reading.py`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from portal.order_page.deliveries import delivery_of
from portal.order_page.legs import Leg
from portal.order_page.parcel_legs import leg_to_buyer
from returns import addresses, exchange_texts
from returns.texts import Standing, standing

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization, Shipment


def instead(rma: "ReturnAuthorization", now: datetime) -> dict[str, Any]:
    """Of a page: `ahead`, `legs_out` and, where something is sold out, the way to choose."""
    sold_out = standing(rma) == Standing.SOLD_OUT
    return {
        "ahead": exchange_texts.ahead(rma) if not rma.misses_original else (),
        "legs_out": [_leg(rma, row, now) for row in parcels_out(rma)],
        "choose_url": addresses.return_page(rma, "return_variant") if sold_out else "",
    }


def parcels_out(rma: "ReturnAuthorization") -> "list[Shipment]":
    """Those that bring what the buyer gets, and the one that is called back or refused."""
    decided = bool(rma.ahead_at or rma.resolved_at)
    mine = {row.pk for row in rma.resolutions.all()} if decided else set()
    return [
        row
        for row in rma.order.shipments.all()
        if (row.resolution_id and row.resolution_id in mine)
        or (rma.is_recall and row.pk == rma.turning_id)
    ]


def _leg(rma: "ReturnAuthorization", shipment: "Shipment", now: datetime) -> Leg:
    return leg_to_buyer(rma.order, delivery_of(shipment, now))
