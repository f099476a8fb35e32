"""Shipping what a buyer gets instead of other goods: its parcel is announced, told and followed
like every other."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.utils import timezone

from returns import variants
from returns.codes import GOODS_KINDS
from returns.dispatch import outbound
from returns.models.event import Actor
from returns.models.promise import Promise
from returns.models.shipment import Shipment, ShipmentLine
from returns.states import SETTLED, IllegalTransition, ResolutionState
from tracking.models import Parcel

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order
    from returns.models.resolution import Resolution

LEAVES_FROM = frozenset({ResolutionState.PENDING, ResolutionState.PROCESSING})


class NumberTaken(Exception):
    """The number is that of a parcel that brings something else."""


class ShippingGoods(models.Model):
    class Meta:
        abstract = True

    @property
    def _mine(self) -> "Resolution":
        """There is no other kind."""
        return cast("Resolution", self)

    @property
    def is_goods(self) -> bool:
        return self._mine.kind in GOODS_KINDS

    def ship(
        self, number: str = "", carrier: str = "", *, by: Actor, now: datetime | None = None
    ) -> Shipment:
        """The goods have left for the buyer: from now on their parcel is followed, and the
        buyer is told.

        number: normalised, '' when there is none; carrier: our code of it, or its name. Raises
        variants.Gone when what was chosen is sold out, NumberTaken when the number is that of
        another parcel, IllegalTransition when it was sent before, or is not sent any more.
        """
        now, mine = now or timezone.now(), self._mine
        if not self.is_goods or mine.state not in LEAVES_FROM:
            raise IllegalTransition(mine.state, ResolutionState.SUCCEEDED)
        with transaction.atomic():
            order = mine.authorization.order.locked()
            rma = order.returns.get(pk=mine.authorization_id)
            rma.order = order
            # Read anew: somebody may have been faster, or the return was cancelled.
            if not rma.resolutions.filter(pk=mine.pk, state__in=LEAVES_FROM).exists():
                raise IllegalTransition(mine.state, ResolutionState.SUCCEEDED)
            if gone := variants.gone(rma):
                raise variants.Gone(gone)
            shipment = _announce(order, rma, mine, number, carrier, now)
            mine.record_sent(by=by, reference=number, now=now)
            Promise.objects.of_update(order.with_goods(), by=by, now=now)
        return shipment


def _announce(
    order: "Order",
    rma: "ReturnAuthorization",
    resolution: "Resolution",
    number: str,
    carrier: str,
    now: datetime,
) -> Shipment:
    """Under the order's lock."""
    lines = {line.pk: line for line in order.lines.all()}
    rows = list(rma.lines.all())
    # What a missing piece belongs to stays with the buyer, and is dealt with in no other way.
    settled = rma.status in SETTLED and any(row.resolved for row in rows)
    units = {row.line_id: row.resolved if settled else row.approved for row in rows}
    contents = {pk: count for pk, count in units.items() if count}
    parcel = None
    if number:
        dispatch = outbound(order, contents, lines.values(), now)
        parcel = Parcel.objects.announce(order.store.account, number, carrier, now, dispatch)
        # Somebody may announce it at this very moment, under another order's lock.
        parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
        if Shipment.objects.filter(parcel=parcel).exists():
            raise NumberTaken
    shipment = Shipment.objects.create(
        order=order,
        resolution_id=resolution.pk,
        parcel=parcel,
        number=number,
        carrier=carrier,
        shipped_at=now,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, line_id=pk, quantity=units)
        for pk, units in contents.items()
    )
    return shipment
