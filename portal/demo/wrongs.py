"""What buyers of the demo told us as wrong, and how long ago."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.demo.returning import file_letters
from returns.codes import ProblemKind, Reason, Wish
from returns.models import BUYER, Notice, NoticeKind, Order, Wanted


@dataclass(frozen=True)
class Told:
    """hours: ago. wish '': of a parcel, or rather talking. position: of the thing in the order,
    of which there is one."""

    kind: str
    hours: float
    words: str
    answers: dict[str, str] = field(default_factory=dict)
    wish: str = ""
    reason: str = ""
    position: int = 0


TOLD: dict[str, Told] = {
    "JP-20487": Told(
        ProblemKind.NOT_HERE,
        3.2,
        "I was at home all day and nobody rang. My neighbours have not seen it either.",
        {"signed": "nobody", "box": "never_seen"},
    ),
    "JP-20488": Told(
        ProblemKind.DAMAGED,
        1.4,
        "The bowl has a crack from the rim to the foot, and the box was dented on one side.",
        {"box": "damaged", "signed": "self"},
        Wish.REPLACEMENT,
        Reason.DAMAGED,
    ),
    "SY-10875": Told(
        ProblemKind.MISSING,
        0.9,
        "六只装的品茗杯，盒子里只有五只。",
        {"box": "fine", "signed": "self"},
        Wish.PIECE,
        Reason.MISSING,
    ),
}


def tell(order: Order, now: datetime) -> None:
    """Tells what is wrong with this order, if anything is; its letters have left."""
    told = TOLD.get(order.number)
    if told is None:
        return
    at = now - timedelta(hours=told.hours)
    if told.wish:
        _claim(order, told, at)
    else:
        shipment = order.with_goods().outbound[-1]
        order.report(
            told.kind, shipment, told.answers, told.words, by=BUYER, key="demo-wrong", now=at
        )
    file_letters(Notice.objects.filter(order=order, kind__in=RECEIVED), at, now)


# We have it: that is said at once.
RECEIVED = (NoticeKind.PROBLEM_RECEIVED, NoticeKind.RETURN_REQUESTED)


def _claim(order: Order, told: Told, at: datetime) -> None:
    line = order.lines.all()[told.position]
    order.claim(
        [Wanted(line.pk, 1, told.reason)],
        wish=told.wish,
        by=BUYER,
        key="demo-wrong",
        note=told.words,
        problem_kind=told.kind,
        answers=told.answers,
        now=at,
    )
