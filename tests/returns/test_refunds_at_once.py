"""Several hands at one refund at the same moment, with real connections on PostgreSQL and a real
shop on loopback: the money leaves once."""

from collections.abc import Callable
from functools import partial
from threading import Event as Signal
from threading import Thread

import pytest
from django.db import connections

from returns.models import Event, EventKind, Notice, Order, Resolution, ShopRefund
from returns.states import IllegalTransition
from tests.people import open_store
from tests.returns.refund_server import Till, refunding
from tests.returns.refunds_asked import (
    again,
    asked,
    bought,
    came_back,
    connect,
    decide,
    let_leases_end,
    shop_tells,
    told,
    work,
)
from tests.returns.returning import DESK
from tests.returns.test_parcel_back_races import at_once, refusals
from tests.tracking.loopback import Answer
from tracking.work import WorkState

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def there():
    with refunding() as till:
        yield till


@pytest.fixture
def order(transactional_db, there) -> Order:
    store = open_store()
    connect(store, there)
    return bought(store)


@pytest.fixture
def made(order) -> Resolution:
    return decide(came_back(order))


def done() -> int:
    return Event.objects.filter(kind=EventKind.RESOLUTION_DONE).count()


def in_a_thread(act: Callable[[], object]) -> Thread:
    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_case_52_four_workers_at_once_have_it_refunded_once(there, made):
    at_once(*[ShopRefund.objects.work] * 4)
    work()
    assert (again(made).state, len(there.refunds), done()) == ("succeeded", 1, 1)


def test_case_52_two_refunds_of_one_order_asked_by_two_workers_stay_within_what_was_paid(
    there, order
):
    for quantities in ((2,), (0, 1)):
        decide(came_back(order, *quantities), "20.00")
    at_once(*[ShopRefund.objects.work] * 2)
    work(2)
    assert sorted(one.amount for one in there.refunds) == [20, 20]
    assert done() == 2


def test_case_52_two_colleagues_who_press_try_again_leave_one_refund(there, made):
    there.trouble = Answer(status=401)
    work()
    there.trouble = None
    assert again(made).state == "failed"
    results = at_once(*(again(made).try_again for _ in range(4)))
    assert refusals(results) == 3
    at_once(*[ShopRefund.objects.work] * 2)
    assert (again(made).state, len(there.refunds), done()) == ("succeeded", 1, 1)


@pytest.mark.parametrize("turn", range(4))
def test_case_52_a_colleague_who_sends_it_by_hand_and_a_worker_do_not_both_send_it(
    there, made, turn
):
    results = at_once(
        ShopRefund.objects.work,
        partial(again(made).record_sent, by=DESK, method="transfer", reference="T-1"),
    )
    work()
    row = again(made)
    assert (row.state, done()) == ("succeeded", 1)
    by_hand = row.reference == "T-1"
    assert len(there.refunds) == (0 if by_hand else 1)
    assert isinstance(results[1], IllegalTransition) is not by_hand
    assert row.last_error == ""


def test_case_52_the_webhook_comes_over_another_connection_before_the_answer(there, order, made):
    def tell() -> None:
        try:
            shop_tells(order, "40.00", told(made))
        finally:
            connections.close_all()

    there.before_answer = tell
    ShopRefund.objects.work()
    row = again(made)
    assert (row.state, row.in_shop, len(there.refunds), done()) == ("succeeded", True, 1, 1)
    assert asked(row).state == WorkState.DONE
    assert Notice.objects.filter(kind="return_settled").count() == 1
    assert Order.objects.get(pk=order.pk).with_goods().refundable() == 16


def test_case_52_a_worker_takes_over_while_the_first_one_still_waits_for_its_answer(there, made):
    """Its lease is over, and the shop has refunded: the second finds it, and the late answer of
    the first one changes nothing."""
    answered = Signal()
    paid = there._create

    def slow(query, variables):
        answer = paid(query, variables)
        return Answer(json=answer.json, hold=answered)

    there._create = slow
    first = in_a_thread(ShopRefund.objects.work)
    there.server.wait_for(2)
    let_leases_end()
    work()
    assert again(made).state == "succeeded"
    answered.set()
    first.join(30)
    assert not first.is_alive()
    assert (len(there.refunds), done()) == (1, 1)
    assert again(made).last_error == ""


def test_a_shop_that_has_not_begun_when_a_second_worker_looks_is_not_asked_twice(
    there: Till, made: Resolution
):
    """The first call hangs in the shop, and is carried out only after the second look."""
    go_on = Signal()
    paid = there._create

    def late(query, variables):
        go_on.wait(20)
        return paid(query, variables)

    there._create = late
    first = in_a_thread(ShopRefund.objects.work)
    there.server.wait_for(2)
    let_leases_end()
    work(2)
    assert again(made).state == "processing"
    assert len(there.server.seen) == 4  # two looks, no second refund
    go_on.set()
    first.join(30)
    assert (again(made).state, len(there.refunds), done()) == ("succeeded", 1, 1)


def test_what_came_back_and_what_is_decided_meanwhile_do_not_both_count(there, order, made):
    work()
    results = at_once(
        partial(again(made).reverse, "It bounced.", by=DESK),
        partial(again(made).reverse, "It bounced.", by=DESK),
    )
    assert refusals(results) == 1
    assert Event.objects.filter(kind=EventKind.REFUND_REVERSED).count() == 1
