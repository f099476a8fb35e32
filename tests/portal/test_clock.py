"""The clock rings for due work, once, and notices when nobody answers."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from portal.running import clock as clocks
from portal.running.clock import BELLS, SILENCE, STALE, Clock
from portal.running.keeper import SILENT
from tracking.models import Heartbeat
from tracking.tasks import beat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connection_of_the_test(monkeypatch):
    """The clock hangs up what is old or odd, and a test's own transaction looks odd to it."""
    monkeypatch.setattr(clocks, "close_old_connections", lambda: None)


@pytest.fixture
def watch(monkeypatch):
    """A stopwatch in place of the machine's: watch(5) lets five seconds pass."""
    now = [1000.0]
    monkeypatch.setattr(clocks.time, "monotonic", lambda: now[0])

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    return pass_by


def rings() -> list[str]:
    return sorted(ring.func() for ring in OrmQ.objects.all())


def answer() -> None:
    """What a worker does with everything that was rung for, as far as the clock can tell."""
    OrmQ.objects.all().delete()
    beat()


def test_the_first_tick_rings_for_everything():
    Clock().tick()
    assert rings() == sorted(BELLS)


def test_every_bell_names_a_task_that_exists():
    import pydoc

    for bell in BELLS:
        assert callable(pydoc.locate(bell)), bell


def test_rings_that_nobody_took_yet_are_not_repeated():
    clock = Clock()
    for _ in range(5):
        clock.tick()
    assert rings() == sorted(BELLS)


def test_a_ring_that_a_killed_worker_had_taken_is_repeated():
    clock = Clock()
    clock.tick()
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=5))
    clock.tick()
    assert rings().count("tracking.tasks.beat") == 2


@pytest.mark.parametrize("sweep", ["returns.tasks.sweep", "tracking.tasks.sweep"])
def test_the_sweeps_are_rung_less_often_than_the_heartbeat(watch, sweep):
    clock = Clock()
    clock.tick()
    answer()
    watch(BELLS[sweep] / 2)
    clock.tick()
    assert "tracking.tasks.beat" in rings()
    assert sweep not in rings()
    watch(BELLS[sweep])
    clock.tick()
    assert sweep in rings()


def test_rings_that_nobody_heard_for_long_are_forgotten():
    for _ in range(3):
        async_task("returns.tasks.work")
    OrmQ.objects.update(lock=timezone.now() - STALE - timedelta(seconds=1))
    Clock().tick()
    assert rings() == sorted(BELLS)


def test_a_heartbeat_that_stands_still_is_silence(watch):
    clock = Clock()
    assert clock.tick() == "tick"
    answer()
    watch(SILENCE)
    assert clock.tick() == "tick", "it has beaten meanwhile"
    watch(SILENCE + 1)
    assert clock.tick() == SILENT
    answer()
    assert clock.tick() == "tick"


def test_a_worker_that_never_beat_is_silent_too(watch):
    clock = Clock()
    assert clock.tick() == "tick"
    watch(SILENCE + 1)
    assert clock.tick() == SILENT


def test_a_heartbeat_from_the_future_counts_as_one(watch):
    """Another machine's clock may be wrong; what counts is that the beat changes."""
    Heartbeat.objects.create(name="worker", at=timezone.now() + timedelta(days=1))
    clock = Clock()
    clock.tick()
    watch(SILENCE + 1)
    assert clock.tick() == SILENT
    answer()
    assert clock.tick() == "tick"


def test_a_database_that_stays_locked_is_silence_too(watch, monkeypatch):
    """A worker that hangs may hold the lock; only its end gives it back."""
    clock = Clock()
    clock.tick()

    def fail():
        raise OperationalError("database is locked")

    monkeypatch.setattr(clock, "ring_due_bells", fail)
    assert clock.tick() == "tick", "a moment of it is nothing"
    watch(SILENCE + 1)
    assert clock.tick() == SILENT
