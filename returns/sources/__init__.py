"""Where orders come from. One module per shop system, all alike.

An adapter turns what the shop wrote into `OrderData`, in plain frozen dataclasses, and
says what is wrong with it in `Problem`s. It knows no models and no network;
`Order.objects.take_in` writes what it read. Adding one: a module with `parse` or `read`
and a row in SOURCES.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from typing import Protocol, cast

ZERO = Decimal(0)
LARGEST_FILE = 50 * 1024 * 1024  # bytes


@dataclass(frozen=True, kw_only=True)
class LineData:
    """One line of an order.

    What was paid for it is `unit_price × quantity − discount + tax`: tax is 0 when the
    price contains it. cancelled: units that will never be sent. needs_shipping: False
    for what no parcel carries (gift cards, services): it cannot be sent back. product: the
    shop's own id of what the line is one kind of, where it has several; no part of the content
    of the order.
    """

    source_id: str
    title: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    cancelled: int = 0
    sku: str = ""
    variant: str = ""
    weight_grams: int = 0
    longest_cm: int = 0
    final_sale: bool = False
    needs_shipping: bool = True
    product: str = field(default="", repr=False, compare=False)

    @property
    def paid(self) -> Decimal:
        return self.unit_price * self.quantity - self.discount + self.tax


@dataclass(frozen=True, kw_only=True)
class ScanData:
    """What the shop knows about a parcel. code: the shop's own word, after its slug."""

    at: datetime
    milestone: str
    code: str


@dataclass(frozen=True, kw_only=True)
class FulfilmentData:
    """Goods that left together, in no, one or several parcels.

    shipped_at: None when the shop does not say; then it counts from when we were told.
    lines: (line's source id, units). Shops do not tell which unit is in which of several
    parcels; they are booked on the first one.
    """

    source_id: str
    shipped_at: datetime | None
    lines: tuple[tuple[str, int], ...]
    carrier: str = ""
    numbers: tuple[str, ...] = ()
    scans: tuple[ScanData, ...] = ()


class RefundState(StrEnum):
    """What a shop says of one refund. Of BOOKED ones it says the amount and no more."""

    SENT = "sent"
    BOOKED = "booked"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class RefundData:
    """One refund of an order. note: as it was written there; ours holds our key. amount: in
    the order's currency; of SENT and BOOKED ones it is part of `OrderData.refunded`."""

    source_id: str
    note: str
    amount: Decimal
    state: RefundState


@dataclass(frozen=True, kw_only=True)
class OrderData:
    """One order as the shop tells it at one moment.

    version: when the shop last changed it; None when the shop does not say (then the
    content decides whether something is new). lines, fulfilments: None when the shop
    said nothing about them, which changes nothing; refunds: the same, and all of them else.
    Money in `currency`, moments in UTC.
    country: ISO 3166 alpha-2. language: one of the site's, '' when not told.
    """

    source: str
    source_id: str
    version: datetime | None
    number: str
    placed_at: datetime
    currency: str
    lines: tuple[LineData, ...] | None
    fulfilments: tuple[FulfilmentData, ...] | None
    cancelled_at: datetime | None = None
    paid_at: datetime | None = None
    language: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    postage: Decimal = ZERO
    tax: Decimal = ZERO
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    refunds: tuple[RefundData, ...] | None = field(default=None, repr=False)
    tags: str = ""


@dataclass(frozen=True)
class Shop:
    """What an adapter must know about the store: what counts when an order does not say.

    now: moments after it are typing errors. zone: of dates written without one.
    """

    currency: str
    country: str = ""
    zone: str = "UTC"
    language: str = "en"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True)
class Problem:
    """Something that cannot be taken in. at: the row or order; path: column or field."""

    at: str
    path: str
    reason: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.at, self.path) if part)
        return f"{where}: {self.reason}" if where else self.reason


class Unreadable(Exception):
    """An order or a file that cannot be read; `problems` says why, field by field."""

    def __init__(self, *problems: Problem):
        self.problems = list(problems)
        super().__init__("; ".join(map(str, problems)))


@dataclass
class Reading:
    """What a file held. orders: (where it stands, order). notes: worth knowing, no fault."""

    orders: list[tuple[str, OrderData]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Source(Protocol):
    """One shop system: an adapter module."""

    def read(self, content: bytes, shop: Shop) -> Reading:
        """Every order of a file. Raises Unreadable when it is no such file at all."""


# slug → (label, dotted path)
SOURCES: dict[str, tuple[str, str]] = {
    "shopify": ("Shopify", "returns.sources.shopify"),
    "woocommerce": ("WooCommerce", "returns.sources.woocommerce"),
    "table": ("Table (CSV or XLSX)", "returns.sources.table"),
}


def load(slug: str) -> Source:
    return cast(Source, import_module(SOURCES[slug][1]))


def read(content: bytes, shop: Shop, slug: str = "") -> Reading:
    """Reads a file of orders. slug: one of SOURCES, '' = told from the content.

    Raises Unreadable when the file as a whole cannot be used.
    """
    if len(content) > LARGEST_FILE:
        raise Unreadable(too_large())
    if not content.strip():
        raise Unreadable(Problem("", "", "the file is empty"))
    return load(slug or recognise(content)).read(content, shop)


def too_large() -> Problem:
    return Problem("", "", f"the file is larger than {LARGEST_FILE // 1024**2} MB; please split it")


def recognise(content: bytes) -> str:
    """The slug that fits the content. Raises Unreadable for JSON that is no order."""
    from returns.sources import documents

    if not documents.is_json(content):
        return "table"
    return documents.recognise(documents.load(content))


def known_sources() -> Iterator[tuple[str, str]]:
    return ((slug, label) for slug, (label, _) in SOURCES.items())
