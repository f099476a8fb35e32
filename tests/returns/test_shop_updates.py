"""A new address on its way to the shop: at least once, in order, and never lost."""

import importlib
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from returns.models import (
    BUYER,
    AddressChange,
    ChangeStatus,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    ShopAccount,
    ShopUpdate,
)
from returns.shops import Access, Answer, Outcome, demo
from tests.people import open_store
from tests.returns.shop_server import SAN_FRANCISCO, SILENT, played
from tests.returns.unshipped import (
    AUSTIN,
    again,
    connect,
    let_leases_end,
    make_due,
    move,
    start,
    take_in,
    the_order,
    told,
    work,
)
from tests.tracking.loopback import Answer as Played
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(monkeypatch):
    for name in ("shopify", "webhook"):
        monkeypatch.setattr(importlib.import_module(f"returns.shops.{name}"), "TOTAL", 0.3)
    with played() as played_there:
        yield played_there


@pytest.fixture
def order(db):
    store = open_store()
    take_in(store, told())
    return the_order()


@pytest.fixture
def change(order, there) -> AddressChange:
    """Asked for, and its letter has left; the shop is to be told."""
    connect(order.store, there)
    made = move(order)
    start(made)
    return made


def the_update() -> ShopUpdate:
    return ShopUpdate.objects.get()


def test_a_shop_that_shows_the_address_ends_the_change(there, change):
    work()
    update = the_update()
    assert (update.state, update.version.isoformat()) == ("done", "2026-11-21T10:15:30+00:00")
    assert again(change).status == ChangeStatus.SUCCEEDED
    assert there.last["city"] == "San Francisco"


def test_a_shop_that_only_takes_it_leaves_the_change_open(order, there):
    connect(order.store, there, "webhook")
    change = move(order)
    work()
    assert the_update().state == "done"
    assert again(change).status == ChangeStatus.SENT
    assert again(change).sent_at


def test_what_the_shop_lacks_of_a_phone_is_the_buyers(order, there):
    connect(order.store, there)
    move(order, after=SAN_FRANCISCO.changed(phone=""))
    work()
    assert there.last["phone"] == "+44 7700 900123"


def test_no_shop_is_told_before_the_contact_was(order, there):
    connect(order.store, there)
    move(order)
    AddressChange.objects.follow()
    ShopUpdate.objects.work()
    assert not ShopUpdate.objects.exists()
    assert not there.told


def test_without_an_account_a_person_tells_the_warehouse(order):
    change = move(order)
    work()
    assert not ShopUpdate.objects.exists()
    assert list(AddressChange.objects.untold_shop()) == [change]
    assert again(change).note_in_shop(by=BUYER)
    assert again(change).status == ChangeStatus.SUCCEEDED
    assert not AddressChange.objects.untold_shop().exists()


def test_an_order_of_another_shop_goes_to_the_merchants_own_system(order, there):
    connect(order.store, there)
    hook = connect(order.store, there, "webhook")
    assert ShopAccount.objects.for_order(order).shop == "shopify"
    order.source = "table"
    assert ShopAccount.objects.for_order(order) == hook
    ShopAccount.objects.update(is_active=False)
    assert ShopAccount.objects.for_order(order) is None


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Played(status=401), "127.0.0.1 does not let us in (401)."),
        (Played(status=404), "There is no Shopify shop at this address, or no such version (404)."),
        (
            Played(json={"data": {"orderUpdate": {"userErrors": [{"message": "No."}]}}}),
            "No.",
        ),
    ],
)
def test_what_cannot_be_mended_by_waiting_is_a_persons_at_once(there, change, trouble, said):
    there.trouble = trouble
    ShopUpdate.objects.work()
    update = the_update()
    assert (update.state, update.last_error, update.is_left) == ("dead", said, True)
    change = again(change)
    assert (change.status, change.must_act) == (ChangeStatus.REQUESTED, True)


