"""Shopify's order JSON, as its webhooks send it (bare), or wrapped, or a list.

Money: everything is read in the shop's own currency (`currency`, the `shop_money` of the
`…_set` fields), in which the merchant keeps prices and rules. What the buyer saw in
another currency (`presentment_money`) is not used, except that a refund booked in it is
converted at the order's own rate, never at today's.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from returns import policy
from returns.sources import (
    ZERO,
    FulfilmentData,
    LineData,
    OrderData,
    Reading,
    RefundData,
    RefundState,
    ScanData,
    Shop,
    documents,
    money,
)
from returns.sources.fields import Fields, language, milestone, tell_once
from tracking import carriers
from tracking.milestones import Milestone

SLUG = "shopify"

# fulfillments[].status of goods that did not leave after all.
NOT_SENT = frozenset({"cancelled", "error", "failure"})
SENT = frozenset({"success", "open", "pending"})
# fulfillments[].shipment_status, and the events that newer versions write there.
PARCEL = {
    "label_printed": Milestone.ANNOUNCED,
    "label_purchased": Milestone.ANNOUNCED,
    "confirmed": Milestone.ANNOUNCED,
    "carrier_picked_up": Milestone.ACCEPTED,
    "in_transit": Milestone.IN_TRANSIT,
    "delayed": Milestone.IN_TRANSIT,
    "out_for_delivery": Milestone.OUT_FOR_DELIVERY,
    "attempted_delivery": Milestone.ATTEMPTED,
    "ready_for_pickup": Milestone.READY_FOR_PICKUP,
    "picked_up": Milestone.DELIVERED,
    "delivered": Milestone.DELIVERED,
    # Something went wrong, and it does not say what: neutral words until the carrier does.
    "failure": Milestone.UNKNOWN,
}
# financial_status: whether the money has come.
PAID = frozenset({"paid", "partially_refunded", "refunded"})
PARTLY_PAID = "partially_paid"
UNPAID = frozenset({"pending", "authorized", "voided", "expired", "partially_paid", ""})
CAPTURES = frozenset({"sale", "capture"})
# refunds[].transactions[].status of money that did not go back after all.
FAILED = frozenset({"failure", "error"})
NO_CARRIER = frozenset({"other", "custom", "null-company", "none"})
NO = frozenset({"", "false", "no", "0"})


def read(content: bytes, shop: Shop) -> Reading:
    return documents.read(content, shop, SLUG, parse)


def parse(order: dict[str, Any], shop: Shop, at: str = "") -> OrderData:
    """One order of a webhook. Raises Unreadable with one problem per wrong field."""
    me = Fields(order, shop, at)
    me.currency = me.code("currency", money.is_currency, "an ISO currency") or shop.currency
    _check_currency(me)
    fulfilments = tuple(_fulfilments(me)) if me.has("fulfillments") else None
    lines, postage = _priced(me, fulfilments or ())
    paid_at, paid, refunded = _payments(me)
    customer, billing = me.child("customer"), me.child("billing_address")
    address = me.child("shipping_address")
    if not address.data:
        address = billing
    placed_at = me.moment("created_at")
    if placed_at is None and not me.text("created_at"):
        me.wrong("created_at", "is missing")
    number = me.text("name", 120) or me.text("order_number", 120)
    if not number.removeprefix("#"):
        me.wrong("name", "is missing")
    data = OrderData(
        source=SLUG,
        source_id=me.needed("id", 64),
        version=me.moment("updated_at") or placed_at,
        number=number.removeprefix("#"),
        placed_at=placed_at or shop.now,
        cancelled_at=me.moment("cancelled_at"),
        paid_at=paid_at,
        currency=me.currency,
        lines=lines,
        fulfilments=fulfilments,
        language=language(me.text("customer_locale")),
        name=_name(address) or _name(customer) or _name(billing),
        email=me.email("email") or me.email("contact_email") or customer.email("email"),
        phone=next(
            filter(
                None,
                (each.text("phone", 40, cut=True) for each in (me, address, billing, customer)),
            ),
            "",
        ),
        company=address.text("company", 200),
        street=address.text("address1", 300),
        street2=address.text("address2", 300),
        city=address.text("city", 120),
        region=address.text("province", 120),
        postcode=address.text("zip", 20),
        country=address.country("country_code"),
        postage=postage,
        tax=me.amount("total_tax"),
        paid=paid,
        refunded=refunded,
        refunds=tuple(_refunds(me)) if me.has("refunds") else None,
        tags=me.text("tags", 500, cut=True),
    )
    me.check()
    return data


def _check_currency(me: Fields) -> None:
    for name in ("total_price_set", "current_total_price_set"):
        told = me.child(name).child("shop_money").text("currency_code").upper()
        if told and told != me.currency:
            me.wrong(name, f"is in {told}, but the order is in {me.currency}")


def _name(person: Fields) -> str:
    names = (person.text("first_name", 100, cut=True), person.text("last_name", 99, cut=True))
    return person.text("name", 200) or " ".join(filter(None, names))


def _price(fields: Fields, key: str) -> Decimal:
    if fields.has(key):
        return fields.amount(key)
    return fields.child(f"{key}_set").child("shop_money").amount("amount")


# --- goods and what they cost -----------------------------------------------------------------


def _priced(
    me: Fields, fulfilments: tuple[FulfilmentData, ...]
) -> tuple[tuple[LineData, ...] | None, Decimal]:
    """Lines with their discounts and taxes, and the postage, adding up to the total."""
    if not me.has("line_items"):
        return None, ZERO
    rows = me.children("line_items")
    if not rows:
        me.wrong("line_items", "is empty; an order needs at least one line")
        return None, ZERO
    final = any(_means_final(tag) for tag in me.text("tags").split(","))
    refunded = _refunded_units(me)
    lines = [_line(row, final, fulfilments, refunded) for row in rows]
    if len({line.source_id for line in lines}) < len(lines):
        me.wrong("line_items", "has the same id twice")
    if not any(row.has("discount_allocations") for row in rows):
        # Older orders tell the discount on the whole order only in its total.
        rest = me.amount("total_discounts") - sum((line.discount for line in lines), ZERO)
        lines = money.discounted(lines, max(rest, ZERO), me.currency)
    if not me.flag("taxes_included"):
        lines = _taxed(me, rows, lines)
    postage = _postage(me)
    if me.has("total_price") or me.has("total_price_set"):
        lines, postage = money.fitted(lines, postage, _price(me, "total_price"), me.currency)
    return tuple(lines), postage


def _line(
    row: Fields, final: bool, fulfilments: tuple[FulfilmentData, ...], refunded: dict[str, int]
) -> LineData:
    source_id = row.needed("id", 64)
    quantity = row.whole("quantity", low=1)
    if not row.has("quantity"):
        row.wrong("quantity", "is missing")
    if not (row.has("price") or row.has("price_set")):
        row.wrong("price", "is missing")
    if row.has("discount_allocations"):
        discount = sum(
            (_price(part, "amount") for part in row.children("discount_allocations")), ZERO
        )
    else:
        discount = _price(row, "total_discount")
    sent = sum(units for part in fulfilments for line, units in part.lines if line == source_id)
    properties = [(part.text("name"), part.text("value")) for part in row.children("properties")]
    variant = row.text("variant_title", 300, cut=True)
    return LineData(
        source_id=source_id,
        title=row.text("title", 300, cut=True) or row.text("name", 300, cut=True) or "–",
        variant="" if variant == "Default Title" else variant,
        sku=row.text("sku", 120, cut=True),
        quantity=quantity or 1,
        cancelled=_cancelled(row, quantity, sent, refunded.get(source_id, 0)),
        unit_price=_price(row, "price"),
        discount=discount,
        weight_grams=row.whole("grams", high=2_000_000_000),
        final_sale=final
        or any(_means_final(name) and value.casefold() not in NO for name, value in properties),
        needs_shipping=row.data.get("requires_shipping") is not False and not row.flag("gift_card"),
        product="" if variant in ("", "Default Title") else row.text("product_id", 120, cut=True),
    )


def _means_final(text: str) -> bool:
    return re.sub(r"[\s_-]+", "", text).casefold() == "finalsale"


def _cancelled(row: Fields, quantity: int, sent: int, refunded: int) -> int:
    """Units that will never be sent.

    `current_quantity` also falls when sent goods come back, so only units that have not
    left and that are no longer waiting to leave count.
    """
    gone = quantity - row.whole("current_quantity", default=max(quantity - refunded, 0))
    waiting = row.whole("fulfillable_quantity") if row.has("current_quantity") else 0
    return max(min(gone, quantity - sent - waiting), 0)


def _refunded_units(me: Fields) -> dict[str, int]:
    units: dict[str, int] = {}
    for refund in me.children("refunds"):
        for part in refund.children("refund_line_items"):
            line = part.text("line_item_id")
            units[line] = units.get(line, 0) + part.whole("quantity")
    return units


def _taxed(me: Fields, rows: list[Fields], lines: list[LineData]) -> list[LineData]:
    """Lines with the tax that is not in their price."""
    if any(row.has("tax_lines") for row in rows):
        return [replace(line, tax=_taxes(row)) for row, line in zip(rows, lines, strict=True)]
    of_postage = sum((_taxes(part) for part in me.children("shipping_lines")), ZERO)
    taxes = policy.allocate(
        max(me.amount("total_tax") - of_postage, ZERO),
        [max(line.paid, ZERO) for line in lines],
        me.currency,
    )
    return [replace(line, tax=tax) for line, tax in zip(lines, taxes, strict=True)]


def _taxes(row: Fields) -> Decimal:
    return sum((_price(part, "price") for part in row.children("tax_lines")), ZERO)


def _postage(me: Fields) -> Decimal:
    if not me.has("shipping_lines"):
        return _price(me, "total_shipping_price")
    total = ZERO
    for row in me.children("shipping_lines"):
        if row.flag("is_removed"):
            continue
        if row.has("discount_allocations"):
            parts = row.children("discount_allocations")
            cost = _price(row, "price") - sum((_price(part, "amount") for part in parts), ZERO)
        elif row.has("discounted_price"):
            cost = row.amount("discounted_price")
        else:
            cost = _price(row, "price")
        total += max(cost, ZERO) + (ZERO if me.flag("taxes_included") else _taxes(row))
    return total


# --- money that moved -------------------------------------------------------------------------


def _payments(me: Fields) -> tuple[datetime | None, Decimal, Decimal]:
    """When it was paid (None: not yet), what was captured, and what went back."""
    status = me.text("financial_status")
    refunds = chain.from_iterable(part.children("transactions") for part in me.children("refunds"))
    refunded = sum((_booked(me, row) for row in refunds if _succeeded(row, {"refund"})), ZERO)
    total = _price(me, "total_price")
    captures = [row for row in me.children("transactions") if _succeeded(row, CAPTURES)]
    if captures:
        paid = sum((_booked(me, row) for row in captures), ZERO)
        at = min(
            filter(
                None, (row.moment("processed_at") or row.moment("created_at") for row in captures)
            ),
            default=None,
        )
    elif status in PAID:
        # Units that were taken out before the money was captured were never paid for.
        current = _price(me, "current_total_price") if _tells_current(me) else total
        paid, at = max(min(total, current + refunded), refunded), None
    elif status == PARTLY_PAID and me.has("total_outstanding"):
        paid, at = max(total - me.amount("total_outstanding", negative=True), ZERO), None
    else:
        if status not in UNPAID:
            tell_once("shopify: financial status %r is not known", status)
        return None, ZERO, refunded
    return at or me.moment("processed_at") or me.moment("created_at"), paid, refunded


def _refunds(me: Fields) -> Iterator[RefundData]:
    for row in me.children("refunds"):
        parts = [part for part in row.children("transactions") if part.text("kind") == "refund"]
        states = {part.text("status") for part in parts}
        paid = [part for part in parts if _succeeded(part, {"refund"})]
        if parts and states <= FAILED:
            state, counted = RefundState.FAILED, parts
        elif len(paid) == len(parts):
            state, counted = RefundState.SENT, paid
        else:
            state, counted = RefundState.PENDING, parts
        yield RefundData(
            source_id=row.text("id", 120, cut=True),
            note=row.text("note", 500, cut=True),
            amount=sum((_booked(me, part) for part in counted), ZERO),
            state=state if parts else RefundState.PENDING,
        )


def _tells_current(me: Fields) -> bool:
    return me.has("current_total_price") or me.has("current_total_price_set")


def _succeeded(row: Fields, kinds: frozenset[str] | set[str]) -> bool:
    return row.text("kind") in kinds and row.text("status") in {"success", ""}


def _booked(me: Fields, row: Fields) -> Decimal:
    """A transaction's amount in the order's currency."""
    currency = row.text("currency").upper() or me.currency
    if currency == me.currency:
        return row.amount("amount")
    total = me.child("total_price_set")
    seen, kept = total.child("presentment_money"), total.child("shop_money")
    whole = seen.amount("amount")
    if seen.text("currency_code").upper() != currency or not whole:
        row.wrong("currency", f"is {currency}, but the order is in {me.currency}")
        return ZERO
    share = row.amount("amount") * kept.amount("amount") / whole
    return money.rounded(share, me.currency)


# --- goods that moved -------------------------------------------------------------------------


def _fulfilments(me: Fields) -> Iterator[FulfilmentData]:
    for row in me.children("fulfillments"):
        status = row.text("status")
        if status in NOT_SENT:
            continue
        if status and status not in SENT:
            tell_once("shopify: fulfilment status %r is not known", status)
        shipped_at = row.moment("created_at")
        if shipped_at is None:
            if not row.has("created_at"):
                row.wrong("created_at", "is missing")
            continue
        yield FulfilmentData(
            source_id=row.needed("id", 64),
            shipped_at=shipped_at,
            lines=tuple(
                (part.text("id"), part.whole("quantity")) for part in row.children("line_items")
            ),
            carrier=_carrier(row.text("tracking_company")),
            numbers=_numbers(row),
            scans=_scans(row, shipped_at),
        )


def _carrier(name: str) -> str:
    return "" if name.casefold() in NO_CARRIER else carriers.code_of(name)


def _numbers(row: Fields) -> tuple[str, ...]:
    several = row.data.get("tracking_numbers")
    if several is not None and not isinstance(several, list):
        row.wrong("tracking_numbers", "should be a list")
        several = []
    found: dict[str, None] = {}
    for value in [*(several or []), row.data.get("tracking_number")]:
        number = "".join(str(value or "").split())
        if len(number) > 60:
            row.wrong("tracking_number", "is longer than 60 characters")
        elif number:
            found[number] = None
    return tuple(found)


def _scans(row: Fields, shipped_at: datetime) -> tuple[ScanData, ...]:
    status = row.text("shipment_status", 40)
    if not status:
        return ()
    return (
        ScanData(
            at=row.moment("updated_at") or shipped_at,
            milestone=milestone(SLUG, status, PARCEL),
            code=f"{SLUG}:{status}",
        ),
    )
