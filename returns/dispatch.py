"""What tracking is told of a parcel when it is announced. Pure functions.

A parcel that is worth much, weighs much or is long is handed over against a signature, or
by appointment, as the store's rules say (`Store.sign_from`, `appoint_from_grams`,
`appoint_from_cm`).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tracking.models import Dispatch

if TYPE_CHECKING:
    from returns.models.order import Order, OrderLine
    from returns.models.return_base import ReturnBase

Contents = Iterable[tuple["OrderLine", int]]


def outbound(
    order: "Order", contents: Mapping[int, int], lines: "Iterable[OrderLine]", at: datetime
) -> Dispatch:
    """Of a parcel to the buyer. contents: line's id → units in it. at: when it left."""
    inside = [(line, contents[line.pk]) for line in lines if contents.get(line.pk)]
    return _dispatch(
        order,
        inside,
        handed_over_at=at,
        origin=order.store.country,
        destination=order.country,
        phone=order.phone,
    )


def inbound(rma: "ReturnBase", at: datetime | None) -> Dispatch:
    """Of a parcel that brings a return to us. at: when it was posted, None when only its
    number is known. Carriers ask for the phone of the receiver, which is ours."""
    order = rma.order
    inside = [(row.line, row.approved) for row in rma.lines.select_related("line")]
    return _dispatch(
        order,
        inside,
        handed_over_at=at,
        origin=order.country,
        destination=order.store.country,
        phone=order.store.returns_phone or order.phone,
        is_inbound=True,
    )


def _dispatch(
    order: "Order",
    inside: "list[tuple[OrderLine, int]]",
    *,
    handed_over_at: datetime | None,
    origin: str,
    destination: str,
    phone: str,
    is_inbound: bool = False,
) -> Dispatch:
    store = order.store
    value = sum((line.paid * units / line.quantity for line, units in inside), Decimal(0))
    grams = sum(line.weight_grams * units for line, units in inside)
    longest = max((line.longest_cm for line, _ in inside), default=0)
    # The limit is an amount in the store's currency and says nothing about another one.
    comparable = order.currency == store.currency
    return Dispatch(
        handed_over_at=handed_over_at,
        origin=origin,
        destination=destination,
        phone_tail=tail_of(phone),
        value=value.quantize(Decimal("0.001")) if inside else None,
        currency=order.currency,
        # Not the weight of the goods: packing weighs too, and nobody has weighed the parcel.
        is_inbound=is_inbound,
        wants_signature=bool(comparable and store.sign_from and value >= store.sign_from),
        by_appointment=bool(
            (store.appoint_from_grams and grams >= store.appoint_from_grams)
            or (store.appoint_from_cm and longest >= store.appoint_from_cm)
        ),
    )


def tail_of(phone: str) -> str:
    """The last four digits, or '' when there are not so many."""
    digits = re.sub(r"\D", "", phone)
    return digits[-4:] if len(digits) >= 7 else ""
