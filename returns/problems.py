"""What can be wrong with an order now, from when and until when it can be told: one place.

Pure: `facts_of` reads the facts of an order loaded `with_story`, `judge` answers from them and
the clock alone. The page shows what `judge` says, and whoever takes an answer asks it once
more; words are in `returns/problem_texts.py`.

What was decided here:

- Late: from the end of the days in which it usually comes, or as soon as the watch finds
  something wrong with it, whichever is sooner; never on the first day, on which no scan is
  normal. What has not left us is late when we said that it would have.
- Delivered but not here: some hours after the carrier's scan, since scans run ahead of drivers;
  at once where the carrier itself says that somebody else took it in. When so long ago that no
  carrier looks for it any more, a person answers.
- Claims on things: from their delivery to the end of the time that the rules give. A parcel
  without a number can tell us nothing, so the buyer is believed.
- Missing: not while something of the order may still come; what comes in another parcel would
  be missed for nothing.
- Customs: while it travels across a border, and for some weeks after, when bills come.
- Unwanted, changed mind: until the delivery; from then on the ordinary return is the way.
- A moment that we named in a reminder stands, whatever was scanned since.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from returns import ledger
from returns.codes import CLAIM_REASONS, CLAIMED_AS, Kind, ProblemKind
from returns.ledger import Obstacle
from returns.states import FREED, OPEN
from tracking.calendars import end_of_day, zone_of
from tracking.customs import passes_customs
from tracking.expectations import usual_for
from tracking.incidents import IncidentKind
from tracking.milestones import TURNED, Milestone

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, Problem, Shipment

HOUR = timedelta(hours=1)
# No scan on the first day is normal and said so.
NORMAL_WITHOUT_SCAN = timedelta(hours=24)
# Carriers look for what they delivered as long as their drivers' records are kept.
LOOKED_FOR = timedelta(days=90)
# Customs and carriers send their bills after the parcel.
BILLED_WITHIN = timedelta(days=30)
# A parcel without a number can tell nothing; after so long it is taken as arrived.
UNNUMBERED_FOR = timedelta(days=21)
# What a person answers in the thread is the news for so long.
TALKED_FOR = timedelta(days=14)

# What is told of a parcel, of things, and of what ends before it arrives.
OF_PARCELS = (ProblemKind.LATE, ProblemKind.NOT_HERE, ProblemKind.CUSTOMS)
OF_THINGS = tuple(CLAIMED_AS)
BEFORE_ARRIVAL = (ProblemKind.UNWANTED, ProblemKind.CHANGED_MIND)
# With these the parcel does not come as it should. What is broken or too light comes none the
# less, and has a kind of its own.
KEEPS_IT = frozenset(set(IncidentKind) - {IncidentKind.DAMAGED, IncidentKind.WEIGHT_MISMATCH})
# The carrier itself says that the buyer does not have it.
TAKEN_IN = frozenset({IncidentKind.UNCLEAR_SIGNATURE, IncidentKind.DELIVERED_NOT_RECEIVED})
AT_CUSTOMS = frozenset({IncidentKind.CUSTOMS_HOLD, IncidentKind.CUSTOMS_DOCUMENTS})

# What a short path asks, and what may be answered; the words are in problem_texts.
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    ProblemKind.NOT_HERE: {
        "signed": ("nobody", "household", "other", "unknown"),
        "box": ("never_seen", "empty"),
    },
    ProblemKind.DAMAGED: {
        "box": ("damaged", "fine", "gone"),
        "signed": ("self", "other", "nobody"),
    },
    ProblemKind.MISSING: {
        "box": ("opened", "damaged", "fine", "gone"),
        "signed": ("self", "other", "nobody"),
    },
}


class Why(StrEnum):
    """Why it cannot be told (now); '' where it can."""

    TOO_EARLY = "too_early"  # from `begins` on
    NOT_ARRIVED = "not_arrived"  # when the carrier says that it is there
    NOT_SENT = "not_sent"  # nothing has left us yet
    TOLD = "told"  # `problem` is about this very thing, and open
    SEARCHED = "searched"  # it is being looked for
    OVER = "over"  # until `ends`
    ALL_BACK = "all_back"  # part of returns or claims already
    ARRIVED = "arrived"
    TURNED = "turned"  # it comes back to us
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    NO_PARCEL = "no_parcel"  # nothing of it is sent by post
    NO_BORDER = "no_border"
    NOT_OFFERED = "not_offered"  # by the rules of the day


# Of several, the one that helps most is told of the kind as a whole.
MOST_USEFUL = tuple(Why)
# Whoever reads these would only be confused: it cannot be true of this order.
NEVER_TRUE = frozenset({Why.NO_BORDER, Why.NOT_OFFERED, Why.NO_PARCEL})


class Way(StrEnum):
    """What a buyer may do instead; nobody is left without one."""

    STORY = "story"  # see where it is
    SEARCH = "search"  # see what is done to find it
    LATE = "late"
    NOT_HERE = "not_here"
    SEND_BACK = "send_back"
    CHANGED_MIND = "changed_mind"
    RETURNS = "returns"  # what is under way already
    WRITE = "write"


@dataclass(frozen=True)
class Sent:
    """One parcel to the buyer; all moments are aware.

    key: of its first shipment. milestone: '' where we have no number of it. arrived_at: by the
    carrier. expected_by: the end of the days in which it usually comes. turns_at: when the
    watch looks at it next. troubles: kinds of what is wrong with it. meets_customs: on its way.
    told: kind → the open problem about it. named: kind → the moment that a reminder named.
    is_searched: it is being looked for. is_settled: a recall, or what the buyer gets instead of
    it, is under way or done. is_recallable: it may be called back or refused.
    """

    key: int
    milestone: str
    left_at: datetime
    expected_by: datetime
    arrived_at: datetime | None = None
    turns_at: datetime | None = None
    troubles: frozenset[str] = frozenset()
    meets_customs: bool = False
    told: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, datetime] = field(default_factory=dict)
    is_searched: bool = False
    is_settled: bool = False
    is_recallable: bool = True

    @property
    def has_turned(self) -> bool:
        return self.milestone in TURNED

    @property
    def here_since(self) -> datetime | None:
        """Since when the buyer may have it in hands."""
        return self.arrived_at or (None if self.milestone else self.left_at)

    def is_here(self, now: datetime) -> bool:
        """Whether it counts as arrived."""
        if self.arrived_at:
            return True
        return not self.milestone and now >= self.left_at + UNNUMBERED_FOR


@dataclass(frozen=True)
class Thing:
    """One line of the order. limit: units that may be claimed, 0 with the `obstacle` of the
    ledger. parcels: keys of those it travels in. ends: reason → the last second to tell it
    (None: no limit), of reasons that its rules offer."""

    key: int
    limit: int
    parcels: frozenset[int]
    ends: Mapping[str, datetime | None]
    obstacle: str = ""


@dataclass(frozen=True)
class Facts:
    """parcels: oldest first. to_ship: something of it has yet to leave us, by `dispatch_by` as
    we said. can_cancel: and not all of that is cancelled or withdrawn already. told: kind →
    the open problem about the order as a whole. named: as in Sent, for what has not left us and for
    things."""

    parcels: tuple[Sent, ...]
    things: tuple[Thing, ...]
    to_ship: bool = False
    can_cancel: bool = True
    dispatch_by: datetime | None = None
    is_cancelled: bool = False
    is_paid: bool = True
    not_here_after: timedelta = timedelta(hours=24)
    told: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def needs_no_parcel(self) -> bool:
        return not self.parcels and not self.to_ship


@dataclass(frozen=True)
class Verdict:
    """Of one kind about one parcel, one thing or the whole. begins: from when it can be told,
    where that is known. ends: the last second, None without a limit. problem: the open one."""

    why: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    problem: int | None = None

    @property
    def is_possible(self) -> bool:
        return not self.why


# The key of what has not left us yet, beside those of parcels.
REST = 0


@dataclass(frozen=True)
class Option:
    """parcels: key of the parcel, or REST, → verdict; things: line → verdict. verdict: of the
    kind as a whole. told: the open problem about things, which a person looks at."""

    kind: str
    verdict: Verdict
    parcels: Mapping[int, Verdict] = field(default_factory=dict)
    things: Mapping[int, Verdict] = field(default_factory=dict)
    told: int | None = None

    @property
    def is_possible(self) -> bool:
        return self.verdict.is_possible

    @property
    def open_parcels(self) -> list[int]:
        return [key for key, verdict in self.parcels.items() if verdict.is_possible]

    @property
    def open_things(self) -> list[int]:
        return [key for key, verdict in self.things.items() if verdict.is_possible]

    @property
    def can_be_true(self) -> bool:
        """Whether it is worth a line: now, later, or too late. That one has changed one's mind
        is also true of what has arrived, and leads to the return."""
        why = self.verdict.why
        if why == Why.ARRIVED:
            return self.kind == ProblemKind.CHANGED_MIND
        return why not in NEVER_TRUE

    @property
    def ways(self) -> tuple[Way, ...]:
        return ways(self.kind, self.verdict.why)


def judge(facts: Facts, now: datetime) -> dict[str, Option]:
    """Kind → what is so of it at `now`; every kind, in the order in which they are asked."""
    found = {}
    for kind in ProblemKind:
        parcels, things = dict(_parcels(facts, kind, now)), dict(_things(facts, kind, now))
        verdict = _whole(facts, kind, [*parcels.values(), *things.values()])
        if facts.is_cancelled:
            parcels, things = {}, {}
        told = facts.told.get(kind) if kind in OF_THINGS else None
        found[kind.value] = Option(kind.value, verdict, parcels, things, told)
    return found


def _whole(facts: Facts, kind: str, verdicts: list[Verdict]) -> Verdict:
    if facts.is_cancelled:
        return Verdict(Why.CANCELLED)
    if possible := [verdict for verdict in verdicts if verdict.is_possible]:
        ends = [verdict.ends for verdict in possible]
        return Verdict(ends=None if None in ends else max(end for end in ends if end))
    if not verdicts:
        return Verdict(_without_parcels(facts))
    return min(verdicts, key=_usefulness)


def _without_parcels(facts: Facts) -> str:
    if facts.needs_no_parcel:
        return Why.NO_PARCEL
    return Why.NOT_SENT if facts.is_paid else Why.UNPAID


def _usefulness(verdict: Verdict) -> tuple[int, float]:
    soonest = verdict.begins.timestamp() if verdict.begins else float("inf")
    return MOST_USEFUL.index(Why(verdict.why)), soonest


# --- Of parcels -----------------------------------------------------------------------------------


def _parcels(facts: Facts, kind: str, now: datetime) -> Iterator[tuple[int, Verdict]]:
    if kind in OF_THINGS:
        return
    for sent in facts.parcels:
        yield sent.key, _of_parcel(facts, sent, kind, now)
    if facts.to_ship and kind in {ProblemKind.LATE, ProblemKind.CHANGED_MIND}:
        yield REST, _of_rest(facts, kind, now)


def _of_parcel(facts: Facts, sent: Sent, kind: str, now: datetime) -> Verdict:
    verdict = _but_for_what_is_under_way(facts, sent, kind, now)
    if verdict.why not in {"", Why.TOO_EARLY, Why.OVER}:
        return verdict
    if (problem := sent.told.get(kind)) is not None:
        return Verdict(Why.TOLD, problem=problem)
    if sent.is_settled and kind != ProblemKind.CUSTOMS:
        return Verdict(Why.ALL_BACK)
    if sent.is_searched and kind in {ProblemKind.LATE, ProblemKind.NOT_HERE}:
        return Verdict(Why.SEARCHED)
    return verdict


def _but_for_what_is_under_way(facts: Facts, sent: Sent, kind: str, now: datetime) -> Verdict:
    match kind:
        case ProblemKind.LATE:
            verdict = _late(sent, now)
        case ProblemKind.NOT_HERE:
            verdict = _not_here(facts, sent)
        case ProblemKind.CUSTOMS:
            verdict = _customs(sent, now)
        case _:
            verdict = _before_arrival(sent, kind, now)
    return _in_time(verdict, sent.named.get(kind), now)


def _late(sent: Sent, now: datetime) -> Verdict:
    if sent.is_here(now):
        return Verdict(Why.ARRIVED)
    if sent.has_turned:
        return Verdict(Why.TURNED)
    if sent.troubles & KEEPS_IT:
        return Verdict()
    known = [at for at in (sent.expected_by, sent.turns_at) if at]
    return Verdict(begins=full_hour(max(min(known), sent.left_at + NORMAL_WITHOUT_SCAN)))


def _not_here(facts: Facts, sent: Sent) -> Verdict:
    if sent.has_turned:
        return Verdict(Why.TURNED)
    if sent.arrived_at is None:
        return Verdict(Why.NOT_ARRIVED)
    inside = [thing for thing in facts.things if sent.key in thing.parcels]
    if inside and all(thing.obstacle == Obstacle.ALL_BACK for thing in inside):
        return Verdict(Why.ALL_BACK)
    soon = bool(sent.troubles & TAKEN_IN)
    begins = sent.arrived_at if soon else full_hour(sent.arrived_at + facts.not_here_after)
    return Verdict(begins=begins, ends=max(sent.arrived_at + LOOKED_FOR, begins))


def _customs(sent: Sent, now: datetime) -> Verdict:
    if not (sent.meets_customs or sent.troubles & AT_CUSTOMS):
        return Verdict(Why.NO_BORDER)
    if sent.has_turned:
        return Verdict(Why.TURNED)
    if sent.arrived_at:
        return Verdict(ends=sent.arrived_at + BILLED_WITHIN)
    return Verdict(Why.ARRIVED) if sent.is_here(now) else Verdict()


def _before_arrival(sent: Sent, kind: str, now: datetime) -> Verdict:
    """Whoever refused it may say what they would like, also when it has turned."""
    if sent.is_here(now):
        return Verdict(Why.ARRIVED)
    if sent.has_turned and not (sent.is_recallable and kind == ProblemKind.UNWANTED):
        return Verdict(Why.TURNED)
    return Verdict() if sent.is_recallable or sent.is_settled else Verdict(Why.NOT_OFFERED)


def _of_rest(facts: Facts, kind: str, now: datetime) -> Verdict:
    if (problem := facts.told.get(kind)) is not None:
        return Verdict(Why.TOLD, problem=problem)
    if kind == ProblemKind.CHANGED_MIND:
        return Verdict() if facts.can_cancel else Verdict(Why.ALL_BACK)
    if not facts.is_paid:
        return Verdict(Why.UNPAID)
    if facts.dispatch_by is None:
        return Verdict(Why.NOT_SENT)
    return _in_time(Verdict(begins=full_hour(facts.dispatch_by)), facts.named.get(kind), now)


def _in_time(verdict: Verdict, named: datetime | None, now: datetime) -> Verdict:
    """What is possible but for the clock, seen by the clock. named: a moment that stands."""
    if verdict.why:
        return verdict
    begins = verdict.begins
    if begins and named:
        begins = min(begins, named)
    if begins and now < begins:
        return Verdict(Why.TOO_EARLY, begins, verdict.ends)
    if verdict.ends and now > verdict.ends:
        return Verdict(Why.OVER, ends=verdict.ends)
    return Verdict(ends=verdict.ends)


# --- Of things ------------------------------------------------------------------------------------

# What the ledger says of a thing, as it is told here.
BY_LEDGER: dict[str, Why] = {
    Obstacle.NEEDS_NO_PARCEL: Why.NO_PARCEL,
    Obstacle.NOT_SHIPPED: Why.NOT_SENT,
    Obstacle.COMING_BACK: Why.TURNED,
    Obstacle.UNPAID: Why.UNPAID,
    Obstacle.ALL_BACK: Why.ALL_BACK,
}


def _things(facts: Facts, kind: str, now: datetime) -> Iterator[tuple[int, Verdict]]:
    if kind in OF_THINGS:
        for thing in facts.things:
            yield thing.key, _of_thing(facts, thing, kind, now)


def _of_thing(facts: Facts, thing: Thing, kind: str, now: datetime) -> Verdict:
    if thing.obstacle in BY_LEDGER:
        return Verdict(BY_LEDGER[thing.obstacle])
    ends = [thing.ends[reason] for reason in CLAIMED_AS[kind] if reason in thing.ends]
    if not ends:
        return Verdict(Why.NOT_OFFERED)
    mine = [sent for sent in facts.parcels if sent.key in thing.parcels]
    here = [sent.here_since for sent in mine if sent.here_since]
    if not here:
        return Verdict(Why.NOT_ARRIVED)
    last = None if None in ends else max(end for end in ends if end)
    begins = _all_here(facts) if kind == ProblemKind.MISSING else min(here)
    return _in_time(Verdict(begins=begins, ends=last), facts.named.get(kind), now)


def _all_here(facts: Facts) -> datetime:
    """When nothing more of the order is to be expected."""
    waits = (
        sent.arrived_at or full_hour(sent.expected_by)
        for sent in facts.parcels
        if not sent.has_turned
    )
    return max(waits)


def reasons(thing: Thing, kind: str, now: datetime) -> list[str]:
    """For which of the kind's reasons it may be claimed at `now`."""
    mine = [reason for reason in CLAIMED_AS[kind] if reason in thing.ends]
    return [code for code in mine if (end := thing.ends[code]) is None or now <= end]


