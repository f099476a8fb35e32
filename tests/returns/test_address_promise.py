"""Whoever asks for another address hears of it by a named hour, also when nothing is known."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from returns import letters
from returns.address_policy import AGAIN
from returns.models import (
    Actor,
    AddressChange,
    Event,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
)
from returns.models.event import ActorKind
from returns.quiet import LEAD
from tests.people import open_store, place_order, ship
from tests.post_office import send_due
from tests.returns.correspondence import BATH
from tests.returns.test_address_changes import again, free_of_charge, redirect
from tracking.gateways import Aim, Failure
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

pytestmark = pytest.mark.django_db

DESK = Actor(ActorKind.STAFF)
DAY = timedelta(days=1)


@pytest.fixture
def order(db) -> Order:
    order = place_order(open_store(), shipped=False, days_ago=1)
    free_of_charge(order)
    return order


def promised(order: Order, kind: str = PromiseKind.ADDRESS) -> Promise | None:
    return Promise.objects.open().filter(order=order, kind=kind).first()


def asked(order: Order, **values) -> tuple[AddressChange, Promise]:
    """Another address for what has not left, and our word."""
    change = redirect(order, None, **values)
    promise = promised(order)
    assert promise
    return change, promise


def news(**facts) -> Notice:
    return Notice.objects.get(kind=NoticeKind.ADDRESS_NEWS, **facts)


def state_of(promise: Promise) -> str:
    promise.refresh_from_db()
    return promise.state


def test_whoever_asks_is_told_by_when_we_write(order):
    change, promise = asked(order)
    assert promise.due_at == order.word_due(change.requested_at, 1)
    letter = letters.write(Notice.objects.get(kind=NoticeKind.ADDRESS_ASKED))
    with letters.speaking("en", order.where):
        assert f"{timezone.localtime(promise.due_at):%H:%M}" in letter.text


def test_it_is_kept_by_the_letter_that_has_left_and_not_by_the_one_that_waits(order):
    change, promise = asked(order)
    change.note_in_shop()
    assert news().keeps == promise
    assert state_of(promise) == PromiseState.OPEN
    send_due(timezone.now())
    assert state_of(promise) == PromiseState.KEPT
    assert Event.objects.filter(order=order, kind="update_sent").count() == 1
    assert promised(order) is None


def test_what_is_told_too_late_was_not_kept(order):
    change, promise = asked(order)
    change.note_in_shop(now=promise.due_at + DAY)
    [letter] = [row for row in send_due(promise.due_at + DAY) if row.kind == "address_news"]
    assert state_of(promise) == PromiseState.BROKEN
    assert "and we did not." in letter.text


@pytest.mark.parametrize("end", ["withdraw", "fail"])
def test_every_end_keeps_it(order, end):
    change, promise = asked(order)
    match end:
        case "withdraw":
            change.withdraw(by=DESK)
        case "fail":
            change.fail("shipped", by=DESK)
    send_due(timezone.now())
    assert state_of(promise) == PromiseState.KEPT


def test_without_an_answer_the_clock_writes_what_is_known_and_when_next(order):
    change, promise = asked(order)
    send_due(timezone.now())
    Promise.objects.come_due(promise.due_at - LEAD - timedelta(seconds=1))
    assert not Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).exists()
    Promise.objects.come_due(promise.due_at - LEAD)
    Promise.objects.come_due(promise.due_at - LEAD)
    [letter] = send_due(promise.due_at - LEAD)
    assert letter.kind == NoticeKind.ADDRESS_NEWS and "no answer yet" in letter.subject
    following = promised(order)
    assert state_of(promise) == PromiseState.KEPT
    assert following and following.due_at == order.word_due(promise.due_at, 1)
    assert following.follows is None
    with letters.speaking("en", order.where):
        assert f"{timezone.localtime(following.due_at):%H:%M}" in letter.text
    again(change).note_in_shop()
    send_due(timezone.now())
    assert state_of(following) == PromiseState.KEPT and promised(order) is None


def test_an_answer_that_comes_while_that_letter_waits_takes_its_place(order):
    change, promise = asked(order)
    send_due(timezone.now())
    Promise.objects.come_due(promise.due_at - LEAD)
    again(change).note_in_shop()
    send_due(promise.due_at - LEAD)
    told = Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).order_by("pk")
    assert [row.state for row in told] == ["dropped", "done"]
    assert state_of(promise) == PromiseState.KEPT and promised(order) is None


def test_written_too_late_it_says_so_and_counts_as_broken(order):
    _change, promise = asked(order)
    send_due(timezone.now())
    late = promise.due_at + DAY
    Promise.objects.come_due(late)
    [letter] = send_due(late)
    following = promised(order)
    assert state_of(promise) == PromiseState.BROKEN
    assert "and we did not." in letter.text
    assert following and following.follows == promise and following.due_at > late


def test_two_changes_are_answered_one_by_one_and_the_last_answer_keeps_our_word(order):
    first, second = ship(order, number="ONE"), ship(order, number="TWO")
    type(second).objects.filter(pk=second.pk).update(source_id="f-2")
    one = redirect(order, first)
    two = redirect(order, second, key="form-2")
    promise = promised(order)
    assert promise
    one.fail(Failure.REFUSED, by=DESK)
    send_due(timezone.now())
    assert state_of(promise) == PromiseState.OPEN, "the other one is still owed"
    again(two).fail(Failure.REFUSED, by=DESK)
    send_due(timezone.now())
    assert state_of(promise) == PromiseState.KEPT and promised(order) is None


def test_a_change_that_is_asked_for_while_the_answer_leaves_is_not_forgotten(order):
    change, promise = asked(order)
    change.note_in_shop()
    other = redirect(
        order,
        None,
        key="form-2",
        after=BATH.__class__(**{**BATH.to_json(), "street": "9 Chapel Row"}),
    )
    assert promised(order) == promise, "an earlier word stands"
    send_due(timezone.now())
    assert state_of(promise) == PromiseState.KEPT
    following = promised(order)
    assert following and following.due_at > timezone.now()
    other.note_in_shop()
    send_due(timezone.now())
    assert promised(order) is None


def test_after_the_answer_we_go_on_writing_about_the_parcel(order):
    shipment = ship(order)
    change = redirect(order, shipment)
    assert promised(order, PromiseKind.UPDATE) is None
    change.fail(Failure.REFUSED, by=DESK)
    send_due(timezone.now())
    assert promised(order) is None
    assert promised(order, PromiseKind.UPDATE)


def test_what_waits_for_its_parcel_to_come_back_has_the_parcels_own_promise(order):
    shipment = ship(order)
    assert shipment.parcel
    Parcel.objects.get(pk=shipment.parcel_id).record(
        [ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, place="Bristol")]
    )
    order.change_address(AGAIN, after=BATH, shipment=shipment, key="again", by=DESK)
    assert promised(order) is None
    assert not AddressChange.objects.unanswered().exists()
    again(AddressChange.objects.get()).withdraw(by=DESK)
    assert news().keeps is None
    assert promised(order, PromiseKind.UPDATE)


def test_when_the_letter_was_thrown_away_nothing_is_left_open(order):
    change, promise = asked(order)
    change.note_in_shop()
    news().drop_by_hand("We have telephoned.", by=DESK)
    Promise.objects.come_due(promise.due_at + DAY)
    assert state_of(promise) == PromiseState.SUPERSEDED
    assert not Notice.objects.filter(kind=NoticeKind.PROMISE_LATE).exists()


def test_without_an_address_to_write_to_nothing_is_promised(order):
    Order.objects.update(email="")
    redirect(Order.objects.get(), None, by=DESK)
    assert promised(order) is None
    AddressChange.objects.get().note_in_shop()
    assert not Notice.objects.exists()


def test_when_the_address_was_taken_away_our_word_is_let_go(order):
    _change, promise = asked(order)
    Order.objects.update(email="")
    Promise.objects.come_due(promise.due_at)
    assert state_of(promise) == PromiseState.SUPERSEDED
    assert not Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).exists()


def test_what_a_person_has_yet_to_look_at_is_told_so(order):
    order.store.address_desk_from = 1
    order.store.save()
    order = Order.objects.get()
    change, promise = asked(order)
    assert change.status == "waiting"
    send_due(timezone.now())
    Promise.objects.come_due(promise.due_at - LEAD)
    [letter] = send_due(promise.due_at - LEAD)
    assert "One of us looks at" in letter.text
    assert datetime.fromisoformat(letter.facts["again_at"]) > promise.due_at
    again(change).decline("The flat number is missing.", by=DESK)
    send_due(timezone.now())
    assert promised(order) is None


def test_a_request_of_the_desk_is_promised_an_answer_as_well(order):
    shipment = ship(order)
    order.change_address(Aim.RETURN, shipment=shipment, key="desk", by=DESK)
    assert promised(order)
