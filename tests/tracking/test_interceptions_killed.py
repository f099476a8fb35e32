"""A worker may be killed at any line while it asks: the gateway is asked once all the same."""

import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest
from django.db import connection, transaction

from tests.tracking.turning import (
    at_ups,
    claimed,
    fresh,
    later,
    lose_the_lease,
    on_the_road,
    wanted,
)
from tracking.gateways import Access, Answer, Outcome, Task, ups
from tracking.interceptions import InterceptionStatus
from tracking.models import Interception
from tracking.models.asking import QUIET
from tracking.work import WorkState

pytestmark = [pytest.mark.chaos, pytest.mark.django_db]
OURS = ("tracking/models/asking.py", "tracking/models/interception.py", "tracking/work.py")


class Killed(BaseException):
    """Nothing of ours catches it."""


class Killer:
    """Kills at the line with this number, counted over OURS; one that is run over and over
    counts twice."""

    def __init__(self, number: int) -> None:
        self.number, self.place = number, ""
        self.seen: Counter[str] = Counter()

    @property
    def lines(self) -> int:
        return sum(min(times, 2) for times in self.seen.values())

    def __enter__(self) -> None:
        self.before = sys.gettrace()
        sys.settrace(self.calls)

    def __exit__(self, *raised: object) -> None:
        sys.settrace(self.before)

    def calls(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self.steps if frame.f_code.co_filename.endswith(OURS) else None

    def steps(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "line":
            place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            self.seen[place] += 1
            if self.seen[place] <= 2 and self.lines == self.number:
                self.place = place
                raise Killed
        return self.steps


def close(depth: int) -> None:
    """A process that is killed leaves nothing open. Here an exception ends it, and at a line
    that closes a block none of its own is there to do so."""
    left = connection.savepoint_ids[depth:]
    if left:
        transaction.savepoint_rollback(left[0])
        del connection.savepoint_ids[depth:]


def killed_at(number: int, parcel: Any) -> tuple[Killer, Interception]:
    row = wanted(parcel)
    mine, killer = claimed(row), Killer(number)
    depth = len(connection.savepoint_ids)
    try:
        with killer:
            mine.proceed()
    except Killed:
        close(depth)
    return killer, row


@pytest.fixture
def asked(monkeypatch):
    """The keys of the requests that a gateway was asked for; it does what it is asked, and
    knows what it did. Without a line in between, which would take its time."""
    asked: list[str] = []

    def request(task: Task, access: Access) -> Answer:
        asked.append(task.key)
        return Answer(Outcome.ACCEPTED, "r-1")

    def check(task: Task, access: Access) -> Answer:
        return Answer(Outcome.ACCEPTED if task.key in asked else Outcome.NOTHING)

    monkeypatch.setattr(ups, "request", request)
    monkeypatch.setattr(ups, "check", check)
    monkeypatch.setattr(ups, "ASKS_AGAIN", True)
    return asked


def test_wherever_a_worker_is_killed_the_gateway_is_asked_once(asked, record_property):
    parcel = on_the_road()
    at_ups(parcel)
    number = uncertain = 0
    while True:
        number += 1
        asked.clear()
        with transaction.atomic():
            killer, row = killed_at(number, parcel)
            if not killer.place:
                break
            lose_the_lease(row)
            # Another worker finds it, and looks again whenever it is due.
            for _ in range(4):
                Interception.objects.work(limit=1)
                uncertain += fresh(row).is_uncertain
                later(row, QUIET)
            now = fresh(row)
            assert asked == [row.key.hex], killer.place
            assert now.status == InterceptionStatus.ACCEPTED, killer.place
            assert (now.is_uncertain, now.state) == (False, WorkState.DUE), killer.place
            transaction.set_rollback(True)
    assert number > 60, "every line"
    assert uncertain, "in some of them the answer was lost"
    record_property("lines", number)