def test_an_account_that_was_closed_meanwhile_leaves_it_to_a_person(there, change):
    ShopAccount.objects.update(is_active=False)
    ShopUpdate.objects.work()
    assert the_update().state == "dead"
    assert again(change).must_act
    assert not there.told


@pytest.mark.parametrize("trouble", [Played(status=503), SILENT, Played(body=b"<html>")])
def test_an_outage_only_costs_time(there, change, trouble):
    there.trouble = trouble
    ShopUpdate.objects.work()
    update = the_update()
    assert (update.state, update.attempts) == ("due", 1)
    assert timezone.now() < update.due_at < timezone.now() + timedelta(minutes=1)
    assert not again(change).must_act
    there.trouble = None
    make_due()
    ShopUpdate.objects.work()
    assert again(change).status == ChangeStatus.SUCCEEDED


def test_a_shop_that_is_called_too_often_says_when(there, change):
    there.trouble = Played(status=429, headers={"Retry-After": "600"})
    ShopUpdate.objects.work()
    assert the_update().due_at > timezone.now() + timedelta(minutes=9)


def test_a_long_outage_is_told_to_a_person_and_still_tried(there, change):
    ShopUpdate.objects.update(written_at=timezone.now() - timedelta(minutes=20))
    there.trouble = Played(status=503)
    ShopUpdate.objects.work()
    assert the_update().state == "due"
    assert again(change).must_act
    there.trouble = None
    make_due()
    ShopUpdate.objects.work()
    change = again(change)
    assert (change.status, change.must_act) == (ChangeStatus.SUCCEEDED, False)


def test_after_too_many_attempts_a_person_does_it(there, change):
    there.trouble = Played(status=503)
    ShopUpdate.objects.update(attempts=ShopUpdate.MAX_ATTEMPTS - 1)
    ShopUpdate.objects.work()
    assert the_update().state == "dead"
    assert again(change).must_act


def test_one_whose_workers_were_all_lost_is_left_to_a_person(there, change):
    ShopUpdate.objects.update(
        state=WorkState.CLAIMED, attempts=ShopUpdate.MAX_ATTEMPTS, lease_until=timezone.now()
    )
    ShopUpdate.objects.work()
    assert the_update().state == "dead"
    assert again(change).must_act
    assert not there.told


def test_an_answer_that_was_lost_is_asked_for_again_and_confirms_once(there, change):
    there.lost = SILENT
    ShopUpdate.objects.work()
    assert again(change).status == ChangeStatus.REQUESTED
    there.lost = None
    make_due()
    ShopUpdate.objects.work()
    assert [fields["city"] for fields in there.told] == ["San Francisco"] * 2
    assert Event.objects.filter(kind=EventKind.ADDRESS_DONE).count() == 1
    assert Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).count() == 1


def test_every_attempt_carries_the_same_key(order, there):
    connect(order.store, there, "webhook")
    move(order)
    there.lost = SILENT
    work()
    there.lost = None
    make_due()
    ShopUpdate.objects.work()
    assert there.keys == [the_update().key.hex] * 2


def test_a_flaw_of_ours_is_tried_again_and_names_nobody(there, change, monkeypatch, caplog):
    def broken(update, access):
        raise KeyError(update.address.street)

    monkeypatch.setattr("returns.shops.shopify.tell", broken)
    ShopUpdate.objects.work()
    assert the_update().state == "due"
    assert "KeyError at broken" in the_update().last_error
    assert "Mission" not in caplog.text + the_update().last_error


def test_a_shop_that_is_down_is_left_alone_for_the_rest_of_the_round(order, there):
    connect(order.store, there)
    take_in(order.store, told(number="JP-2", source_id="728"))
    move(order)
    other = order.store.orders.get(number="JP-2")
    move(other, key="form-2")
    there.trouble = Played(status=503)
    work()
    assert sorted(ShopUpdate.objects.values_list("attempts", flat=True)) == [0, 1]


