"""What happens in the simulated week: the journeys of parcels, what goes wrong with some of
them, and what buyers do. Each is a list of moments, drawn from one seed."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count, cycle
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from returns.codes import DeclineReason
from returns.models import BUYER, Order, Promise, PromiseKind, ReturnAuthorization
from tests import people
from tests.returns.returning import inspected, opened
from tests.returns.week_shop import BEGINS, HOUR, NEVER_SENT, Bought, send
from tracking.incidents import IncidentKind as Kind
from tracking.milestones import Milestone
from tracking.reports import ScanReport, Signed

if TYPE_CHECKING:
    from tests.returns.week import Week


class Step(NamedTuple):
    """hours: after the trouble began."""

    hours: float
    milestone: str
    incident: str = ""
    signed: str = ""


ROAD, DOOR = Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY
CUSTOMS, TRIED = Milestone.CUSTOMS, Milestone.ATTEMPTED
ARRIVED = Step(0, Milestone.DELIVERED, signed=Signed.SELF)
NEVER = 1000.0  # hours: nothing more is heard of it
# Three parcels go through each of these. The watch finds the first three by itself, from
# what is not told.
TROUBLES: tuple[tuple[Step, ...], ...] = (
    (Step(130, ROAD),),  # silent
    (Step(80, ROAD), Step(100, Milestone.DELIVERED)),  # stalled
    (*(Step(hours, ROAD) for hours in range(0, 160, 25)),),  # overdue
    (Step(0, ROAD, Kind.WRONG_WAY), Step(26, ROAD)),
    (Step(0, CUSTOMS, Kind.CUSTOMS_HOLD), Step(40, ROAD)),
    (Step(0, CUSTOMS, Kind.CUSTOMS_DOCUMENTS),),
    (Step(0, TRIED, Kind.ADDRESS), Step(26, DOOR), Step(30, Milestone.DELIVERED)),
    (Step(0, TRIED), Step(24, TRIED), Step(48, Milestone.DELIVERED)),
    (Step(0, TRIED), Step(0.4, DOOR), Step(5, Milestone.DELIVERED)),  # over before it is told
    (Step(0, Milestone.READY_FOR_PICKUP), Step(90, Milestone.DELIVERED)),
    (Step(0, TRIED, Kind.REFUSED), Step(20, Milestone.RETURNING)),
    (Step(0, ROAD, Kind.DAMAGED), Step(24, Milestone.DELIVERED)),
    (Step(0, ROAD, Kind.LOST),),
    (Step(0, Milestone.DELIVERED, signed=Signed.OTHER),),
    (Step(0, Milestone.RETURNING), Step(50, Milestone.RETURNED)),
    (Step(0, CUSTOMS, Kind.DAMAGED), Step(0, CUSTOMS, Kind.WRONG_WAY), Step(30, ROAD)),
)
SILENT, STALLED, OVERDUE = 0, 1, 2


class Told(NamedTuple):
    """A carrier's report on one parcel. weight: grams, as it weighed it."""

    number: str
    report: ScanReport
    weight: int | None = None


def report(at: datetime, step: Step, place: str) -> ScanReport:
    return ScanReport(
        at=at, milestone=step.milestone, place=place, incident=step.incident, signed=step.signed
    )


def journey(number: str, left: datetime, random: Random, *, is_near: bool) -> Iterator[Told]:
    """A parcel on its way as it should be: a scan a day, and there before it is overdue."""
    at = left
    arrives = left + random.uniform(40, 70 if is_near else 220) * HOUR
    for stop in count():
        milestone = ROAD if stop else Milestone.ACCEPTED
        yield Told(number, report(at, Step(0, milestone), f"Hub {stop}"))
        at += random.uniform(18, 34) * HOUR
        if at > arrives - 5 * HOUR:
            break
    yield Told(number, report(max(at, arrives - 4 * HOUR), Step(0, DOOR), "Bristol"))
    yield Told(number, report(max(at, arrives - 4 * HOUR) + 4 * HOUR, ARRIVED, "Bristol"))


def troubled(number: str, left: datetime, which: int, random: Random) -> Iterator[Told]:
    """The same until something goes wrong, at some hour of the first days."""
    begins = left + random.uniform(20, 44) * HOUR
    if which != SILENT:
        yield Told(number, report(left, Step(0, Milestone.ACCEPTED), "Hub 0"))
        if which != STALLED:
            yield Told(number, report(begins - 9 * HOUR, Step(0, ROAD), "Hub 1"))
    for stop, step in enumerate(TROUBLES[which]):
        yield Told(number, report(begins + step.hours * HOUR, step, f"Hub {stop + 2}"))


