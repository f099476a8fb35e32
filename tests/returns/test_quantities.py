"""Quantities can never be over-promised."""

from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from returns import ledger
from returns.ledger import Obstacle, Problem, Refused
from returns.models import (
    BUYER,
    Actor,
    Draft,
    Event,
    Notice,
    Order,
    OrderLine,
    Promise,
    ReturnAuthorization,
    ReturnLine,
    Wanted,
)
from returns.models.event import ActorKind
from returns.states import IllegalTransition, Status
from tests.people import ask_to_return, open_store, place_order

DESK = Actor(ActorKind.STAFF)


@pytest.fixture
def store(db):
    return open_store(policy={"automatic_up_to": None})


@pytest.fixture
def order(store):
    return place_order(store, lines=(("Cup", "10.00", 3),))


def ask(order: Order, *quantities: int, key: str = "form", by=BUYER) -> ReturnAuthorization:
    line = order.lines.first()
    return order.request_return(
        [Wanted(line.pk, quantity, "fit") for quantity in quantities], by=by, key=key
    )


def returnable(order: Order) -> int:
    return order.with_goods().lines.all()[0].returnable


def problems(order: Order, *quantities: int, **values) -> list[Problem]:
    count = ReturnAuthorization.objects.count()
    with pytest.raises(Refused) as refused:
        ask(order, *quantities, **values)
    assert ReturnAuthorization.objects.count() == count
    return refused.value.problems


@pytest.mark.parametrize("quantity", [4, 10**9, 10**30])
def test_case_17_no_more_than_was_shipped(order, quantity):
    line = order.lines.get()
    assert problems(order, quantity) == [Problem(Obstacle.TOO_MANY, line.pk, limit=3)]


@pytest.mark.parametrize("quantities", [(-1,), (2, -1), (3, 1, -1), (-(10**30),)])
def test_case_27_a_negative_quantity_is_refused_also_beside_a_larger_one(order, quantities):
    assert [problem.code for problem in problems(order, *quantities)] == [Obstacle.NO_QUANTITY]


@pytest.mark.parametrize("quantities", [(), (0,), (0, 0)])
def test_nothing_chosen_is_one_problem_not_many(order, quantities):
    assert problems(order, *quantities) == [Problem(Obstacle.NOTHING_CHOSEN)]


def test_case_26_a_line_without_a_quantity_beside_one_with_is_named(store):
    order = place_order(store, "JP-1", lines=(("Cup", "10.00", 1), ("Jug", "20.00", 1)))
    cup, jug = order.lines.all()
    with pytest.raises(Refused) as refused:
        order.request_return(
            [Wanted(cup.pk, 1, "fit"), Wanted(jug.pk, 0, "fit")], by=BUYER, key="form"
        )
    assert refused.value.problems == [Problem(Obstacle.NO_QUANTITY, jug.pk)]


def test_the_same_line_twice_is_added_up_first(order):
    assert [problem.code for problem in problems(order, 2, 2)] == [Obstacle.TOO_MANY]
    rma = ask(order, 2, 1)
    assert rma.lines.get().requested == 3


def test_case_19_open_requests_hold_what_they_ask_for(order):
    ask(order, 2, key="one")
    assert returnable(order) == 1
    assert problems(order, 2, key="two")[0].limit == 1
    ask(order, 1, key="three")
    assert [problem.code for problem in problems(order, 1, key="four")] == [Obstacle.ALL_BACK]


def test_case_24_units_taken_out_before_shipping_cannot_come_back(store):
    order = place_order(store, "JP-1", lines=(("Cup", "10.00", 3, {"cancelled": 1}),))
    assert returnable(order) == 2  # though the shop counted three as shipped
    rma = ask(order, 2)
    assert rma.value == Decimal(20)


def test_an_order_refunded_in_the_shop_after_shipping_offers_nothing_more(order):
    OrderLine.objects.update(cancelled=3)
    assert [problem.code for problem in problems(order, 1)] == [Obstacle.ALL_BACK]


def test_only_what_was_shipped_counts_while_the_rest_waits(order):
    order.shipments.get().lines.update(quantity=1)
    assert returnable(order) == 1


# what a line holds: status, its figures → units
HELD = [
    (Status.REQUESTED, {}, 3),
    (Status.INFO_REQUESTED, {}, 3),
    (Status.APPROVED, {"approved": 2}, 2),
    (Status.IN_TRANSIT, {"approved": 3}, 3),
    (Status.RECEIVED, {"approved": 3, "received": 1}, 3),
    (Status.INSPECTED, {"approved": 3, "received": 3, "sent_back": 1}, 2),
    (Status.RESOLVED, {"approved": 3, "received": 2}, 2),  # one never came: the buyer has it
    (Status.CLOSED, {"approved": 3, "received": 3, "accepted": 3, "resolved": 3}, 3),
    (Status.CLOSED, {"approved": 3, "received": 3, "accepted": 2, "sent_back": 1}, 2),
    (Status.RESOLVED, {"approved": 3, "waived": 3}, 3),  # need not come back, and never may
    (Status.LOST, {"approved": 3}, 3),  # the carrier has it, the buyer does not
    (Status.DECLINED, {}, 0),
    (Status.CANCELLED, {"approved": 3}, 0),
    (Status.EXPIRED, {"approved": 3}, 0),
    (Status.EXPIRED, {"approved": 3, "received": 1}, 1),
]


