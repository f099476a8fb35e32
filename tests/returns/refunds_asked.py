"""What tests of refunds through a shop share: Sarah's order, decided, and its shop."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from returns.models import (
    Award,
    Order,
    Resolution,
    ReturnAuthorization,
    ShopAccount,
    ShopRefund,
    Store,
)
from returns.sources import OrderData, RefundData, RefundState
from returns.states import Status
from tests.people import place_order
from tests.returns.refund_server import Till
from tests.returns.returning import DESK, inspected, opened, returned
from tracking.work import WorkState

GOODS = (("Cup", "10.00", 3), ("Jug", "20.00", 1))
SLUGS = {"rest": "shopify"}


def connect(store: Store, there: Till, name: str = "shopify", **values: Any) -> ShopAccount:
    access = getattr(there, name)
    given = {"keys": dict(access.keys), "base": access.base, "refunds": True} | values
    return ShopAccount.objects.create(store=store, shop=SLUGS.get(name, name), **given)


def bought(store: Store, name: str = "shopify", **values: Any) -> Order:
    """Three cups and a jug: 50.00, and 6.00 for the postage."""
    source = SLUGS.get(name, name)
    source = "shopify" if source == "webhook" else source
    given = {"lines": GOODS, "source": source, "source_id": "727"} | values
    return place_order(store, **given)


def came_back(order: Order, *quantities: int) -> ReturnAuthorization:
    rma = returned(Order.objects.get(pk=order.pk), *(quantities or (2, 1)))
    if rma.status == Status.REQUESTED:
        rma.approve(by=DESK)
    return inspected(opened(rma))


def decide(rma: ReturnAuthorization, amount: str = "40.00", **values: Any) -> Resolution:
    award = Award(values.pop("kind", "refund"), Decimal(amount), **values)
    [made] = rma.resolve([award], by=DESK)
    return made


def again(row: Resolution) -> Resolution:
    return Resolution.objects.get(pk=row.pk)


def asked(row: Resolution) -> ShopRefund:
    return ShopRefund.objects.get(resolution=row)


def work(times: int = 1) -> None:
    for _ in range(times):
        make_due()
        ShopRefund.objects.work()


def make_due() -> None:
    ShopRefund.objects.filter(state=WorkState.DUE).update(due_at=timezone.now())


def let_leases_end() -> None:
    ShopRefund.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())


def let_servers_end() -> None:
    """So long after it was asked that no server of the shop can still be at it."""
    long_ago = timezone.now() - timedelta(minutes=10)
    ShopRefund.objects.filter(asked_at__isnull=False).update(asked_at=long_ago)


def shop_tells(
    order: Order, refunded: str, *refunds: RefundData, listed: bool = True, **values: Any
) -> None:
    """The shop sends the order again, with what it has refunded by now."""
    given: dict[str, Any] = {
        "source": order.source,
        "source_id": order.source_id,
        "number": order.number,
        "placed_at": order.placed_at,
        "paid_at": order.paid_at,
        "version": timezone.now(),
        "currency": order.currency,
        "email": order.email,
        "name": order.name,
        "country": order.country,
        "postage": order.postage_total,
        "paid": order.paid_total,
        "refunded": Decimal(refunded),
        "refunds": refunds if listed else None,
        "lines": None,
        "fulfilments": None,
    }
    Order.objects.take_in(order.store, OrderData(**given | values))


def told(row: Resolution, **values: Any) -> RefundData:
    """Our refund as the shop lists it."""
    given: dict[str, Any] = {
        "source_id": "9001",
        "note": f"{row.authorization.number} [{row.key}]",
        "amount": row.amount,
        "state": RefundState.SENT,
    }
    return RefundData(**given | values)
