"""Two hands on one search at the same moment, on PostgreSQL: one of them wins, none waits."""

from functools import partial

import pytest
from django.utils import timezone

from returns import tasks
from returns.codes import ProblemKind, Wish
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.models import (
    BUYER,
    EventKind,
    Investigation,
    Notice,
    NoticeKind,
    Order,
    Problem,
    ProblemReminder,
    ReturnAuthorization,
)
from returns.models.making_good import NotOffered
from returns.states import IllegalTransition, Status
from tests.people import open_store
from tests.portal.on_the_way import the_parcel
from tests.returns.searched import (
    HOUR,
    asked,
    clerk,
    delivered,
    fresh,
    not_here,
    search_of,
    searched,
    seen,
)
from tests.returns.test_notices_at_once import at_once
from tests.returns.troubled import on_its_way, trouble
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
S = InvestigationStatus


@pytest.fixture
def store(transactional_db):
    return open_store()


def won(act, *losses: type[Exception]) -> bool:
    try:
        act()
    except losses:
        return False
    return True


def test_opened_by_many_at_once_it_is_one(store):
    order = on_its_way(store)
    case, by = trouble(order, IncidentKind.STALLED), clerk()
    found = at_once(*[partial(Investigation.objects.open_for, case, by=by)] * 5)
    assert len(set(found)) == 1 and Investigation.objects.count() == 1
    assert order.events.filter(kind=EventKind.INVESTIGATION_OPENED).count() == 1
    assert Investigation.objects.get().steps.count() == 4


def test_ended_by_two_at_once_it_ends_once(store):
    search, by = searched(store), clerk()
    ends = [partial(fresh(search).end, code, "So.", by=by) for code in (S.LOST, S.DENIED)]
    assert sorted(at_once(*[partial(won, end, IllegalTransition) for end in ends])) in (
        [False, True],
        [True, True],  # what was denied may be given up all the same
    )
    ended = search.order.events.filter(kind=EventKind.INVESTIGATION_ENDED).count()
    letters = Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS).count()
    assert ended == letters


def test_given_up_by_two_at_once_it_is_told_once(store):
    search, by = searched(store), clerk()
    ends = [partial(fresh(search).end, S.LOST, by=by) for _ in range(4)]
    results = at_once(*[partial(won, end, IllegalTransition) for end in ends])
    assert results.count(True) == 1
    assert Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS).count() == 1


def test_chosen_in_two_tabs_at_once_one_choice_counts(store):
    search = searched(store)
    search.end(S.LOST, by=clerk())
    tabs = [
        partial(fresh(search).choose, wish, by=BUYER, key=f"tab-{wish}")
        for wish in (Wish.REFUND, Wish.REPLACEMENT)
    ]
    results = at_once(*[partial(won, tab, NotOffered) for tab in tabs])
    assert sorted(results) == [False, True]
    assert ReturnAuthorization.objects.count() == 1


def test_chosen_while_it_is_found_one_of_both_counts(store):
    search, by = searched(store), clerk()
    search.end(S.LOST, by=by)
    chosen = partial(won, partial(fresh(search).choose, Wish.REFUND, by=BUYER, key="c"), NotOffered)
    found = partial(won, partial(fresh(search).end, S.FOUND, "Here.", by=by), IllegalTransition)
    at_once(chosen, found)
    after = fresh(search)
    assert after.is_made_good == ReturnAuthorization.objects.exists()
    assert after.is_made_good or after.status == S.FOUND


def test_reported_twice_at_once_it_is_one_problem_and_one_search(store):
    order = delivered(store)
    shipment = order.shipments.get()
    report = [
        partial(order.report, ProblemKind.NOT_HERE, shipment, by=BUYER, key=f"tab-{number}")
        for number in range(4)
    ]
    assert len(set(at_once(*report))) == 1
    assert Problem.objects.count() == Investigation.objects.count() == 1
    assert Notice.objects.filter(kind=NoticeKind.PROBLEM_RECEIVED).count() == 1


def test_reported_while_the_carrier_scans_neither_waits_for_the_other(store):
    order = delivered(store)
    shipment = order.shipments.get()
    at_once(
        partial(order.report, ProblemKind.NOT_HERE, shipment, by=BUYER, key="form"),
        partial(seen, order, Milestone.RETURNING, timezone.now() + HOUR),
        tasks.follow_cases,
    )
    tasks.follow_cases()
    assert Problem.objects.count() == 1
    assert Investigation.objects.open().count() == 0, "it comes back"
    assert the_parcel(order).milestone == Milestone.RETURNING


def test_reported_while_a_worker_takes_up_the_trouble_there_is_one_search(store):
    order = on_its_way(store)
    parcel = the_parcel(order)
    parcel.incidents.create(kind=IncidentKind.LOST, since=timezone.now())
    Order.objects.update(arrived_at=timezone.now() - 300 * HOUR)
    shipment = order.shipments.get()
    at_once(
        partial(order.report, ProblemKind.LATE, shipment, by=BUYER, key="form"),
        tasks.follow_cases,
        tasks.follow_cases,
    )
    assert Investigation.objects.count() == 1 and order.cases.open().count() == 1


def test_a_step_done_by_two_at_once_is_noted_once(store):
    search, by = searched(store), clerk()
    acts = [partial(fresh(search).do_step, StepKind.CLAIM, by=by) for _ in range(4)]
    assert at_once(*acts).count(True) == 1
    assert search.order.events.filter(kind=EventKind.INVESTIGATION_STEP).count() == 1


def test_the_loss_taken_by_two_at_once_is_taken_once(store):
    rma, _search = not_here(store)
    by = clerk()
    acts = [
        partial(
            won,
            partial(ReturnAuthorization.objects.get(pk=rma.pk).take_loss, by=by),
            IllegalTransition,
        )
        for _ in range(4)
    ]
    assert at_once(*acts).count(True) == 1
    rma.refresh_from_db()
    assert rma.status == Status.RESOLVED and rma.resolutions.count() == 1


def test_two_workers_take_up_what_turned_up_once(store):
    search, by = searched(store), clerk()
    search.end(S.LOST, by=by)
    fresh(search).choose(Wish.REFUND, by=BUYER, key="c")
    Investigation.objects.update(stirred_at=timezone.now())
    at_once(*[Investigation.objects.follow] * 4)
    told = Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS, facts__status="turned_up")
    assert told.count() == 1 and search.order.cases.open().count() == 1


def test_asked_while_the_case_is_taken_up_no_question_is_lost(store):
    search, by = searched(store), clerk()
    at_once(partial(asked, search, by), tasks.follow_cases)
    search = search_of(search.order)
    assert StepKind.ASK_CARRIER in search.done
    assert search.case.contacts.count() == 1


def test_a_reminder_leaves_once_however_many_sweep(store):
    order = on_its_way(store)
    at = timezone.now() - HOUR
    order.remind_of_problem(ProblemKind.LATE, order.shipments.get(), at, by=BUYER)
    at_once(*[ProblemReminder.objects.come_due] * 4)
    assert Notice.objects.filter(kind=NoticeKind.PROBLEM_REMINDER).count() == 1
