"""Six hours in which 17TRACK is out of order, in simulated time.

Buyers' pages stay as they are and say how old their news is; the breaker opens, probes with
one number, and the second provider takes over. Then five thousand parcels that waited are
asked for, at the pace that is allowed.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

import pytest
from django.test import Client

from returns import addresses
from tests import people
from tests.tracking import kuaidi100
from tests.tracking.loopback import Answer, loopback
from tests.tracking.playing import Call, Played17Track, PlayedKuaidi100
from tests.tracking.seventeentrack import ROYAL_MAIL, event, pushed
from tests.tracking.simulated import MONDAY, Clock, simulated
from tracking import tasks
from tracking.milestones import Milestone
from tracking.models import Connection, Dispatch, Following, Parcel, Push, Story, merged
from tracking.models.connection import FAILURES, FIRST_PAUSE, LONGEST_PAUSE
from tracking.models.following import LOCKED_FOR
from tracking.providers import Action, seventeentrack
from tracking.work import WorkState

BACKLOG = 5_000
QUOTA = 6_000
CALLS_PER_SECOND = 3
BEGINS, ENDS = MONDAY, MONDAY + timedelta(hours=6)
RETRY_AFTER = 137  # seconds
YTO = 190157


class Troubles:
    """How it fails, by turns."""

    def __init__(self) -> None:
        self.told: list[str] = []
        slow = Answer(silent=True)
        busy = Answer(status=429, headers={"Retry-After": str(RETRY_AFTER)})
        ways = {
            "hangs": slow,
            "fails": Answer(status=500),
            "is rubbish": Answer(body=b"<html>Bad gateway</html>"),
            "breaks off": Answer(json={"code": 0, "data": {}}, cut=5),
            "is away": Answer(status=503),
            "is busy": busy,
        }
        self.names = list(ways)
        self.ways = cycle(ways.items())

    def __call__(self) -> Answer:
        name, answer = next(self.ways)
        self.told.append(name)
        return answer


def starts_within(calls: list[Call], seconds: float) -> int:
    """The most calls that ever began within so many seconds."""
    starts = sorted(call.at for call in calls)
    most = first = 0
    for last, at in enumerate(starts):
        while (at - starts[first]).total_seconds() >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def backlog(store, connection: Connection, track: Played17Track) -> None:
    """Parcels on their way since yesterday, each due to be asked for at some time of the
    outage."""
    random = Random(6)
    began = BEGINS - timedelta(hours=20)
    dispatch = Dispatch(handed_over_at=began, origin="LT", destination="GB")
    stories = [
        Story(f"RB{n:09}GB", "royal-mail", began, (), dispatch) for n in range(1000, 1000 + BACKLOG)
    ]
    Parcel.objects.announce_all(store.account, stories)
    parcels = list(Parcel.objects.filter(carrier="royal-mail", last_scan_at=None))
    for parcel in parcels:
        parcel.next_check_at = BEGINS + timedelta(minutes=random.uniform(0, 6 * 60))
        parcel.checked_at = BEGINS - timedelta(hours=2)
        track.registered[parcel.number] = ROYAL_MAIL
        track.events[parcel.number] = [at(BEGINS - timedelta(hours=10), "InTransit_Other")]
    Parcel.objects.bulk_update(parcels, ["next_check_at", "checked_at"], batch_size=200)
    Following.objects.bulk_create(
        Following(
            parcel=parcel,
            connection=connection,
            number=parcel.number,
            wish=Action.QUERY,
            state=WorkState.DONE,
            registered_at=began,
            heard_at=BEGINS - timedelta(hours=9),
            carrier_key=str(ROYAL_MAIL),
        )
        for parcel in parcels
    )


def at(moment: datetime, code: str) -> dict:
    return event(0, code, time_utc=moment.isoformat())


def push(store, clock: Clock, number: str, *events: dict) -> None:
    Push.objects.create(
        account=store.account,
        provider="17track",
        delivery=f"{number} {clock.now}",
        body=pushed(*events, number=number),
        received_at=clock.now,
    )


def last_check(client: Client, order) -> str:
    """What the page says about how fresh its news is."""
    response = client.get(addresses.order_page(order, "order"))
    assert response.status_code == 200
    found = re.search(r'<p class="checked.*?</p>', response.content.decode(), re.DOTALL)
    assert found, "it does not say when somebody looked"
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def rounds(clock: Clock, until: datetime, minutes: int, also: Callable[[], None]) -> None:
    while clock.now < until:
        clock.go(minutes=minutes)
        tasks.check()
        tasks.sweep()
        also()


@pytest.mark.django_db
def test_six_hours_without_the_first_provider(monkeypatch):
    monkeypatch.setattr(seventeentrack, "TOTAL", 0.3)  # seconds that a call may hang for real
    clock = Clock(BEGINS - timedelta(minutes=30))
    with loopback() as server, simulated(clock):
        track, kuaidi = Played17Track(server), PlayedKuaidi100(server)
        store = people.open_store()
        first = track.connect(store.account, daily_quota=QUOTA)
        kuaidi.connect(store.account, position=1)
        # Sarah's parcel is on its way, and was looked at a moment ago.
        order = people.place_order(store, delivered=False)
        client = Client()
        people.open_link(client, order)
        tasks.check()
        Parcel.objects.update(next_check_at=BEGINS + timedelta(hours=1))
        backlog(store, first, track)
        fresh = last_check(client, order)

        # --- the outage -------------------------------------------------------------------
        clock.to(BEGINS)
        troubles = track.trouble = Troubles()
        calls_before, pages = len(track.calls), []

        def look() -> None:
            calls = len(track.calls) + len(kuaidi.calls)
            pages.append(last_check(client, order))
            assert len(track.calls) + len(kuaidi.calls) == calls, "a page asked somebody"

        while not Connection.objects.filter(pk=first.pk, paused_until__isnull=False).exists():
            rounds(clock, clock.now + timedelta(minutes=1), 1, look)
            assert len(track.calls) - calls_before <= FAILURES
        at_first = track.calls[calls_before:]

        # New parcels come in meanwhile; the first provider would have been asked.
        chinese = [f"YT{n:013}" for n in range(40)]
        for number in chinese:
            dispatch = Dispatch(clock.now, "CN", "GB")
            Parcel.objects.announce(store.account, number, "yto", clock.now, dispatch)
            told = f"{clock.now + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"  # by Chinese clocks
            kuaidi.lines[number] = [kuaidi100.line(0, "0") | {"time": told, "ftime": told}]
        scanned_at = clock.now

        rounds(clock, ENDS - timedelta(minutes=5), 30, look)
        assert set(kuaidi.registered) == set(chinese)
        probes = track.calls[calls_before + len(at_first) :]
        assert probes and {len(call.numbers) for call in probes} == {1}
        assert len(probes) <= timedelta(hours=6) / LONGEST_PAUSE + 12
        assert set(troubles.told) == set(troubles.names)
        for call, trouble, after in zip(
            track.calls[calls_before:], troubles.told, track.calls[calls_before + 1 :], strict=False
        ):
            wait = after.at - call.at
            if trouble == "is busy":
                assert wait >= timedelta(seconds=RETRY_AFTER)
            elif call in probes:
                assert wait >= FIRST_PAUSE
        # Nobody pretends to know: the time of the last look stays, and grows old.
        assert pages[0] != pages[-1] != fresh
        assert "6 hours" in pages[-1] or "5 hours" in pages[-1], pages[-1]

        # --- some hear by themselves --------------------------------------------------------
        pushed_now = [f"RB{n:09}GB" for n in range(1000, 1040)]
        arrived = [f"RB{n:09}GB" for n in range(1040, 1080)]
        for number in pushed_now:
            push(store, clock, number, at(clock.now, "InTransit_Other"))
        for number in arrived:
            push(store, clock, number, at(clock.now, "Delivered_Other"))
        tasks.process_pushes()

        # --- it is well again ---------------------------------------------------------------
        clock.to(ENDS)
        track.trouble = lambda: None
        for number in chinese:
            track.registered[number] = YTO
            track.events[number] = [at(scanned_at.replace(second=0), "InTransit_Other")]
        well_since, calls_before = clock.now, len(track.calls)
        rounds(clock, ENDS + timedelta(minutes=45), 1, lambda: None)

        after = track.calls[calls_before:]
        asked = Counter(n for call in after if call.action == "query" for n in call.numbers)
        waited = Parcel.objects.filter(carrier="royal-mail", ended_at=None)
        waited = waited.exclude(number__in=pushed_now)
        # Everybody who waited was asked for, once, and nobody else.
        assert set(waited.values_list("number", flat=True)) <= set(asked)
        assert not set(asked) & {*pushed_now, *arrived}
        assert max(asked.values()) == 1
        assert not waited.filter(checked_at__lt=well_since).exists()
        # It took no longer than the pace wants, from the first probe on.
        begins, ends = after[0].at, after[-1].at
        assert begins - well_since <= LONGEST_PAUSE + timedelta(minutes=1)
        assert ends - begins < timedelta(minutes=15)
        assert starts_within(track.calls, 1) <= CALLS_PER_SECOND
        assert starts_within(kuaidi.calls, 1) <= 20

        # --- and nobody comes back at the same moment ----------------------------------------
        again = list(waited.values_list("next_check_at", flat=True))
        assert None not in again
        per_minute = Counter(moment.replace(second=0, microsecond=0) for moment in again)
        assert max(per_minute.values()) < len(again) / 20
        assert max(again) - min(again) > timedelta(hours=1)
        numbers = [n for call in track.calls for n in call.numbers]
        assert Connection.objects.get(pk=first.pk).quota_used <= QUOTA
        assert len(numbers) <= QUOTA
        never_twice_in_half_an_hour(track.calls[calls_before:])
        never_twice_in_half_an_hour(kuaidi.calls)

        # --- what two told is one story -----------------------------------------------------
        waited.update(next_check_at=None)  # the others are asked no more
        clock.go(hours=30)
        rounds(clock, clock.now + timedelta(minutes=10), 1, lambda: None)
        parcel = Parcel.objects.get(number=chinese[0])
        assert parcel.milestone == Milestone.IN_TRANSIT
        told = {scan.provider for scan in parcel.scans.all()}
        assert told == {"17track", "kuaidi100"}
        assert len(merged(list(parcel.scans.all()))) == 1
        assert last_check(client, order) != pages[-1]


def never_twice_in_half_an_hour(calls: list[Call]) -> None:
    last: dict[str, datetime] = {}
    for call in calls:
        if call.action != "query":
            continue
        for number in call.numbers:
            assert number not in last or call.at - last[number] >= LOCKED_FOR
            last[number] = call.at