def full_hour(at: datetime) -> datetime:
    """The next full hour: nobody is told to come back at 13:47."""
    start = at.replace(minute=0, second=0, microsecond=0)
    return at if start == at else start + HOUR


# --- Instead --------------------------------------------------------------------------------------

WAYS: dict[str, tuple[Way, ...]] = {
    Why.TOO_EARLY: (Way.STORY,),
    Why.NOT_ARRIVED: (Way.LATE, Way.STORY),
    Why.NOT_SENT: (Way.CHANGED_MIND,),
    Why.SEARCHED: (Way.SEARCH,),
    Why.ALL_BACK: (Way.RETURNS,),
    Why.ARRIVED: (Way.NOT_HERE, Way.SEND_BACK),
    Why.TURNED: (Way.STORY,),
    Why.UNPAID: (Way.CHANGED_MIND,),
}


def ways(kind: str, why: str) -> tuple[Way, ...]:
    """What leads on where a kind cannot be told; a person always does."""
    mine = WAYS.get(why, ())
    if why == Why.OVER and kind in OF_THINGS:
        mine = (Way.SEND_BACK,)
    if why == Why.ARRIVED and kind == ProblemKind.CHANGED_MIND:
        mine = (Way.SEND_BACK,)
    return (*(way for way in mine if way != kind), Way.WRITE)


