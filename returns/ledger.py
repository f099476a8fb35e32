"""What may still be promised: quantities, under the order's lock.

    returnable = shipped − held

where held counts, for every return of the line: what an undecided request asks for,
what a running one was approved for, and after the end what came back for good or need
not come back (less what was sent to the buyer again, the same or something else for it).
Declined, cancelled and expired returns hold nothing. One ledger for returns, exchanges,
withdrawals and claims. A withdrawal reaches also what was not shipped yet.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from returns import states
from returns.codes import CLAIM_REASONS, Kind, Reason, Wish
from returns.policy import Chosen

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, ReturnLine, Wanted


class Obstacle:
    """Why something cannot be sent back; `returns/texts.py` has the sentence for each."""

    NOTHING_CHOSEN = "nothing_chosen"
    UNKNOWN_LINE = "unknown_line"
    ORDER_CANCELLED = "order_cancelled"
    UNPAID = "unpaid"
    NOT_SHIPPED = "not_shipped"
    COMING_BACK = "coming_back"
    NEEDS_NO_PARCEL = "needs_no_parcel"
    FINAL_SALE = "final_sale"
    ALL_BACK = "all_back"
    TOO_MANY = "too_many"
    NO_QUANTITY = "no_quantity"
    WINDOW_CLOSED = "window_closed"
    UNKNOWN_REASON = "unknown_reason"
    REASON_CLOSED = "reason_closed"
    UNKNOWN_WISH = "unknown_wish"
    VARIANT_GONE = "variant_gone"  # the kind that was chosen instead is sold out
    SEVERAL_PROBLEMS = "several_problems"  # of a claim: each is told for itself


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
        return row.approved - min(row.sent_back + row.replaced + row.cancelled, row.approved)
    kept = max(row.received - row.sent_back, 0)
    if status in states.SETTLED:
        # New goods may have been sent for more than what came back in the end.
        return max(max(row.resolved, kept + row.waived) - row.replaced - row.cancelled, 0)
    return kept


def held(rows: Iterable["ReturnLine"]) -> int:
    """Units of a line that its returns hold."""
    return sum(held_by(row) for row in rows)


def promised(rows: Iterable["ReturnLine"]) -> Decimal:
    """Money of a line that its returns hold. Where other units were sent for it, the money
    goes with those."""
    holding = (row for row in rows if row.authorization.status not in states.FREED)
    return sum((row.amount for row in holding if not _gone_elsewhere(row)), Decimal(0))


def _gone_elsewhere(row: "ReturnLine") -> bool:
    taken_out = row.cancelled and row.cancelled >= row.approved
    return bool(row.replaced or taken_out)


def withdrawn(rows: "Iterable[ReturnLine]") -> Counter[int]:
    """Line's id → units that these returns took back before they left."""
    found: Counter[int] = Counter()
    for row in rows:
        rma = row.authorization
        if rma.kind == Kind.WITHDRAWAL and rma.keeps_goods:
            found[row.line_id] += held_by(row)
    return found


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

    @property
    def usual_until(self) -> datetime | None:
        """`until` for whoever just changed their mind: a fault may be told of longer, but
        to name that day alone would read as if anything could be sent back until then."""
        if self.until is None or Reason.CHANGED_MIND not in self.reasons:
            return self.until
        return self.line.window_end(Reason.CHANGED_MIND)


def availability(line: "OrderLine", now: datetime, kind: str = Kind.RETURN) -> Availability:
    """kind: CLAIM: a fault may be told of a final sale, too, and has its own time. WITHDRAWAL:
    what was not shipped counts as well; whether it is in time is judged where it is made.
    RETURN_TO_SENDER: of a parcel that is called back, refused or lost."""
    order = line.order
    # While goods travel their time has not begun: slow carriers must not eat it.
    on_the_way = line.on_its_way(now)
    start = None if on_the_way else line.window_start
    until, reasons = _times(line, start, now, kind)
    limit = line.withdrawable if kind == Kind.WITHDRAWAL else line.returnable

    def none(obstacle: str) -> Availability:
        return Availability(line, 0, obstacle, until, on_the_way)

    if order.is_cancelled and kind not in AFTER_CANCELLING:
        return none(Obstacle.ORDER_CANCELLED)
    if kind == Kind.WITHDRAWAL:
        return (
            Availability(line, limit, "", None, on_the_way, reasons)
            if limit
            else none(Obstacle.ALL_BACK)
        )
    if not line.needs_shipping:
        return none(Obstacle.NEEDS_NO_PARCEL)
    if line.final_sale and kind not in FINAL_OR_NOT:
        return none(Obstacle.FINAL_SALE)
    if not line.shipped:
        return none(Obstacle.ALL_BACK if line.withdrawn else Obstacle.NOT_SHIPPED)
    if line.is_coming_back and kind != Kind.RETURN_TO_SENDER:
        return none(Obstacle.COMING_BACK)
    if not order.paid_at:
        return none(Obstacle.UNPAID)
    if not limit:
        return none(Obstacle.ALL_BACK)
    if not reasons:
        return none(Obstacle.WINDOW_CLOSED)
    return Availability(line, limit, "", until, on_the_way, reasons)