# --- one after the other ----------------------------------------------------------------------


def test_what_an_earlier_change_had_yet_to_say_is_no_longer_said(order, there):
    connect(order.store, there)
    first = move(order)
    start(first)
    first.withdraw(by=BUYER)
    second = move(order, key="form-2", after=SAN_FRANCISCO.changed(street="1 Market St"))
    work()
    assert [fields["address1"] for fields in there.told] == ["1 Market St"]
    assert list(first.shop_updates.values_list("state", flat=True)) == ["dropped"]
    assert again(second).status == ChangeStatus.SUCCEEDED


def test_a_newer_address_waits_while_an_older_one_is_being_told(order, there):
    connect(order.store, there, "webhook")
    first = move(order)
    start(first)
    [claimed] = ShopUpdate.objects.claim(1)
    first.withdraw(by=BUYER)
    assert ShopUpdate.objects.count() == 2
    assert ShopUpdate.objects.work() == 0
    assert not there.told
    # The worker of the older one was lost; what it had to say is no longer wanted.
    let_leases_end()
    ShopUpdate.objects.work()
    assert [one["address"]["city"] for one in there.told] == ["Austin"]
    claimed.refresh_from_db()
    assert claimed.state == "dropped"


def meanwhile(monkeypatch, shop: str, act) -> None:
    """Something happens when the shop has been told and our worker does not know it yet."""
    module = importlib.import_module(f"returns.shops.{shop}")
    tell = module.tell

    def told_and_more(*args):
        answer = tell(*args)
        act()
        return answer

    monkeypatch.setattr(module, "tell", told_and_more)


def test_the_newer_one_goes_as_soon_as_the_older_is_through(order, there, monkeypatch):
    connect(order.store, there, "webhook")
    first = move(order)
    start(first)
    meanwhile(monkeypatch, "webhook", lambda: again(first).withdraw(by=BUYER))
    ShopUpdate.objects.work()
    assert [one["address"]["city"] for one in there.told] == ["San Francisco", "Austin"]
    assert again(first).status == ChangeStatus.WITHDRAWN


def test_an_older_one_that_failed_is_not_told_after_a_newer_one(order, there):
    connect(order.store, there)
    first = move(order)
    start(first)
    there.trouble = Played(status=503)
    ShopUpdate.objects.work()
    first.withdraw(by=BUYER)
    ShopUpdate.objects.filter(change=first, pk=the_first().pk).update(state=WorkState.DUE)
    there.trouble = None
    make_due()
    ShopUpdate.objects.work()
    assert [fields["city"] for fields in there.told] == ["Austin"]


def the_first() -> ShopUpdate:
    row = ShopUpdate.objects.order_by("pk").first()
    assert row
    return row


def test_two_orders_do_not_wait_for_each_other(order, there):
    connect(order.store, there, "webhook")
    take_in(order.store, told(number="JP-2", source_id="728"))
    move(order)
    move(order.store.orders.get(number="JP-2"), key="form-2")
    start(AddressChange.objects.all()[0])
    ShopUpdate.objects.claim(1)
    assert ShopUpdate.objects.work() == 1


# --- taken back -------------------------------------------------------------------------------


def test_taken_back_before_the_shop_heard_of_it_nothing_is_told(order, there):
    connect(order.store, there)
    change = move(order)
    assert the_order().city == "San Francisco"
    assert change.withdraw(by=BUYER)
    assert the_order().city == "Austin"
    work()
    assert not there.told
    assert again(change).status == ChangeStatus.WITHDRAWN


def test_taken_back_after_the_shop_heard_of_it_the_shop_hears_that_too(order, there):
    connect(order.store, there, "webhook")
    change = move(order)
    work()
    assert change.withdraw(by=BUYER)
    assert the_order().city == "Austin"
    work()
    assert [one["address"]["city"] for one in there.told] == ["San Francisco", "Austin"]
    assert there.last["address"]["street"] == AUSTIN.street
    assert len(set(there.keys)) == 2
    assert again(change).status == ChangeStatus.WITHDRAWN


