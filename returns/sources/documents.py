"""JSON files of orders: unwrapping them, and telling which shop wrote them."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from returns.sources import OrderData, Problem, Reading, Shop, Unreadable

SHOPIFY = {
    "financial_status",
    "fulfillment_status",
    "admin_graphql_api_id",
    "total_price",
    "order_status_url",
    "subtotal_price",
}
WOOCOMMERCE = {"order_key", "date_created", "date_created_gmt", "prices_include_tax", "created_via"}
# What else arrives by mistake: keys that give it away → what it is.
FOREIGN: tuple[tuple[set[str], str], ...] = (
    ({"refund_line_items"}, "a refund"),
    ({"tracking_numbers", "order_id"}, "a fulfilment"),
    ({"data", "accepted"}, "an answer of a tracking service"),
    ({"event", "data"}, "a message of a tracking service"),
    ({"code", "data"}, "an error or answer of an interface"),
    ({"errors"}, "an error message of an interface"),
    ({"variants", "title"}, "a product"),
    ({"orders_count"}, "a customer"),
    ({"abandoned_checkout_url"}, "an abandoned checkout"),
    ({"refund"}, "a refund"),
    ({"fulfillment"}, "a fulfilment"),
    ({"data"}, "an answer of another interface"),
)


def is_json(content: bytes) -> bool:
    """Whether it begins like JSON; it may still be cut off."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def load(content: bytes) -> Any:
    """The document; amounts stay exact. Raises Unreadable."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    try:
        text = content.decode(json.detect_encoding(content))
        return json.loads(text, parse_float=Decimal, parse_constant=refuse)
    except UnicodeDecodeError:
        reason = "the file is not UTF-8 text"
    except json.JSONDecodeError as error:
        # A word of up to five letters (false) may be cut as well.
        if error.pos >= len(text.rstrip()) - 4 or "Unterminated" in error.msg:
            reason = f"the JSON ends too early, in line {error.lineno}; the file seems cut off"
        else:
            reason = f"this is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    except RecursionError:
        reason = "the JSON is nested too deeply to be an order"
    except ValueError as error:
        reason = f"this is not JSON: {str(error)[:100]}"
    raise Unreadable(Problem("", "", reason))


def orders_of(document: Any) -> list[Any]:
    """What a file holds: a bare order, {"order": …}, {"orders": […]}, or a list of these."""
    if isinstance(document, dict):
        inner = document.get("orders", document.get("order"))
        if isinstance(inner, list):
            return inner
        if isinstance(inner, dict) and not looks_like(document):
            return [inner]
        return [document]
    if isinstance(document, list):
        return [
            item["order"] if isinstance(item, dict) and set(item) == {"order"} else item
            for item in document
        ]
    return [document]


def looks_like(item: Any) -> str:
    """The shop system that writes orders like this one, or ''."""
    if not isinstance(item, dict):
        return ""
    keys = set(item)
    # Both have `id` and `line_items`; the rest tells them apart.
    if "refund_line_items" in keys or {"order_id", "tracking_numbers"} <= keys:
        return ""
    shopify, woocommerce = len(keys & SHOPIFY), len(keys & WOOCOMMERCE)
    if max(shopify, woocommerce) < 2:
        return ""
    return "shopify" if shopify > woocommerce else "woocommerce"


def name_of(item: Any) -> str:
    """What a thing that is no order seems to be."""
    if not isinstance(item, dict):
        return f"a {type(item).__name__}" if isinstance(item, (list, str)) else "a single value"
    if slug := looks_like(item):
        return f"an order of {'Shopify' if slug == 'shopify' else 'WooCommerce'}"
    for keys, name in FOREIGN:
        if keys <= set(item):
            return name
    shown = ", ".join(sorted(map(str, item))[:6])
    return f"an object with the fields {shown}" if shown else "an empty object"


def not_an_order(at: str, item: Any) -> Problem:
    return Problem(at, "", f"this is not an order, it looks like {name_of(item)}")


def recognise(document: Any) -> str:
    """The slug of the source that wrote the first order in it. Raises Unreadable."""
    items = orders_of(document)
    for item in items:
        if slug := looks_like(item):
            return slug
    if not items:
        raise Unreadable(Problem("", "", "the list of orders is empty"))
    raise Unreadable(not_an_order("", items[0]))


def read(
    content: bytes, shop: Shop, slug: str, parse: Callable[[dict[str, Any], Shop, str], OrderData]
) -> Reading:
    """Every order of a JSON file, each by `parse`; those that cannot be read as problems."""
    if not is_json(content):
        raise Unreadable(Problem("", "", "this is not JSON: it begins with neither { nor ["))
    items = orders_of(load(content))
    reading = Reading()
    if not items:
        raise Unreadable(Problem("", "", "the list of orders is empty"))
    for position, item in enumerate(items, 1):
        at = f"order {position}" if len(items) > 1 else "the order"
        if looks_like(item) != slug:
            reading.problems.append(not_an_order(at if len(items) > 1 else "", item))
            continue
        label = item.get("name") if slug == "shopify" else item.get("number")
        at = f"{at} ({str(label)[:40]})" if label else at
        try:
            reading.orders.append((at, parse(item, shop, at)))
        except Unreadable as error:
            reading.problems += error.problems
    return reading
