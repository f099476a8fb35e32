"""What is wrong with a parcel, as far as scans and the clock tell: small pure rules.

`judge` answers from the facts alone, whatever order they arrived in; `next_look` says when
the clock by itself may change that answer. The rows they are kept in are
`tracking/models/incident.py`, the words `tracking/texts.py`.

A rule reads the facts and never the clock. It answers with a Course: what is wrong already,
and at which moments more of it comes true, should nothing be heard until then.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tracking.calendars import (
    Calendar,
    Days,
    clock_of,
    days_of,
    moving_time_after,
    working_days_after,
)
from tracking.incidents import IncidentKind as Kind
from tracking.milestones import FINAL, MOVING, RANK, TURNED, Milestone
from tracking.reports import Signed


@dataclass(frozen=True)
class Seen:
    """One scan. at: aware, in UTC. milestone, incident, signed: as in a ScanReport.
    code: the sender's own word for the step. country: ISO 3166 alpha-2, '' when not told."""

    at: datetime
    milestone: str
    code: str = ""
    place: str = ""
    country: str = ""
    incident: str = ""
    signed: str = ""

    @property
    def rank(self) -> tuple[datetime, int, str, str, str, str, str]:
        """Orders scans by time; of one moment always in the same way."""
        return (
            self.at,
            RANK[self.milestone],
            self.code,
            self.place,
            self.country,
            self.incident,
            self.signed,
        )


@dataclass(frozen=True)
class Tolerance:
    """By how much two scales may disagree: so many grams, or that share of what we weighed,
    whichever is more."""

    grams: int = 100
    share: float = 0.1

    def allows(self, ours: int, theirs: int) -> bool:
        return abs(theirs - ours) <= max(self.grams, self.share * ours)


@dataclass(frozen=True)
class Patience:
    """How long things may take before they are wrong."""

    silent_hours: int = 48  # carrying time from handing over to the first scan
    stalled_hours: int = 48  # carrying time between two scans on the road
    further_hours: int = 120  # carrying time until silence or standstill weighs more
    customs_days: int = 5  # working days of the country whose customs has it
    pickup_days: int = 3  # days of 24 hours at the place where it can be collected
    receive_days: int = 2  # working days of the account, from delivery to taking it in
    investigate_days: int = 21  # days of 24 hours on the road until it is investigated
    lost_days: int = 30  # days of 24 hours without any scan
    weights: Tolerance = Tolerance()
    clocks_hours: int = 12  # by so much carriers' clocks may be wrong against each other


