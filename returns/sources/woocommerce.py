"""WooCommerce's order JSON: one order as its webhook sends it, or a list.

WooCommerce itself knows neither parcels nor dispatch by line: a completed order has left,
and waybills are read from what the usual tracking plug-ins add to `meta_data`. Its core
JSON tells refunds as amounts, not as units.
"""

import html
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from returns.sources import (
    ZERO,
    FulfilmentData,
    LineData,
    OrderData,
    Reading,
    RefundData,
    RefundState,
    Shop,
    documents,
    money,
)
from returns.sources.fields import Fields, language, tell_once
from tracking import carriers

SLUG = "woocommerce"

# Statuses, with those that tracking plug-ins add.
OPEN = frozenset(
    {
        "pending",
        "on-hold",
        "failed",
        "processing",
        "refunded",
        "partial-shipped",
        "partially-shipped",
    }
)
SENT = frozenset({"completed", "shipped", "delivered"})
CANCELLED = frozenset({"cancelled", "trash"})
DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft"})
# Lists of parcels, by plug-in: WooCommerce Shipment Tracking and Advanced Shipment
# Tracking share the first, AfterShip writes the second.
PARCELS = ("_wc_shipment_tracking_items", "_aftership_tracking_items")
# A single number beside its carrier.
NUMBERS = (
    ("_aftership_tracking_number", "_aftership_tracking_provider_name"),
    ("_tracking_number", "_tracking_provider"),
    ("tracking_number", "tracking_provider"),
    ("ywot_tracking_code", "ywot_carrier_name"),
)
# Orders Tracking writes a list, as JSON text, on each line.
LINE_PARCELS = "_vi_wot_order_item_tracking_data"
LANGUAGES = ("wpml_language", "trp_language", "_locale")


def read(content: bytes, shop: Shop) -> Reading:
    return documents.read(content, shop, SLUG, parse)


def parse(order: dict[str, Any], shop: Shop, at: str = "") -> OrderData:
    """One order of a webhook. Raises Unreadable with one problem per wrong field."""
    me = Fields(order, shop, at)
    me.currency = me.code("currency", money.is_currency, "an ISO currency") or shop.currency
    status = me.text("status")
    if status in DRAFTS:
        me.wrong("status", f"“{status}” is not an order yet")
    elif status not in OPEN | SENT | CANCELLED:
        tell_once("woocommerce: order status %r is not known", status)
    placed_at, changed_at = _moment(me, "date_created"), _moment(me, "date_modified")
    if not (me.has("date_created_gmt") or me.has("date_created")):
        me.wrong("date_created_gmt", "is missing")
    paid_at = _moment(me, "date_paid")
    if paid_at is None and status in SENT:
        paid_at = _moment(me, "date_completed")
    total = me.amount("total")
    lines, postage = _priced(me, total)
    fulfilments = _fulfilments(me, lines or (), status)
    if status == "refunded" and not fulfilments:
        lines = tuple(replace(line, cancelled=line.quantity) for line in lines or ())
    billing, address = me.child("billing"), me.child("shipping")
    phone = address.text("phone", 40, cut=True) or billing.text("phone", 40, cut=True)
    name = _name(address)
    if not any(address.text(key) for key in ("address_1", "city", "postcode")):
        address = billing
    data = OrderData(
        source=SLUG,
        source_id=me.needed("id", 64),
        version=changed_at or placed_at,
        number=(me.text("number", 120) or me.text("id")).removeprefix("#"),
        placed_at=placed_at or shop.now,
        cancelled_at=(changed_at or placed_at) if status in CANCELLED else None,
        paid_at=paid_at,
        currency=me.currency,
        lines=lines,
        fulfilments=fulfilments,
        language=language(next(filter(None, (_meta(me, key) for key in LANGUAGES)), "")),
        name=name or _name(billing),
        email=billing.email("email"),
        phone=phone,
        company=_plain(address, "company", 200),
        street=_plain(address, "address_1", 300),
        street2=_plain(address, "address_2", 300),
        city=_plain(address, "city", 120),
        region=_plain(address, "state", 120),
        postcode=address.text("postcode", 20),
        country=address.country("country"),
        postage=postage,
        tax=me.amount("total_tax", negative=True),
        paid=total if paid_at else ZERO,
        refunded=sum(
            (abs(part.amount("total", negative=True)) for part in me.children("refunds")), ZERO
        ),
        refunds=tuple(_refunds(me)) if me.has("refunds") else None,
    )
    me.check()
    return data