# --- Reading the facts ------------------------------------------------------------------------


def facts_of(order: "Order", now: datetime) -> Facts:
    """order: loaded `with_story`, with its problems, reminders and investigations."""
    groups = _together(order)
    keys = {row.pk: group[0].pk for group in groups for row in group}
    told, named = _told(order, keys, now), _named(order, keys)
    lines, searches = list(order.lines.all()), order.investigations.all()
    searched = {row.parcel_id for row in searches if row.is_open or row.waits_for_choice}
    recallable = {row.pk for row in order.recallable(now)}
    return Facts(
        parcels=tuple(
            _sent(
                order,
                group,
                told.get(group[0].pk, {}),
                named.get(group[0].pk, {}),
                is_searched=group[0].parcel_id in searched,
                is_recallable=any(row.pk in recallable for row in group),
            )
            for group in groups
        ),
        things=tuple(_thing(line, keys, now) for line in lines),
        to_ship=any(line.to_ship for line in lines),
        can_cancel=any(line.to_ship and line.withdrawable for line in lines),
        dispatch_by=_dispatch_by(order),
        is_cancelled=order.is_cancelled,
        is_paid=order.paid_at is not None,
        not_here_after=timedelta(hours=order.store.not_here_hours),
        told=told.get(REST, {}),
        named=named.get(REST, {}),
    )


