"""Two people, two workers, a worker and a gateway at the same moment, on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from tests.tracking.gateway_server import UPS_NUMBER, GatewayServer, kuaidi100_result
from tests.tracking.loopback import PATIENCE, Answer, Play, Seen
from tests.tracking.test_interception_reports import NO, YES, at_kuaidi100, send
from tests.tracking.turning import asked, at_ups, claimed, fresh, on_the_road, scanned, wanted
from tracking import tasks
from tracking.gateways import Aim, Outcome
from tracking.gateways import Answer as Said
from tracking.interceptions import OPEN, InterceptionStatus
from tracking.milestones import Milestone
from tracking.models import AlreadyTurning, Interception, InterceptionReport
from tracking.signals import interception_changed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
S = InterceptionStatus


class SlowServer(GatewayServer):
    """It holds the request back, and says when it is there."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived, self.go = Event(), Event()

    def choose(self, seen: Seen) -> Play:
        return self._hold if "/redirect/" in seen.path else self._answer

    def _hold(self, seen: Seen) -> Answer:
        self.arrived.set()
        assert self.go.wait(PATIENCE)
        return self._answer(seen)


@pytest.fixture
def server():
    with GatewayServer() as server:
        yield server


@pytest.fixture
def slow():
    with SlowServer() as server:
        yield server
        server.go.set()


@pytest.fixture
def parcel(transactional_db):
    return on_the_road()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned or raised, each with its own connection, all let go together."""
    start, results = Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE)
            results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(3 * PATIENCE)
        assert not thread.is_alive(), "two hands wait for each other"
    return results


def in_background(act: Callable[[], Any]) -> Thread:
    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_two_people_ask_about_one_parcel_and_one_is_told_so(parcel, server):
    at_ups(parcel, server)
    got = at_once(*[partial(wanted, type(parcel).objects.get(), Aim.RETURN) for _ in range(4)])
    assert sum(isinstance(one, AlreadyTurning) for one in got) == 3, got
    assert Interception.objects.count() == 1


def test_several_workers_make_one_request(parcel, server):
    at_ups(parcel, server)
    row = wanted(parcel)
    got = at_once(*[tasks.intercept] * 4)
    assert got == [None] * 4
    assert (len(server.asked), fresh(row).status) == (1, S.ACCEPTED)


def test_two_that_hold_the_same_row_make_one_request(parcel, server):
    """The lease of the first ran out while it was thinking."""
    at_ups(parcel, server)
    row = wanted(parcel)
    hands = [claimed(row), fresh(row)]
    at_once(*[hand.proceed for hand in hands])
    assert len(server.asked) == 1


def test_a_result_that_comes_while_the_call_is_in_flight_counts(parcel, slow):
    at_ups(parcel, slow)
    row = wanted(parcel)
    worker = in_background(Interception.objects.work)
    assert slow.arrived.wait(PATIENCE)
    assert fresh(row).take(Said(Outcome.SUCCEEDED, words="Done."))
    slow.go.set()
    worker.join(PATIENCE)
    now = fresh(row)
    assert (now.status, now.words, now.is_uncertain) == (S.SUCCEEDED, "Done.", False)
    assert now.cost and now.reference, "what the call answered is kept all the same"


def test_what_is_withdrawn_while_the_call_is_in_flight_is_asked_to_be_forgotten(parcel, slow):
    at_ups(parcel, slow)
    row = wanted(parcel)
    worker = in_background(Interception.objects.work)
    assert slow.arrived.wait(PATIENCE)
    assert fresh(row).withdraw() is False
    slow.go.set()
    worker.join(PATIENCE)
    Interception.objects.work()
    assert fresh(row).status == S.WITHDRAWN
    assert (len(slow.asked), slow.cancelled) == (1, [UPS_NUMBER])


def test_withdrawn_at_the_very_moment_it_is_either_never_asked_or_asked_and_forgotten(
    parcel, server
):
    at_ups(parcel, server)
    for _ in range(8):
        server.asked.clear()
        server.cancelled.clear()
        server.made.clear()
        row = wanted(parcel)
        _, at_once_withdrawn = at_once(Interception.objects.work, fresh(row).withdraw)
        Interception.objects.work()
        assert fresh(row).status == S.WITHDRAWN
        if at_once_withdrawn is True:
            assert (server.asked, server.cancelled) == ([], [])
        else:
            assert (len(server.asked), len(server.cancelled)) == (1, 1)
        assert not server.made


def test_the_same_result_at_several_web_workers_is_kept_and_taken_once(transactional_db):
    parcel = on_the_road("SF1234567890123", "sf")
    gateway, row = at_kuaidi100(parcel), asked(parcel)
    told: list[str] = []

    def listen(sender, interception, **kwargs):
        told.append(interception.status)

    interception_changed.connect(listen)
    body = kuaidi100_result(status=YES)
    got = at_once(*[lambda: send(gateway, body, Client()).status_code] * 6)
    assert got == [200] * 6
    at_once(*[tasks.intercept] * 3)
    interception_changed.disconnect(listen)
    assert InterceptionReport.objects.count() == 1
    assert (fresh(row).status, told) == (S.ACCEPTED, [S.ACCEPTED])


def test_two_contrary_words_at_once_leave_one_end(transactional_db):
    parcel = on_the_road("SF1234567890123", "sf")
    gateway, row = at_kuaidi100(parcel), asked(parcel)
    send(gateway, kuaidi100_result(status=NO))
    send(gateway, kuaidi100_result(status="已取消"))
    at_once(*[lambda: [one.process() for one in InterceptionReport.objects.claim(1)]] * 2)
    now = fresh(row)
    assert now.status in (S.FAILED, S.WITHDRAWN)
    assert bool(now.failure) == (now.status == S.FAILED)


def test_scans_and_words_at_once_wait_for_nobody_for_ever(parcel, server):
    """Whoever records locks the parcel and then the request, as whoever drops it does."""
    at_ups(parcel, server)
    for number in range(3):
        other = on_the_road(f"1Z999AA1012345679{number}")
        row = asked(other)
        acts = (
            partial(scanned, other, Milestone.DELIVERED, place="Austin"),
            fresh(row).withdraw,
            type(other).objects.get(pk=other.pk).drop,
        )
        got = at_once(*acts)
        assert not any("deadlock" in str(one) for one in got), got
        left = Interception.objects.filter(pk=row.pk)
        assert not left.filter(parcel__dropped_at=None).exists()
        assert left.to_forget().count() == left.count(), "but for what is to be forgotten"
    assert Interception.objects.filter(status__in=OPEN).count() == 0
