"""Ten thousand pushes, shuffled, repeated, reworded, some lost and some forged, while the
worker is killed ten times: every parcel ends as its log says."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from random import Random

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.running_site import HOUSE, wait_until
from tests.tracking.loopback import Answer, Loopback, Seen, loopback
from tests.tracking.seventeentrack import KEY, ROYAL_MAIL, answer, connect, event, pushed, send
from tests.tracking.simulated import Clock, simulated
from tracking import tasks
from tracking.milestones import FINAL, Milestone
from tracking.models import Connection, Dispatch, Following, Incident, Parcel, Push, Story
from tracking.work import WorkState

SEED = 20418
REPEATED, MISSING, FORGED = 0.3, 0.05, 0.01
KILLS = 10
# So many come through the front door, one by one; the others as the door would keep them.
THROUGH_THE_DOOR = 1_500


@dataclass(frozen=True)
class Kind:
    """A journey as 17TRACK tells it, a step every three hours. milestone, since: how it
    ends, and the number of the step that made it so. troubles: what is open then."""

    codes: tuple[str, ...]
    milestone: str
    since: int
    troubles: frozenset[str] = frozenset()


ROAD = ("InTransit_PickedUp", "InTransit_Other", "InTransit_Arrival")
KINDS = (
    Kind(
        (
            *(*ROAD, "InTransit_CustomsProcessing", "OutForDelivery_Other", "Delivered_Other"),
            "InTransit_Other",  # told late by a clock that is wrong
        ),
        Milestone.DELIVERED,
        5,
    ),
    Kind(
        (*ROAD, "Delivered_Other", "Exception_Returning", "Exception_Returned", "InTransit_Other"),
        Milestone.RETURNED,
        5,
    ),
    Kind(
        (
            *("InfoReceived", *ROAD, "InTransit_CustomsProcessing"),
            "InTransit_CustomsRequiringInformation",
        ),
        Milestone.CUSTOMS,
        4,
        frozenset({"customs_documents"}),
    ),
    Kind(
        (
            *(*ROAD, "OutForDelivery_Other", "DeliveryFailure_NoBody", "OutForDelivery_Other"),
            "AvailableForPickup_Other",
        ),
        Milestone.READY_FOR_PICKUP,
        6,
    ),
    Kind(
        (*ROAD, "Exception_Damage", "OutForDelivery_Other", "DeliveryFailure_Rejected"),
        Milestone.ATTEMPTED,
        5,
        frozenset({"refused", "damaged"}),
    ),
)


class World:
    """So many parcels, what happens to them, and how it is told."""

    def __init__(self, parcels: int, base: str) -> None:
        self.random = Random(SEED)
        self.began = timezone.now().replace(microsecond=0) - timedelta(hours=24)
        self.connection = connect(base=f"{base}/track/v2.4/")
        self.kinds = {f"RB{n:09}GB": KINDS[n % len(KINDS)] for n in range(parcels)}
        dispatch = Dispatch(handed_over_at=self.began, origin="CN", destination="GB")
        stories = [Story(number, "royal-mail", self.began, (), dispatch) for number in self.kinds]
        Parcel.objects.announce_all(self.connection.account, stories)

    def at(self, step: int) -> datetime:
        return self.began + timedelta(hours=3 * step)

    def told(self, number: str, steps: int, words: str = "As told") -> bytes:
        """The push about the first so many steps."""
        return pushed(*self.events(number, steps, words), number=number)

    def events(self, number: str, steps: int, words: str = "As told") -> list[dict]:
        codes = self.kinds[number].codes[:steps]
        return [
            event(0, code, time_utc=self.at(n).isoformat(), location=f"{n}", description=words)
            for n, code in enumerate(codes)
        ]

    def pushes(self) -> tuple[list[bytes], int]:
        """What arrives, in the order in which it does; and how many there are in all."""
        log = [
            (number, steps)
            for number, kind in self.kinds.items()
            for steps in range(1, len(kind.codes) + 1)
        ]
        lost = set(self.random.sample(range(len(log)), round(MISSING * len(log))))
        arriving = [self.told(*push) for n, push in enumerate(log) if n not in lost]
        again = [
            self.told(*push, words=self.random.choice(["As told", "In other words"]))
            for push in self.random.sample(
                [push for n, push in enumerate(log) if n not in lost], round(REPEATED * len(log))
            )
        ]
        arriving += again
        self.random.shuffle(arriving)
        return arriving, len(log)

    # --- 17TRACK itself -------------------------------------------------------------------

    def play(self, server: Loopback) -> None:
        server.answers("/track/v2.4/register", self.registered)
        server.answers("/track/v2.4/gettrackinfo", self.asked)

    def registered(self, seen: Seen) -> Answer:
        return answer([{"number": row["number"], "carrier": ROYAL_MAIL} for row in seen.json])

    def asked(self, seen: Seen) -> Answer:
        numbers = [row["number"] for row in seen.json]
        bodies = [self.told(n, len(self.kinds[n].codes)) for n in numbers]
        return answer([json.loads(body)["data"] for body in bodies])

    # --- what it must come to -------------------------------------------------------------

    def wrong(self) -> list[str]:
        """The numbers that do not stand where their log says."""
        open_ones: dict[int, set[str]] = {}
        for pk, kind in Incident.objects.open().values_list("parcel_id", "kind"):
            open_ones.setdefault(pk, set()).add(kind)
        found = []
        for parcel in Parcel.objects.prefetch_related("scans"):
            kind = self.kinds[parcel.number]
            codes = Counter(
                (scan.at, scan.code) for scan in parcel.scans.all() if scan.provider == "17track"
            )
            log = Counter((self.at(n), code) for n, code in enumerate(kind.codes))
            if kind.milestone in FINAL:
                # Nobody asks for what is told after the end.
                codes |= Counter({(self.at(len(log) - 1), kind.codes[-1]): 1})
            is_right = (
                parcel.milestone == kind.milestone
                and parcel.milestone_at == self.at(kind.since)
                and open_ones.get(parcel.pk, set()) == kind.troubles
                and codes == log
            )
            if not is_right:
                found.append(parcel.number)
        return found


# --- the worker -------------------------------------------------------------------------------


def start() -> subprocess.Popen[bytes]:
    database = str(connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-m", "tests.tracking.push_worker", database],
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )


@contextmanager
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    """The last one works; whatever happens none is left."""
    mine = [start()]
    try:
        yield mine
    finally:
        mine[-1].kill()
        mine[-1].wait()


def kill(mine: list[subprocess.Popen[bytes]]) -> None:
    assert mine[-1].poll() is None, "the worker ended by itself"
    os.kill(mine[-1].pid, signal.SIGKILL)
    mine[-1].wait()
    mine.append(start())


def settled() -> int:
    return Push.objects.filter(state=WorkState.DONE).count()


def drained() -> bool:
    return not Push.objects.exclude(state__in=(WorkState.DONE, WorkState.DEAD)).exists()


# --- the door ---------------------------------------------------------------------------------


def deliver(world: World, bodies: Sequence[bytes], client: Client | None) -> None:
    """client: None to keep them as the door would."""
    if client:
        for body in bodies:
            assert send(body, client=client).status_code == 200
        return
    rows = [
        Push(
            account=world.connection.account,
            provider="17track",
            delivery=sha256(body).hexdigest(),
            body=body,
        )
        for body in bodies
    ]
    Push.objects.bulk_create(rows, ignore_conflicts=True)


def forge(world: World, count: int) -> None:
    """Each says “delivered” of a parcel that is not, two seconds apart."""
    client, clock = Client(), Clock(timezone.now())
    numbers = [n for n, kind in world.kinds.items() if kind.milestone == Milestone.CUSTOMS]
    with simulated(clock):
        for n in range(count):
            lie = event(0, "Delivered_Other", time_utc=timezone.now().isoformat())
            body = pushed(lie, number=numbers[n % len(numbers)])
            assert send(body, key=f"not {KEY}", client=client).status_code == 401
            clock.go(seconds=2)


# --- the storm --------------------------------------------------------------------------------


def storm(parcels: int, through_the_door: int, server: Loopback) -> None:
    world = World(parcels, server.url)
    world.play(server)
    with simulated(Clock(timezone.now())):
        tasks.check()
    assert Following.objects.filter(registered_at__isnull=False).count() == parcels
    arriving, told = world.pushes()
    client = Client()
    cuts = [round(n * len(arriving) / (KILLS + 1)) for n in range(KILLS + 2)]
    door = through_the_door // (KILLS + 1)
    forged = round(FORGED * told)
    with workers() as mine:
        for number, (begin, end) in enumerate(pairwise(cuts)):
            chunk = arriving[begin:end]
            deliver(world, chunk[door:], None)
            deliver(world, chunk[:door], client)
            if number == KILLS:
                break
            enough = settled() + world.random.randint(1, len(chunk) // 2)
            wait_until(lambda enough=enough: drained() or settled() >= enough, "it works", 60)
            kill(mine)
        forge(world, forged)
        wait_until(drained, "every push is settled", 120)
    assert len(mine) == KILLS + 1

    # Nothing was lost, and nothing was believed that was forged.
    assert Push.objects.count() == len({*arriving})
    assert not Push.objects.exclude(state=WorkState.DONE).exists()
    assert Push.objects.filter(attempts__gt=1).exists(), "no kill hit a worker at its work"
    assert Connection.objects.get().forged_count == forged

    # What no push told is asked for, half a day later.
    lost = world.wrong()
    assert 0 < len(lost) < parcels * 2 * MISSING
    asked = len(server.seen)
    with simulated(Clock(timezone.now() + timedelta(hours=14))):
        tasks.check()
    assert len(server.seen) > asked
    assert world.wrong() == []


@pytest.fixture
def server():
    with loopback() as server:
        yield server


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_pushes_and_ten_killed_workers(server):
    storm(1_520, THROUGH_THE_DOOR, server)
    assert Push.objects.count() > 10_000


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_thousand_pushes_and_ten_killed_workers_on_postgresql(server):
    storm(160, 200, server)