@dataclass(frozen=True)
class Facts:
    """What is known of one parcel. All moments are aware, in UTC.

    milestone, milestone_at: as the parcel has them. handed_over_at: when the carrier was
    given it, None when nobody told. scans: in any order; they are kept oldest first.
    origin, destination: countries (ISO 3166 alpha-2), '' when not known; origin_days,
    destination_days: their days off, with the notices of the installation. expected_by:
    the end of the expected range, told by the clock of whoever waits. is_inbound: it comes
    to the account's own warehouse, which took it in at received_at. disputed_at: when whoever
    should have it said that it is not there. found_at: when they said that they have it, or
    know who has. weight, carrier_weight:
    grams, as packed and as the carrier weighed it. here: the account's working time.
    """

    milestone: str
    announced_at: datetime
    milestone_at: datetime | None = None
    handed_over_at: datetime | None = None
    scans: tuple[Seen, ...] = ()
    origin: str = ""
    destination: str = ""
    expected_by: datetime | None = None
    is_inbound: bool = False
    received_at: datetime | None = None
    disputed_at: datetime | None = None
    found_at: datetime | None = None
    wants_signature: bool = False
    weight: int | None = None
    carrier_weight: int | None = None
    here: Calendar = field(default_factory=Calendar)
    origin_days: Days = field(default_factory=Days)
    destination_days: Days = field(default_factory=Days)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scans", tuple(sorted(self.scans, key=lambda scan: scan.rank)))

    @cached_property
    def signs(self) -> tuple[Seen, ...]:
        """The scans that somebody who had the parcel made: a label is none."""
        return tuple(scan for scan in self.scans if scan.milestone != Milestone.ANNOUNCED)

    @cached_property
    def moves(self) -> tuple[Seen, ...]:
        """The scans of which we know what they mean for the journey."""
        return tuple(scan for scan in self.signs if scan.milestone in MOVING)

    @property
    def began_at(self) -> datetime | None:
        """Since when it has been with the carrier: for whoever waits, the earlier of what
        the sender says and what the carrier saw."""
        known = [self.moves[0].at] if self.moves else []
        return min([*known, *([self.handed_over_at] if self.handed_over_at else [])], default=None)

    @property
    def stands_since(self) -> datetime:
        return self.milestone_at or self.began_at or self.announced_at

    @cached_property
    def courses(self) -> "dict[Kind, Course]":
        ended = self.milestone in FINAL
        found = {rule.kind: rule.course(self) for rule in RULES if rule.after_end or not ended}
        return {kind: course for kind, course in found.items() if course}

    def days_in(self, country: str) -> Days:
        if country == self.destination:
            return self.destination_days
        return self.origin_days if country == self.origin else days_of(country)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. since: when it began, read from the facts and never from
    the clock. level: grows with what it asks for, from 1. detail: for JSON."""

    kind: Kind
    since: datetime
    level: int = 1
    detail: Mapping[str, str | int] = field(default_factory=dict)


def judge(facts: Facts, now: datetime) -> dict[str, Finding]:
    """What is wrong at `now`, by kind.

    At most one of LOST, SILENT, OVERDUE and STALLED, the gravest: they all say that a parcel
    does not come, and whoever waits shall read it once. SILENT outdoes OVERDUE, because of
    a parcel that nobody ever scanned the first question is whether the carrier has it.
    """
    found: dict[str, Finding] = {}
    for kind, course in facts.courses.items():
        level = course.level + sum(turn <= now for turn in course.turns)
        if level:
            found[kind] = Finding(kind, course.since, level, course.detail)
    return {kind: found[kind] for kind in found if not OUTDONE_BY.get(kind, NONE) & found.keys()}


def next_look(facts: Facts, now: datetime) -> datetime | None:
    """The earliest moment after `now` at which the clock alone may change what `judge`
    answers; None when only news can."""
    turns = chain.from_iterable(course.turns for course in facts.courses.values())
    return min((turn for turn in turns if turn > now), default=None)


# --- the rules ----------------------------------------------------------------------------


class Course(NamedTuple):
    """One kind of trouble as time goes by. level: what is so already, 0 while nothing is.
    turns: the moments at which it rises by one."""

    since: datetime
    level: int = 0
    turns: tuple[datetime, ...] = ()
    detail: Mapping[str, str | int] = {}


NONE: frozenset[Kind] = frozenset()
LAST_LEG = frozenset(
    {
        Milestone.OUT_FOR_DELIVERY,
        Milestone.ATTEMPTED,
        Milestone.READY_FOR_PICKUP,
        Milestone.DELIVERED,
    }
)
# The way between sender and last leg.
ROAD = frozenset({Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.CUSTOMS})
# Once more on the way to the door: what kept it from being handed over is over.
TRIED_AGAIN = frozenset({Milestone.OUT_FOR_DELIVERY, Milestone.READY_FOR_PICKUP})
AT_CUSTOMS = frozenset({Kind.CUSTOMS_HOLD, Kind.CUSTOMS_DOCUMENTS})


def silent(facts: Facts) -> Course | None:
    """Handed over, and never scanned. The first day without a scan is normal, which is
    why the patience should be longer than that."""
    if facts.signs or facts.handed_over_at is None or facts.milestone in MOVING:
        return None
    patience, since = facts.patience, facts.handed_over_at
    turns = _quiet(facts, since, facts.origin, patience.silent_hours, patience.further_hours)
    return Course(since, turns=(*turns, since + timedelta(days=patience.investigate_days)))


def stalled(facts: Facts) -> Course | None:
    """On the road, and no scan for a while. At customs and at a pick-up point others are
    at work, and have rules of their own."""
    if not facts.signs or facts.milestone in {Milestone.CUSTOMS, Milestone.READY_FOR_PICKUP}:
        return None
    patience, last = facts.patience, facts.signs[-1]
    further = patience.further_hours
    turns = _quiet(facts, last.at, _country(facts), patience.stalled_hours, further, further)
    return Course(last.at, turns=turns, detail=_where(last))


def overdue(facts: Facts) -> Course | None:
    """Past the time that the lane usually takes; from three weeks on it is investigated,
    also where the lane usually takes longer."""
    began = facts.began_at
    if began is None or facts.milestone in TURNED | {Milestone.READY_FOR_PICKUP}:
        return None
    investigate = began + timedelta(days=facts.patience.investigate_days)
    expected = facts.expected_by
    since = min(expected, investigate).astimezone(UTC) if expected else investigate
    detail = {"expected_by": expected.date().isoformat()} if expected else {}
    return Course(since, turns=(since, investigate), detail=detail)


def lost(facts: Facts) -> Course | None:
    """A report says so and none that is newer has seen it; or nobody has for a month. What
    waits to be collected is where it should be."""
    said = _said(facts, Kind.LOST, lambda scan, _: scan.milestone in MOVING)
    if said:
        return _stated(said)
    since = facts.signs[-1].at if facts.signs else facts.handed_over_at
    if since is None or facts.milestone == Milestone.READY_FOR_PICKUP:
        return None
    detail = _where(facts.signs[-1]) if facts.signs else {}
    return Course(since, turns=(since + timedelta(days=facts.patience.lost_days),), detail=detail)


def wrong_way(facts: Facts) -> Course | None:
    """A report says so, until it is seen elsewhere; or it had reached the destination's
    country and is seen in another one.

    Countries before the destination are hubs, however far off. Carriers' clocks are wrong by
    hours and two of them report one parcel, so a scan abroad counts only some hours after
    the last one at home; and only when it is one of the road, since the others are often
    told by the country of whoever reports, not of the parcel.
    """
    if facts.milestone in TURNED:
        return None
    said = _said(facts, Kind.WRONG_WAY, _is_seen_elsewhere)
    strayed = _strayed(facts)
    first = min((scan for scan in (said, strayed) if scan), key=lambda s: s.rank, default=None)
    return _stated(first) if first else None


def customs_hold(facts: Facts) -> Course | None:
    """A report says so; or customs has had it for too many of its working days."""
    said = _said(facts, Kind.CUSTOMS_HOLD, _is_past_customs)
    if said:
        return _stated(said)
    if facts.milestone != Milestone.CUSTOMS or facts.milestone_at is None:
        return None
    last = facts.moves[-1] if facts.moves else None
    country = (last.country if last else "") or facts.destination
    days, zone = facts.days_in(country), clock_of(country)
    since = facts.milestone_at
    try:
        turn = working_days_after(since, facts.patience.customs_days, days, zone)
    except ValueError:
        return None
    return Course(since, turns=(turn,), detail=_where(last) if last else {})


def customs_documents(facts: Facts) -> Course | None:
    said = _said(facts, Kind.CUSTOMS_DOCUMENTS, _is_past_customs)
    return _stated(said) if said else None


def address(facts: Facts) -> Course | None:
    said = _said(facts, Kind.ADDRESS, lambda scan, _: scan.milestone in TRIED_AGAIN)
    return _stated(said) if said else None


def refused(facts: Facts) -> Course | None:
    said = _said(facts, Kind.REFUSED, lambda scan, _: scan.milestone in TRIED_AGAIN)
    return _stated(said) if said else None


def attempt_failed(facts: Facts) -> Course | None:
    """The carrier was at the door and is not on its way there again. What is told of one
    day is one attempt: two providers may tell it, and a carrier in two scans."""
    if facts.milestone in TURNED | TRIED_AGAIN:
        return None
    zone = clock_of(facts.destination)
    first_of_day: dict[date, Seen] = {}
    for scan in facts.signs:
        if scan.milestone == Milestone.ATTEMPTED or scan.incident == Kind.ATTEMPT_FAILED:
            first_of_day.setdefault(scan.at.astimezone(ZoneInfo(zone)).date(), scan)
    if not first_of_day:
        return None
    attempts, last = len(first_of_day), list(first_of_day.values())[-1]
    return Course(last.at, level=attempts, detail={**_where(last), "attempts": attempts})


def waiting_at_pickup(facts: Facts) -> Course | None:
    """Not collected for some days; the second time as long after, when it soon goes back.
    Or a report says so."""
    said = _said(facts, Kind.WAITING_AT_PICKUP, _has_left_pickup)
    if facts.milestone != Milestone.READY_FOR_PICKUP or facts.milestone_at is None:
        return _stated(said) if said and facts.milestone not in TURNED else None
    since, days = facts.milestone_at, timedelta(days=facts.patience.pickup_days)
    last = facts.moves[-1] if facts.moves else None
    turns = (since + 2 * days,) if said else (since + days, since + 2 * days)
    return Course(since, level=1 if said else 0, turns=turns, detail=_where(last) if last else {})


def damaged(facts: Facts) -> Course | None:
    """What a delivery does not heal."""
    said = next((scan for scan in facts.scans if scan.incident == Kind.DAMAGED), None)
    return _stated(said) if said else None


def unclear_signature(facts: Facts) -> Course | None:
    """Delivered to somebody else; or a signature was wanted, and no report says that the
    receiver gave it. Over when whoever it was for has it, by their own word."""
    if facts.milestone != Milestone.DELIVERED or facts.received_at or facts.found_at:
        return None
    told = [scan for scan in facts.scans if scan.signed]
    signed = {scan.signed for scan in told}
    if Signed.SELF in signed or not (Signed.OTHER in signed or facts.wants_signature):
        return None
    detail = {**_where(told[-1]), "signed": told[-1].signed} if told else {}
    return Course(facts.stands_since, level=1, detail=detail)


def weight_mismatch(facts: Facts) -> Course | None:
    if not (facts.weight and facts.carrier_weight):
        return None
    if facts.patience.weights.allows(facts.weight, facts.carrier_weight):
        return None
    grams = facts.carrier_weight - facts.weight
    detail = {"grams": grams, "weight": facts.weight, "carrier_weight": facts.carrier_weight}
    return Course(facts.began_at or facts.announced_at, level=1, detail=detail)


def delivered_not_received(facts: Facts) -> Course | None:
    """Delivered, and its receiver has said since that it is not there: at once. Or signed for at
    the account's own warehouse, which has not taken it in: counted from the delivery to the
    close of the account's working day."""
    if facts.milestone != Milestone.DELIVERED or facts.received_at:
        return None
    if facts.disputed_at and facts.disputed_at >= facts.stands_since:
        return Course(facts.stands_since, level=1)
    if not facts.is_inbound:
        return None
    since = facts.stands_since
    try:
        turn = facts.here.close_of_working_day(since, facts.patience.receive_days)
    except ValueError:
        return None
    return Course(since, turns=(turn.astimezone(UTC),))