def scans(rows: list[Bought], random: Random) -> Iterator[Told]:
    """Of all parcels to buyers. Of one that is never sent there is nothing to tell."""
    which = cycle(range(len(TROUBLES)))
    for row in rows:
        is_near = row.store.country == row.place.country
        for number in row.numbers:
            if row.kind == "in trouble":
                yield from troubled(number, row.left_at, next(which), random)
            elif row.kind != "arrived":
                yield from journey(number, row.left_at, random, is_near=is_near)


def dispatches(week: "Week", rows: list[Bought]) -> None:
    """The shops send what waits; the first few never, and about those we are late."""
    waiting = [row for row in rows if row.kind == "to send"]
    for row in waiting[NEVER_SENT:]:
        week.at(row.left_at, lambda now, row=row: send(row, now))


# --- Returns ----------------------------------------------------------------------------------

type Act = Callable[["Week", Order], None]


def rma_of(order: Order) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(order=order)


def ask(_week: "Week", order: Order) -> None:
    people.ask_to_return(order, key=f"form of {order.pk}")


def approve(week: "Week", order: Order) -> None:
    if order.returns.filter(approved_at=None).exists():  # or a rule has
        rma_of(order).approve(by=week.desk)


def question(week: "Week", order: Order) -> None:
    rma_of(order).ask("Which part is broken?", by=week.desk)


def answer(_week: "Week", order: Order) -> None:
    rma_of(order).give_answer("The handle.", by=BUYER)


def decline(week: "Week", order: Order) -> None:
    rma_of(order).decline(DeclineReason.OTHER, "It was worn.", by=week.desk)


def cancel(_week: "Week", order: Order) -> None:
    rma_of(order).cancel(by=BUYER)


def say_posted(_week: "Week", order: Order) -> None:
    rma_of(order).say_posted(by=BUYER)


def post(week: "Week", order: Order) -> None:
    """With its number; it is here two days later, and the carrier has weighed it."""
    number = f"RX{order.pk:09}GB"
    rma_of(order).name_parcel(number, "royal-mail", by=BUYER)
    steps = ((6, Step(0, Milestone.ACCEPTED)), (30, Step(0, ROAD)), (50, ARRIVED))
    for hours, step in steps:
        at = week.clock.now + hours * HOUR
        week.tell(Told(number, report(at, step, f"Town {hours}"), weight=400))


def open_parcel(week: "Week", order: Order) -> None:
    """It weighs more than the carrier has said."""
    inspected(opened(rma_of(order), grams=900))


# (hours after it was asked for, what happens). For dear goods a person has to decide.
BY_HAND: tuple[tuple[tuple[float, Act], ...], ...] = (
    ((2, question), (20, answer)),
    ((2, question),),  # and no answer
    ((2, decline),),
    (),  # a person should decide, and nobody does
)
BY_RULE: tuple[tuple[tuple[float, Act], ...], ...] = (
    ((5, post), (95, open_parcel)),
    ((5, post),),  # arrives, and nobody opens it
    ((3, cancel),),
    ((4, say_posted),),
    (),  # never posted: reminded, and over
)


def returns(week: "Week", rows: list[Bought]) -> None:
    """Of what had arrived before the week."""
    by_hand, by_rule = cycle(BY_HAND), cycle(BY_RULE)
    for row in rows:
        if row.kind != "arrived":
            continue
        start = BEGINS + week.random.uniform(1, 30) * HOUR
        further = next(by_hand if row.is_dear else by_rule)
        for hours, act in ((0, ask), *further):
            week.at(start + hours * HOUR, _acts(week, act, row))


def _acts(week: "Week", act: Act, row: Bought) -> Callable[[datetime], None]:
    return lambda now: act(week, Order.objects.get(number=row.data.number))


# --- Messages ---------------------------------------------------------------------------------


def messages(week: "Week", rows: list[Bought]) -> None:
    """Buyers write; the desk answers most of them in time, some late and some never."""
    answered = cycle([-1.0] * 6 + [2.0, NEVER])
    for row in week.random.sample(rows, 48):
        at = BEGINS + week.random.uniform(20, 110) * HOUR
        week.at(at, _writes(week, row, next(answered)))


def _writes(week: "Week", row: Bought, hours: float) -> Callable[[datetime], None]:
    """hours: from the moment at which the answer is due until it is given."""

    def reply(now: datetime) -> None:
        order = Order.objects.get(number=row.data.number)
        order.answer("It is on its way.", by=week.desk, key=f"answer {order.pk}", now=now)

    def write(now: datetime) -> None:
        order = Order.objects.get(number=row.data.number)
        order.write("Where is my cup?", key=f"form {order.pk}", now=now)
        promised = Promise.objects.open().get(order=order, kind=PromiseKind.REPLY)
        week.at(promised.due_at + hours * HOUR, reply)

    return write
