"""What may still be promised: quantities, under the order's lock.

    returnable = shipped − held

where held counts, for every return of the line: what an undecided request asks for,
what a running one was approved for, and after the end what came back for good or need
not come back (less what was sent to the buyer again). Declined, cancelled and expired
returns hold nothing. One ledger for returns, exchanges, withdrawals and claims.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from returns import states
from returns.codes import Wish
from returns.policy import Chosen

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, ReturnLine, Wanted
    from returns.models.event import Actor


class Obstacle:
    """Why something cannot be sent back; `returns/texts.py` has the sentence for each."""

    NOTHING_CHOSEN = "nothing_chosen"
    UNKNOWN_LINE = "unknown_line"
    ORDER_CANCELLED = "order_cancelled"
    UNPAID = "unpaid"
    NOT_SHIPPED = "not_shipped"
    NEEDS_NO_PARCEL = "needs_no_parcel"
    FINAL_SALE = "final_sale"
    ALL_BACK = "all_back"
    TOO_MANY = "too_many"
    NO_QUANTITY = "no_quantity"
    WINDOW_CLOSED = "window_closed"
    UNKNOWN_REASON = "unknown_reason"
    REASON_CLOSED = "reason_closed"
    UNKNOWN_WISH = "unknown_wish"


@dataclass(frozen=True)
class Problem:
    """line_id: None for the request as a whole. limit: units that are possible, for
    TOO_MANY. until: when the time ended, for WINDOW_CLOSED and REASON_CLOSED."""

    code: str
    line_id: int | None = None
    limit: int = 0
    until: datetime | None = None


class Refused(Exception):
    """The request cannot be made as it is; `problems` says why, line by line."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__(", ".join(problem.code for problem in problems))


def held_by(row: "ReturnLine") -> int:
    status = row.authorization.status
    if status in states.UNDECIDED:
        return row.requested
    if status in states.RUNNING or status == states.Status.LOST:
        return row.approved - min(row.sent_back, row.approved)
    kept = max(row.received - row.sent_back, 0)
    if status in states.SETTLED:
        return max(row.resolved, kept + row.waived)
    return kept


def held(rows: Iterable["ReturnLine"]) -> int:
    """Units of a line that its returns hold."""
    return sum(held_by(row) for row in rows)


def promised(rows: Iterable["ReturnLine"]) -> Decimal:
    """Money of a line that its returns hold."""
    return sum(
        (row.amount for row in rows if row.authorization.status not in states.FREED), Decimal(0)
    )


@dataclass(frozen=True)
class Availability:
    """What the buyer is told about one line before asking.

    limit: units that may be asked for now. obstacle: why none, else ''. until: last
    second to ask (for WINDOW_CLOSED: when it was); None = no limit, or not yet running
    because the goods are still `on_the_way`.
    """

    line: "OrderLine"
    limit: int
    obstacle: str = ""
    until: datetime | None = None
    on_the_way: bool = False
    reasons: tuple[str, ...] = ()


def availability(line: "OrderLine", now: datetime) -> Availability:
    order = line.order
    # While goods travel their time has not begun: slow carriers must not eat it.
    start = None if line.is_on_its_way else line.window_start
    until = None if start is None else line.window_end()
    reasons = tuple(line.rules.open_reasons(start, order.where, now))

    def none(obstacle: str) -> Availability:
        return Availability(line, 0, obstacle, until, line.is_on_its_way)

    if order.is_cancelled:
        return none(Obstacle.ORDER_CANCELLED)
    if not line.needs_shipping:
        return none(Obstacle.NEEDS_NO_PARCEL)
    if line.final_sale:
        return none(Obstacle.FINAL_SALE)
    if not line.shipped:
        return none(Obstacle.NOT_SHIPPED)
    if not order.paid_at:
        return none(Obstacle.UNPAID)
    if not line.returnable:
        return none(Obstacle.ALL_BACK)
    if not reasons:
        return none(Obstacle.WINDOW_CLOSED)
    return Availability(line, line.returnable, "", until, line.is_on_its_way, reasons)


def check(
    order: "Order", wanted: Sequence["Wanted"], *, wish: str, by: "Actor", now: datetime
) -> list[Chosen]:
    """Judges a request against the order as it is now, read under its lock.

    The same line named twice is added up first. Staff may ask after the time is over
    and for final-sale goods, but for no more than was shipped. Raises Refused.
    """
    lines = {line.pk: line for line in order.lines.prefetch_related("return_lines__authorization")}
    for line in lines.values():
        line.order = order
    asked = Counter[int]()
    for item in wanted:
        asked[item.line_id] += item.quantity
    reasons = {item.line_id: item.reason for item in wanted}
    problems = []
    if not any(asked.values()):
        problems.append(Problem(Obstacle.NOTHING_CHOSEN))
    for line_id, quantity in asked.items():
        known = lines.get(line_id)
        if known is None:
            problems.append(Problem(Obstacle.UNKNOWN_LINE, line_id))
            continue
        problem = _problem(known, quantity, reasons[line_id], by, now)
        if problem:
            problems.append(problem)
    offered = {code for line_id in asked if line_id in lines for code in lines[line_id].rules.wishes}
    if asked and wish not in offered | {Wish.REFUND}:
        problems.append(Problem(Obstacle.UNKNOWN_WISH))
    if problems:
        raise Refused(problems)
    return [lines[line_id].choose(quantity, reasons[line_id]) for line_id, quantity in asked.items()]


OVERRULED_BY_STAFF = frozenset({Obstacle.WINDOW_CLOSED, Obstacle.FINAL_SALE, Obstacle.UNPAID})


def _problem(
    line: "OrderLine", quantity: int, reason: str, by: "Actor", now: datetime
) -> Problem | None:
    can = availability(line, now)
    overruled = by.is_staff and can.obstacle in OVERRULED_BY_STAFF
    if can.obstacle and not overruled:
        return Problem(can.obstacle, line.pk, until=can.until)
    if quantity < 1:
        return Problem(Obstacle.NO_QUANTITY, line.pk)
    if quantity > line.returnable:
        return Problem(Obstacle.TOO_MANY, line.pk, limit=line.returnable)
    if reason not in line.rules.reasons:
        return Problem(Obstacle.UNKNOWN_REASON, line.pk)
    if reason not in can.reasons and not by.is_staff:
        return Problem(Obstacle.REASON_CLOSED, line.pk, until=line.window_end(reason))
    return None
