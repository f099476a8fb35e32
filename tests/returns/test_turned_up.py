"""A lost parcel that turns up after it was made good: nothing is charged without a person, and
no money goes twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks
from returns.codes import Disposition, Wish
from returns.investigation_steps import InvestigationStatus
from returns.models import BUYER, Case, EventKind, Notice, NoticeKind, Order, Promise, PromiseKind
from returns.models.case import CaseKind
from tests.people import staff
from tests.post_office import send_due
from tests.returns.searched import clerk, fresh, lost, searched, seen
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db
S = InvestigationStatus


@pytest.fixture
def made_good(store):
    """Lost on its way, and the money is owed."""
    staff("tomas", "care_for_case", first_name="Tomas")
    search = lost(store)
    search.end(S.LOST, by=clerk())
    fresh(search).choose(Wish.REFUND, by=BUYER, key="c")
    Notice.objects.all().delete()
    return fresh(search)


def scan(search, milestone: str, hours: float = 1) -> None:
    seen(search.order, milestone, timezone.now() + timedelta(hours=hours))
    tasks.follow_cases()


def given(order: Order):
    return sum(rma.given for rma in order.returns.all())


def test_case_48_a_lost_parcel_that_comes_back_to_us_is_received_without_a_second_refund(made_good):
    order = made_good.order
    before = given(order)
    scan(made_good, Milestone.RETURNING)
    scan(made_good, Milestone.RETURNED, 5)
    case = Case.objects.open().get(order=order)
    assert case.kind == CaseKind.TURNED_UP
    assert not order.cases.filter(kind=CaseKind.CAME_BACK).exists(), "nothing is owed for it"
    assert made_good.note_goods(Disposition.RESTOCK, by=clerk("jonas")) == 1
    row = order.returns.get().lines.get()
    assert (row.received, row.accepted, row.waived) == (1, 1, 0)
    assert row.disposition == Disposition.RESTOCK
    assert given(order) == before == order.paid_total
    assert order.returns.count() == 1 and order.returns.get().resolutions.count() == 1
    assert not Notice.objects.exists(), "the buyer has the money and is done with it"


def test_case_48_booked_twice_it_is_booked_once(made_good):
    scan(made_good, Milestone.RETURNED)
    by = clerk("jonas")
    assert made_good.note_goods(Disposition.RESTOCK, by=by) == 1
    assert made_good.note_goods(Disposition.RESTOCK, by=by) == 0
    events = made_good.order.events.filter(kind=EventKind.GOODS_CAME_LATER)
    assert events.count() == 1


def test_case_48_what_came_back_cannot_be_sent_back_once_more(made_good):
    scan(made_good, Milestone.RETURNED)
    made_good.note_goods(Disposition.RESTOCK, by=clerk("jonas"))
    assert made_good.order.with_goods().lines.get().returnable == 0


def test_delivered_after_all_the_buyer_hears_what_to_do_and_nothing_is_charged(made_good):
    order = made_good.order
    before = given(order)
    scan(made_good, Milestone.DELIVERED)
    send_due(timezone.now())
    letter = Notice.objects.get(kind=NoticeKind.INVESTIGATION_NEWS)
    text = letter.text.replace("\n", " ")
    assert "Your parcel has turned up after all." in text
    assert "nothing is charged" in text and "write to you" in text
    assert given(order) == before
    case = Case.objects.open().get(order=order)
    assert case.kind == CaseKind.TURNED_UP and case.owner and case.looked_at is None
    assert Promise.objects.open().filter(order=order, kind=PromiseKind.UPDATE).exists()


def test_seen_on_its_way_the_desk_knows_and_the_buyer_is_not_made_to_wonder(made_good):
    scan(made_good, Milestone.OUT_FOR_DELIVERY)
    assert Case.objects.open().get().kind == CaseKind.TURNED_UP
    assert not Notice.objects.exists()
    scan(made_good, Milestone.DELIVERED, 4)
    assert Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS).count() == 1


def test_told_many_times_it_has_turned_up_once(made_good):
    scan(made_good, Milestone.DELIVERED)
    for _ in range(3):
        type(made_good).objects.update(stirred_at=timezone.now())
        tasks.follow_cases()
    assert Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS).count() == 1
    assert Case.objects.open().count() == 1


def test_the_buyer_says_so_before_any_carrier_does(store):
    search = searched(store)
    search.end(S.LOST, by=clerk())
    fresh(search).choose(Wish.REPLACEMENT, by=BUYER, key="c")
    fresh(search).say_there(by=BUYER)
    search = fresh(search)
    assert search.turned_up_at and search.status == S.LOST
    assert Case.objects.open().get().kind == CaseKind.TURNED_UP
    fresh(search).say_there(by=BUYER)
    told = Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS, facts__status="turned_up")
    assert told.count() == 1


def test_one_that_was_never_made_good_is_not_turned_up_but_found(store):
    search = lost(store)
    seen(search.order, Milestone.DELIVERED, timezone.now() + timedelta(hours=1))
    tasks.follow_cases()
    assert not Case.objects.filter(kind=CaseKind.TURNED_UP).exists()


def test_killed_before_it_is_taken_up_the_next_round_does_it(made_good, monkeypatch, caplog):
    seen(made_good.order, Milestone.DELIVERED, timezone.now() + timedelta(hours=1))
    locked = Order.locked

    def die(self):
        raise RuntimeError("killed")

    monkeypatch.setattr(Order, "locked", die)
    type(made_good).objects.follow()
    assert fresh(made_good).stirred_at and not Notice.objects.exists()
    monkeypatch.setattr(Order, "locked", locked)
    tasks.follow_cases()
    assert fresh(made_good).turned_up_at
    assert Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS).count() == 1
