"""The story so far: scans, decisions and facts of one order, in legs, newest first.

One leg per parcel, one for returns, one for the order itself. Functions over an Order
loaded by `Order.objects.with_story()`, and `now`; they speak the active language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.order_page.deliveries import Delivery, deliveries
from portal.order_page.legs import OPEN_ENTRIES as OPEN_ENTRIES
from portal.order_page.legs import Entry, Leg, event_entry, folded, is_told, moment
from portal.order_page.parcel_legs import back_leg as back_leg
from portal.order_page.parcel_legs import leg_of_return, parcel_leg
from portal.order_page.return_leg import read_outcomes, returns_leg
from returns import formats

if TYPE_CHECKING:
    from returns.models import Order


@dataclass(frozen=True)
class Timeline:
    """checked_at: when a carrier was last asked about what is still on its way; is_stale:
    and could not be since. told_at: when the shop told us, where no carrier was asked yet. At
    most one of them is set."""

    legs: tuple[Leg, ...]
    checked_at: datetime | None = None
    told_at: datetime | None = None
    is_stale: bool = False


def timeline(order: "Order", now: datetime) -> Timeline:
    """The whole story: the leg in which something happened last stands first."""
    read_outcomes(order)
    out, back = deliveries(order, now), deliveries(order, now, back=True)
    legs = [parcel_leg(order, parcel, index, len(out)) for index, parcel in enumerate(out, 1)]
    legs += [leg_of_return(order, parcel) for parcel in back]
    legs += [leg for leg in (returns_leg(order, now), _order_leg(order)) if leg.events]
    # sorted() is stable: of legs with the same moment, the parcels stand first.
    legs = sorted(legs, key=lambda leg: leg.newest, reverse=True)
    checked_at, told_at = _checked(order, [*out, *back])
    # What the shop told is not how a parcel comes back: that, the buyer told us.
    if legs[0].id in {parcel.key for parcel in back}:
        told_at = None
    old = [parcel for parcel in (*out, *back) if parcel.is_stale]
    is_stale = any(p.parcel and p.parcel.checked_at == checked_at for p in old)
    return Timeline(tuple(_mark_latest(legs)), checked_at, told_at, is_stale)


def _checked(order: "Order", parcels: list[Delivery]) -> tuple[datetime | None, datetime | None]:
    """The oldest check among parcels still on their way, so that it is true for each."""
    moving = [parcel.parcel for parcel in parcels if parcel.parcel and not parcel.has_ended]
    checks = [parcel.checked_at for parcel in moving if parcel.checked_at]
    if moving and len(checks) == len(moving):
        return min(checks), None
    return (None, order.source_version) if moving or not parcels else (None, None)


def _mark_latest(legs: list[Leg]) -> Iterable[Leg]:
    """The newest thing that happened is marked, once."""
    if not legs:
        return
    first, *others = legs
    entries = list(first.events)
    for index, entry in enumerate(entries):
        if entry.at:
            entries[index] = replace(entry, state="latest")
            break
    yield replace(first, events=tuple(entries))
    yield from others


def _order_leg(order: "Order") -> Leg:
    entries = [
        event_entry(event)
        for event in order.events.all()
        if event.authorization_id is None and is_told(event)
    ]
    if order.paid_at:
        paid = _("We received your payment.")
        if order.paid_total:
            paid = _("We received your payment of {amount}.").format(
                amount=formats.money(order.paid_total, order.currency)
            )
        entries.append(Entry(order.paid_at, paid))
    entries.append(Entry(order.placed_at, _("You placed the order.")))
    entries.sort(key=moment, reverse=True)
    return Leg("leg-order", "house", _("Your order"), *folded(entries))
