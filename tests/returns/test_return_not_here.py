"""A return that was signed for at our warehouse and is not here: the loss is ours, and what the
buyer gets does not wait for our quarrel with the carrier."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks, trust
from returns.codes import Disposition, ResolutionKind, Wish
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.letters import preview
from returns.models import EventKind, Found, Notice, NoticeKind, Promise, PromiseKind
from returns.models import ReturnAuthorization as Return
from returns.states import IllegalTransition, ResolutionState, Status
from tests.people import place_order
from tests.portal.on_the_way import report, sent_back
from tests.returns.returning import returned
from tests.returns.searched import clerk, fresh, not_here
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Parcel

pytestmark = pytest.mark.django_db
S = InvestigationStatus


@pytest.fixture
def missing(store):
    """(return, search)"""
    return not_here(store)


def test_the_proof_is_asked_for_at_once(missing):
    rma, search = missing
    assert rma.status == Status.IN_TRANSIT and search.is_open
    first, second = search.steps.all()[:2]
    assert (first.kind, second.kind) == (StepKind.ASK_CARRIER, StepKind.PROOF_OF_DELIVERY)
    assert first.due_at == rma.order.store.calendar.close_of_working_day(search.opened_at, 1)


def test_the_money_is_owed_as_if_it_had_come(missing):
    rma, _ = missing
    (resolution,) = rma.take_loss(by=clerk())
    row = rma.lines.get()
    assert rma.status == Status.RESOLVED
    assert (resolution.kind, resolution.state) == (ResolutionKind.REFUND, ResolutionState.PENDING)
    assert resolution.amount == rma.estimated_total
    assert (row.waived, row.resolved, row.received) == (1, 1, 0)
    assert Promise.objects.open().get(authorization=rma).kind == PromiseKind.REFUND


def test_the_letter_says_what_and_why(missing):
    rma, _ = missing
    rma.take_loss(by=clerk())
    text = preview(Notice.objects.get(kind=NoticeKind.RETURN_RESOLVED)).text.replace("\n", " ")
    assert "That is between the carrier and us." in text and "68.00" in text


def test_it_is_decided_once(missing):
    rma, _ = missing
    other = Return.objects.get(pk=rma.pk)
    rma.take_loss(by=clerk())
    with pytest.raises(IllegalTransition):
        other.take_loss(by=clerk("tomas"))
    assert rma.resolutions.count() == 1


def test_whom_we_trust_gets_it_without_anybody_pressing_anything(store):
    for number in range(6):
        place_order(store, f"JP-1000{number}", days_ago=200 + number)
    rma, search = not_here(store)
    assert trust.of(rma.order, timezone.now()).is_trusted
    assert rma.status == Status.RESOLVED and rma.resolutions.get().amount
    assert search.is_open, "our quarrel goes on"
    kinds = set(rma.notices.values_list("kind", flat=True))
    assert NoticeKind.RETURN_RESOLVED in kinds
    assert NoticeKind.RETURN_NEWS not in kinds, "no trouble that is over for the buyer"


def test_whom_we_do_not_know_waits_for_a_person(missing):
    assert not missing[0].resolutions.exists()


def test_the_end_of_the_search_is_the_end_of_waiting(missing):
    rma, search = missing
    search.end(S.LOST, by=clerk())
    rma.refresh_from_db()
    assert rma.status == Status.RESOLVED and fresh(search).status == S.LOST
    assert not fresh(search).waits_for_choice, "what was agreed is given, nothing is chosen"


def test_found_in_the_warehouse_it_is_opened_as_ever(missing):
    rma, search = missing
    rma.receive(Found({rma.lines.get().pk: 1}), by=clerk(), key="r")
    Parcel.objects.watch()
    tasks.follow_cases()
    assert fresh(search).status == S.FOUND
    assert rma.status == Status.RECEIVED


def test_found_after_the_loss_was_ours_no_money_goes_twice(missing):
    rma, search = missing
    by = clerk()
    rma.take_loss(by=by)
    before = rma.resolutions.count()
    assert fresh(search).note_goods(Disposition.RESTOCK, by=by) == 1
    row = rma.lines.get()
    assert (row.received, row.accepted, row.waived) == (1, 1, 0)
    assert rma.resolutions.count() == before
    assert rma.order.with_goods().lines.get().returnable == 0
    assert rma.events.filter(kind=EventKind.GOODS_CAME_LATER).exists()
    search.parcel.refresh_from_db()
    assert search.parcel.received_at is not None


def test_what_was_to_be_exchanged_is_sent_as_agreed(store):
    rma, _ = not_here(store)
    Return.objects.filter(pk=rma.pk).update(wish=Wish.EXCHANGE)
    rma = Return.objects.get(pk=rma.pk)
    (resolution,) = rma.take_loss(by=clerk())
    assert resolution.kind == ResolutionKind.EXCHANGE and not resolution.amount
    assert Promise.objects.open().get(authorization=rma).kind == PromiseKind.GOODS


def test_a_return_that_is_lost_on_the_road_is_ours_to_bear_as_well(store):
    rma = sent_back(store, report(Milestone.ACCEPTED))
    rma.take_loss(by=clerk())
    assert rma.status == Status.RESOLVED


def test_one_that_was_written_off_before_can_be_made_good(store):
    rma = sent_back(store, report(Milestone.ACCEPTED))
    Return.objects.filter(pk=rma.pk).update(status=Status.LOST, ended_at=timezone.now())
    rma = Return.objects.get(pk=rma.pk)
    rma.take_loss(by=clerk())
    assert rma.status == Status.RESOLVED and rma.ended_at is None


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.RECEIVED, Status.CLOSED])
def test_what_is_not_on_its_way_is_no_loss(store, status):
    rma = returned(place_order(store))
    Return.objects.filter(pk=rma.pk).update(status=status)
    rma = Return.objects.get(pk=rma.pk)
    assert not rma.may_take_loss
    with pytest.raises(IllegalTransition):
        rma.take_loss(by=clerk())


def test_what_the_carrier_reports_later_of_a_settled_return_writes_nobody(missing):
    rma, search = missing
    rma.take_loss(by=clerk())
    search.case.close("Settled.", by=clerk("tomas"), ends_search=False)
    before = rma.notices.count()
    search.parcel.incidents.create(
        kind=IncidentKind.DAMAGED, since=timezone.now() - timedelta(hours=1)
    )
    tasks.follow_cases()
    assert rma.notices.count() == before