def test_taken_back_while_nobody_knows_whether_the_shop_heard_of_it_it_hears_that_too(order, there):
    connect(order.store, there)
    change = move(order)
    there.lost = SILENT
    work()
    there.lost = None
    assert change.withdraw(by=BUYER)
    make_due()
    ShopUpdate.objects.work()
    assert [fields["city"] for fields in there.told] == ["San Francisco", "Austin"]


def test_what_cannot_be_taken_back_by_itself_a_person_takes_back(order, there):
    connect(order.store, there, "webhook")
    change = move(order)
    work()
    change.withdraw(by=BUYER)
    there.trouble = Played(status=410)
    ShopUpdate.objects.work()
    change = again(change)
    assert (change.status, change.must_act) == (ChangeStatus.WITHDRAWN, True)
    assert list(AddressChange.objects.untold_shop()) == [change]
    assert change.note_in_shop(by=BUYER)
    assert not AddressChange.objects.untold_shop().exists()
    assert again(change).status == ChangeStatus.WITHDRAWN


def test_what_the_shop_does_not_know_of_need_not_be_told_by_a_person_either(order):
    change = move(order)
    work()
    assert again(change).must_act
    assert change.withdraw(by=BUYER)
    assert not AddressChange.objects.untold_shop().exists()


def test_a_late_yes_to_what_was_taken_back_changes_nothing(order, there, monkeypatch):
    connect(order.store, there)
    change = move(order)
    start(change)
    [claimed] = ShopUpdate.objects.claim(1)
    meanwhile(monkeypatch, "shopify", lambda: again(change).withdraw(by=BUYER))
    claimed.tell()
    claimed.refresh_from_db()
    assert claimed.state == "done"
    assert again(change).status == ChangeStatus.WITHDRAWN
    assert the_order().city == "Austin"
    ShopUpdate.objects.work()
    assert there.last["city"] == "Austin"


# --- killed, and without a transaction --------------------------------------------------------


class Killed(BaseException):
    """As a worker is: nothing behind it runs."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "place",
    [
        "returns.models.shop_update.ShopUpdate._may_go",
        "returns.shops.demo.tell",
        "returns.models.shop_update.ShopUpdate._note",
        "returns.models.address_change.AddressChange.note_in_shop",
        "returns.models.address_change.AddressChange._move",
        "returns.address_news.tell",
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_it_is_told_again_and_confirmed_once(place, after, monkeypatch):
    store = open_store()
    take_in(store, told())
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(the_order())
    start(change)
    heard = []

    def tell(update, access: Access) -> Answer:
        heard.append((update.key, connection.in_atomic_block))
        return Answer(Outcome.CONFIRMED)

    monkeypatch.setattr(demo, "tell", tell)
    whole = _found(place)

    def killed(*args, **more):
        if after:
            whole(*args, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, killed)
        with pytest.raises(Killed):
            ShopUpdate.objects.work()
    assert again(change).status == ChangeStatus.REQUESTED or place.endswith("_note")
    let_leases_end()
    ShopUpdate.objects.work()
    assert again(change).status == ChangeStatus.SUCCEEDED
    assert the_update().state == "done"
    assert len({key for key, _ in heard}) == 1
    assert not any(in_transaction for _, in_transaction in heard)
    assert Event.objects.filter(kind=EventKind.ADDRESS_DONE).count() == 1
    assert Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).count() == 1


def _found(place: str):
    path, _, name = place.rpartition(".")
    try:
        return getattr(importlib.import_module(path), name)
    except ModuleNotFoundError:
        module, _, owner = path.rpartition(".")
        return getattr(getattr(importlib.import_module(module), owner), name)
