"""Promises: one open per kind, kept in time or broken for good, never silently moved."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    Case,
    Event,
    Notice,
    Order,
    Promise,
    PromiseKind,
    PromiseState,
    Shipment,
)
from returns.models.event import ActorKind
from returns.models.promise import GRACE
from returns.quiet import LEAD
from tests.people import ask_to_return, open_store, place_order, ship
from tests.post_office import send_due
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

DESK = Actor(ActorKind.STAFF)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def store(db):
    return open_store(policy={"automatic_up_to": None})


@pytest.fixture
def travelling(store):
    """An order on the road, with our word that we write again."""
    order = place_order(store, delivered=False)
    order.promise_update(by=CLOCK)
    return order


def open_ones(order: Order) -> list[Promise]:
    return list(Promise.objects.open().filter(order=order))


def arrive(shipment: Shipment, milestone=Milestone.DELIVERED, at=None) -> None:
    parcel = Parcel.objects.get(pk=shipment.parcel_id)
    parcel.record([ScanReport(at=at or timezone.now(), milestone=milestone)])


# --- making -----------------------------------------------------------------------------------


def test_a_new_promise_of_the_same_kind_takes_the_place_of_the_open_one(store):
    rma = ask_to_return(place_order(store))
    later = timezone.now() + 9 * DAY
    Promise.objects.make(rma.order, PromiseKind.ANSWER, later, by=DESK, authorization=rma)
    old, new = Promise.objects.order_by("pk")
    assert (old.state, new.state, new.due_at) == (PromiseState.SUPERSEDED, "open", later)
    assert old.settled_at is not None


@pytest.mark.parametrize("of_return", [True, False])
def test_the_database_holds_one_open_promise_of_a_kind(store, of_return):
    rma = ask_to_return(place_order(store))
    values = {
        "order": rma.order,
        "kind": PromiseKind.ANSWER,
        "made_by": "rule",
        "due_at": timezone.now(),
        "authorization": rma if of_return else None,
    }
    Promise.objects.all().delete()
    Promise.objects.create(**values)
    Promise.objects.create(**values, state=PromiseState.KEPT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Promise.objects.create(**values)


def test_what_can_only_be_kept_by_writing_is_not_promised_without_an_address(store):
    order = place_order(store, email="", delivered=False)
    assert order.promise_update(by=CLOCK) is None
    rma = ask_to_return(order)
    assert [row.kind for row in open_ones(order)] == [PromiseKind.ANSWER]  # the page tells it
    rma.approve(by=DESK)
    rma.remind(by=CLOCK)
    assert open_ones(order) == []
    assert not Notice.objects.exists()


# --- keeping ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (-DAY, PromiseState.KEPT),
        (timedelta(0), PromiseState.KEPT),
        (GRACE, PromiseState.KEPT),
        (GRACE + SECOND, PromiseState.BROKEN),
        (DAY, PromiseState.BROKEN),
    ],
)
def test_what_is_done_too_late_was_not_kept(store, after, state):
    rma = ask_to_return(place_order(store))
    (promise,) = open_ones(rma.order)
    rma.decline("used", by=DESK, now=promise.due_at + after)
    promise.refresh_from_db()
    assert (promise.state, promise.settled_at) == (state, promise.due_at + after)


def test_a_settled_promise_never_changes_again(store):
    rma = ask_to_return(place_order(store))
    (promise,) = open_ones(rma.order)
    Promise.objects.update(state=PromiseState.BROKEN)
    keep = Promise.objects.keep(rma.order, PromiseKind.ANSWER, authorization=rma)
    assert (keep, Promise.objects.release(rma)) == (0, 0)
    promise.come_due(promise.due_at + DAY)
    promise.refresh_from_db()
    assert promise.state == PromiseState.BROKEN and Promise.objects.count() == 1


# --- breaking ---------------------------------------------------------------------------------


def test_a_promise_that_a_person_must_keep_breaks_openly_and_is_renewed(store):
    rma = ask_to_return(place_order(store))
    (promise,) = open_ones(rma.order)
    Promise.objects.come_due(promise.due_at + GRACE)
    promise.refresh_from_db()
    assert promise.is_open  # the clock's own verbs go first
    now = promise.due_at + GRACE + SECOND
    Promise.objects.come_due(now)
    promise.refresh_from_db()
    successor = promise.successor
    assert promise.state == PromiseState.BROKEN
    assert (successor.kind, successor.state, successor.follows) == ("answer", "open", promise)
    assert (successor.authorization, successor.due_at) == (rma, store.answer_by(now))
    notice = Notice.objects.get(kind="promise_late")
    assert (notice.authorization, notice.facts["promise"]) == (rma, "answer")
    assert datetime.fromisoformat(notice.facts["due_at"]) == successor.due_at
    event = Event.objects.get(kind="promise_broken")
    assert (event.actor, event.authorization, event.data) == ("clock", rma, {"promise": "answer"})
    rma.approve(by=DESK, now=successor.due_at)
    successor.refresh_from_db()
    promise.refresh_from_db()
    assert (successor.state, promise.state) == (PromiseState.KEPT, PromiseState.BROKEN)


def test_two_sweeps_at_once_break_a_promise_once(store):
    rma = ask_to_return(place_order(store))
    (promise,) = open_ones(rma.order)
    now = promise.due_at + DAY
    stale = Promise.objects.get(pk=promise.pk)
    promise.come_due(now)
    stale.come_due(now)
    assert Promise.objects.count() == 2
    assert Notice.objects.filter(kind="promise_late").count() == 1


def test_a_promise_is_left_alone_until_its_hour(travelling):
    (promise,) = open_ones(travelling)
    promise.come_due(promise.due_at - SECOND)
    assert open_ones(travelling) == [promise]
    assert not Promise.objects.due(promise.due_at - SECOND).exists()


def test_one_promise_that_fails_does_not_hold_up_the_others(store, monkeypatch, caplog):
    first, second = (ask_to_return(place_order(store, number)) for number in ("JP-1", "JP-2"))
    answer_by = Order.locked

    def fail(self):
        if self.pk == first.order_id:
            raise RuntimeError("out of order")
        return answer_by(self)

    monkeypatch.setattr(Order, "locked", fail)
    Promise.objects.come_due(timezone.now() + 30 * DAY)
    states = dict(Promise.objects.order_by("-pk").values_list("order", "state"))
    assert states[first.order_id] == PromiseState.OPEN
    assert Promise.objects.filter(order=second.order, state=PromiseState.BROKEN).exists()
    assert "did not work" in caplog.text


# --- the next word about a parcel ----------------------------------------------------------------


def test_while_it_travels_we_say_when_we_write_again(travelling, store):
    (promise,) = open_ones(travelling)
    assert (promise.kind, promise.authorization) == (PromiseKind.UPDATE, None)
    assert promise.due_at == store.calendar.close_of_working_day(promise.made_at, 3)


def test_our_word_is_not_put_off_by_giving_it_again(travelling):
    (promise,) = open_ones(travelling)
    again = travelling.promise_update(by=CLOCK, now=promise.made_at + DAY)
    assert again == promise and open_ones(travelling) == [promise]


def test_its_hour_comes_and_we_write_and_say_when_next(travelling, store):
    (promise,) = open_ones(travelling)
    before = promise.due_at - LEAD
    Promise.objects.come_due(before - SECOND)
    assert not Notice.objects.exists()
    Promise.objects.come_due(before)
    assert Notice.objects.get().kind == "order_update"
    assert open_ones(travelling) == [promise], "it is kept by a letter that has left"
    send_due(before)
    promise.refresh_from_db()
    (following,) = open_ones(travelling)
    assert (promise.state, following.follows) == (PromiseState.KEPT, None)
    assert following.due_at == store.calendar.close_of_working_day(promise.due_at, 3)
    assert Event.objects.get().kind == "update_sent"
    Promise.objects.come_due(promise.due_at)
    assert Notice.objects.count() == 1


def test_written_too_late_it_is_written_and_counts_as_broken(travelling):
    (promise,) = open_ones(travelling)
    Promise.objects.come_due(promise.due_at + DAY)
    (notice,) = send_due(promise.due_at + DAY)
    promise.refresh_from_db()
    (following,) = open_ones(travelling)
    assert (promise.state, following.follows) == (PromiseState.BROKEN, promise)
    assert "and we did not." in notice.text
    assert Notice.objects.count() == 1, "the letter itself says that it is late"


def test_a_letter_that_does_not_leave_keeps_nothing(travelling):
    (promise,) = open_ones(travelling)
    Promise.objects.come_due(promise.due_at - LEAD)
    Notice.objects.get().drop_by_hand("We have telephoned.", by=CLOCK)
    Promise.objects.come_due(promise.due_at)
    assert open_ones(travelling) == [promise]
    Promise.objects.come_due(promise.due_at + DAY)
    promise.refresh_from_db()
    assert promise.state == PromiseState.BROKEN
    assert Notice.objects.filter(kind="promise_late").exists()


def test_when_it_has_arrived_our_word_is_kept(travelling):
    arrive(travelling.shipments.get())
    assert Promise.objects.get().state == PromiseState.KEPT
    notice = Notice.objects.get()
    assert notice.kind == "order_news", "and told at once"
    assert [told.what for told in notice.news.all()] == ["arrived"]
    assert Order.objects.get().nearest_promise is None


def test_with_one_of_two_parcels_here_our_word_about_the_other_stands(travelling):
    (promise,) = open_ones(travelling)
    one = travelling.shipments.get()
    two = ship(travelling, number="TWO")
    Shipment.objects.filter(pk=two.pk).update(source_id="f-2")
    arrive(one)
    assert open_ones(travelling) == [promise]
    arrive(two)
    assert open_ones(travelling) == []


def test_when_it_came_back_a_person_looks_after_it_and_we_go_on_writing(travelling):
    (promise,) = open_ones(travelling)
    arrive(travelling.shipments.get(), Milestone.RETURNED)
    Case.objects.follow()
    (sooner,) = open_ones(travelling)
    assert sooner.due_at < promise.due_at
    send_due(timezone.now())
    assert Notice.objects.get().kind == "order_news"
    travelling.cases.get().close("A new one is on its way.", by=CLOCK)
    assert open_ones(travelling) == []


def test_no_word_is_given_for_a_day_on_which_there_is_nothing_left_to_tell(store):
    order = place_order(store, delivered=False, days_ago=44)
    assert order.on_its_way(timezone.now())
    assert order.promise_update(by=CLOCK) is None


def test_when_the_address_was_taken_away_nothing_claims_that_we_wrote(travelling):
    (promise,) = open_ones(travelling)
    Order.objects.update(email="")
    Promise.objects.come_due(promise.due_at)
    promise.refresh_from_db()
    assert promise.state == PromiseState.SUPERSEDED
    assert not Event.objects.exists() and open_ones(travelling) == []


def test_nothing_is_promised_about_what_is_not_on_its_way(store):
    assert place_order(store, "JP-1").promise_update(by=CLOCK) is None
    assert place_order(store, "JP-2", shipped=False).promise_update(by=CLOCK) is None
    gone = place_order(store, "JP-3", delivered=False, cancelled_at=timezone.now())
    assert gone.promise_update(by=CLOCK) is None
    old = place_order(store, "JP-4", delivered=False)
    assert old.promise_update(by=CLOCK, now=timezone.now() + 60 * DAY) is None


# --- the nearest --------------------------------------------------------------------------------


def test_the_nearest_promise_is_the_first_that_is_still_open(travelling):
    rma = ask_to_return(travelling)
    answer = Promise.objects.get(kind=PromiseKind.ANSWER)
    update = Promise.objects.get(kind=PromiseKind.UPDATE)
    soon = datetime(2020, 1, 1, tzinfo=UTC)
    for first in (answer, update):
        Promise.objects.filter(pk=first.pk).update(due_at=soon)
        assert Order.objects.get().nearest_promise == first
        Promise.objects.filter(pk=first.pk).update(due_at=soon + 9999 * DAY)
    Promise.objects.filter(pk=update.pk).update(state=PromiseState.BROKEN, due_at=soon)
    assert Order.objects.get().nearest_promise == answer
    rma.cancel(by=BUYER)
    assert Order.objects.get().nearest_promise is None
