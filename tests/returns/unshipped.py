"""What tests of changes before shipping share: an order of Shopify's, and its change."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from returns import tasks
from returns.models import BUYER, AddressChange, Order, ShopAccount, ShopUpdate, Store
from returns.models.intake import Outcome
from returns.postal.address import PostalAddress
from returns.sources import FulfilmentData, LineData, OrderData
from tests.post_office import send_due
from tests.returns.shop_server import SAN_FRANCISCO, Played
from tracking.gateways import Aim
from tracking.work import WorkState

PLACED = timezone.now().replace(microsecond=0) - timedelta(days=1)
AUSTIN = PostalAddress(
    name="Sarah Whitcombe",
    phone="+44 7700 900123",
    street="12 Harbour Lane",
    city="Austin",
    region="Texas",
    postcode="78701",
    country="US",
)
LINES = (
    LineData(source_id="1", title="Linen shirt", quantity=1, unit_price=Decimal("68.00")),
    LineData(source_id="2", title="Linen scarf", quantity=1, unit_price=Decimal("40.00")),
)


def told(address: PostalAddress = AUSTIN, **values) -> OrderData:
    """Sarah's order as Shopify tells it: two things, not shipped."""
    fields = {name: getattr(address, name) for name in ("name", "company", "phone", "street")}
    fields |= {name: getattr(address, name) for name in ("street2", "city", "region")}
    defaults = {
        "source": "shopify",
        "source_id": "727",
        "version": PLACED,
        "number": "JP-20418",
        "placed_at": PLACED,
        "paid_at": PLACED,
        "currency": "USD",
        "lines": LINES,
        "fulfilments": (),
        "email": "sarah@example.com",
        "postcode": address.postcode,
        "country": address.country,
        "postage": Decimal("6.00"),
        "paid": Decimal("114.00"),
        "language": "en",
    }
    return OrderData(**(defaults | fields | values))


def sent(number: str = "UPS1", *, at: datetime | None = None, lines=("1", "2")) -> FulfilmentData:
    return FulfilmentData(
        source_id=f"f-{number}",
        shipped_at=at or timezone.now(),
        lines=tuple((line, 1) for line in lines),
        carrier="ups",
        numbers=(number,),
    )


def take_in(store: Store, data: OrderData) -> Outcome:
    return Order.objects.take_in(store, data)


def tell_anew(store: Store, address: PostalAddress, **values) -> Order:
    """The shop tells it again, changed at this moment."""
    values = {"version": timezone.now()} | values
    Order.objects.take_in(store, told(address, **values))
    return the_order()


def the_order() -> Order:
    return Order.objects.get(number="JP-20418")


def move(order: Order, key: str = "form-1", **values) -> AddressChange:
    """Sarah wants it in San Francisco."""
    more = {"after": SAN_FRANCISCO, "by": BUYER} | values
    return order.change_address(Aim.REDIRECT, key=key, **more)


def again(change: AddressChange) -> AddressChange:
    return AddressChange.objects.get(pk=change.pk)


def connect(store: Store, there: Played, shop: str = "shopify") -> ShopAccount:
    access = getattr(there, shop)
    return ShopAccount.objects.create(
        store=store, shop=shop, keys=dict(access.keys), base=access.base
    )


def start(change: AddressChange) -> None:
    """Its letter leaves, and the shop is to be told."""
    send_due(timezone.now())
    AddressChange.objects.follow()


def work() -> None:
    send_due(timezone.now())
    tasks.follow_addresses()


def let_leases_end() -> None:
    ShopUpdate.objects.filter(state=WorkState.CLAIMED).update(lease_until=timezone.now())


def make_due() -> None:
    ShopUpdate.objects.filter(state=WorkState.DUE).update(due_at=timezone.now())
