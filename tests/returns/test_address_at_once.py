"""Two hands at the address of one order at the same moment, on PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from returns import tasks
from returns.address_policy import Obstacle
from returns.models import (
    BUYER,
    Actor,
    AddressChange,
    ChangeStatus,
    Event,
    EventKind,
    InterceptionRule,
    Notice,
    NoticeKind,
    NotOffered,
    Order,
    Promise,
    PromiseKind,
)
from tests.people import open_store, place_order, ship, staff
from tests.post_office import send_due
from tests.returns.test_address_changes import BATH
from tracking.gateways import Aim, Failure
from tracking.milestones import Milestone
from tracking.models import GatewayAccount, Interception, Parcel, ScanReport
from tracking.tasks import intercept

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
REFUSED = (NotOffered,)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Each in a thread of its own with its own connection, all let go together. Returns what
    each gave, or the refusal that it met; anything else fails the test."""
    start, results = Barrier(len(acts)), [None] * len(acts)
    errors: list[BaseException] = []

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[number] = act()
        except REFUSED as refusal:
            results[number] = refusal
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


@pytest.fixture
def sent(transactional_db):
    order = place_order(open_store(), shipped=False)
    shipment = ship(order)
    GatewayAccount.objects.create(account=order.store.account, gateway="demo")
    InterceptionRule.objects.create(store=order.store, payer="store")
    return order, shipment


def redirect(order: Order, shipment, key: str, street: str = "8 Chapel Row") -> AddressChange:
    return order.change_address(
        Aim.REDIRECT, shipment=shipment, after=replace(BATH, street=street), key=key, by=BUYER
    )


def test_of_two_people_who_change_one_address_one_wins_and_the_other_is_told(sent):
    order, shipment = sent
    first, second = (
        partial(redirect, Order.objects.get(pk=order.pk), shipment, f"form-{n}", f"{n} Chapel Row")
        for n in (1, 2)
    )
    results = at_once(first, second)
    made = [one for one in results if isinstance(one, AddressChange)]
    [refused] = [one for one in results if isinstance(one, NotOffered)]
    assert len(made) == 1 and refused.offer.obstacle == Obstacle.UNDER_WAY
    assert AddressChange.objects.get().wanted == made[0].wanted
    assert Notice.objects.filter(kind=NoticeKind.ADDRESS_ASKED).count() == 1


def test_one_form_sent_twice_at_the_same_moment_is_one_change(sent):
    order, shipment = sent
    press = partial(redirect, order, shipment, "form-1")
    one, other = at_once(press, press)
    assert one.pk == other.pk
    assert Event.objects.filter(kind=EventKind.ADDRESS_ASKED).count() == 1


def test_two_workers_start_it_once(sent):
    order, shipment = sent
    change = redirect(order, shipment, "form-1")
    send_due(timezone.now())
    at_once(*[tasks.follow_addresses] * 3)
    at_once(*[intercept] * 3)
    assert Interception.objects.count() == 1
    change.refresh_from_db()
    assert change.interception is not None


def test_a_scan_at_the_moment_of_the_click_never_turns_a_parcel_that_is_out_for_delivery(sent):
    order, shipment = sent
    parcel = Parcel.objects.get(pk=shipment.parcel_id)
    out = ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, "out", "Bristol")
    at_once(
        partial(redirect, order, shipment, "form-1"),
        partial(parcel.record, [out]),
    )
    send_due(timezone.now())
    tasks.follow_addresses()
    intercept()
    tasks.follow_addresses()
    for change in AddressChange.objects.all():
        assert (change.status, change.failure) == (ChangeStatus.FAILED, Failure.TOO_LATE)
        assert change.interception.asked_at is None


def test_of_two_decisions_at_the_same_moment_one_counts(sent):
    order, shipment = sent
    order.store.address_desk_from = 1
    order.store.save()
    change = redirect(Order.objects.get(pk=order.pk), shipment, "form-1")
    lead = Actor.staff(staff("lead"))
    yes, no = at_once(
        partial(AddressChange.objects.get(pk=change.pk).approve, by=lead),
        partial(AddressChange.objects.get(pk=change.pk).decline, "No.", by=lead),
    )
    assert yes != no
    change.refresh_from_db()
    assert change.status == (ChangeStatus.REQUESTED if yes else ChangeStatus.DECLINED)


def test_withdrawn_at_the_moment_when_it_starts_it_ends_withdrawn(sent):
    order, shipment = sent
    change = redirect(order, shipment, "form-1")
    send_due(timezone.now())
    at_once(
        tasks.follow_addresses,
        partial(AddressChange.objects.get(pk=change.pk).withdraw, by=BUYER),
    )
    for _ in range(3):
        intercept()
        tasks.follow_addresses()
        Interception.objects.stir(timezone.now())
    change.refresh_from_db()
    assert change.status == ChangeStatus.WITHDRAWN
    assert not Promise.objects.open().filter(kind=PromiseKind.ADDRESS, due_at=None).exists()