@pytest.mark.parametrize(("status", "figures", "units"), HELD)
def test_what_a_return_holds_is_a_table(status, figures, units):
    row = ReturnLine(authorization=ReturnAuthorization(status=status), requested=3, **figures)
    assert ledger.held_by(row) == units


def test_every_state_is_in_that_table():
    assert {status for status, _, _ in HELD} == set(Status)


def test_case_23_a_unit_that_came_back_is_gone_unless_it_was_sent_to_the_buyer_again(order):
    rma = ask(order, 3)
    ReturnAuthorization.objects.update(status=Status.CLOSED)
    rma.lines.update(approved=3, received=3)
    assert returnable(order) == 0
    rma.lines.update(sent_back=1)
    assert returnable(order) == 1


# --- one form, one return --------------------------------------------------------------------


def test_case_22_the_same_form_sent_again_gives_the_return_it_made(order):
    first = ask(order, 3)
    written = [model.objects.count() for model in (Event, Notice, Promise, ReturnLine)]
    assert ask(order, 3) == first
    assert ask(order, 1) == first  # whatever it says now
    assert [model.objects.count() for model in (Event, Notice, Promise, ReturnLine)] == written


def test_the_same_form_finds_its_return_even_after_that_has_ended(order):
    first = ask(order, 3)
    first.cancel(by=BUYER)
    assert ask(order, 3).pk == first.pk and ReturnAuthorization.objects.count() == 1


def test_the_same_key_on_another_order_is_another_form(order, store):
    other = place_order(store, "JP-2")
    assert ask(order, 1) != ask_to_return(other, key="form")


def test_a_sent_form_takes_its_draft_with_it_and_a_refused_one_keeps_it(order):
    draft = Draft.objects.of(order, "return")
    draft.keep(step="check")
    problems(order, 9, key=draft.key)
    assert Draft.objects.count() == 1
    ask(order, 1, key=draft.key)
    assert Draft.objects.count() == 0


# --- the same moment, two connections ---------------------------------------------------------


def at_once(*acts) -> list:
    """Runs the acts at the same moment, each on its own connection; their results, where
    what was raised is a result too."""
    start = Barrier(len(acts))
    results: list = [None] * len(acts)

    def run(number: int) -> None:
        try:
            start.wait()
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def last_unit(transactional_db):
    store = open_store(policy={"automatic_up_to": None})
    return place_order(store, lines=(("Cup", "10.00", 1),))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_case_21_of_two_requests_for_the_last_unit_one_wins(last_unit):
    for _ in range(5):
        results = at_once(
            lambda: ask(Order.objects.get(pk=last_unit.pk), 1, key="one"),
            lambda: ask(Order.objects.get(pk=last_unit.pk), 1, key="two"),
        )
        won = [result for result in results if isinstance(result, ReturnAuthorization)]
        lost = [result for result in results if isinstance(result, Refused)]
        assert (len(won), len(lost)) == (1, 1), results
        assert ReturnAuthorization.objects.count() == 1
        assert Event.objects.count() == Notice.objects.count() == 1
        ReturnAuthorization.objects.all().delete()
        for model in (Event, Notice, Promise):
            model.objects.all().delete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_posts_of_one_form_make_one_return(last_unit):
    act = lambda: ask(Order.objects.get(pk=last_unit.pk), 1, key="form").pk  # noqa: E731
    results = at_once(*[act] * 10)
    assert set(results) == {ReturnAuthorization.objects.get().pk}
    assert Event.objects.count() == Notice.objects.count() == Promise.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_approving_and_cancelling_at_the_same_moment_one_wins(last_unit):
    rma = ask(last_unit, 1)
    results = at_once(
        lambda: ReturnAuthorization.objects.get(pk=rma.pk).approve(by=DESK),
        lambda: ReturnAuthorization.objects.get(pk=rma.pk).decline("used", by=DESK),
    )
    rma.refresh_from_db()
    assert [type(result) for result in results].count(IllegalTransition) == 1, results
    assert results.count(None) == 1
    winner = results.index(None)
    assert rma.status == (Status.APPROVED, Status.DECLINED)[winner]
    assert Event.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_appeal_and_a_new_request_for_the_same_unit_do_not_both_win(last_unit):
    rma = ask(last_unit, 1, key="one")
    rma.decline("used", by=DESK)
    results = at_once(
        lambda: ReturnAuthorization.objects.get(pk=rma.pk).look_again("No!", by=BUYER),
        lambda: ask(Order.objects.get(pk=last_unit.pk), 1, key="two"),
    )
    assert [type(result) for result in results].count(Refused) == 1, results
    assert returnable(last_unit) == 0
    assert ledger.held(ReturnLine.objects.all()) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_promises_of_an_update_at_the_same_moment_are_one():
    order = place_order(open_store(), delivered=False)
    now = timezone.now()
    results = at_once(
        *[lambda: Order.objects.get(pk=order.pk).promise_update(by=DESK, now=now)] * 4
    )
    assert len({promise.pk for promise in results}) == 1, results
