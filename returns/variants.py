"""What may be sent instead of the goods of a line: other kinds of the same product.

The rule of prices: we take no payment, so what is sent costs no more than what the buyer has.
Compared is what the shop lists, because a discount of the line goes with the exchange; where
the other kind is cheaper, the difference is given back with it, in the same proportion to what
was paid. Prices of kinds are in the store's currency: in an order paid in another one only
kinds without a price of their own can be chosen, which cost the same.

What was chosen is looked at again whenever something follows from it: when it is asked for,
when it is approved, and before it is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from returns import policy
from returns.codes import Wish
from returns.ledger import Obstacle, Problem, Refused

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, ReturnAuthorization, ReturnLine
    from returns.models.order import Wanted
    from returns.models.variant import Variant

ZERO = Decimal(0)


class Gone(Exception):
    """What is to be sent is not there any more. rows: the lines of the return it is for."""

    def __init__(self, rows: "Sequence[ReturnLine]"):
        self.rows = tuple(rows)
        super().__init__("what was chosen is not there any more")


def allowed(line: "OrderLine") -> "list[Variant]":
    """The kinds that the buyer may choose from, none when the store has told us of none."""
    return of_lines(line.order, [line])[line.pk]


def of_lines(order: "Order", lines: "Iterable[OrderLine]") -> "dict[int, list[Variant]]":
    """The same for several lines, in two queries at most: line's id → kinds."""
    from returns.models.variant import Variant

    lines = list(lines)
    skus = {line.sku for line in lines if line.sku}
    if not skus:
        return {line.pk: [] for line in lines}
    of_store = Variant.objects.filter(store=order.store_id)
    product_of = dict(of_store.filter(sku__in=skus).values_list("sku", "product"))
    offered = (
        list(of_store.filter(product__in=set(product_of.values()), available=True))
        if product_of
        else []
    )
    return {
        line.pk: [
            row
            for row in offered
            if row.product == product_of.get(line.sku) and row.sku != line.sku and fits(row, line)
        ]
        for line in lines
    }


def fits(variant: "Variant", line: "OrderLine") -> bool:
    """Whether it costs no more than what the buyer has."""
    if variant.price is None:
        return True
    order = line.order
    return order.currency == order.store.currency and variant.price <= line.unit_price


def difference(line: "OrderLine", price: Decimal | None, amount: Decimal) -> Decimal:
    """What is given back because the other kind is cheaper. price: of one of it, as listed,
    None = the same. amount: what was paid for the units that are exchanged."""
    if price is None or not line.unit_price or price >= line.unit_price:
        return ZERO
    less = amount * (line.unit_price - price) / line.unit_price
    return less.quantize(policy.unit(line.order.currency), ROUND_DOWN)


def check(order: "Order", wanted: "Sequence[Wanted]", wish: str) -> None:
    """Raises Refused for kinds that may not be chosen (any more). Without a kind, words are
    enough: a person reads them."""
    chosen = {item.line_id: item.variant for item in wanted if item.variant}
    if wish != Wish.EXCHANGE or not chosen:
        return
    lines = [line for line in order.lines.all() if line.pk in chosen]
    may = of_lines(order, lines)
    problems = [
        Problem(Obstacle.VARIANT_GONE, pk)
        for pk, sku in chosen.items()
        if all(row.sku != sku for row in may.get(pk, ()))
    ]
    if problems:
        raise Refused(problems)


def snapshots(order: "Order", wanted: "Iterable[Wanted]", wish: str) -> dict[int, dict[str, Any]]:
    """What is written down of the kinds that were chosen: line's id → sku, title, price. They
    were checked before."""
    chosen = {item.line_id: item.variant for item in wanted if item.variant}
    if wish != Wish.EXCHANGE or not chosen:
        return {}
    lines = [line for line in order.lines.all() if line.pk in chosen]
    return {
        pk: snapshot(row)
        for pk, rows in of_lines(order, lines).items()
        for row in rows
        if row.sku == chosen[pk]
    }


def snapshot(variant: "Variant") -> dict[str, Any]:
    price = None if variant.price is None else str(variant.price)
    return {"sku": variant.sku, "title": variant.title, "price": price}


def price_of(chosen: Mapping[str, Any]) -> Decimal | None:
    """Of a snapshot: what one of it cost when it was chosen. A later change of price is ours."""
    price = chosen.get("price")
    return None if price in (None, "", "None") else Decimal(str(price))


def gone(rma: "ReturnAuthorization") -> "list[ReturnLine]":
    """Its lines for which nothing can be sent: the kind that was chosen, or where the same
    comes again that one, is sold out. What nobody has entered is taken to be there."""
    from returns.models.variant import Variant

    rows = list(rma.lines.select_related("line"))
    if rma.wish == Wish.EXCHANGE:
        needed = {row.pk: row.variant.get("sku", "") for row in rows}
    elif rma.wish == Wish.REPLACEMENT:
        needed = {row.pk: row.line.sku for row in rows}
    else:
        return []
    skus = {sku for sku in needed.values() if sku}
    if not skus:
        return []
    known = dict(
        Variant.objects.filter(store=rma.order.store_id, sku__in=skus).values_list(
            "sku", "available"
        )
    )
    # A kind that was chosen and is entered no more is as gone as one that is switched off.
    unknown = rma.wish != Wish.EXCHANGE
    return [row for row in rows if needed[row.pk] and not known.get(needed[row.pk], unknown)]


def given_back(rma: "ReturnAuthorization") -> Decimal:
    """What goes back with the exchange, for the units that count: those that were taken or
    need not come back, else those that were asked for."""
    total = ZERO
    for row in rma.lines.select_related("line"):
        if not row.variant:
            continue
        row.line.order = rma.order
        count = row.accepted + row.waived if rma.inspected_at or rma.keeps_goods else row.requested
        total += difference(row.line, price_of(row.variant), row.worth(count, rma.order.currency))
    return total
