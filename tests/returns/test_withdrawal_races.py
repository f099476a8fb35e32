"""Two hands at the same moment, with two real connections, on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from returns.codes import Kind
from returns.ledger import Refused
from returns.models import BUYER, Order, Wanted, Withdrawal, WithdrawalOutcome, WithdrawalReceipt
from returns.sources import FulfilmentData, LineData, OrderData
from returns.states import IllegalTransition
from returns.withdrawal_states import WithdrawalStatus
from tests.returns.withdrawing import declared, eu_order, eu_store, on_its_page, outcome_of, work

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 5
LOST = (Refused, IllegalTransition)


@pytest.fixture
def order(transactional_db) -> Order:
    return eu_order()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Each in a thread of its own with its own connection, all let go together. Returns what
    each gave, or the refusal it met; anything else fails the test."""
    together, results = Barrier(len(acts)), [None] * len(acts)
    errors: list[BaseException] = []

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            together.wait(10)
            results[number] = act()
        except LOST as lost:
            results[number] = lost
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "two hands wait for each other"
    for error in errors:
        raise error
    return results


def judge(withdrawal: Withdrawal) -> None:
    [row] = WithdrawalOutcome.objects.filter(pk=withdrawal.pk)
    row.take_up(row.order or row._match(), by=BUYER)


def held(order: Order) -> int:
    return order.with_goods().lines.get().held


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_case_22_the_same_form_at_the_same_moment_is_one_record(order, turn):
    act = partial(declared, order, key="form")
    results = at_once(act, act, act)
    assert len({row.pk for row in results}) == 1
    assert Withdrawal.objects.count() == WithdrawalReceipt.objects.count() == 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_two_records_at_the_same_moment_make_one_chain(order, turn):
    at_once(*[partial(declared, order) for _ in range(4)])
    assert Withdrawal.objects.count() == 4
    assert Withdrawal.objects.broken(order.store) == []


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_withdrawing_twice_at_the_same_moment_has_one_effect(order, turn):
    first, second = declared(order, order=order), declared(order, order=order)
    at_once(partial(judge, first), partial(judge, second))
    statuses = sorted(outcome_of(row).status for row in (first, second))
    assert statuses == sorted([WithdrawalStatus.EFFECTIVE, WithdrawalStatus.REPEATED])
    assert order.returns.count() == 1 and held(order) == 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_confirming_twice_at_the_same_moment_has_one_effect(order, turn):
    made = declared(order)
    work()
    rows = [outcome_of(made) for _ in range(2)]
    results = at_once(*[row.confirm for row in rows])
    assert sum(isinstance(one, IllegalTransition) for one in results) == 1
    assert order.returns.count() == 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_withdrawing_and_returning_the_same_unit_at_the_same_moment(order, turn):
    made = declared(order, order=order)
    line = order.lines.get()
    ask = partial(order.request_return, [Wanted(line.pk, 1, "changed_mind")], by=BUYER, key="form")
    acts = [partial(judge, made), ask]
    results = at_once(*acts[:: 1 if turn % 2 else -1])
    assert order.returns.count() == 1 and held(order) == 1
    if order.returns.get().kind == Kind.WITHDRAWAL:
        assert any(isinstance(one, Refused) for one in results)
    else:
        # It was in the return already: the desk tells the buyer so.
        assert outcome_of(made).status == WithdrawalStatus.OUTSIDE


def unshipped(store) -> Order:
    Order.objects.take_in(store, told())
    return Order.objects.get(number="JP-1")


def told(**values) -> OrderData:
    now = timezone.now()
    usual = {
        "source": "shopify",
        "source_id": "1",
        "version": now,
        "number": "JP-1",
        "placed_at": now,
        "paid_at": now,
        "currency": "USD",
        "lines": (LineData(source_id="1", title="Shirt", quantity=1, unit_price=20),),
        "fulfilments": (),
        "email": "sarah@example.com",
        "country": "LT",
        "paid": 20,
    }
    return OrderData(**(usual | values))


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_it_is_withdrawn_at_the_moment_when_it_leaves(transactional_db, turn):
    """Whoever comes first: it is a return with instructions in the end, once."""
    store = eu_store()
    order = unshipped(store)
    made = declared(order, order=order)
    fulfilment = FulfilmentData(
        source_id="f1", shipped_at=timezone.now(), lines=(("1", 1),), carrier="ups", numbers=("U1",)
    )
    news = told(version=timezone.now(), fulfilments=(fulfilment,))
    acts = [partial(judge, made), partial(Order.objects.take_in, store, news)]
    at_once(*acts[:: 1 if turn % 2 else -1])
    rma = order.returns.get()
    assert (rma.keeps_goods, rma.status) == (False, "approved")
    assert held(order) == 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_what_has_not_left_is_stopped_once(transactional_db, turn):
    order = unshipped(eu_store())
    results = at_once(*[partial(order.cancel_unshipped, None, by=BUYER, key=key) for key in "ab"])
    assert sum(isinstance(one, Refused) for one in results) == 1
    assert order.returns.count() == 1


def test_the_effect_of_one_is_there_for_the_next(order):
    on_its_page(order)
    assert held(order) == 1