def is_open(problem: "Problem", now: datetime) -> bool:
    """Whether somebody is at work on what was told. problem: with its case and what it led to."""
    if problem.over_at:
        return False
    if problem.authorization:
        return problem.authorization.status in OPEN
    if problem.case:
        return problem.case.is_open
    return problem.told_at > now - TALKED_FOR


def _together(order: "Order") -> "list[list[Shipment]]":
    """What was sent to the buyer, parcel by parcel, the oldest first."""
    groups: dict[object, list[Shipment]] = {}
    for row in order.outbound:
        groups.setdefault(row.parcel_id or ("none", row.pk), []).append(row)
    return list(groups.values())


def _told(order: "Order", keys: Mapping[int, int], now: datetime) -> dict[int, dict[str, int]]:
    """Parcel → kind → the problem about it that was not taken back, the newest of several. Of
    things a person is asked for some time; what of them is claimed stands in the ledger."""
    found: dict[int, dict[str, int]] = {}
    for row in sorted(order.problems.all(), key=lambda row: row.pk):
        if row.over_at is None if row.kind in OF_PARCELS else is_open(row, now):
            found.setdefault(keys.get(row.shipment_id or 0, REST), {})[row.kind] = row.pk
    return found


def _named(order: "Order", keys: Mapping[int, int]) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = {}
    for row in order.problem_reminders.all():
        mine = found.setdefault(keys.get(row.shipment_id or 0, REST), {})
        mine[row.kind] = min(mine.get(row.kind, row.remind_at), row.remind_at)
    return found


