"""Papers for customs: the commercial invoice of a return, and the proof of value of an order.

Tagged PDFs that typst makes of templates/papers/, as returns/printed.py does of the guide.
Customs reads English, so all of it is English; where the buyer has to understand or fill in
something, the buyer's language stands below it. Amounts are what was paid, from the order's
lines, and every row multiplies and every sum adds up to the smallest coin.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from returns import formats, policy
from returns.printed import Sheet, drawn
from tracking.customs import passes_customs
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, ReturnAuthorization, ReturnLine

INVOICE, VALUE = "papers/invoice.typ", "papers/value.typ"
TO_FILL = ""  # a line to write on


class Parcel(Protocol):
    """A parcel on its way: its number, its carrier's name in the active language, and what
    is in it, as far as it is known."""

    @property
    def number(self) -> str: ...

    @property
    def carrier(self) -> str: ...

    @property
    def contents(self) -> "Sequence[tuple[OrderLine, int]]": ...


def return_passes(rma: "ReturnAuthorization") -> bool:
    """Whether the parcel that brings it to us meets customs."""
    order = rma.order
    return passes_customs(order.country or order.store.country, order.store.country)


def travelling(rma: "ReturnAuthorization") -> "list[tuple[ReturnLine, int]]":
    """What was approved and has to come back, line by line."""
    rows = ((row, row.approved - row.waived) for row in rma.lines.all())
    return [(row, units) for row, units in rows if units > 0]


def printed_invoice(rma: "ReturnAuthorization", *, whole_address: bool) -> bytes:
    """The commercial invoice of what comes back, in the active language and time zone.

    whole_address: with the buyer's name, street and phone; otherwise there are lines to
    write them on. The return is approved, with its lines loaded. Raises typst.TypstError.
    """
    return drawn(invoice(rma, whole_address=whole_address), INVOICE)


def printed_value_proof(order: "Order", parcels: Sequence[Parcel], *, whole_address: bool) -> bytes:
    """What was bought and paid, for a parcel that is at customs on its way to the buyer.

    parcels: those that it is about. whole_address: with the buyer's name. Raises
    typst.TypstError.
    """
    return drawn(value_proof(order, parcels, whole_address=whole_address), VALUE)


# --- The invoice ------------------------------------------------------------------------------


def invoice(rma: "ReturnAuthorization", *, whole_address: bool) -> Sheet:
    """Everything that is written on it, as JSON can hold it."""
    order, store = rma.order, rma.order.store
    rows = list(_goods_back(rma))
    total = sum((row["amount"] for row in rows), Decimal(0))
    parcel = rma.parcel_back
    return {
        **_head(order),
        "title": _both(_("Commercial invoice")),
        "subtitle": _both(_("RETURNED GOODS, not a sale")),
        "number": rma.number,
        "sender": {
            "heading": _both(_("Sender (the buyer, who returns the goods)")),
            "rows": _sender(order, whole_address=whole_address),
        },
        "recipient": {
            "heading": _both(_("Recipient (the seller, who takes the goods back)")),
            "lines": [*store.returns_address.splitlines(), *_given(store.returns_phone)],
        },
        "facts": [
            _fact(_("Return number"), rma.number),
            _fact(_("Order number"), order.number),
            _fact(_("Date of the original sale"), _day(order.placed_at)),
            _fact(_("Reason of export"), "return of goods to the seller"),
            _fact(_("Sent from"), _country(order.country)),
            _fact(_("Sent to"), _country(store.country)),
            _fact(_("Number of the parcel"), parcel.number if parcel else TO_FILL),
            _fact(_("Currency"), order.currency),
        ],
        "columns": [
            _both(words)
            for words in (
                _("Description"),
                _("HS code"),
                _("Country of origin"),
                _("Weight"),
                _("Quantity"),
                _("Value of one"),
                _("Value"),
            )
        ],
        "rows": [_told(row, order.currency) for row in rows],
        "totals": [
            _fact(_("Pieces"), str(sum(row["units"] for row in rows))),
            _fact(_("Weight of the goods"), _weight([row["grams"] for row in rows])),
            _fact(_("Total value"), _money(total, order.currency)),
        ],
        "statement": _both(
            _(
                "Value for customs purposes only. The goods go back to the seller; they are not "
                "sold, and nothing is paid for them."
            )
        ),
        "declared": _both(_("What is stated here is true and complete.")),
        "sign": [_both(words) for words in (_("Place"), _("Date"), _("Signature"))],
        "help": _own(
            _(
                "Write on the empty lines by hand. If you do not know a code or a country of "
                "origin, leave it empty. Where a description is not in English, write beside it "
                "in English what it is."
            ),
            always=True,
        ),
    }


def _goods_back(rma: "ReturnAuthorization") -> Iterator[dict[str, Any]]:
    currency = rma.order.currency
    for row, units in travelling(rma):
        yield from _rows(row.line, units, row.worth(units, currency), currency)


def _sender(order: "Order", *, whole_address: bool) -> list[Sheet]:
    """What a forwarded link may show is the town and the country (product, section 1)."""
    known = order if whole_address else None
    street = ", ".join(_given(known.street, known.street2)) if known else TO_FILL
    company = [_fact(_("Company"), known.company)] if known and known.company else []
    town = [order.postcode, order.city] if known else [order.city]
    region = [order.region] if known and order.region else []
    return [
        _fact(_("Name"), known.name if known else TO_FILL),
        *company,
        _fact(_("Street and number"), street),
        *([] if known else [_fact(_("Postcode"), TO_FILL)]),
        _fact(_("Town"), ", ".join([" ".join(_given(*town)), *region])),
        _fact(_("Country"), _country(order.country)),
        _fact(_("Phone"), known.phone if known else TO_FILL),
    ]


# --- The proof of value -----------------------------------------------------------------------


def value_proof(order: "Order", parcels: Sequence[Parcel], *, whole_address: bool) -> Sheet:
    """Everything that is written on it, as JSON can hold it."""
    store, currency = order.store, order.currency
    rows = [
        row
        for line in order.lines.all()
        if line.kept and line.needs_shipping
        for row in _rows(line, line.kept, line.paid_for_kept, currency)
    ]
    return {
        **_head(order),
        "title": _both(_("Proof of value")),
        "subtitle": _both(_("What was bought and what was paid for it")),
        "number": order.number,
        "seller": {
            "heading": _both(_("Seller")),
            "lines": [store.name, _country(store.country), store.contact_email],
        },
        "buyer": {
            "heading": _both(_("Buyer")),
            "rows": [
                _fact(_("Name"), order.name if whole_address else TO_FILL),
                _fact(_("Town"), order.city),
                _fact(_("Country"), _country(order.country)),
            ],
        },
        "facts": [
            _fact(_("Order number"), order.number),
            _fact(_("Date of the order"), _day(order.placed_at)),
            _fact(_("Date of the payment"), _day(order.paid_at) if order.paid_at else "not paid"),
            _fact(_("Currency"), currency),
        ],
        "columns": [
            _both(words)
            for words in (_("Description"), _("Quantity"), _("Paid for one"), _("Paid"))
        ],
        "rows": [_told(row, currency) for row in rows],
        "totals": list(_totals(order, [row["amount"] for row in rows])),
        "parcels_heading": _both(_("What is in the parcel")),
        "parcels": [_parcel(parcel) for parcel in parcels],
        "statement": _both(
            _(
                "All amounts are what was really paid, after discounts. Made from the records of "
                "the seller on {day}. This is no bill: nothing has to be paid because of it."
            ),
            day=_day(timezone.now()),
        ),
    }


def _totals(order: "Order", goods: list[Decimal]) -> Iterator[Sheet]:
    """Adds up to what was paid less what went back, whatever the shop counts besides."""
    currency = order.currency
    value, kept = sum(goods, Decimal(0)), order.paid_total - order.refunded_total
    yield _fact(_("Goods"), _money(value, currency))
    if order.postage_total:
        yield _fact(_("Postage"), _money(order.postage_total, currency))
    if not order.paid_at:
        yield _fact(_("Goods and postage"), _money(value + order.postage_total, currency))
        return
    if other := kept - value - order.postage_total:
        yield _fact(_("Anything else in the order"), _money(other, currency))
    if order.refunded_total:
        yield _fact(_("Paid at first"), _money(order.paid_total, currency))
        yield _fact(_("Given back since"), _money(-order.refunded_total, currency))
    yield _fact(_("Paid in all"), _money(kept, currency))


def _parcel(parcel: Parcel) -> Sheet:
    return {
        "name": ", ".join(_given(parcel.number, _english(lambda: parcel.carrier))),
        "goods": [f"{units} × {_title(line)}" for line, units in parcel.contents],
    }


# --- What both are made of ----------------------------------------------------------------------


def _head(order: "Order") -> Sheet:
    language, _dash, region = (translation.get_language() or "en").partition("-")
    countries = {"hans": "cn", "hant": "tw"}
    return {
        "own": {"language": language, "region": countries.get(region, region) or None},
        "shop": order.store.name,
    }


def _both(words: Words, **values: str) -> Sheet:
    """In English, and in the buyer's language where that is another."""
    return {"en": _english(str, words).format(**values), "own": _own(words).format(**values)}


