"""What is in an order, line by line.

Pure functions over an Order loaded by `Order.objects.with_story()`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from portal import drawings
from portal.order_page.deliveries import deliveries
from returns import ledger

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, ReturnAuthorization


@dataclass(frozen=True)
class Item:
    """One line of the order. held: (units, return) for every return that holds some."""

    line: "OrderLine"
    symbol: str
    count: int
    cancelled: int
    price: Decimal
    held: tuple[tuple[int, "ReturnAuthorization"], ...]


def items(order: "Order") -> tuple[Item, ...]:
    """Every line of the order, with what was taken out of it and what returns hold."""
    rows = []
    for line in order.lines.all():
        held = tuple(
            (count, row.authorization)
            for row in line.return_lines.all()
            if (count := ledger.held_by(row))
        )
        rows.append(
            Item(line, drawings.of_line(line), line.kept, line.cancelled, line.paid_for_kept, held)
        )
    return tuple(rows)


def all_in_one_parcel(order: "Order", now: datetime) -> bool:
    """Whether everything that is sent at all left us in a single parcel."""
    return len(deliveries(order, now)) == 1 and not any(line.to_ship for line in order.lines.all())
