"""The warehouse, the buyer, the shop and our workers at the same moment, on PostgreSQL."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Lock, Thread

import pytest
from django.db import connections
from django.utils import timezone

from returns.address_policy import Obstacle
from returns.address_states import WhyNot
from returns.models import (
    BUYER,
    AddressChange,
    ChangeStatus,
    Event,
    EventKind,
    NotOffered,
    Order,
    ShopAccount,
    ShopUpdate,
)
from returns.shops import Answer, Outcome, demo
from tests.people import open_store
from tests.returns.shop_server import SAN_FRANCISCO
from tests.returns.unshipped import (
    AUSTIN,
    again,
    move,
    sent,
    start,
    take_in,
    tell_anew,
    the_order,
    told,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

S = ChangeStatus
ROUNDS = 6


@pytest.fixture
def store(transactional_db):
    return open_store()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Each in a thread of its own with its own connection, all let go together. Returns what
    each gave, or the refusal it met; anything else fails the test."""
    together, results = Barrier(len(acts)), [None] * len(acts)
    errors: list[BaseException] = []

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            together.wait(10)
            results[number] = act()
        except NotOffered as refused:
            results[number] = refused
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


class Heard:
    """A shop that remembers in which order it heard what."""

    def __init__(self, outcome: Outcome = Outcome.TOLD) -> None:
        self.cities: list[str] = []
        self.outcome, self.lock, self.inside = outcome, Lock(), 0

    def tell(self, update, access) -> Answer:
        with self.lock:
            self.inside += 1
            assert self.inside == 1, "two at a time for one order"
        try:
            self.cities.append(update.address.city)
            return Answer(self.outcome)
        finally:
            with self.lock:
                self.inside -= 1


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_the_parcel_leaves_at_the_moment_of_the_click_and_there_is_one_truth(store, turn):
    take_in(store, told())
    order = the_order()
    news = told(AUSTIN, version=timezone.now(), fulfilments=(sent(),))
    acts = [partial(take_in, store, news), partial(move, order)]
    results = at_once(*acts[:: 1 if turn % 2 else -1])
    row = the_order()
    assert row.city == "Austin"
    assert row.destination_of(row.shipments.get()).city == "Austin"
    refused = [one for one in results if isinstance(one, NotOffered)]
    if refused:
        assert refused[0].offer.obstacle == Obstacle.SHIPPED
        assert not AddressChange.objects.exists()
    else:
        change = AddressChange.objects.get()
        assert (change.status, change.failure) == (S.FAILED, WhyNot.SHIPPED)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_the_shop_says_yes_at_the_moment_when_the_parcel_leaves(store, turn):
    """Whoever comes first: order, change and parcel say the same."""
    take_in(store, told())
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(the_order())
    start(change)
    news = told(AUSTIN, version=timezone.now(), fulfilments=(sent(),))
    at_once(partial(take_in, store, news), ShopUpdate.objects.work)
    row = the_order()
    [shipment] = row.shipments.all()
    assert again(change).status == S.FAILED
    assert {row.city, row.destination_of(shipment).city} == {"Austin"}
    ShopUpdate.objects.work()
    assert not ShopUpdate.objects.filter(state__in=["due", "claimed"]).exists()


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_workers_and_a_buyer_who_changes_her_mind_never_swap_two_addresses(
    store, monkeypatch, turn
):
    heard = Heard()
    monkeypatch.setattr(demo, "tell", heard.tell)
    take_in(store, told())
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(the_order())
    start(change)
    work = ShopUpdate.objects.work
    acts = [work, work, partial(again(change).withdraw, by=BUYER), work]
    at_once(*acts[turn % 4 :], *acts[: turn % 4])
    ShopUpdate.objects.update(due_at=timezone.now())
    work()
    assert again(change).status == S.WITHDRAWN
    assert the_order().city == "Austin"
    assert heard.cities in ([], ["San Francisco", "Austin"], ["Austin"])
    assert not ShopUpdate.objects.filter(state__in=["due", "claimed"]).exists()


def test_many_workers_tell_one_address_once(store, monkeypatch):
    heard = Heard(Outcome.CONFIRMED)
    monkeypatch.setattr(demo, "tell", heard.tell)
    take_in(store, told())
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(the_order())
    start(change)
    at_once(*[ShopUpdate.objects.work] * 5)
    assert heard.cities == ["San Francisco"]
    assert again(change).status == S.SUCCEEDED
    assert Event.objects.filter(kind=EventKind.ADDRESS_DONE).count() == 1


def test_the_shop_tells_it_while_our_worker_notes_it_and_it_is_done_once(store):
    take_in(store, told())
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(the_order())
    start(change)
    news = told(SAN_FRANCISCO, version=timezone.now())
    at_once(partial(take_in, store, news), ShopUpdate.objects.work, partial(take_in, store, news))
    assert again(change).status == S.SUCCEEDED
    assert Event.objects.filter(kind=EventKind.ADDRESS_DONE).count() == 1
    assert the_order().city == "San Francisco"


def test_the_desk_and_the_shop_say_at_once_that_it_is_there(store):
    take_in(store, told())
    change = move(the_order())
    said = at_once(*[partial(again(change).note_in_shop)] * 3)
    assert sorted(map(bool, said)) == [False, False, True]
    assert Event.objects.filter(kind=EventKind.ADDRESS_DONE).count() == 1


def test_two_changes_at_once_are_one(store):
    take_in(store, told())
    order = the_order()
    made = at_once(*[partial(move, order, key=f"form-{turn}") for turn in range(3)])
    assert sum(isinstance(one, AddressChange) for one in made) == 1
    assert AddressChange.objects.count() == 1
    assert Order.objects.get().city == "San Francisco"


def test_a_parcel_that_left_is_not_turned_by_an_older_word_of_the_shop(store):
    take_in(store, told())
    change = move(the_order())
    row = tell_anew(store, AUSTIN, fulfilments=(sent(),))
    at_once(*[partial(again(change).note_in_shop)] * 2)
    assert again(change).failure == WhyNot.SHIPPED
    assert row.destination_of(row.shipments.get()).city == "Austin"