# A fault is a fault also of a final sale; and a parcel that never came was never sold.
FINAL_OR_NOT = frozenset({Kind.CLAIM, Kind.RETURN_TO_SENDER})
AFTER_CANCELLING = frozenset({Kind.RETURN_TO_SENDER})
# Reasons of these kinds have no time of their own.
TIMELESS: dict[str, tuple[str, ...]] = {
    Kind.WITHDRAWAL: (Reason.WITHDRAWN,),
    Kind.RETURN_TO_SENDER: (Reason.UNWANTED, Reason.NEVER_CAME),
}


def _times(
    line: "OrderLine", start: datetime | None, now: datetime, kind: str
) -> tuple[datetime | None, tuple[str, ...]]:
    """The last second to ask (None: no limit, or not running yet), and for which reasons."""
    where, rules = line.order.where, line.rules
    if kind in TIMELESS:
        return None, TIMELESS[kind]
    if kind == Kind.CLAIM:
        reasons = tuple(rules.open_claims(start, where, now))
        if start is None:
            return None, reasons
        ends = [rules.claim_end(code, start, where) for code in CLAIM_REASONS]
        return (None if None in ends else max(end for end in ends if end)), reasons
    until = None if start is None else line.window_end()
    return until, tuple(rules.open_reasons(start, where, now))


# What staff may overrule, and what does not count again when a return that was in time
# comes back to life: never how many there are.
OVERRULED = frozenset(
    {Obstacle.WINDOW_CLOSED, Obstacle.REASON_CLOSED, Obstacle.FINAL_SALE, Obstacle.UNPAID}
)


def check(
    order: "Order",
    wanted: Sequence["Wanted"],
    *,
    wish: str,
    now: datetime,
    overruled: frozenset[str] = frozenset(),
    kind: str = Kind.RETURN,
) -> list[Chosen]:
    """Judges a request against the order as it is now (`Order.objects.with_goods()`, read
    under its lock when the request is to be made).

    The same line named twice is added up first; the last reason given counts. Problems
    whose code is in `overruled` do not matter. Raises Refused.
    """
    lines = {line.pk: line for line in order.lines.all()}
    asked = Counter[int]()
    for item in wanted:
        asked[item.line_id] += item.quantity
    if not any(item.quantity for item in wanted):
        raise Refused([Problem(Obstacle.NOTHING_CHOSEN)])
    reasons = {item.line_id: item.reason for item in wanted}
    # A negative number must not hide behind a larger one for the same line.
    negative = {item.line_id for item in wanted if item.quantity < 0}
    problems = []
    for line_id, quantity in asked.items():
        if line_id not in lines:
            problems.append(Problem(Obstacle.UNKNOWN_LINE, line_id))
            continue
        count = 0 if line_id in negative else quantity
        problem = _problem(lines[line_id], count, reasons[line_id], overruled, now, kind)
        problems += [problem] if problem else []
    known = [lines[line_id] for line_id in asked if line_id in lines]
    offered = kind not in (Kind.RETURN, Kind.EXCHANGE) or wish == Wish.REFUND
    if not offered and not all(wish in line.rules.wishes for line in known):
        problems.append(Problem(Obstacle.UNKNOWN_WISH))
    if problems:
        raise Refused(problems)
    return [lines[pk].choose(quantity, reasons[pk]) for pk, quantity in asked.items()]


def _problem(
    line: "OrderLine",
    quantity: int,
    reason: str,
    overruled: frozenset[str],
    now: datetime,
    kind: str,
) -> Problem | None:
    can = availability(line, now, kind)
    if can.obstacle and can.obstacle not in overruled:
        return Problem(can.obstacle, line.pk, until=can.until)
    if quantity < 1:
        return Problem(Obstacle.NO_QUANTITY, line.pk)
    # Overruling one obstacle must not hide the next: the number is counted in any case.
    most = line.withdrawable if kind == Kind.WITHDRAWAL else line.returnable
    if quantity > most:
        return Problem(Obstacle.TOO_MANY, line.pk, limit=most)
    if reason not in _known_reasons(line, kind):
        return Problem(Obstacle.UNKNOWN_REASON, line.pk)
    if reason not in can.reasons and Obstacle.REASON_CLOSED not in overruled:
        return Problem(Obstacle.REASON_CLOSED, line.pk, until=_end(line, reason, kind))
    return None


def _known_reasons(line: "OrderLine", kind: str) -> Collection[str]:
    if kind == Kind.CLAIM:
        return [code for code in CLAIM_REASONS if line.rules.claim(code).offered]
    return TIMELESS.get(kind) or line.rules.reasons


def _end(line: "OrderLine", reason: str, kind: str) -> datetime | None:
    if kind == Kind.CLAIM:
        return line.rules.claim_end(reason, line.window_start, line.order.where)
    return line.window_end(reason)
