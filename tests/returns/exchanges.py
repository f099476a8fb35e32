"""Exchanges and parcels that turn, brought where a test needs them by the verbs of the house."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from returns.models import (
    BUYER,
    Order,
    Resolution,
    ReturnAuthorization,
    Store,
    TrustRule,
    Variant,
    Wanted,
)
from tests.people import place_order
from tests.returns.returning import DESK, forms
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

SHIRT = (("Linen shirt", "68.00", 1, {"sku": "SHIRT-M", "variant": "Oat, size M"}),)


def kinds(store: Store, *more: tuple[str, str, str | None]) -> dict[str, Variant]:
    """The kinds of the shirt: what the buyer has, one of the same price and those given (SKU,
    title, price)."""
    rows = (("SHIRT-M", "Oat, size M", None), ("SHIRT-L", "Oat, size L", None), *more)
    return {
        sku: Variant.objects.create(
            store=store,
            product="shirt",
            sku=sku,
            title=title,
            price=None if price is None else Decimal(price),
        )
        for sku, title, price in rows
    }


def regular(store: Store, **values) -> None:
    """Sarah has bought here before, and the store sends ahead."""
    TrustRule.objects.update_or_create(store=store, defaults={"sends_ahead": True, **values})
    for number, days_ago in (("JP-1", 400), ("JP-2", 200)):
        place_order(store, number, days_ago=days_ago)


def exchanged(
    order: Order, variant: str = "SHIRT-L", *, wish: str = "exchange", **values
) -> ReturnAuthorization:
    """A request for another kind of the first line, not decided yet."""
    line = order.lines.first()
    assert line
    wanted = [Wanted(line.pk, values.pop("quantity", 1), "fit", "", variant)]
    key = values.pop("key", f"form {next(forms)}")
    rma = order.request_return(wanted, wish=wish, by=BUYER, key=key, **values)
    return same(rma)


def same(rma: ReturnAuthorization) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def goods_of(rma: ReturnAuthorization) -> Resolution:
    return rma.resolutions.live().get(kind__in=["exchange", "replacement", "piece"])


def sent_ahead(order: Order, number: str = "RB987654326GB", **values) -> ReturnAuthorization:
    """Approved, and the new shirt has left before the old one is back."""
    rma = exchanged(order, ahead=True, **values)
    rma.approve(by=DESK)
    goods_of(rma).ship(number, "royal-mail", by=DESK)
    return same(rma)


def moved(parcel: Parcel | None, milestone: str, *, hours: int = 0) -> None:
    """The carrier reports a step, and the worker takes it up."""
    assert parcel
    at = timezone.now() + timedelta(hours=hours)
    parcel.record([ScanReport(at=at, milestone=milestone, place="Bristol")])
    ReturnAuthorization.objects.follow()


def turned(order: Order, milestone: str = Milestone.RETURNING, *, hours: int = 0) -> None:
    shipment = order.shipments.filter(is_return=False, resolution=None).first()
    assert shipment
    moved(shipment.parcel, milestone, hours=hours)
