"""AddressTold: what a shop tells of the address of an order that we have sent elsewhere.

Shops tell an order again and again: because we changed it there, because something else in it
changed before they knew of that, and because somebody changed the address there as well. What
was told is compared as a label reads it, with the two addresses of the last change.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from returns.address_policy import AGAIN
from returns.address_states import ChangeStatus, WhyNot
from returns.models.address_change import AddressChange
from returns.models.event import SHOP
from returns.models.shop_update import ShopUpdate
from returns.postal.address import PostalAddress
from returns.shops.writing import same
from returns.sources import OrderData
from tracking.work import WorkState

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.models.shipment import Shipment

PLACE = ("street", "street2", "city", "region", "postcode", "country")
# Digits of a phone at its end that tell it, however its beginning is written.
TAIL = 8


class Verdict(StrEnum):
    FREE = "free"  # none of our changes is concerned: as the shop says
    OURS = "ours"  # the shop has the address that we have
    LATE = "late"  # it has not heard of that yet, or speaks of the time before
    BACK = "back"  # it knew, and has the other one of the two
    OTHER = "other"  # it has a third one


@dataclass(frozen=True)
class AddressTold:
    """change: the last one about what was not shipped; None when there never was any."""

    change: AddressChange | None
    verdict: Verdict
    version: datetime | None = None

    @classmethod
    def read(cls, order: "Order", data: OrderData) -> Self:
        """Under the order's lock, and asked for behind it: a change that was made while we
        waited for the lock counts."""
        change = order.address_changes.of_unshipped().first()
        if change is None:
            return cls(None, Verdict.FREE)
        return cls(change, _verdict(order, change, data), data.version)

    @property
    def keeps_ours(self) -> bool:
        return self.verdict in (Verdict.OURS, Verdict.LATE)

    def is_our_phone(self, phone: str) -> bool:
        """The number that stands on the label because we told it: nobody's new contact."""
        if self.change is None:
            return False
        known = [self.change.wanted.phone, self.change.was_before.phone]
        return bool(_tail(phone)) and _tail(phone) in map(_tail, known)

    def settle(self, known: set[int], now: datetime) -> None:
        """What the change learns, once everything that came is written. known: shipments that
        were there before."""
        change = self.change
        if change is None:
            return
        order = change.order.with_goods()
        if order.is_cancelled:
            change.fail(WhyNot.CANCELLED, by=SHOP, now=now) if change.is_open else None
            ShopUpdate.objects.forget(order, now)
        elif self.verdict == Verdict.OTHER:
            change.fail(WhyNot.SHOP_CHANGED, by=SHOP, now=now) if change.is_open else None
            ShopUpdate.objects.forget(order, now)
        elif self.verdict == Verdict.BACK:
            self._went_back(order, change, known, now)
        else:
            self._compare_with_parcels(order, change, known, now)

    def _went_back(
        self, order: "Order", change: AddressChange, known: set[int], now: datetime
    ) -> None:
        if change.status == ChangeStatus.WAITING:
            # Somebody at the shop did it before a person here had decided.
            if change.approve(by=SHOP, now=now):
                change.note_in_shop(now=now)
        elif change.is_in_force and (_is_left(order) or _new(order, known)):
            change.fail(WhyNot.SHOP_CHANGED, by=SHOP, now=now)

    def _compare_with_parcels(
        self, order: "Order", change: AddressChange, known: set[int], now: datetime
    ) -> None:
        """What left before the shop had the new address went to the old one. While something
        is left to ship, the change is about that."""
        is_there = self.verdict == Verdict.OURS and change.is_in_force
        had_it: datetime | None = None
        if is_there or change.status == ChangeStatus.SUCCEEDED:
            had_it = change.ended_at or change.sent_at or change.started_at or change.requested_at
        new = _new(order, known)
        in_time = had_it and any(row.shipped_at >= had_it for row in order.outbound)
        if (change.is_open or (change.is_in_force and new)) and not (in_time or _is_left(order)):
            left = WhyNot.SHIPPED if order.outbound else WhyNot.CANCELLED
            change.fail(left, by=SHOP, now=now)
        elif self._is_news_of(change):
            change.note_in_shop(at=had_it, now=now)
            ShopUpdate.objects.forget(order, now)

    def _is_news_of(self, change: AddressChange) -> bool:
        """The shop has what it was to have, and nobody had told us so far."""
        if self.verdict != Verdict.OURS:
            return False
        if change.is_open:
            return change.is_in_force
        ended = change.ended_at
        return change.must_act and bool(self.version and ended and self.version > ended)


def _verdict(order: "Order", change: AddressChange, data: OrderData) -> Verdict:
    counts = change.is_in_force or change.aim == AGAIN
    ours, other = change.wanted, change.was_before
    if not counts:
        ours, other = other, ours
    if not same(PostalAddress.of(order), ours):
        return Verdict.FREE
    told = PostalAddress(
        name=data.name, company=data.company, **{name: getattr(data, name) for name in PLACE}
    )
    if not (told.street or told.city or told.postcode):
        return Verdict.LATE if counts else Verdict.FREE
    if same(told, ours):
        return Verdict.OURS
    if not same(told, other):
        return Verdict.OTHER
    return Verdict.LATE if _has_not_heard(order, change, data.version) else Verdict.BACK


def _has_not_heard(order: "Order", change: AddressChange, version: datetime | None) -> bool:
    if change.is_open:
        return change.is_in_force
    update = ShopUpdate.objects.of(order).first()
    if change.must_act or (update and update.may_arrive):
        return True
    since = change.ended_at
    if update and update.state == WorkState.DONE:
        since = update.version or update.done_at
    # Told late, from the time before: by the shop's own clock, where we know it.
    return bool(version and since and version < since)


def _new(order: "Order", known: set[int]) -> "list[Shipment]":
    return [row for row in order.outbound if row.pk not in known]


def _is_left(order: "Order") -> bool:
    return any(line.to_ship for line in order.lines.all())


def _tail(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))[-TAIL:]
