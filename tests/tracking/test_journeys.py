"""Whatever way a journey is told, it is the same journey in the end.

Journeys of one or two parcels are made up, told by one or two providers in their own
bodies, each push holding all that was known at its time. Once they are processed one by
one in their order. Then again: in any order, repeated, in other words, late, several at a
time. Both end with the same parcel, the same scans and the same open incidents.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.tracking import kdniao, kuaidi100, seventeentrack
from tests.tracking.simulated import MONDAY, Clock, simulated
from tracking.milestones import TURNED, Milestone
from tracking.models import Account, Dispatch, Parcel, Push
from tracking.signals import incidents_changed
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

CHINA = ZoneInfo("Asia/Shanghai")
NUMBER = "YT1234567890123"
# Step → what 17TRACK, Kuaidi100 and Kdniao call it, and where it is.
KINDS: dict[str, tuple[str, str, str, str, str]] = {
    "label": ("InfoReceived", "102", "10", "", ""),
    "picked up": ("InTransit_PickedUp", "103", "1", "Shenzhen", "CN"),
    "road": ("InTransit_Other", "0", "2", "Shenzhen", "CN"),
    "abroad": ("InTransit_Arrival", "1002", "204", "London", "GB"),
    "lost": ("Exception_Lost", "2", "4", "", ""),
    "customs": ("InTransit_CustomsProcessing", "10", "601", "Dover", "GB"),
    "papers": ("InTransit_CustomsRequiringInformation", "13", "604", "Dover", "GB"),
    "cleared": ("InTransit_CustomsReleased", "12", "603", "Dover", "GB"),
    "at the door": ("OutForDelivery_Other", "5", "202", "Bristol", "GB"),
    "nobody home": ("DeliveryFailure_NoBody", "206", "405", "Bristol", "GB"),
    "refused": ("DeliveryFailure_Rejected", "203", "404", "Bristol", "GB"),
    "no such street": ("DeliveryFailure_InvalidAddress", "207", "420", "Bristol", "GB"),
    "pick-up": ("AvailableForPickup_Other", "205", "211", "Bristol", "GB"),
    "delivered": ("Delivered_Other", "301", "304", "Bristol", "GB"),
    "damaged": ("Exception_Damage", "209", "414", "Bristol", "GB"),
    "odd": ("Invented_Today", "999", "998", "Bristol", "GB"),
    "going back": ("Exception_Returning", "6", "407", "Dover", "GB"),
    "back": ("Exception_Returned", "4", "406", "Shenzhen", "CN"),
}
# Two parcels that share a number: carrier → what 17TRACK, Kuaidi100 and Kdniao call it.
CARRIERS = {"yto": (190157, "yuantong", "YTO"), "zto": (190455, "zhongtong", "ZTO")}
# Of one step, the clocks of two providers may differ by so much.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Step:
    at: datetime
    kind: str


@dataclass(frozen=True)
class Teller:
    """One provider's view of a journey. plain: it gives lines no codes, and says of the
    whole what the newest line is. misses: steps that it never hears of. says_country: from
    which of its pushes on it knows in which country a scan was."""

    provider: str
    plain: bool = False
    misses: frozenset[int] = frozenset()
    skew: timedelta = timedelta(0)
    says_country: int = 0
    weight: int | None = None


@dataclass(frozen=True)
class Journey:
    carrier: str
    steps: tuple[Step, ...]
    tellers: tuple[Teller, ...]


@dataclass(frozen=True)
class Pushed:
    """at: when it is sent. make: its body, in the words of a random number."""

    provider: str
    at: datetime
    make: Callable[[Random], bytes] = field(compare=False)


# --- the bodies -------------------------------------------------------------------------------


def words(random: Random) -> str:
    return random.choice(["As told", "In other words", "照说", ""])


def by_17track(journey: Journey, teller: Teller, known: Sequence[Step], number: int):
    def make(random: Random) -> bytes:
        events = []
        for step in known:
            code, _, _, place, country = KINDS[step.kind]
            told = seventeentrack.event(0, code, location=place, description=words(random))
            told["time_utc"] = (step.at + teller.skew).isoformat()
            if number >= teller.says_country:
                told["address"] = {"country": country}
            events.append(told)
        random.shuffle(events)
        body = json.loads(
            seventeentrack.pushed(*events, number=NUMBER, carrier=CARRIERS[journey.carrier][0])
        )
        if teller.weight and number:
            body["data"]["track_info"]["misc_info"] = {"weight_kg": teller.weight / 1000}
        return json.dumps(body).encode()

    return make


def by_kuaidi100(journey: Journey, teller: Teller, known: Sequence[Step], number: int):
    def make(random: Random) -> bytes:
        lines = []
        for step in reversed(known):
            _, code, _, place, _ = KINDS[step.kind]
            clock = chinese(step.at + teller.skew)
            told = kuaidi100.line(0, code, location=place, context=words(random))
            told |= {"time": clock, "ftime": clock}
            if teller.plain:
                del told["statusCode"]
            lines.append(told)
        state = KINDS[known[-1].kind][1]
        company = CARRIERS[journey.carrier][1]
        leg = kuaidi100.leg(*lines, company=company, nu=NUMBER, state=state)
        push = {"status": "polling", "autoCheck": "0", "comOld": "", "comNew": ""}
        return kuaidi100.body({**push, "lastResult": leg})

    return make


def by_kdniao(journey: Journey, teller: Teller, known: Sequence[Step], number: int):
    def make(random: Random) -> bytes:
        traces = []
        for step in known:
            _, _, code, place, _ = KINDS[step.kind]
            told = kdniao.trace(0, code, Location=place, AcceptStation=words(random))
            told["AcceptTime"] = chinese(step.at + teller.skew)
            if teller.plain:
                del told["Action"]
            traces.append(told)
        state = KINDS[known[-1].kind][2]
        item = kdniao.item(
            *traces,
            company=CARRIERS[journey.carrier][2],
            LogisticCode=NUMBER,
            State=state[0],
            StateEx=state,
        )
        return kdniao.body({"Count": "1", "Data": [item]})

    return make


def chinese(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


BODIES = {"17track": by_17track, "kuaidi100": by_kuaidi100, "kdniao": by_kdniao}


def log_of(journeys: Sequence[Journey]) -> list[Pushed]:
    """Every push there ever was about these, in the order of their time."""
    pushes = []
    for journey in journeys:
        for teller in journey.tellers:
            seen = [s for n, s in enumerate(journey.steps) if n not in teller.misses]
            for number in range(len(seen)):
                known = seen[: number + 1]
                make = BODIES[teller.provider](journey, teller, known, number)
                at = known[-1].at + teller.skew + timedelta(minutes=1)
                pushes.append(Pushed(teller.provider, at, make))
    return sorted(pushes, key=lambda push: push.at)


# --- what is made up --------------------------------------------------------------------------

GAPS = [0, 20, 5 * 60, 30 * 60, 75 * 60, 9 * 24 * 60]  # minutes


@st.composite
def journey(draw, carrier: str) -> Journey:
    at, steps = MONDAY, []
    told = st.tuples(st.sampled_from(GAPS), st.sampled_from(list(KINDS)))
    for minutes, kind in draw(st.lists(told, min_size=1, max_size=6)):
        at += timedelta(minutes=minutes)
        steps.append(Step(at, kind))
        if kind == "back":
            break
    names = draw(st.lists(st.sampled_from(list(BODIES)), min_size=1, max_size=2, unique=True))
    tellers = tuple(draw(teller(name, len(steps))) for name in names)
    return Journey(carrier, tuple(steps), tellers)


def teller(name: str, steps: int):
    return st.builds(
        Teller,
        provider=st.just(name),
        plain=st.booleans(),
        misses=st.frozensets(st.integers(0, steps), max_size=2),
        skew=st.sampled_from([timedelta(0), SKEW]),
        says_country=st.integers(0, 3),
        weight=st.sampled_from([None, 480, 900]),
    )


DISPATCH = st.builds(
    Dispatch,
    handed_over_at=st.sampled_from([None, MONDAY - timedelta(hours=3)]),
    origin=st.just("CN"),
    destination=st.just("GB"),
    weight=st.just(500),
    is_inbound=st.booleans(),
    wants_signature=st.booleans(),
)
# How long after the last push somebody looks at it (hours).
AFTERWARDS = st.sampled_from([0, 60, 24 * 12, 24 * 40])


# --- what becomes of it -----------------------------------------------------------------------

numbered = count()


def announce(journeys: Sequence[Journey], dispatch: Dispatch) -> list[Parcel]:
    account = Account.objects.create(name=f"account {next(numbered)}", country="GB")
    return [
        Parcel.objects.announce(account, NUMBER, journey.carrier, MONDAY, dispatch)
        for journey in journeys
    ]


def stand(parcel: Parcel) -> dict[str, object]:
    """All that must not depend on how it was told."""
    parcel.refresh_from_db()
    return {
        "milestone": (parcel.milestone, parcel.milestone_at),
        "road": (parcel.started_at, parcel.ended_at, parcel.last_scan_at),
        "weight": parcel.carrier_weight,
        "expected": (parcel.expected, None if parcel.ended_at else parcel.delays),
        "scans": sorted(
            parcel.scans.values_list(
                "at", "code", "place", "provider", "milestone", "country", "incident", "signed"
            )
        ),
        "incidents": sorted(
            (incident.kind, incident.level, incident.since, json.dumps(incident.detail))
            for incident in parcel.incidents.filter(cleared_at=None)
        ),
        "watched": parcel.watch_at,
    }


def tell(parcels: Sequence[Parcel], pushes: Sequence[Pushed], clock: Clock, random: Random | None):
    """Processes them in this order: one by one and at once, or as `random` says."""
    account = parcels[0].account
    rows = []
    for number, push in enumerate(pushes):
        clock.to(push.at)
        rows.append(
            Push(
                account=account,
                provider=push.provider,
                delivery=f"push {number}",
                body=push.make(random or Random(0)),
                received_at=clock.now,
                due_at=MONDAY - timedelta(days=1, seconds=-number),
            )
        )
    clock.now = MONDAY  # the log of when they come is written; now it happens
    while rows:
        size = random.randint(1, 4) if random else 1
        batch, rows = rows[:size], rows[size:]
        Push.objects.bulk_create(batch)
        clock.to(batch[-1].received_at)
        if random and random.random() < 0.3:
            clock.go(hours=random.choice([1, 50]))  # the worker was slow
            Parcel.objects.filter(account=account).watch()
        before = [(parcel.milestone, parcel.milestone_at) for parcel in parcels]
        Push.objects.process(Push.objects.claim(20))
        for parcel, was in zip(parcels, before, strict=True):
            parcel.refresh_from_db()
            never_backwards(was, parcel)
    states = Push.objects.filter(account=account).values_list("state", flat=True)
    assert set(states) <= {WorkState.DONE}


def never_backwards(was: tuple[str, datetime | None], parcel: Parcel) -> None:
    milestone, at = was
    if milestone == Milestone.RETURNED:
        assert parcel.milestone == Milestone.RETURNED
    if milestone != Milestone.DELIVERED or parcel.milestone == Milestone.DELIVERED:
        return
    assert parcel.milestone in TURNED
    assert parcel.milestone_at >= at - SKEW


def look(parcels: Sequence[Parcel], end: datetime, clock: Clock) -> None:
    clock.to(end)
    mine = Parcel.objects.filter(account=parcels[0].account)
    while mine.watch():
        pass


def nothing_was_overlooked(parcels: Sequence[Parcel]) -> None:
    """Looking at everything once more finds nothing that looking at what is due missed."""
    heard = []

    def listen(sender, parcel, changes, **kwargs):
        heard.append((parcel, changes))

    mine = Parcel.objects.filter(account=parcels[0].account)
    mine.update(watch_at=MONDAY)
    incidents_changed.connect(listen)
    try:
        mine.watch()
    finally:
        incidents_changed.disconnect(listen)
    assert heard == []


PLAIN = Teller("kdniao", plain=True)
FIRST_AND_LAST = Journey(
    "yto",
    (
        Step(MONDAY, "picked up"),
        Step(MONDAY + timedelta(hours=9), "refused"),
        Step(MONDAY + timedelta(hours=30), "delivered"),
    ),
    (PLAIN,),
)
LATE_COUNTRY = Journey(
    "yto",
    (Step(MONDAY, "abroad"), Step(MONDAY + timedelta(hours=30), "road")),
    (Teller("17track", says_country=1),),
)
NOBODY = Dispatch(origin="CN", destination="GB", weight=500)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=journey("yto"),
    second=st.none() | journey("zto"),
    dispatch=DISPATCH,
    random=st.randoms(use_true_random=False),
    afterwards=AFTERWARDS,
)
@example(FIRST_AND_LAST, None, NOBODY, Random(3), 0)
@example(LATE_COUNTRY, None, NOBODY, Random(3), 0)
def test_however_a_journey_is_told_it_ends_the_same(first, second, dispatch, random, afterwards):
    journeys = [first, second] if second else [first]
    log = log_of(journeys)
    if not log:
        return
    told = random.sample(log, len(log)) + random.choices(log, k=random.randint(0, len(log)))
    random.shuffle(told)
    with simulated(Clock()) as clock:
        one, other = announce(journeys, dispatch), announce(journeys, dispatch)
        tell(one, log, clock, None)
        end = clock.now
        clock.now = MONDAY
        tell(other, told, clock, random)
        end = max(end, clock.now) + timedelta(hours=afterwards)
        for parcels in (one, other):
            look(parcels, end, clock)
        assert [stand(parcel) for parcel in other] == [stand(parcel) for parcel in one]
        for parcels in (one, other):
            nothing_was_overlooked(parcels)


def test_the_journeys_that_are_made_up_bring_every_milestone_and_trouble():
    """Else the property above would say little."""
    steps = tuple(Step(MONDAY + timedelta(hours=20 * n), kind) for n, kind in enumerate(KINDS))
    seen: set[str] = set()
    for name in BODIES:
        made = Journey("yto", steps, (Teller(name),))
        with simulated(Clock()) as clock:
            parcels = announce([made], NOBODY)
            tell(parcels, log_of([made]), clock, None)
        seen |= set(parcels[0].scans.values_list("milestone", flat=True))
        seen |= set(parcels[0].incidents.values_list("kind", flat=True))
    assert set(Milestone) <= seen
    assert {"customs_hold", "customs_documents", "refused", "address", "attempt_failed"} <= seen
    assert {"damaged", "lost"} <= seen