def _refunds(me: Fields) -> Iterator[RefundData]:
    """Whether the money has left does not stand in the order's JSON."""
    for row in me.children("refunds"):
        yield RefundData(
            source_id=row.text("id", 120, cut=True),
            note=row.text("reason", 500, cut=True),
            amount=abs(row.amount("total", negative=True)),
            state=RefundState.BOOKED,
        )


def _moment(me: Fields, key: str) -> datetime | None:
    """The twin in UTC; the plain one speaks of the shop's own clock."""
    if me.has(f"{key}_gmt"):
        return me.moment(f"{key}_gmt", "UTC")
    return me.moment(key, me.shop.zone)


def _plain(fields: Fields, key: str, limit: int, *, cut: bool = False) -> str:
    """A text as people read it: WordPress keeps `&amp;` and `&ndash;` in names."""
    text = html.unescape(fields.text(key))
    if len(text) > limit and not cut:
        fields.wrong(key, f"is longer than {limit} characters")
    return text[:limit]


def _name(person: Fields) -> str:
    names = (_plain(person, "first_name", 100), _plain(person, "last_name", 99))
    return " ".join(filter(None, names))


def _meta(fields: Fields, key: str) -> Any:
    """The last value of this key in `meta_data`, '' when there is none."""
    found: Any = ""
    for part in fields.children("meta_data"):
        if part.data.get("key") == key:
            found = part.data.get("value") or ""
    return found


# --- goods and what they cost -----------------------------------------------------------------


def _priced(me: Fields, total: Decimal) -> tuple[tuple[LineData, ...] | None, Decimal]:
    """Lines with their discounts and taxes, and the postage, adding up to the total."""
    if not me.has("line_items"):
        return None, ZERO
    rows = me.children("line_items")
    if not rows:
        me.wrong("line_items", "is empty; an order needs at least one line")
        return None, ZERO
    lines = [_line(row, me.flag("prices_include_tax")) for row in rows]
    off = ZERO
    for row in me.children("fee_lines"):
        cost = row.amount("total", negative=True) + row.amount("total_tax", negative=True)
        if cost > 0:
            lines.append(_fee(row, cost))
        off -= min(cost, ZERO)
    lines = money.discounted(lines, off, me.currency)
    postage = me.amount("shipping_total") + me.amount("shipping_tax")
    if me.has("total"):
        lines, postage = money.fitted(lines, postage, total, me.currency)
    if len({line.source_id for line in lines}) < len(lines):
        me.wrong("line_items", "has the same id twice")
    return tuple(lines), postage


def _line(row: Fields, tax_included: bool) -> LineData:
    """`subtotal` is before and `total` after discounts, both always without tax."""
    quantity = row.whole("quantity", low=1) or 1
    for key in ("quantity", "total"):
        if not row.has(key):
            row.wrong(key, "is missing")
    total, tax = row.amount("total"), row.amount("total_tax")
    before = row.amount("subtotal") if row.has("subtotal") else total
    if tax_included:
        total, before = total + tax, before + row.amount("subtotal_tax")
        tax = ZERO
    each = money.unit_price(max(before, total), quantity, row.currency)
    # A kit's parts that cost nothing themselves come back with the kit, not alone.
    part_of_kit = row.data.get("bundled_by") or row.data.get("composite_parent")
    kit_of_parts = row.data.get("bundled_items") or row.data.get("composite_children")
    return LineData(
        source_id=row.needed("id", 64),
        title=_plain(row, "name", 300, cut=True) or "–",
        variant=_variant(row),
        sku=row.text("sku", 120, cut=True),
        quantity=quantity,
        unit_price=each,
        discount=each * quantity - total,
        tax=tax,
        needs_shipping=not ((part_of_kit or kit_of_parts) and not before),
        product=row.text("product_id", 120, cut=True) if row.data.get("variation_id") else "",
    )


def _variant(row: Fields) -> str:
    """The chosen attributes, where the shop tells them in words: Black, M."""
    values = [
        html.unescape(str(part.data.get("display_value") or part.data.get("value")))
        for part in row.children("meta_data")
        if not str(part.data.get("key", "_")).startswith("_")
        and isinstance(part.data.get("display_value") or part.data.get("value"), (str, int))
    ]
    return ", ".join(values)[:300] if row.data.get("variation_id") else ""