def _sent(
    order: "Order",
    group: "list[Shipment]",
    told: Mapping[str, int],
    named: Mapping[str, datetime],
    *,
    is_searched: bool,
    is_recallable: bool,
) -> Sent:
    first, pks = group[0], {row.pk for row in group}
    parcel = first.parcel
    troubles = {row.kind for row in parcel.incidents.all() if row.is_open} if parcel else set()
    seen = {scan.milestone for scan in parcel.scans.all()} if parcel else set()
    crosses = bool(order.country) and passes_customs(order.store.country, order.country)
    return Sent(
        key=first.pk,
        milestone=parcel.milestone if parcel else "",
        left_at=first.shipped_at,
        expected_by=_expected_by(order, first),
        arrived_at=first.delivered_at,
        turns_at=parcel.watch_at if parcel else None,
        troubles=frozenset(troubles),
        meets_customs=crosses or Milestone.CUSTOMS in seen,
        told=told,
        named=named,
        is_searched=is_searched,
        is_recallable=is_recallable,
        is_settled=any(
            rma.turning_id in pks and rma.status not in FREED for rma in order.returns.all()
        ),
    )


def _expected_by(order: "Order", shipment: "Shipment") -> datetime:
    """The end of the last day on which it usually comes, by the buyer's clock."""
    parcel = shipment.parcel
    if parcel and parcel.expected_to:
        return end_of_day(parcel.expected_to, zone_of(parcel.destination) or order.where)
    there = order.country or order.store.country
    usual = usual_for(order.store.country, there)
    left = shipment.shipped_at.astimezone(ZoneInfo(order.where)).date()
    return end_of_day(left + timedelta(days=usual.days_to), order.where)


