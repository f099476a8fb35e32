"""From the click to what became of it: changes of address, their letters and their end."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns import tasks
from returns.address_policy import AGAIN, Obstacle, Why
from returns.address_states import WhyNot
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
    ReturnAuthorization,
)
from returns.models.access import TooOften
from returns.postal.address import PostalAddress
from returns.states import Status
from tests.people import open_store, place_order, ship, staff
from tests.post_office import send_due
from tracking.gateways import Aim, Answer, Failure, Outcome
from tracking.milestones import Milestone
from tracking.models import GatewayAccount, Interception, Parcel, ScanReport
from tracking.tasks import intercept

pytestmark = pytest.mark.django_db
BATH = PostalAddress(
    name="Sarah Whitcombe",
    street="8 Chapel Row",
    city="Bath",
    postcode="BA1 1HN",
    country="GB",
)


def on_the_road(**values):
    store = open_store(**values)
    order = place_order(store, shipped=False)
    return order, ship(order)


def with_gateway(order: Order, **keys: str) -> GatewayAccount:
    return GatewayAccount.objects.create(account=order.store.account, gateway="demo", keys=keys)


def redirect(order: Order, shipment, key: str = "form-1", **more) -> AddressChange:
    values = {"after": BATH, "agreed_fee": Decimal(0), "by": BUYER} | more
    return order.change_address(Aim.REDIRECT, shipment=shipment, key=key, **values)


def work() -> None:
    """What the workers do, until nothing is left to do at once."""
    send_due(timezone.now())
    tasks.follow_addresses()
    intercept()
    tasks.follow_addresses()


def again(change: AddressChange) -> AddressChange:
    return AddressChange.objects.select_related("interception").get(pk=change.pk)


def scan(order: Order, milestone: str, place: str = "") -> None:
    parcel = Parcel.objects.get(pk=order.shipments.get(is_return=False).parcel_id)
    parcel.record([ScanReport(timezone.now(), milestone, f"code-{milestone}", place)])


def free_of_charge(order: Order) -> None:
    InterceptionRule.objects.create(store=order.store, payer="store")


def test_nothing_leaves_for_the_carrier_before_the_contact_was_told():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    tasks.follow_addresses()
    intercept()
    assert not Interception.objects.exists()
    letter = Notice.objects.get(kind=NoticeKind.ADDRESS_ASKED)
    assert letter.recipient == "sarah@example.com"
    work()
    asked = again(change).interception
    assert asked.asked_at and again(change).status == ChangeStatus.SENT


def test_a_letter_that_can_never_leave_brings_the_change_to_the_desk():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    Notice.objects.filter(kind=NoticeKind.ADDRESS_ASKED).update(state="dead")
    tasks.follow_addresses()
    change = again(change)
    assert (change.status, change.why_desk) == (ChangeStatus.WAITING, Why.NOT_TOLD)
    assert change.approve(by=Actor.staff(staff("lead")))
    tasks.follow_addresses()
    assert again(change).interception is not None


def test_the_same_form_twice_is_one_change():
    order, shipment = on_the_road()
    free_of_charge(order)
    assert redirect(order, shipment).pk == redirect(order, shipment).pk
    assert Notice.objects.filter(kind=NoticeKind.ADDRESS_ASKED).count() == 1


def test_a_second_change_of_the_same_parcel_is_refused_while_one_is_open():
    order, shipment = on_the_road()
    free_of_charge(order)
    redirect(order, shipment)
    with pytest.raises(NotOffered) as refused:
        redirect(order, shipment, key="form-2", after=replace(BATH, street="9 Chapel Row"))
    assert refused.value.offer.obstacle == Obstacle.UNDER_WAY


def test_the_fee_is_owed_when_it_worked_and_not_before():
    order, shipment = on_the_road()
    with_gateway(order)
    InterceptionRule.objects.create(store=order.store, fee=Decimal("15.00"))
    with pytest.raises(NotOffered):
        redirect(order, shipment)  # no fee was agreed to
    change = redirect(order, shipment, agreed_fee=Decimal("15.00"))
    work()
    Interception.objects.stir(timezone.now())
    work()
    change = again(change)
    assert change.status == ChangeStatus.ACCEPTED
    assert change.fee_owed_at is None
    scan(order, Milestone.DELIVERED, "Bath")
    work()
    change = again(change)
    assert change.status == ChangeStatus.SUCCEEDED
    assert change.fee_owed_at is not None
    assert change.interception.is_proven
    assert AddressChange.objects.to_charge().get() == change
    change.note_charged(by=Actor.staff(staff("desk")))
    assert not AddressChange.objects.to_charge().exists()


def test_a_parcel_that_was_delivered_to_the_old_town_is_told_honestly():
    order, shipment = on_the_road()
    with_gateway(order)
    InterceptionRule.objects.create(store=order.store, fee=Decimal("15.00"))
    change = redirect(order, shipment, agreed_fee=Decimal("15.00"))
    work()
    scan(order, Milestone.DELIVERED, "Bristol")
    work()
    change = again(change)
    assert (change.status, change.failure) == (ChangeStatus.FAILED, Failure.DELIVERED)
    assert change.fee_owed_at is None
    news = Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS, facts__status="failed")
    assert news.count() == 1


def test_a_success_that_the_scans_disprove_owes_no_fee():
    order, shipment = on_the_road()
    with_gateway(order, answer="succeeded")
    InterceptionRule.objects.create(store=order.store, fee=Decimal("15.00"))
    change = redirect(order, shipment, agreed_fee=Decimal("15.00"))
    work()
    Interception.objects.stir(timezone.now())
    work()
    assert again(change).fee_owed_at is not None
    scan(order, Milestone.DELIVERED, "Bristol")
    work()
    change = again(change)
    assert (change.status, change.fee_owed_at) == (ChangeStatus.FAILED, None)


def test_a_corrected_number_ends_what_was_asked_about_the_wrong_one():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    work()
    parcel = Parcel.objects.get(pk=shipment.parcel_id)
    type(shipment).objects.filter(pk=shipment.pk).update(parcel=None)
    parcel.drop()
    work()
    change = again(change)
    assert (change.status, change.failure) == (ChangeStatus.FAILED, Failure.NO_ANSWER)


def test_case_84_what_is_scanned_out_for_delivery_before_the_click_is_refused():
    order, shipment = on_the_road()
    free_of_charge(order)
    scan(order, Milestone.OUT_FOR_DELIVERY, "Bristol")
    with pytest.raises(NotOffered) as refused:
        redirect(order, shipment)
    assert refused.value.offer.obstacle == Obstacle.OUT_FOR_DELIVERY
    assert not AddressChange.objects.exists() and not Notice.objects.exists()


def test_what_is_scanned_out_for_delivery_before_the_worker_asks_fails_without_a_call():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    scan(order, Milestone.OUT_FOR_DELIVERY, "Bristol")
    work()
    change = again(change)
    assert (change.status, change.failure) == (ChangeStatus.FAILED, Failure.TOO_LATE)
    assert change.interception.asked_at is None


@pytest.mark.parametrize("country", ["FR", "US", ""])
def test_no_change_of_country(country):
    order, shipment = on_the_road()
    free_of_charge(order)
    with pytest.raises(NotOffered):
        redirect(order, shipment, after=replace(BATH, country=country))


def test_an_area_that_is_not_served_is_refused():
    order, shipment = on_the_road()
    InterceptionRule.objects.create(store=order.store, payer="store", not_served="BA\nZE")
    with pytest.raises(NotOffered) as refused:
        redirect(order, shipment)
    assert refused.value.offer.obstacle == Obstacle.NOT_THERE


def test_an_order_of_high_value_waits_for_a_person():
    order, shipment = on_the_road(address_desk_from=Decimal(50))
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    work()
    change = again(change)
    assert (change.status, change.why_desk) == (ChangeStatus.WAITING, Why.VALUE)
    assert change.interception is None
    change.approve(by=Actor.staff(staff("lead")))
    work()
    assert again(change).status == ChangeStatus.SENT


def test_a_declined_change_says_why_and_leaves_everything_as_it_was():
    order, shipment = on_the_road(address_desk_from=Decimal(50))
    free_of_charge(order)
    change = redirect(order, shipment)
    assert change.decline("The carrier does not go there.", by=Actor.staff(staff("lead")))
    assert again(change).status == ChangeStatus.DECLINED
    assert not change.approve(by=Actor.staff(staff("other")))
    assert Order.objects.get(pk=order.pk).city == "Bristol"


def test_a_buyer_asks_no_more_than_some_times():
    order, shipment = on_the_road()
    free_of_charge(order)
    for number in range(3):
        redirect(order, shipment, key=f"form-{number}").withdraw(by=BUYER)
    with pytest.raises((NotOffered, TooOften)):
        redirect(order, shipment, key="form-4")


def test_withdrawn_before_anybody_was_asked_nothing_is_sent():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    assert change.withdraw(by=BUYER)
    work()
    assert again(change).status == ChangeStatus.WITHDRAWN
    assert not Interception.objects.exists()


def test_withdrawn_after_the_carrier_was_asked_it_is_asked_to_forget():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    work()
    assert not change.withdraw(by=BUYER)
    Interception.objects.stir(timezone.now())
    work()
    assert again(change).status == ChangeStatus.WITHDRAWN


def test_letters_go_on_to_greet_who_ordered():
    order = place_order(open_store(), shipped=False)
    to_eve = replace(BATH, name="Eve Stranger")
    change = order.change_address(Aim.REDIRECT, after=to_eve, key="form-1", by=BUYER)
    fresh = Order.objects.get(pk=order.pk)
    assert (fresh.name, fresh.first_name) == ("Eve Stranger", "Sarah")
    [letter] = send_due(timezone.now())
    assert "Sarah" in letter.text and "Hello Eve" not in letter.text
    change.withdraw(by=BUYER)
    assert Order.objects.get(pk=order.pk).greeted_as == ""


def test_what_was_not_shipped_changes_at_once_and_waits_for_the_shop():
    order = place_order(open_store(), shipped=False)
    change = order.change_address(Aim.REDIRECT, after=BATH, key="form-1", by=BUYER)
    assert Order.objects.get(pk=order.pk).city == "Bath"
    work()
    change = again(change)
    assert change.status == ChangeStatus.REQUESTED and change.must_act
    assert change.note_in_shop(by=Actor.staff(staff("desk")))
    assert again(change).status == ChangeStatus.SUCCEEDED


def test_a_change_that_came_too_late_for_the_warehouse_sets_the_order_back():
    order = place_order(open_store(), shipped=False)
    change = order.change_address(Aim.REDIRECT, after=BATH, key="form-1", by=BUYER)
    change.fail(WhyNot.SHIPPED, by=BUYER)
    assert Order.objects.get(pk=order.pk).city == "Bristol"


def test_a_parcel_that_is_back_is_sent_again_with_one_press():
    order, shipment = on_the_road()
    scan(order, Milestone.ATTEMPTED, "Bristol")
    change = order.change_address(AGAIN, shipment=shipment, after=BATH, key="form-1", by=BUYER)
    desk = Actor.staff(staff("desk"))
    send_due(timezone.now())
    assert not change.prepare_again(by=desk)  # it is not back
    scan(order, Milestone.RETURNING)
    scan(order, Milestone.RETURNED, "Vilnius")
    assert AddressChange.objects.to_send_again().get() == change
    assert change.prepare_again(by=desk)
    assert not change.prepare_again(by=desk)
    rma = ReturnAuthorization.objects.get()
    assert rma.status == Status.RESOLVED
    assert rma.resolutions.get().kind == "replacement"
    assert Promise.objects.open().filter(kind=PromiseKind.GOODS, authorization=rma).exists()
    assert Order.objects.get(pk=order.pk).city == "Bath"
    assert order.destination_of(shipment).city == "Bristol"


def test_what_was_to_be_sent_again_and_was_delivered_after_all_ends():
    order, shipment = on_the_road()
    scan(order, Milestone.ATTEMPTED, "Bristol")
    change = order.change_address(AGAIN, shipment=shipment, after=BATH, key="form-1", by=BUYER)
    work()
    assert again(change).is_open
    scan(order, Milestone.DELIVERED, "Bristol")
    work()
    change = again(change)
    assert (change.status, change.failure) == (ChangeStatus.FAILED, Failure.DELIVERED)


def test_nothing_is_sent_again_before_its_contact_was_told():
    order, shipment = on_the_road()
    scan(order, Milestone.ATTEMPTED, "Bristol")
    change = order.change_address(AGAIN, shipment=shipment, after=BATH, key="form-1", by=BUYER)
    scan(order, Milestone.RETURNING)
    scan(order, Milestone.RETURNED, "Vilnius")
    desk = Actor.staff(staff("desk"))
    assert not change.prepare_again(by=desk)
    Notice.objects.filter(kind=NoticeKind.ADDRESS_ASKED).update(state="dead")
    tasks.follow_addresses()
    assert again(change).why_desk == Why.NOT_TOLD
    assert not change.prepare_again(by=desk)
    assert change.approve(by=desk)
    assert change.prepare_again(by=desk)


@pytest.mark.parametrize("aim", [Aim.REDIRECT, AGAIN])
def test_of_a_cancelled_order_nothing_is_sent_anywhere(aim):
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    if aim == AGAIN:
        scan(order, Milestone.ATTEMPTED, "Bristol")
    change = order.change_address(aim, shipment=shipment, after=BATH, key="form-1", by=BUYER)
    Order.objects.filter(pk=order.pk).update(cancelled_at=timezone.now())
    if aim == AGAIN:
        send_due(timezone.now())
        scan(order, Milestone.RETURNED, "Vilnius")
        assert not change.prepare_again(by=Actor.staff(staff("desk")))
    work()
    change = again(change)
    assert (change.status, change.failure) == (ChangeStatus.FAILED, WhyNot.CANCELLED)
    assert not Interception.objects.exists() and not ReturnAuthorization.objects.exists()


def test_a_parcel_with_goods_of_another_order_waits_for_a_person():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    other = place_order(order.store, "JP-2", shipped=False, email="eve@example.com")
    theirs = ship(other)
    type(theirs).objects.filter(pk=theirs.pk).update(parcel=shipment.parcel)
    change = redirect(Order.objects.get(pk=other.pk), theirs)
    work()
    change = again(change)
    assert (change.status, change.why_desk) == (ChangeStatus.WAITING, Why.SHARED)
    assert not Interception.objects.exists()


def test_news_that_come_while_the_last_ones_are_taken_up_are_not_lost(monkeypatch):
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    work()
    request = Interception.objects.get()
    locked = AddressChange._locked

    def moved_meanwhile(self):
        found = locked(self)
        monkeypatch.setattr(AddressChange, "_locked", locked)
        request.take(Answer(Outcome.FAILED, failure=Failure.REFUSED))
        return found

    AddressChange.objects.filter(pk=change.pk).update(stirred_at=timezone.now())
    monkeypatch.setattr(AddressChange, "_locked", moved_meanwhile)
    tasks.follow_addresses()
    tasks.follow_addresses()
    assert again(change).status == ChangeStatus.FAILED


def test_what_is_paid_at_the_door_is_worth_as_much():
    order, shipment = on_the_road(address_desk_from=Decimal(50))
    free_of_charge(order)
    Order.objects.filter(pk=order.pk).update(paid_total=0)
    change = redirect(Order.objects.get(pk=order.pk), shipment)
    assert (change.status, change.why_desk) == (ChangeStatus.WAITING, Why.VALUE)


def test_stopped_it_costs_nothing_whatever_the_carrier_does():
    order, shipment = on_the_road()
    with_gateway(order)
    InterceptionRule.objects.create(store=order.store, fee=Decimal("15.00"))
    change = redirect(order, shipment, agreed_fee=Decimal("15.00"))
    work()
    change.withdraw(by=BUYER)
    Interception.objects.stir(timezone.now())
    work()
    assert again(change).status == ChangeStatus.WITHDRAWN
    scan(order, Milestone.DELIVERED, "Bath")
    work()
    change = again(change)
    assert (change.status, change.fee_owed_at) == (ChangeStatus.SUCCEEDED, None)


def test_the_desk_is_not_held_back_by_how_often_the_buyer_asked():
    order, shipment = on_the_road()
    free_of_charge(order)
    for number in range(3):
        redirect(order, shipment, key=f"form-{number}").withdraw(by=BUYER)
    change = redirect(order, shipment, key="desk", by=Actor.staff(staff("desk")))
    assert change.status == ChangeStatus.REQUESTED


def test_what_we_had_given_up_and_the_carrier_does_after_all_is_open_again():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    change = redirect(order, shipment)
    work()
    request = Interception.objects.get()
    request.give_up(Failure.NO_ANSWER)
    tasks.follow_addresses()
    assert again(change).status == ChangeStatus.FAILED
    request.refresh_from_db()
    request.take(Answer(Outcome.ACCEPTED))
    tasks.follow_addresses()
    assert again(change).status == ChangeStatus.ACCEPTED


def test_a_form_that_made_one_wish_does_not_answer_for_another():
    order, shipment = on_the_road()
    free_of_charge(order)
    redirect(order, shipment, key="form")
    with pytest.raises(NotOffered):
        order.change_address(Aim.RETURN, shipment=shipment, key="form", by=BUYER)


def test_a_fee_that_nobody_knew_is_ours_once_a_person_goes_on():
    order, shipment = on_the_road()
    change = redirect(order, shipment)
    assert (change.status, change.why_desk) == (ChangeStatus.WAITING, Why.FEE)
    assert change.approve(by=Actor.staff(staff("lead")))
    assert again(change).payer == "store"


def test_what_waits_for_a_person_ends_when_the_parcel_is_delivered():
    order, shipment = on_the_road(address_desk_from=Decimal(50))
    free_of_charge(order)
    change = redirect(order, shipment)
    scan(order, Milestone.DELIVERED, "Bristol")
    work()
    change = again(change)
    assert (change.status, change.failure) == (ChangeStatus.FAILED, Failure.DELIVERED)


def test_the_hour_of_the_answer_is_promised_and_kept_by_the_letter_that_gives_it():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    redirect(order, shipment)
    promise = Promise.objects.open().get(kind=PromiseKind.ADDRESS)
    assert promise.due_at > timezone.now() + timedelta(hours=1)
    work()
    Interception.objects.stir(timezone.now())
    work()
    send_due(timezone.now())
    promise.refresh_from_db()
    assert promise.state == "kept"


def test_case_85_every_step_stands_in_the_history_once():
    order, shipment = on_the_road()
    with_gateway(order)
    free_of_charge(order)
    redirect(order, shipment)
    for _ in range(3):
        work()
        Interception.objects.stir(timezone.now())
    scan(order, Milestone.DELIVERED, "Bath")
    for _ in range(2):
        work()
        Interception.objects.stir(timezone.now())
    kinds = list(
        Event.objects.filter(kind__startswith="address_")
        .order_by("pk")
        .values_list("kind", flat=True)
    )
    assert kinds == [
        EventKind.ADDRESS_ASKED,
        EventKind.ADDRESS_SENT,
        EventKind.ADDRESS_ACCEPTED,
        EventKind.ADDRESS_DONE,
    ]