def _fee(row: Fields, cost: Decimal) -> LineData:
    """A surcharge or a service: paid for, but nothing that can be sent back."""
    return LineData(
        source_id=f"fee-{row.text('id', 60)}",
        title=_plain(row, "name", 300, cut=True) or "–",
        quantity=1,
        unit_price=cost,
        needs_shipping=False,
    )


# --- goods that moved -------------------------------------------------------------------------


def _fulfilments(
    me: Fields, lines: tuple[LineData, ...], status: str
) -> tuple[FulfilmentData, ...]:
    """Parcels as the plug-ins tell them; a completed order has left in any case."""
    left = {line.source_id: line.quantity for line in lines if line.needs_shipping}
    sent_at = _moment(me, "date_completed")
    found: list[FulfilmentData] = []
    seen: set[str] = set()
    for number, carrier, shipped, items, source_id in _parcels(me):
        number = "".join(str(number or "").split())
        if not number or number in seen:
            continue
        if len(number) > 60:
            me.wrong("meta_data", "has a tracking number of more than 60 characters")
            continue
        seen.add(number)
        goods = []
        # When it does not say what is inside: everything that is left.
        for line, units in items or list(left.items()):
            if taken := min(units, left.get(line, 0)):
                goods.append((line, taken))
                left[line] -= taken
        found.append(
            FulfilmentData(
                source_id=(str(source_id) or number)[:64],
                shipped_at=_shipped(me, shipped, sent_at),
                lines=tuple(goods),
                carrier=carriers.code_of(str(carrier or "")),
                numbers=(number,),
            )
        )
    rest = tuple((line, units) for line, units in left.items() if units)
    if status in SENT and rest:
        found.append(FulfilmentData(source_id="completed", shipped_at=sent_at, lines=rest))
    return tuple(found)


Parcel = tuple[Any, Any, Any, list[tuple[str, int]], Any]


def _parcels(me: Fields) -> Iterator[Parcel]:
    """(number, carrier, when sent, [(line, units)], id) of every plug-in that we know."""
    for key in PARCELS:
        for item in _listed(_meta(me, key)):
            carrier = (
                item.get("tracking_provider")
                or item.get("custom_tracking_provider")
                or item.get("slug")
                or item.get("carrier_name")
            )
            yield (
                item.get("tracking_number"),
                carrier,
                item.get("date_shipped"),
                _inside(me, item),
                item.get("tracking_id") or "",
            )
    for number, carrier in NUMBERS:
        if isinstance(_meta(me, number), (str, int)):
            yield _meta(me, number), _meta(me, carrier), None, [], ""
    yield from _parcels_on_lines(me)


def _parcels_on_lines(me: Fields) -> Iterator[Parcel]:
    found: dict[Any, tuple[Any, Any, list[tuple[str, int]]]] = {}
    for row in me.children("line_items"):
        # The plug-in keeps corrected numbers; the last one counts.
        for item in _listed(_meta(row, LINE_PARCELS))[-1:]:
            number = item.get("tracking_number")
            carrier = item.get("carrier_name") or item.get("carrier_slug")
            _, _, inside = found.setdefault(number, (carrier, item.get("time"), []))
            units = row.data.get("quantity")
            inside.append((row.text("id"), units if isinstance(units, int) else 0))
    for number, (carrier, time, inside) in found.items():
        yield number, carrier, time, inside, ""


def _listed(value: Any) -> list[dict[str, Any]]:
    """A list of objects, which some plug-ins write as JSON text or with numbers as keys."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if isinstance(value, dict):
        value = list(value.values())
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _inside(me: Fields, item: dict[str, Any]) -> list[tuple[str, int]]:
    """What is in one parcel, as Advanced Shipment Tracking tells it."""
    by_product = {
        str(row.data.get("variation_id") or row.data.get("product_id")): row.text("id")
        for row in me.children("line_items")
    }
    inside = []
    for part in _listed(item.get("products_list")):
        line = str(part.get("item_id") or by_product.get(str(part.get("product")), ""))
        units = str(part.get("qty", ""))
        if line and units.isdecimal() and int(units):
            inside.append((line, int(units)))
    return inside


def _shipped(me: Fields, value: Any, otherwise: datetime | None) -> datetime | None:
    """Plug-ins write seconds since 1970 (as number or text), or a day."""
    text = str(value or "").strip()
    try:
        if text.isdecimal():
            found = datetime.fromtimestamp(int(text), UTC)
        else:
            found = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
    return min(found, me.shop.now)