def _thing(line: "OrderLine", keys: Mapping[int, int], now: datetime) -> Thing:
    can = ledger.availability(line, now, Kind.CLAIM)
    mine = line.travelled_in
    start = None if can.on_the_way else line.window_start
    rules, where = line.rules, line.order.where
    return Thing(
        key=line.pk,
        limit=min(can.limit, _arrived(line, mine)),
        parcels=frozenset(keys[row.pk] for row in mine),
        ends={
            reason: None if start is None else rules.claim_end(reason, start, where)
            for reason in CLAIM_REASONS
            if rules.claim(reason).offered
        },
        obstacle=can.obstacle,
    )


def _arrived(line: "OrderLine", shipments: "Iterable[Shipment]") -> int:
    """Units of it that the buyer may have in hands."""
    return sum(
        part.quantity
        for row in shipments
        if row.delivered_at or row.parcel is None
        for part in row.lines.all()
        if part.line_id == line.pk
    )


def _dispatch_by(order: "Order") -> datetime | None:
    """When we said that it would have left us."""
    from returns.models.promise import PromiseKind

    said = [row.due_at for row in order.promises.all() if row.kind == PromiseKind.DISPATCH]
    if said:
        return min(said)
    return order.dispatch_due(order.paid_at) if order.paid_at else None