def _fact(words: Words, value: str) -> Sheet:
    return {**_both(words), "value": value}


def _own(words: Words, *, always: bool = False) -> str:
    said = str(words)
    return said if always or said != _english(str, words) else ""


def _english(say: Any, *values: Any) -> str:
    with translation.override("en"):
        return say(*values)


def _money(amount: Decimal, currency: str) -> str:
    return _english(formats.money, amount, currency)


def _day(at: datetime) -> str:
    """`3 December 2026`: no country reads it otherwise."""
    day = formats.as_date(at)
    return f"{day.day} {formats.ENGLISH_MONTHS[day.month - 1]} {day.year}"


def _country(code: str) -> str:
    return _english(formats.country, code) if code else TO_FILL


def _weight(grams: list[int]) -> str:
    """Of all of them; a line to write on unless each is known."""
    return _english(formats.weight, sum(grams)) if all(grams) else TO_FILL


def _given(*values: str) -> list[str]:
    return [value for value in values if value]


def _title(line: "OrderLine") -> str:
    return ", ".join(_given(line.title, line.variant))


def _rows(
    line: "OrderLine", units: int, amount: Decimal, currency: str
) -> Iterator[dict[str, Any]]:
    """The line as rows whose value of one times quantity is exactly their value: what cannot
    be divided evenly is two rows, a smallest coin apart."""
    coin = policy.unit(currency)
    each = amount // (units * coin) * coin
    dearer = int((amount - each * units) / coin)
    for count, value in ((units - dearer, each), (dearer, each + coin)):
        if count:
            yield {
                "title": _title(line),
                "sku": line.sku,
                "units": count,
                "grams": line.weight_grams * count,
                "one": value,
                "amount": value * count,
            }


def _told(row: dict[str, Any], currency: str) -> Sheet:
    return {
        "title": row["title"],
        "sku": row["sku"],
        "units": str(row["units"]),
        "weight": _weight([row["grams"]]),
        "one": _money(row["one"], currency),
        "amount": _money(row["amount"], currency),
    }
