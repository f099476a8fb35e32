"""The two shops of the simulated week, their buyers and what these have ordered."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random

from returns.models import ChannelAccount, ContactPoint, Order, Store
from returns.models.contact_point import as_number
from returns.sources import FulfilmentData, LineData, OrderData, ScanData
from tests import people
from tracking.calendars import zone_of
from tracking.milestones import Milestone

# In China the first two days are a holiday, in Britain the last one.
BEGINS = datetime(2035, 5, 1, tzinfo=UTC)  # a Tuesday
ENDS = BEGINS + timedelta(days=7)
HOUR = timedelta(hours=1)
# So many orders of each kind; most of the first two travel in three parcels.
ON_THE_ROAD, TO_SEND, ARRIVED, IN_TROUBLE = 106, 50, 40, 48
NEVER_SENT = 6


@dataclass(frozen=True)
class Place:
    """country, and the zone and language of who lives there. dial: before their numbers."""

    country: str
    zone: str
    language: str
    dial: str


LONDON = Place("GB", "Europe/London", "en", "+447700900")
PLACES = (
    LONDON,
    Place("CN", "Asia/Shanghai", "zh-hans", "+8613800138"),
    Place("US", "America/New_York", "en", "+12025550"),
    Place("IN", "Asia/Kolkata", "en", "+9198765430"),
    Place("NZ", "Pacific/Auckland", "en", "+64211234"),
)


def open_shops() -> list[Store]:
    """One in London, one in Shanghai, with the usual working time, quiet hours and drafts."""
    usual = {
        "quiet_from": time(21),
        "quiet_until": time(8),
        "gather_minutes": 5,
        "hold_minutes": 60,
    }
    london = people.open_store("juniper-pine", country="GB", **usual)
    shanghai = people.open_store(
        "camellia",
        country="CN",
        zone="Asia/Shanghai",
        language="zh-hans",
        name="山茶与纸",
        signed_by="王小明",
        policy={"post_days": 4},
        **usual,
    )
    account = shanghai.account
    account.zone, account.country = "Asia/Shanghai", "CN"
    account.save()
    for store in (london, shanghai):
        ChannelAccount.objects.create(store=store, provider="demo", sender=store.name)
    return [london, shanghai]


@dataclass
class Bought:
    """One order as its shop knows it. kind: of on the road, to send, arrived, in trouble."""

    store: Store
    place: Place
    data: OrderData
    kind: str
    left_at: datetime

    @property
    def is_dear(self) -> bool:
        """A person of the shop decides about its return."""
        return bool(self.data.lines and self.data.lines[0].unit_price > 200)

    @property
    def numbers(self) -> list[str]:
        return [number for part in self.data.fulfilments or () for number in part.numbers]


def bought(stores: list[Store], random: Random) -> Iterator[Bought]:
    kinds = (
        ["on the road"] * ON_THE_ROAD
        + ["to send"] * TO_SEND
        + ["arrived"] * ARRIVED
        + ["in trouble"] * IN_TROUBLE
    )
    for number, kind in enumerate(kinds):
        store, place = stores[number % 2], PLACES[number % 5]
        if kind == "in trouble" and number % 4 == 0:
            store, place = stores[0], LONDON  # the lane on which parcels are soon overdue
        # Every twentieth belongs to somebody who has ordered at the same shop before.
        email = f"buyer{number - 10 if number % 20 == 12 else number}@example.com"
        hours = random.uniform(1, 20 if kind == "in trouble" else 60) if kind != "arrived" else 72
        left = BEGINS - hours * HOUR
        if kind == "to send":
            left = BEGINS + random.uniform(2, 100) * HOUR
        parts = 3 if number % 6 and kind in {"on the road", "to send"} else 1
        yield Bought(
            store, place, _order(number, store, place, email, left, parts, kind), kind, left
        )


def _order(
    number: int,
    store: Store,
    place: Place,
    email: str,
    left: datetime,
    parts: int,
    kind: str,
) -> OrderData:
    price = Decimal(400) if number % 3 == 0 else Decimal(40)  # dear: a person decides
    lines = tuple(
        LineData(source_id=str(part), title=f"Cup {part}", quantity=1, unit_price=price)
        for part in range(parts)
    )
    fulfilments = tuple(
        FulfilmentData(
            source_id=f"f{part}",
            shipped_at=left,
            lines=((str(part), 1),),
            carrier="royal-mail" if store.country == "GB" else "yto",
            numbers=(f"{'RB' if store.country == 'GB' else 'YT'}{number * 10 + part:09}",),
            scans=_past(left, kind),
        )
        for part in range(parts)
    )
    placed = left - 30 * HOUR
    return OrderData(
        source="shopify",
        source_id=str(number),
        version=placed,
        number=f"W-{number}",
        placed_at=placed,
        paid_at=placed,
        currency=store.currency,
        lines=lines,
        fulfilments=fulfilments,
        paid=price * parts,
        language="zh-hans" if place.country == "US" and number % 4 == 0 else place.language,
        name="王小明" if place.language != "en" else "Sarah Whitcombe",
        email=email,
        phone=f"{place.dial}{number % 1000:03}",
        street="12 Harbour Lane",
        city="Bristol",
        postcode="BS1 4QA",
        country=place.country,
    )


def _past(left: datetime, kind: str) -> tuple[ScanData, ...]:
    if kind != "arrived":
        return ()
    return (
        ScanData(at=left, milestone=Milestone.ACCEPTED, code="shop:accepted"),
        ScanData(at=left + 60 * HOUR, milestone=Milestone.DELIVERED, code="shop:delivered"),
    )


def take_in(rows: list[Bought], now: datetime) -> None:
    """What the shops had before the week. Where the country does not tell in which zone the
    buyer lives, we learn it before the order is paid."""
    for store in {row.store.pk: row.store for row in rows}.values():
        mine = [row for row in rows if row.store.pk == store.pk]
        abroad = [row for row in mine if not zone_of(row.place.country)]
        _taken(store, [replace(row.data, paid_at=None, fulfilments=None) for row in abroad], now)
        for row in abroad:
            Order.objects.filter(number=row.data.number).update(zone=row.place.zone)
        _taken(store, [_told_first(row) for row in mine], now)


def _told_first(row: Bought) -> OrderData:
    data = replace(row.data, version=row.data.placed_at + timedelta(minutes=1))
    return replace(data, fulfilments=()) if row.kind == "to send" else data


def send(row: Bought, now: datetime) -> None:
    """It leaves: the shop tells its parcels."""
    _taken(row.store, [replace(row.data, version=row.data.placed_at + HOUR)], now)


def _taken(store: Store, told: list[OrderData], now: datetime) -> None:
    for outcome in Order.objects.take_in_all(store, told, now=now):
        assert outcome in {"new", "updated"}, outcome


def agree(now: datetime) -> None:
    """Every fourth wants to be told by SMS. To a number that ends in 000 none gets through."""
    for order in Order.objects.select_related("store"):
        if int(order.source_id) % 4 == 0:
            number = as_number(order.phone, order.country)
            ContactPoint.objects.agree(order.store, "sms", number, source="order", now=now)
