"""The named characters of the tests and the things they own, made the real way."""

from datetime import time, timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from returns import addresses
from returns.models import (
    BUYER,
    LinkKey,
    Order,
    OrderLine,
    ReturnPolicy,
    Shipment,
    ShipmentLine,
    Store,
    Wanted,
)
from tracking.milestones import Milestone
from tracking.models import Account, Parcel, ScanReport

LINK_KEY = "test-key-please-change"


def open_store(slug: str = "juniper-pine", **values) -> Store:
    """A store with its account, a link key and usual rules."""
    account, _ = Account.objects.get_or_create(
        name=slug, defaults={"zone": "Europe/London", "country": "GB"}
    )
    defaults = {
        "name": "Juniper & Pine",
        "language": "en",
        "currency": "USD",
        "country": "LT",
        "zone": "Europe/London",
        "signed_by": "Ieva and Tomas",
        "contact_email": "hello@juniper.example",
        # What waits for an hour or for more of its kind would make tests depend on the clock.
        "quiet_from": time(0),
        "quiet_until": time(0),
        "gather_minutes": 0,
        "hold_minutes": 0,
        "returns_address": "Juniper & Pine, Returns\nUžupio g. 14-2\n01203 Vilnius\nLITHUANIA",
    }
    policy = values.pop("policy", {})
    store = Store.objects.create(account=account, slug=slug, **(defaults | values))
    ReturnPolicy.objects.create(
        store=store, **({"automatic_up_to": Decimal(200), "window_days": 30} | policy)
    )
    LinkKey.objects.create(store=store, key_id="k1", secret=LINK_KEY)
    return store


def place_order(
    store: Store,
    number: str = "JP-20418",
    lines: tuple = (("Linen shirt", "68.00", 1),),
    *,
    shipped: bool = True,
    delivered: bool = True,
    days_ago: int = 6,
    **values,
) -> Order:
    """An order of sarah's. lines: (title, unit price, quantity[, values of the line])."""
    now = timezone.now()
    total = sum(Decimal(price) * quantity for _, price, quantity, *_ in lines)
    defaults = {
        "name": "Sarah Whitcombe",
        "email": "sarah@example.com",
        "phone": "+44 7700 900123",
        "street": "12 Harbour Lane",
        "city": "Bristol",
        "postcode": "BS1 4QA",
        "country": "GB",
        "language": "en",
        "zone": "Europe/London",
        "currency": store.currency,
        "goods_total": total,
        "postage_total": Decimal("6.00"),
        "paid_total": total + Decimal("6.00"),
        "source": "shopify",
        "source_id": number,
        "source_version": now - timedelta(days=days_ago),
        "placed_at": now - timedelta(days=days_ago),
        "paid_at": now - timedelta(days=days_ago),
    }
    order = Order.objects.create(store=store, number=number, **(defaults | values))
    rules = store.policy.rules().to_json()
    for position, (title, price, quantity, *more) in enumerate(lines):
        OrderLine.objects.create(
            order=order,
            source_id=str(position + 1),
            position=position,
            title=title,
            unit_price=Decimal(price),
            quantity=quantity,
            **({"rules_json": rules} | (more[0] if more else {})),
        )
    if shipped:
        ship(order, delivered=delivered, days_ago=max(days_ago - 1, 0))
    return Order.objects.get(pk=order.pk)


def ship(
    order: Order,
    *,
    delivered: bool = False,
    days_ago: int = 2,
    number: str = "",
    carrier: str = "royal-mail",
) -> Shipment:
    """All of the order in one parcel, delivered two days later if so."""
    at = timezone.now() - timedelta(days=days_ago)
    parcel = Parcel.objects.announce(
        order.store.account, number or f"RB{order.pk:09d}GB", carrier, at
    )
    shipment = Shipment.objects.create(
        order=order, parcel=parcel, shipped_at=at, source_id=f"f-{order.pk}"
    )
    for line in order.lines.filter(needs_shipping=True):
        ShipmentLine.objects.create(shipment=shipment, line=line, quantity=line.quantity)
    reports = [ScanReport(at=at, milestone=Milestone.ACCEPTED, place="Vilnius")]
    if delivered:
        reports.append(
            ScanReport(
                at=min(at + timedelta(days=2), timezone.now()),
                milestone=Milestone.DELIVERED,
                place="Bristol",
            )
        )
    parcel.record(reports)
    return shipment


def open_link(client: Client, order: Order):
    """Follows the merchant's signed link as a buyer does."""
    path = addresses.store_page(order.store, "link", token=order.store.sign_link(order.number))
    return client.get(path, follow=True)


def staff(username: str = "desk", *permissions: str, **values):
    """A member of staff with the named permissions of the returns app."""
    user = get_user_model().objects.create_user(
        username, password="a-long-enough-password", is_staff=True, **values
    )
    for codename in permissions:
        user.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label="returns")
        )
    return user


def ask_to_return(order: Order, reason: str = "changed_mind", key: str = "form", **wanted):
    """Sarah asks to send the first line back."""
    line = order.lines.first()
    assert line
    return order.request_return(
        [Wanted(line.pk, wanted.get("quantity", 1), reason)],
        by=BUYER,
        key=key,
        wish=wanted.get("wish", "refund"),
    )
