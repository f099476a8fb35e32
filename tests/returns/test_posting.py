"""The number of the parcel back, and what its scans make of the return."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import tasks
from returns.models import (
    BUYER,
    CLOCK,
    Event,
    Notice,
    Promise,
    ReturnAuthorization,
    Shipment,
)
from returns.models.access import TooOften
from returns.models.posting import NUMBERS
from returns.states import IllegalTransition, Status
from tests.people import place_order, ship
from tests.post_office import send_due
from tests.returns.returning import DESK, NUMBER, later, opened, posted, returned, scan
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

OTHER = "RB103456786GB"


@pytest.fixture
def rma(order):
    return returned(order)


def open_promises(rma) -> list[str]:
    return sorted(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))


def told(rma) -> list[str]:
    return list(
        Notice.objects.filter(authorization=rma)
        .exclude(kind="return_approved")
        .order_by("pk")
        .values_list("kind", flat=True)
    )


def events(rma) -> list[str]:
    kinds = Event.objects.filter(authorization=rma).order_by("pk").values_list("kind", flat=True)
    return [kind for kind in kinds if kind not in ("return_requested", "return_approved")]


def test_a_number_alone_does_not_mean_that_the_carrier_has_it(rma):
    posted(rma)
    assert rma.status == Status.APPROVED
    assert rma.posted_at
    assert rma.awaits_arrival


def test_once_a_number_is_given_nothing_is_reminded_of_and_nothing_expires(rma):
    assert open_promises(rma) == ["reminder"]
    posted(rma)
    assert open_promises(rma) == ["update"]
    after = rma.post_by + timedelta(days=60)
    assert not ReturnAuthorization.objects.to_remind(after).exists()
    assert not ReturnAuthorization.objects.overdue(after).exists()
    with pytest.raises(IllegalTransition):
        rma.remind(by=CLOCK, now=after)
    with pytest.raises(IllegalTransition):
        rma.expire(by=CLOCK, now=after)


def test_the_same_number_given_twice_is_one(rma):
    posted(rma)
    stale = ReturnAuthorization.objects.get(pk=rma.pk)
    posted(rma)
    posted(stale)
    assert Shipment.objects.filter(authorization=rma).count() == 1
    assert events(rma) == ["number_given"]


def test_the_first_scan_puts_it_on_its_way_and_tells_the_buyer(rma):
    scan(posted(rma))
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT
    assert told(rma) == ["return_scanned"]
    assert open_promises(rma) == ["update"]


def test_a_label_that_is_only_announced_is_not_on_its_way(rma):
    scan(posted(rma), Milestone.ANNOUNCED)
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    assert told(rma) == []


def test_further_scans_tell_the_buyer_nothing_twice(rma):
    parcel = posted(rma)
    for hour, milestone in enumerate(
        [Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY]
    ):
        scan(parcel, milestone, later(hours=hour))
    tasks.follow_returns()
    assert told(rma) == ["return_scanned"]


def test_delivery_asks_the_desk_to_open_it_and_says_by_when(rma):
    parcel = posted(rma)
    scan(parcel)
    scan(parcel, Milestone.DELIVERED, later(minutes=1))
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT  # nobody of us has seen it
    assert rma.arrived_at == Parcel.objects.get(pk=parcel.pk).milestone_at
    assert list(ReturnAuthorization.objects.to_receive()) == [rma]
    assert told(rma) == ["return_scanned", "return_arrived"]
    assert open_promises(rma) == ["inspection"]
    tasks.follow_returns()
    assert told(rma) == ["return_scanned", "return_arrived"]


def test_when_the_first_that_we_hear_is_the_delivery_there_is_one_letter(rma):
    scan(posted(rma), Milestone.DELIVERED)
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT
    assert events(rma) == ["number_given", "return_scanned", "return_arrived"]
    assert told(rma) == ["return_arrived"]


def test_a_late_scan_of_the_road_takes_nothing_back(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.DELIVERED, later(hours=2))
    scan(parcel, Milestone.IN_TRANSIT, later(hours=1))
    rma.refresh_from_db()
    assert rma.arrived_at
    assert open_promises(rma) == ["inspection"]


def test_scans_from_before_the_return_was_asked_for_are_another_parcels_story(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.DELIVERED, rma.requested_at - timedelta(days=30))
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    assert rma.arrived_at is None


def test_a_lost_bell_is_made_good_by_the_sweep(rma):
    posted(rma).record([ScanReport(at=timezone.now(), milestone=Milestone.ACCEPTED)])
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    tasks.sweep()
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT


def test_a_correction_drops_the_journey_and_what_it_made_us_say(rma):
    wrong = posted(rma)
    scan(wrong)
    scan(wrong, Milestone.DELIVERED, later(minutes=1))
    rma.refresh_from_db()
    posted(rma, OTHER)
    assert rma.status == Status.APPROVED
    assert rma.arrived_at is None
    assert not Parcel.objects.filter(number=NUMBER).exists()
    assert open_promises(rma) == ["update"]
    assert events(rma)[-1] == "number_corrected"
    scan(Parcel.objects.get(number=OTHER))
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT


def test_what_the_desk_saw_posted_stays_so_when_the_number_comes_later(rma):
    rma.note_posted(by=DESK)
    posted(rma)
    assert rma.status == Status.IN_TRANSIT


def test_a_correction_leaves_the_parcel_of_somebody_else_alone(rma, store):
    theirs = ship(place_order(store, "JP-2"), number=NUMBER)
    rma.name_parcel(NUMBER, "royal-mail", by=BUYER)
    posted(rma, OTHER)
    assert Parcel.objects.filter(pk=theirs.parcel_id).exists()


@pytest.mark.parametrize("carrier", ["royal-mail", "ups", ""])
def test_a_number_that_is_another_parcels_is_flagged_and_not_followed(rma, store, carrier):
    theirs = ship(place_order(store, "JP-2"), number=NUMBER, delivered=True)
    shipment = rma.name_parcel(NUMBER, carrier, by=BUYER)
    assert shipment.in_doubt
    assert shipment.parcel is None
    scan(theirs.parcel, Milestone.DELIVERED, later(minutes=1))
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    assert rma.arrived_at is None
    assert Event.objects.get(kind="number_given").data["doubt"] is True


def test_a_number_in_doubt_is_followed_once_the_desk_has_looked(rma, store):
    ship(place_order(store, "JP-2"), number=NUMBER)
    rma.name_parcel(NUMBER, "royal-mail", by=BUYER)
    rma.confirm_number(by=DESK)
    shipment = Shipment.objects.get(authorization=rma)
    assert not shipment.in_doubt
    assert shipment.parcel
    scan(shipment.parcel, Milestone.IN_TRANSIT)
    rma.refresh_from_db()
    assert rma.status == Status.IN_TRANSIT
    with pytest.raises(IllegalTransition):
        rma.confirm_number(by=DESK)


def test_case_42_two_returns_of_one_order_may_travel_in_one_box(store):
    order = place_order(store, lines=(("Cup", "10.00", 2),))
    one, two = returned(order, 1), returned(order, 1)
    parcel = posted(one)
    assert posted(two) == parcel
    scan(parcel)
    assert [rma.status for rma in (one, two) if rma.refresh_from_db() is None] == ["in_transit"] * 2
    posted(one, OTHER)
    assert Parcel.objects.filter(pk=parcel.pk).exists()  # the other return still needs it


def test_the_same_number_of_another_merchants_parcel_is_no_doubt(rma):
    from tests.people import open_store

    elsewhere = open_store("elsewhere")
    ship(place_order(elsewhere, "EL-1"), number=NUMBER)
    assert not rma.name_parcel(NUMBER, "royal-mail", by=BUYER).in_doubt


def test_a_buyer_may_cancel_until_the_first_scan_and_not_after(rma):
    parcel = posted(rma)
    assert rma.may_be_cancelled
    scan(parcel)
    rma.refresh_from_db()
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)


def test_a_number_given_after_the_time_ran_out_waits_for_a_person(rma):
    end = rma.post_by + timedelta(days=1)
    rma.remind(by=CLOCK, now=rma.remind_at)
    rma.expire(by=CLOCK, now=end)
    posted(rma)
    assert rma.status == Status.EXPIRED
    assert open_promises(rma) == ["answer"]
    rma.extend(end + timedelta(days=7), by=DESK, now=end)
    assert rma.status == Status.APPROVED
    assert open_promises(rma) == ["update"]


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {"approved", "in_transit", "expired", "lost"})
)
def test_a_number_is_only_taken_while_the_goods_may_travel(rma, status):
    ReturnAuthorization.objects.filter(pk=rma.pk).update(status=status)
    rma.refresh_from_db()
    with pytest.raises(IllegalTransition):
        rma.name_parcel(NUMBER, "ups", by=BUYER)
    assert not Parcel.objects.filter(number=NUMBER).exists()


def test_posted_without_a_number_is_taken_at_the_buyers_word(rma):
    rma.say_posted(by=BUYER)
    assert (rma.status, open_promises(rma)) == (Status.APPROVED, ["update"])
    rma.say_posted(by=BUYER)
    assert events(rma) == ["return_posted"]
    posted(rma)
    assert open_promises(rma) == ["update"]


def test_while_it_travels_we_write_again_and_again(rma):
    posted(rma)
    promise = Promise.objects.get(authorization=rma, state="open")
    Promise.objects.come_due(promise.due_at)
    send_due(promise.due_at)
    promise.refresh_from_db()
    assert promise.state == "kept"
    assert told(rma) == ["return_update"]
    renewed = Promise.objects.get(authorization=rma, state="open")
    assert renewed.due_at > promise.due_at


def test_a_letter_that_came_too_late_counts_as_broken_and_its_successor_points_back(rma):
    posted(rma)
    promise = Promise.objects.get(authorization=rma, state="open")
    Promise.objects.come_due(promise.due_at + timedelta(hours=3))
    send_due(promise.due_at + timedelta(hours=3))
    promise.refresh_from_db()
    assert promise.state == "broken"
    assert Promise.objects.get(authorization=rma, state="open").follows == promise


def test_once_it_is_here_the_promise_to_write_about_the_road_is_let_go(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.DELIVERED)
    rma.refresh_from_db()
    opened(rma)
    assert not Promise.objects.open().filter(authorization=rma, kind="update").exists()
    assert "return_update" not in told(rma)


@pytest.mark.parametrize("spelling", ["rb123456785gb", "RB-123456785-GB", "RB 123 456 785 GB"])
def test_another_spelling_of_a_strangers_number_is_no_way_to_their_journey(rma, store, spelling):
    ship(place_order(store, "JP-2"), number=spelling)
    shipment = rma.name_parcel(NUMBER, "royal-mail", by=BUYER)
    assert (shipment.in_doubt, shipment.parcel) == (True, None)


def test_a_parcel_that_lost_its_order_is_nobodys_to_take(rma, store):
    Parcel.objects.announce(store.account, NUMBER, "royal-mail")
    assert rma.name_parcel(NUMBER, "royal-mail", by=BUYER).in_doubt


def test_the_number_of_the_parcel_that_came_is_not_the_one_that_goes_back(rma, order):
    came = order.shipments.get(is_return=False).parcel
    assert rma.name_parcel(came.number, came.carrier, by=BUYER).in_doubt


def test_the_desk_confirms_the_number_that_it_looked_at(rma, store):
    for number in (NUMBER, OTHER):
        ship(place_order(store, f"JP-{number}"), number=number)
    rma.name_parcel(NUMBER, "royal-mail", by=BUYER)
    rma.name_parcel(OTHER, "royal-mail", by=BUYER)
    with pytest.raises(IllegalTransition):
        rma.confirm_number(NUMBER, by=DESK)
    assert Shipment.objects.get(authorization=rma).parcel is None


def test_another_number_does_not_make_a_scan_undone(rma):
    scan(posted(rma))
    rma.refresh_from_db()
    posted(rma, OTHER)
    assert rma.status == Status.APPROVED
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)
    rma.refresh_from_db()
    rma.cancel(by=DESK)


def test_numbers_are_not_given_without_end(rma):
    numbers = [f"RB{at:08d}0GB" for at in range(NUMBERS[0][0] + 1)]
    for number in numbers[:-1]:
        rma.name_parcel(number, "royal-mail", by=BUYER)
    with pytest.raises(TooOften):
        rma.name_parcel(numbers[-1], "royal-mail", by=BUYER)
    assert Shipment.objects.get(authorization=rma).number == numbers[-2]
    rma.name_parcel(numbers[-1], "royal-mail", by=DESK)


def test_what_was_declined_and_came_keeps_its_state_when_its_number_is_corrected(db):
    from tests.people import open_store

    rma = returned(place_order(open_store(policy={"automatic_up_to": None})))
    rma.decline("used", by=DESK)
    opened(rma, 1)
    rma.undo_receipt(by=DESK)
    posted(rma)
    posted(rma, OTHER)
    assert rma.status == Status.IN_TRANSIT