class Rule(NamedTuple):
    """after_end: whether it is asked of a parcel whose road is over."""

    kind: Kind
    course: Callable[[Facts], Course | None]
    after_end: bool = False


RULES = (
    Rule(Kind.SILENT, silent),
    Rule(Kind.STALLED, stalled),
    Rule(Kind.OVERDUE, overdue),
    Rule(Kind.LOST, lost),
    Rule(Kind.WRONG_WAY, wrong_way),
    Rule(Kind.CUSTOMS_HOLD, customs_hold),
    Rule(Kind.CUSTOMS_DOCUMENTS, customs_documents),
    Rule(Kind.ADDRESS, address),
    Rule(Kind.REFUSED, refused),
    Rule(Kind.ATTEMPT_FAILED, attempt_failed),
    Rule(Kind.WAITING_AT_PICKUP, waiting_at_pickup),
    Rule(Kind.DAMAGED, damaged, after_end=True),
    Rule(Kind.UNCLEAR_SIGNATURE, unclear_signature, after_end=True),
    Rule(Kind.WEIGHT_MISMATCH, weight_mismatch, after_end=True),
    Rule(Kind.DELIVERED_NOT_RECEIVED, delivered_not_received, after_end=True),
)
# What is not told beside another kind that says the same and more.
OUTDONE_BY: dict[str, frozenset[Kind]] = {
    Kind.SILENT: frozenset({Kind.LOST}),
    Kind.OVERDUE: frozenset({Kind.LOST, Kind.SILENT}),
    Kind.STALLED: frozenset({Kind.LOST, Kind.OVERDUE}) | AT_CUSTOMS,
    Kind.CUSTOMS_HOLD: frozenset({Kind.CUSTOMS_DOCUMENTS}),
    Kind.ATTEMPT_FAILED: frozenset({Kind.ADDRESS, Kind.REFUSED}),
}


