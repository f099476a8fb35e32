"""Killed at any moment, whoever comes next finds all of it or nothing: one search, one letter,
one claim."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from returns import tasks
from returns.codes import ProblemKind, Wish
from returns.investigation_steps import InvestigationStatus
from returns.models import (
    BUYER,
    Case,
    EventKind,
    Investigation,
    InvestigationStep,
    Notice,
    NoticeKind,
    Order,
    Problem,
    ReturnAuthorization,
)
from returns.models.case import CaseKind
from tests.portal.on_the_way import the_parcel
from tests.returns.searched import clerk, delivered, fresh, lost, searched, seen
from tests.returns.troubled import on_its_way
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db
S = InvestigationStatus


class Killed(BaseException):
    """No `except Exception` holds it up, as none holds up a signal."""


class Undone(Exception):
    """So that the next round begins as this one did."""


class Killer:
    """Counts what is asked of the database, and kills before one of these."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.count = at, 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.count += 1
            if self.count == self.at:
                raise Killed(sql)
        return execute(sql, params, many, context)

    def watch(self, act: Callable[[], object]) -> str:
        """What it died at, or ''."""
        try:
            with connection.execute_wrapper(self):
                act()
        except Killed as killed:
            return str(killed)
        return ""


def everywhere(act: Callable[[], object], check: Callable[[], None]) -> int:
    """Killed before each statement in turn, every time from the same beginning, and then done
    once more to the end. Returns how many there were."""
    counter = Killer()
    with suppress(Undone), transaction.atomic():
        counter.watch(act)
        check()
        raise Undone
    for at in range(1, counter.count + 1):
        with suppress(Undone), transaction.atomic():
            died = Killer(at).watch(act)
            assert died, "it ran to the end"
            act()
            try:
                check()
            except AssertionError as wrong:
                raise AssertionError(f"killed at {died}") from wrong
            raise Undone
    return counter.count


def test_a_worker_that_takes_up_what_the_watch_gave_up(store):
    order = on_its_way(store)
    Order.objects.filter(pk=order.pk).update(arrived_at=timezone.now() - timedelta(days=9))
    the_parcel(order).incidents.create(kind=IncidentKind.LOST, since=timezone.now())

    def check() -> None:
        search = Investigation.objects.get()
        assert search.is_open and search.carrier_due_at
        assert InvestigationStep.objects.count() == 4
        assert order.events.filter(kind=EventKind.INVESTIGATION_OPENED).count() == 1
        assert Notice.objects.filter(kind=NoticeKind.ORDER_NEWS).count() == 1

    assert everywhere(tasks.follow_cases, check) > 20


def test_a_buyer_who_reports_and_sends_the_form_again(store):
    order = delivered(store)
    shipment = order.shipments.get()

    def act() -> None:
        fresh_order = Order.objects.get(pk=order.pk)
        parcel = fresh_order.shipments.get(pk=shipment.pk)
        fresh_order.report(ProblemKind.NOT_HERE, parcel, by=BUYER, key="form")

    def check() -> None:
        assert Problem.objects.count() == Investigation.objects.count() == 1
        assert Case.objects.open().count() == 1
        assert Notice.objects.filter(kind=NoticeKind.PROBLEM_RECEIVED).count() == 1
        assert Problem.objects.get().case == Case.objects.get()

    assert everywhere(act, check) > 20


def test_a_search_that_is_ended(store):
    search, by = searched(store), clerk()

    def act() -> None:
        with suppress(Exception):  # the second time it is ended already
            fresh(search).end(S.LOST, "It is gone.", by=by)

    def check() -> None:
        assert fresh(search).waits_for_choice
        letters = Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS)
        assert letters.count() == 1
        assert search.order.events.filter(kind=EventKind.INVESTIGATION_ENDED).count() == 1

    assert everywhere(act, check) > 10


def test_a_choice_that_is_made(store):
    search = searched(store)
    search.end(S.LOST, by=clerk())

    def act() -> None:
        fresh(search).choose(Wish.REFUND, by=BUYER, key="form")

    def check() -> None:
        claim = ReturnAuthorization.objects.get()
        assert claim.resolutions.count() == 1 and fresh(search).claim == claim
        assert not Case.objects.open().exists()
        assert search.order.shipments.get().made_good_at

    assert everywhere(act, check) > 10


def test_a_lost_parcel_that_turns_up(store):
    search = lost(store)
    search.end(S.LOST, by=clerk())
    fresh(search).choose(Wish.REFUND, by=BUYER, key="form")
    seen(search.order, Milestone.DELIVERED, timezone.now() + timedelta(hours=1))

    def check() -> None:
        assert Case.objects.open().get().kind == CaseKind.TURNED_UP
        told = Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS, facts__status="turned_up")
        assert told.count() == 1 and fresh(search).stirred_at is None

    assert everywhere(tasks.follow_cases, check) > 10
