"""What a shop reports as refunded, and which of our decisions that is."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from returns.codes import (
    BESIDES_PAID,
    MONEY_KINDS,
    SENT_BY_SHOP,
    THROUGH_SHOP,
    ResolutionKind,
)
from returns.shops.refunding import key_in
from returns.sources import RefundData, RefundState
from returns.states import ResolutionState

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.models.resolution import Resolution

ZERO = Decimal(0)
# Part of the figure that the shop tells.
COUNTED = (RefundState.SENT, RefundState.BOOKED)


class Reported(models.QuerySet["Resolution"]):
    """Mixed into ResolutionQuerySet."""

    def reported(
        self,
        order: "Order",
        grown: Decimal,
        refunds: Iterable[RefundData] | None = None,
        now: datetime | None = None,
    ) -> None:
        """The shop tells of `grown` more refunded than before, and, where it lists them, of
        every refund of the order. Those that carry our key are known for certain: one that
        left is sent, whoever was still waiting for the answer; one that failed after all came
        back. Under the order's lock.

        Of the rest, one that was sent or asked for through the shop, of exactly that amount,
        is counted there from now on. Nothing else is guessed: another refund of the shop must
        not hide money that went out another way. What stays counted twice leaves too little to
        give, never too much, and the desk can say which one it is (`record_sent`).
        """
        if refunds is not None:
            grown -= self._named(order, list(refunds), now or timezone.now())
        if grown <= 0:
            return
        alike = self.filter(
            authorization__order=order,
            in_shop=False,
            kind__in=MONEY_KINDS - {ResolutionKind.STORE_CREDIT} - BESIDES_PAID,
            method__in=THROUGH_SHOP,
            amount=grown,
        )
        asked = alike.filter(
            state=ResolutionState.PROCESSING, shop_refund__asked_at__isnull=False
        ).order_by("decided_at", "pk")
        sent = alike.filter(state=ResolutionState.SUCCEEDED).order_by("settled_at", "pk")
        if first := sent.first() or asked.first():
            self.filter(pk=first.pk).update(in_shop=True)

    def _named(self, order: "Order", refunds: list[RefundData], now: datetime) -> Decimal:
        """Takes over what the shop says of our own refunds; returns how much of its figure is
        known to be one of ours that was not counted there before."""
        mine: dict[str, Resolution] = {
            row.key: row
            for row in self.filter(authorization__order=order).select_related("authorization")
            if row.kind in SENT_BY_SHOP
        }
        told = [(mine[key], one) for one in refunds if (key := key_in(one.note)) in mine]
        known = ZERO
        for row, one in told:
            counts = one.state in COUNTED and not row.is_void
            if counts and not row.in_shop and one.amount == row.amount:
                self.filter(pk=row.pk).update(in_shop=True)
                row.in_shop = True
                known += one.amount
        # What the shop counted and does not tell of any more was taken away there.
        counted = {row.pk for row, one in told if one.state in COUNTED}
        gone = [row.pk for row in mine.values() if row.in_shop and row.pk not in counted]
        self.filter(pk__in=gone, shop_refund__asked_at__isnull=False).update(in_shop=False)
        for row, one in told:
            row.authorization.order = order
            row._take_over(one, now)
        return known