# --- what they share ----------------------------------------------------------------------


def _stated(said: Seen) -> Course:
    return Course(said.at, level=1, detail=_where(said))


def _where(scan: Seen) -> dict[str, str | int]:
    told = {"place": scan.place, "country": scan.country, "code": scan.code}
    return {name: value for name, value in told.items() if value}


def _said(facts: Facts, kind: Kind, over: Callable[[Seen, Seen], bool]) -> Seen | None:
    """The first report that states this trouble, unless a newer scan shows that it is over:
    `over` is asked of each newer one, and of the last report that stated it."""
    first = last = None
    for scan in facts.scans:
        if scan.incident == kind:
            first, last = first or scan, scan
        elif last and scan.at > last.at and over(scan, last):
            first = last = None
    return first


def _is_past_customs(scan: Seen, _: Seen) -> bool:
    past = scan.milestone in MOVING and scan.milestone != Milestone.CUSTOMS
    return past and scan.incident not in AT_CUSTOMS


def _has_left_pickup(scan: Seen, _: Seen) -> bool:
    return scan.milestone in MOVING and scan.milestone != Milestone.READY_FOR_PICKUP


def _is_seen_elsewhere(scan: Seen, said: Seen) -> bool:
    """What is mis-sorted is often scanned once more where it lies, before it goes on."""
    if scan.milestone in LAST_LEG:
        return True
    return bool(scan.milestone in MOVING and scan.place and scan.place != said.place)


