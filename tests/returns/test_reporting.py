"""The buyer tells us that a parcel is missed: recorded once, answered at once, looked after."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks
from returns.codes import ProblemKind
from returns.investigation_steps import InvestigationStatus
from returns.models import (
    BUYER,
    Actor,
    Case,
    Event,
    EventKind,
    Investigation,
    Message,
    Notice,
    NoticeKind,
    Problem,
    Promise,
    PromiseKind,
)
from returns.models.access import TooOften
from returns.models.case import CaseKind
from tests.people import place_order, ship, staff
from tests.portal.on_the_way import the_parcel
from tests.post_office import send_due
from tests.returns.searched import HOUR, delivered, missed, search_of, seen
from tests.returns.troubled import on_its_way, trouble
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(store):
    return delivered(store)


def letters(kind: str) -> int:
    return Notice.objects.filter(kind=kind).count()


def late(order, key: str = "late", **told) -> Problem:
    shipment = order.shipments.get(is_return=False)
    return order.report(ProblemKind.LATE, shipment, by=BUYER, key=key, **told)


# --- delivered, but not here ------------------------------------------------------------------


def test_a_missed_parcel_is_a_trouble_a_case_and_a_search_at_once(order):
    problem = missed(order, words="I asked next door.", answers={"signed": "unknown"})
    case = order.cases.get(kind=IncidentKind.DELIVERED_NOT_RECEIVED)
    assert problem.case == case and case.is_open
    search = search_of(order)
    assert (search.case, search.status) == (case, InvestigationStatus.OPEN)
    assert search.opened_by == BUYER.kind and search.shipment == problem.shipment
    event = order.events.get(kind=EventKind.PROBLEM_TOLD)
    assert event.data == {"problem": "not_here", "words": "I asked next door."}


def test_it_is_answered_by_one_letter_with_the_hour_of_the_next(order):
    missed(order)
    promise = Promise.objects.open().get(order=order)
    assert promise.kind == PromiseKind.UPDATE
    assert promise.due_at <= order.word_due(timezone.now(), 1)
    tasks.follow_cases()
    send_due(timezone.now())
    sent = Notice.objects.get()
    assert sent.kind == NoticeKind.PROBLEM_RECEIVED
    assert "We have heard that your parcel is not with you." in sent.text
    assert "We ask Royal Mail where it is." in sent.text
    assert "you get a new one, or your money" in sent.text.replace("\n", " ")
    assert "write to you by" in sent.text


def test_who_was_answered_does_not_hear_the_same_as_news(order):
    missed(order)
    for _ in range(3):
        tasks.follow_cases()
    assert letters(NoticeKind.ORDER_NEWS) == 0
    assert order.cases.get().told_level == 1


def test_the_same_form_twice_is_one_problem(order):
    first = missed(order)
    assert missed(order) == first
    assert Problem.objects.count() == letters(NoticeKind.PROBLEM_RECEIVED) == 1


def test_the_same_parcel_told_once_more_is_the_same_problem_and_no_word_of_it_is_lost(order):
    first = missed(order)
    again = missed(order, key="another form", words="The neighbour has seen nothing.")
    assert again == first and Investigation.objects.count() == 1
    assert letters(NoticeKind.PROBLEM_RECEIVED) == 1
    kept = Message.objects.get(order=order)
    assert "The neighbour has seen nothing." in kept.text and kept.is_buyers
    assert Promise.objects.open().filter(kind=PromiseKind.REPLY).exists()


def test_a_parcel_of_another_order_is_refused_and_nothing_is_kept(order, store):
    other = delivered(store, "JP-30999", email="bob@example.com")
    with pytest.raises(ValueError, match="another order"):
        order.report(ProblemKind.NOT_HERE, other.shipments.get(), by=BUYER, key="x")
    assert not Problem.objects.exists()


def test_who_tells_too_much_is_stopped_and_the_desk_never_is(order):
    clerk = Actor.staff(staff("ieva"))
    for number in range(10):
        order.report(ProblemKind.QUALITY, by=BUYER, key=f"form-{number}")
    with pytest.raises(TooOften):
        order.report(ProblemKind.QUALITY, by=BUYER, key="one more")
    order.report(ProblemKind.QUALITY, by=clerk, key="by the desk")
    assert Problem.objects.count() == 11


def test_two_parcels_of_one_order_are_two_problems(order):
    first = order.shipments.get()
    second = ship(order, delivered=True, number="RB777777777GB")
    for shipment in (first, second):
        order.report(ProblemKind.NOT_HERE, shipment, by=BUYER, key=f"of-{shipment.pk}")
    assert Problem.objects.count() == Investigation.objects.count() == 2


# --- late -------------------------------------------------------------------------------------


def test_a_parcel_that_stands_still_is_searched_for_as_soon_as_its_buyer_misses_it(store):
    order = on_its_way(store)
    case = trouble(order, IncidentKind.STALLED)
    assert not Investigation.objects.exists(), "the watch is patient at first"
    problem = late(order)
    assert problem.case == case and search_of(order).kind == IncidentKind.STALLED


def test_a_trouble_that_no_worker_has_taken_up_yet_is_used(store):
    order = on_its_way(store)
    the_parcel(order).incidents.create(kind=IncidentKind.STALLED, since=timezone.now() - HOUR)
    late(order)
    tasks.follow_cases()
    assert order.cases.get().kind == IncidentKind.STALLED
    assert letters(NoticeKind.ORDER_NEWS) == 0, "the answer told it"


def test_where_nothing_is_known_the_word_of_the_buyer_is_a_case_that_somebody_looks_after(store):
    ieva = staff("ieva", "care_for_case")
    order = on_its_way(store)
    problem = late(order, words="I need it on Friday.")
    case = order.cases.get(kind=CaseKind.TOLD)
    assert problem.case == case and case.owner == ieva and case.looked_at is None
    assert not Investigation.objects.exists()
    assert Promise.objects.open().get(kind=PromiseKind.UPDATE).order == order
    tasks.follow_cases()
    assert letters(NoticeKind.ORDER_NEWS) == 0


def test_when_it_arrives_what_was_told_of_its_way_is_over(store):
    order = on_its_way(store)
    late(order)
    seen(order, Milestone.DELIVERED)
    tasks.follow_cases()
    assert not Case.objects.open().filter(order=order).exists()
    assert Problem.objects.get().over_at is not None


def test_customs_is_looked_after_without_a_search(store):
    order = on_its_way(store)
    trouble(order, IncidentKind.CUSTOMS_DOCUMENTS)
    shipment = order.shipments.get()
    problem = order.report(ProblemKind.CUSTOMS, shipment, by=BUYER, key="c")
    assert problem.case.kind == IncidentKind.CUSTOMS_DOCUMENTS
    assert not Investigation.objects.exists()


# --- what no parcel can tell --------------------------------------------------------------------


def test_where_there_is_no_parcel_a_person_answers_in_the_thread(store):
    order = place_order(store, shipped=False)
    problem = order.report(ProblemKind.LATE, words="Where is it?", by=BUYER, key="l")
    assert problem.case is None
    message = Message.objects.unanswered().get(order=order)
    assert "Where is it?" in message.text
    assert Promise.objects.open().get().kind == PromiseKind.REPLY
    assert letters(NoticeKind.MESSAGE_RECEIVED) == 0, "the answer to the report is the thanks"
    send_due(timezone.now())
    assert "A person will answer your message by" in Notice.objects.get().text


def test_who_would_rather_talk_about_a_thing_is_answered_in_the_thread(order):
    order.report(
        ProblemKind.DAMAGED,
        words="The lid is cracked.",
        video="https://video.example/1",
        by=BUYER,
        key="d",
    )
    text = Message.objects.get(order=order).text
    assert "The lid is cracked." in text and "https://video.example/1" in text
    order.answer("We are sorry.", by=Actor.staff(staff("ieva")), key="a")
    assert not Promise.objects.open().filter(kind=PromiseKind.REPLY).exists()


# --- all right after all ------------------------------------------------------------------------


def test_it_is_there_after_all_and_everything_that_was_begun_ends(order):
    problem = missed(order)
    assert problem.over(by=BUYER)
    assert the_parcel(order).disputed_at is None
    assert not the_parcel(order).incidents.open().exists()
    assert search_of(order).status == InvestigationStatus.FOUND
    tasks.follow_cases()
    assert not Case.objects.open().exists() and not Promise.objects.open().exists()
    assert letters(NoticeKind.ORDER_NEWS) == letters(NoticeKind.INVESTIGATION_NEWS) == 0
    assert Event.objects.filter(kind=EventKind.PROBLEM_OVER).count() == 1


def test_said_twice_it_is_over_once(order):
    problem = missed(order)
    assert problem.over(by=BUYER) and not problem.over(by=BUYER)
    assert Event.objects.filter(kind=EventKind.PROBLEM_OVER).count() == 1


def test_what_was_over_can_be_told_anew(order):
    missed(order).over(by=BUYER)
    again = missed(order, key="again", now=timezone.now() + timedelta(minutes=1))
    assert again.over_at is None and search_of(order).is_open
    assert Investigation.objects.count() == 2


def test_one_of_two_orders_in_a_parcel_finds_it_the_other_still_misses_it(order, store):
    other = place_order(store, "JP-30555", shipped=False, email="bob@example.com")
    parcel = the_parcel(order)
    other.shipments.create(parcel=parcel, shipped_at=timezone.now())
    first = missed(order)
    missed(other)
    first.over(by=BUYER)
    parcel.refresh_from_db()
    assert parcel.disputed_at is not None
    assert search_of(other).is_open and not search_of(order).is_open


def test_late_and_now_there_the_search_is_over_although_no_carrier_has_scanned_it(store):
    order = on_its_way(store)
    trouble(order, IncidentKind.STALLED)
    problem = late(order)
    problem.over(by=BUYER)
    assert search_of(order).status == InvestigationStatus.FOUND
    assert not Case.objects.open().filter(order=order).exists()
