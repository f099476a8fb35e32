"""The story so far: legs, their entries, and what is folded, hidden or quoted."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from portal.order_page.timeline import OPEN_ENTRIES, Leg, Timeline, timeline
from returns.codes import DeclineReason
from returns.models import BUYER, Actor, Event, EventKind, Order
from tests import people
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_london():
    with translation.override("en"), timezone.override("Europe/London"):
        yield


def story(order: Order) -> Timeline:
    return timeline(Order.objects.with_story().get(pk=order.pk), timezone.now())


def leg(order: Order, title: str) -> Leg:
    return next(leg for leg in story(order).legs if leg.title == title)


def texts(order: Order, title: str) -> list[str]:
    return [entry.text for entry in leg(order, title).events]


def parcel_of(order: Order) -> Parcel:
    return order.shipments.get().parcel


def report(order: Order, *milestones: str, **values) -> None:
    now = timezone.now()
    parcel_of(order).record(
        ScanReport(at=now - timedelta(minutes=len(milestones) - at), milestone=milestone, **values)
        for at, milestone in enumerate(milestones)
    )


def test_a_parcels_leg_tells_its_scans_newest_first_with_their_places(order):
    events = leg(order, "Your parcel").events
    assert [entry.place for entry in events] == ["Bristol", "Vilnius", ""]
    assert events[0].text == "The carrier reports that it was delivered."
    assert events[-1].text == "We packed it, and it got its number."


def test_the_order_itself_begins_with_placing_and_paying_it(order):
    assert texts(order, "Your order") == [
        "We received your payment of 74.00 USD.",
        "You placed the order.",
    ]


def test_an_unpaid_order_tells_of_no_payment(store):
    order = people.place_order(store, shipped=False, paid_at=None)
    assert texts(order, "Your order") == ["You placed the order."]


def test_only_the_newest_entry_of_all_is_marked(store):
    order = people.place_order(store, lines=(), shipped=False)
    for number in range(3):
        people.ship(order, number=f"RB00000000{number}GB", days_ago=5 - number)
    latest = [
        (index, entry)
        for index, leg in enumerate(story(order).legs)
        for entry in leg.events
        if entry.state == "latest"
    ]
    assert [index for index, _entry in latest] == [0]
    assert latest[0][1].at == max(
        entry.at for leg in story(order).legs for entry in leg.events if entry.at
    )


def test_what_comes_next_stands_above_without_a_date(store):
    order = people.place_order(store, delivered=False)
    first = leg(order, "Your parcel").events[0]
    assert (first.state, first.at, first.when) == ("ahead", None, "Next")
    assert first.text == "It goes through customs."
    report(order, Milestone.CUSTOMS)
    assert texts(order, "Your parcel")[0] == "It leaves customs and travels on to you."


def test_nothing_is_said_to_come_after_the_end_or_a_failed_attempt(store, order):
    assert leg(order, "Your parcel").events[0].state != "ahead"
    other = people.place_order(store, "JP-2", delivered=False)
    report(other, Milestone.ATTEMPTED)
    assert leg(other, "Your parcel").events[0].state != "ahead"


def test_our_sentence_comes_first_and_the_carriers_words_keep_their_language(store):
    order = people.place_order(store, delivered=False)
    report(order, Milestone.IN_TRANSIT, words="Siunta atvyko.", language="lt", place="Kaunas")
    entry = next(entry for entry in leg(order, "Your parcel").events if entry.place == "Kaunas")
    assert entry.text == "It is moving towards you."
    assert (entry.original, entry.original_lang) == ("Siunta atvyko.", "lt")


def test_the_leg_names_the_carrier_its_number_and_its_page(order):
    found = leg(order, "Your parcel")
    number = parcel_of(order).number
    assert (found.carrier, found.number) == ("Royal Mail", number)
    assert found.page == f"https://www.royalmail.com/track-your-item#/tracking-results/{number}"


def test_an_unknown_carrier_is_shown_as_it_is_and_has_no_page(store):
    order = people.place_order(store, shipped=False)
    people.ship(order, carrier="Dragon Post", number="X/1?2")
    found = leg(order, "Your parcel")
    assert (found.carrier, found.number, found.page) == ("Dragon Post", "X/1?2", "")


def test_a_number_cannot_change_the_address_of_the_carriers_page(store):
    order = people.place_order(store, shipped=False)
    people.ship(order, carrier="ups", number='1Z"&x=/../')
    assert leg(order, "Your parcel").page.endswith("tracknum=1Z%22%26x%3D%2F..%2F")


def test_goods_without_a_number_have_a_leg_that_says_so(store):
    order = people.place_order(store, shipped=False)
    order.shipments.create(shipped_at=timezone.now())
    found = leg(order, "Your parcel")
    assert found.events[0].text == "We sent it, without a tracking number."
    assert found.number == ""


def test_several_parcels_have_a_leg_each_and_say_what_is_in_them(store):
    lines = (("Linen shirt", "68.00", 1), ("Mug", "12.00", 2))
    order = people.place_order(store, lines=lines, shipped=False)
    shirt = people.ship(order, number="RB000000001GB", days_ago=4)
    mugs = people.ship(order, number="RB000000002GB", days_ago=2)
    shirt.lines.get(line__title="Mug").delete()
    mugs.lines.get(line__title="Linen shirt").delete()
    assert leg(order, "Parcel 1 of 2").contents == ("Linen shirt",)
    assert leg(order, "Parcel 2 of 2").contents == ("2 × Mug",)


def test_many_reports_are_folded_after_the_newest(store):
    order = people.place_order(store, delivered=False, days_ago=20)
    start = timezone.now() - timedelta(days=10)
    parcel_of(order).record(
        ScanReport(at=start + timedelta(hours=hour), milestone=Milestone.IN_TRANSIT, code=str(hour))
        for hour in range(200)
    )
    found = leg(order, "Your parcel")
    told = [entry for entry in found.events if entry.state != "ahead"]
    assert len(told) == OPEN_ENTRIES
    assert len(told) + len(found.older) == 202  # and accepted, and packed
    assert found.fold == "190 earlier reports"
    assert min(entry.at for entry in told) > max(entry.at for entry in found.older)


# --- Returns and events -----------------------------------------------------------------------


def test_a_return_is_told_with_the_day_to_post_it_ahead(order):
    people.ask_to_return(order)
    events = leg(order, "About your return").events
    assert events[0].state == "ahead"
    assert events[0].when.startswith("By ")
    assert [entry.text for entry in events[1:]] == [
        "We approved your return.",
        "You asked to send something back.",
    ]


def test_questions_answers_and_reasons_are_quoted(db):
    store = people.open_store(policy={"automatic_up_to": None})
    order = people.place_order(store)
    rma = people.ask_to_return(order)
    staff = Actor.staff(people.staff("ieva"))
    rma.ask("Which <b>size</b>?", by=staff)
    rma.give_answer("Size M", by=BUYER)
    rma.decline(DeclineReason.USED, "The collar is worn.", by=staff)
    declined, answered, asked, _asked_for = leg(order, "About your return").events
    assert declined.more == "It has been used in a way that we cannot take back."
    assert declined.quote == "The collar is worn."
    assert answered.quote == "Size M"
    assert asked.quote == "Which <b>size</b>?"


def test_with_several_returns_each_line_names_its_return(store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 3),))
    first = people.ask_to_return(order, key="one")
    second = people.ask_to_return(order, key="two")
    places = {entry.place for entry in leg(order, "About your returns").events}
    assert places == {first.number, second.number}


def test_what_is_hidden_from_the_buyer_or_has_no_words_is_not_told(order):
    Event.objects.note(order, EventKind.CODE_SENT, by=BUYER)
    Event.objects.note(order, "from_a_later_version", by=BUYER)
    assert len(texts(order, "Your order")) == 2


def test_an_event_with_odd_data_is_told_all_the_same(order):
    Event.objects.note(order, EventKind.UPDATE_SENT, by=BUYER)
    Event.objects.update(data=[1, 2])
    assert "We wrote to you as promised." in texts(order, "Your order")


def test_a_parcel_to_us_moves_towards_us(order):
    rma = people.ask_to_return(order)
    parcel = Parcel.objects.announce(order.store.account, "RR1", "royal-mail")
    order.shipments.create(
        parcel=parcel, authorization=rma, is_return=True, shipped_at=timezone.now()
    )
    parcel.record([ScanReport(at=timezone.now(), milestone=Milestone.IN_TRANSIT)])
    assert "It is moving towards us." in texts(order, "Your parcel to us")


# --- When we last looked ------------------------------------------------------------------------


def test_the_last_check_is_the_oldest_of_what_is_still_on_its_way(store):
    order = people.place_order(store, lines=(), shipped=False)
    old = people.ship(order, number="RB000000001GB").parcel
    people.ship(order, number="RB000000002GB")
    checked = timezone.now() - timedelta(hours=5)
    Parcel.objects.filter(pk=old.pk).update(checked_at=checked)
    assert story(order).checked_at == checked


def test_of_what_arrived_no_check_is_told(order):
    assert (story(order).checked_at, story(order).told_at) == (None, None)


def test_where_no_carrier_was_asked_the_shop_is_named_as_the_source(store):
    order = people.place_order(store, delivered=False)
    Parcel.objects.update(checked_at=None)
    assert (story(order).checked_at, story(order).told_at) == (None, order.source_version)