def _strayed(facts: Facts) -> Seen | None:
    """The first scan abroad since it was last seen in the country it goes to."""
    doubt = timedelta(hours=facts.patience.clocks_hours)
    home: datetime | None = None
    abroad: Seen | None = None
    for scan in facts.moves if facts.destination else ():
        if scan.country == facts.destination:
            home, abroad = scan.at, None
        elif scan.country and home and scan.milestone in ROAD and scan.at - home > doubt:
            abroad = abroad or scan
    return abroad


def _country(facts: Facts) -> str:
    """Where it is, as far as anybody told."""
    seen = next((scan.country for scan in reversed(facts.signs) if scan.country), "")
    return seen or (facts.destination if facts.milestone in LAST_LEG else facts.origin)


def _quiet(facts: Facts, since: datetime, country: str, *hours: int) -> tuple[datetime, ...]:
    """The moments when so many hours of carrying time have passed since `since`, and so many
    more, and so on; without those that never come."""
    days, zone = facts.days_in(country), clock_of(country)
    return tuple(_moving_times(since, hours, days, zone))


def _moving_times(
    since: datetime, hours: tuple[int, ...], days: Days, zone: str
) -> Iterator[datetime]:
    for number in hours:
        try:
            since = moving_time_after(since, number, days, zone)
        except ValueError:  # nobody carries there for a year
            return
        yield since
