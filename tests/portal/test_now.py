"""The letter's first sentence, what happens next, the journey, the promise and the actions."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from portal.order_page.actions import Action, actions, return_rows
from portal.order_page.now import Now, items, promised, tell
from portal.order_page.words import NOTHING_TO_DO
from returns import addresses
from returns.codes import DeclineReason
from returns.models import BUYER, CLOCK, Actor, Order, Promise, PromiseKind
from tests import people
from tracking.milestones import Milestone
from tracking.models import Incident, ScanReport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_london():
    with translation.override("en"), timezone.override("Europe/London"):
        yield


def load(order: Order) -> Order:
    return Order.objects.with_story().get(pk=order.pk)


def told(order: Order, now: datetime | None = None) -> Now:
    return tell(load(order), now or timezone.now())


def on_the_road(
    store,
    milestone: str,
    *,
    place: str = "Frankfurt",
    days_ago: int = 3,
    hours_ago: float = 1.0,
    **values,
) -> Order:
    """An order whose parcel was last reported `hours_ago`, standing at `milestone`."""
    order = people.place_order(store, shipped=False, days_ago=days_ago, **values)
    shipment = people.ship(order, days_ago=days_ago)
    at = timezone.now() - timedelta(hours=hours_ago)
    shipment.parcel.record([ScanReport(at=at, milestone=milestone, place=place)])
    return order


def no_number(order: Order, days_ago: int) -> None:
    order.shipments.create(shipped_at=timezone.now() - timedelta(days=days_ago))


def the_staff() -> Actor:
    return Actor.staff(people.staff("ieva"))


# --- The first sentence -----------------------------------------------------------------------


def test_an_unpaid_order_says_that_we_wait_for_the_payment(store):
    order = people.place_order(store, shipped=False, paid_at=None)
    assert told(order).title == "We are waiting for your payment."


def test_a_paid_order_says_that_it_has_not_left(store):
    letter = told(people.place_order(store, shipped=False))
    assert letter.title == "We have your order. It has not left us yet."
    assert str(NOTHING_TO_DO) in letter.next


def test_a_cancelled_order_says_so_and_shows_no_journey(store):
    order = people.place_order(store, shipped=False, cancelled_at=timezone.now())
    letter = told(order)
    assert letter.title == "This order was cancelled."
    assert letter.steps == ()


def test_an_order_of_which_every_unit_was_taken_out_is_told_as_cancelled(store):
    lines = (("Linen shirt", "68.00", 1, {"cancelled": 1}),)
    order = people.place_order(store, lines=lines, shipped=False)
    assert told(order).title == "Everything in this order was cancelled."


def test_goods_without_a_parcel_are_told_as_such(store):
    lines = (("Gift card", "20.00", 1, {"needs_shipping": False}),)
    order = people.place_order(store, lines=lines, shipped=False)
    assert told(order).title == "Your order needs no parcel."


def test_an_order_without_lines_still_has_a_sentence(store):
    order = people.place_order(store, lines=(), shipped=False)
    assert told(order).title == "We have your order. It has not left us yet."


@pytest.mark.parametrize(
    ("milestone", "sentence"),
    [
        (Milestone.ACCEPTED, "The carrier has your parcel."),
        (Milestone.IN_TRANSIT, "Your parcel is on its way, last seen in Frankfurt."),
        (Milestone.CUSTOMS, "Your parcel is at customs."),
        (Milestone.READY_FOR_PICKUP, "Your parcel is waiting for you to collect it."),
        (Milestone.RETURNING, "Your parcel is on its way back to us."),
        (Milestone.RETURNED, "Your parcel came back to us."),
    ],
)
def test_the_sentence_says_where_the_parcel_is(store, milestone, sentence):
    assert told(on_the_road(store, milestone)).title == sentence


def test_a_parcel_on_the_road_without_a_place_or_with_an_endless_one_names_none(store):
    nowhere = on_the_road(store, Milestone.IN_TRANSIT, place=" ")
    endless = on_the_road(store, Milestone.IN_TRANSIT, place="A" * 60, number="JP-2")
    assert told(nowhere).title == told(endless).title == "Your parcel is on its way."


def test_braces_in_a_place_are_only_letters(store):
    order = on_the_road(store, Milestone.IN_TRANSIT, place="{day} {0}")
    assert told(order).title == "Your parcel is on its way, last seen in {day} {0}."


def test_out_for_delivery_is_only_said_on_its_day(store):
    now = datetime(2026, 11, 18, 12, tzinfo=timezone.get_current_timezone())
    order = on_the_road(store, Milestone.IN_TRANSIT)
    parcel = load(order).outbound[0].parcel
    parcel.scans.all().delete()
    order.shipments.update(shipped_at=now - timedelta(days=3))
    parcel.record([ScanReport(at=now, milestone=Milestone.OUT_FOR_DELIVERY)])
    Incident.objects.all().delete()  # which are judged by the real clock
    assert told(order, now + timedelta(hours=6)).title == "Your parcel is out for delivery."
    late = told(order, now + timedelta(days=2))
    assert late.title == "Your parcel went out for delivery on Wednesday 18 November."
    assert not any("today" in words for words in late.next)


def test_a_delivered_parcel_names_the_day_in_the_readers_zone(store):
    order = people.place_order(store, days_ago=30, delivered=False)
    parcel = load(order).outbound[0].parcel
    late = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    parcel.record([ScanReport(at=late, milestone=Milestone.DELIVERED)])
    now = late + timedelta(days=3)
    assert told(order, now).title == "Your parcel was delivered on Monday 16 November."
    with timezone.override("Asia/Shanghai"):
        assert told(order, now).title == "Your parcel was delivered on Tuesday 17 November."


def test_a_parcel_delivered_today_says_today(store):
    order = people.place_order(store, days_ago=3, delivered=False)
    parcel = load(order).outbound[0].parcel
    now = timezone.now()
    parcel.record([ScanReport(at=now, milestone=Milestone.DELIVERED)])
    assert told(order, now).title == "Your parcel was delivered today."


def test_a_failed_attempt_names_its_day(store):
    title = told(on_the_road(store, Milestone.ATTEMPTED, hours_ago=30)).title
    assert title.startswith("The carrier tried to deliver on ")


def test_what_only_the_shop_told_is_not_told_as_a_report_of_the_carrier(store):
    order = people.place_order(store, shipped=False)
    shipment = people.ship(order, days_ago=4)
    shipment.parcel.scans.all().delete()
    shipment.parcel.incidents.all().delete()
    type(shipment.parcel).objects.update(
        milestone=Milestone.ANNOUNCED, milestone_at=None, checked_at=None
    )
    letter = told(order)
    assert letter.title.startswith("We sent your parcel on ")
    assert any("has not reported to us yet" in words for words in letter.next)


def test_a_number_never_scanned_that_nobody_watches_is_told_after_two_days(store):
    def announced(number: str, days_ago: int) -> Order:
        order = people.place_order(store, number, shipped=False)
        parcel = people.ship(order, days_ago=days_ago).parcel
        parcel.scans.update(milestone=Milestone.ANNOUNCED)
        parcel.incidents.all().delete()
        type(parcel).objects.filter(pk=parcel.pk).update(milestone=Milestone.ANNOUNCED)
        return order

    fresh, old = announced("JP-1", 1), announced("JP-2", 4)
    assert told(fresh).title == "Your parcel is packed and waiting for the carrier."
    assert told(old).title == "The carrier knows your parcel but has not scanned it yet."
    assert str(NOTHING_TO_DO) not in told(old).next


def test_goods_without_a_number_say_so_and_show_no_journey(store):
    order = people.place_order(store, shipped=False, lines=())
    no_number(order, 3)
    letter = told(order)
    assert re.fullmatch(r"We sent it on .+, without a tracking number\.", letter.title)
    assert letter.steps == ()


def test_goods_without_a_number_that_left_long_ago_are_not_said_to_be_on_their_way(store):
    order = people.place_order(store, shipped=False, lines=(), days_ago=70)
    no_number(order, 60)
    letter = told(order)
    assert re.fullmatch(r"It left us on .+, without a tracking number\.", letter.title)
    assert any("write to us" in words for words in letter.next)


def test_a_parcel_without_news_for_long_that_nobody_watches_is_told_honestly(store):
    order = on_the_road(store, Milestone.IN_TRANSIT, days_ago=60, hours_ago=24 * 40)
    Incident.objects.all().delete()
    letter = told(order)
    assert letter.title.startswith("No news of your parcel since ")
    assert any("write to us" in words for words in letter.next)
    assert all(step.state != "now" for step in letter.steps)


def test_an_old_parcel_with_fresh_news_is_not_quiet(store):
    order = on_the_road(store, Milestone.IN_TRANSIT, days_ago=60, hours_ago=5)
    assert told(order).title == "Your parcel is later than usual."
    Incident.objects.all().delete()
    assert told(order).title == "Your parcel is on its way, last seen in Frankfurt."


def test_several_parcels_are_counted(store):
    order = people.place_order(store, shipped=False, lines=())
    for number in range(3):
        done = number < 2
        days_ago = 9 if done else 1
        people.ship(order, number=f"RB00000000{number}GB", delivered=done, days_ago=days_ago)
    letter = told(order)
    assert letter.title == "2 of 3 parcels have arrived."
    assert [row.title for row in letter.parcels] == ["Parcel 1", "Parcel 2", "Parcel 3"]
    assert str(NOTHING_TO_DO) in letter.next


def test_several_parcels_that_all_arrived_name_the_last_day(store):
    order = people.place_order(store, shipped=False, lines=())
    for number in range(2):
        people.ship(order, number=f"RB00000000{number}GB", delivered=True, days_ago=9)
    assert told(order).title.startswith("All your parcels have arrived, the last on ")


def test_nothing_to_do_is_not_said_while_a_parcel_waits_to_be_collected(store):
    order = people.place_order(store, shipped=False, lines=())
    people.ship(order, number="RB000000001GB", delivered=True, days_ago=9)
    waiting = people.ship(order, number="RB000000002GB", days_ago=3)
    waiting.parcel.record([ScanReport(at=timezone.now(), milestone=Milestone.READY_FOR_PICKUP)])
    letter = told(order)
    assert letter.title == "1 of 2 parcels has arrived."
    assert str(NOTHING_TO_DO) not in letter.next


def test_a_part_that_has_not_left_is_told(store):
    lines = (("Linen shirt", "68.00", 1), ("Mug", "12.00", 2))
    order = people.place_order(store, lines=lines, shipped=False)
    shipment = people.ship(order)
    shipment.lines.get(line__title="Mug").delete()
    letter = told(order)
    assert letter.title == "A part of your order has left; the rest has not yet."
    assert [row.title for row in letter.parcels] == ["Parcel 1"]


def test_two_dispatches_in_one_parcel_are_one_parcel(store):
    order = people.place_order(store, lines=(("Shirt", "9.00", 1),))
    first = load(order).outbound[0]
    order.shipments.create(parcel=first.parcel, shipped_at=first.shipped_at, source_id="again")
    assert told(order).parcels == ()


# --- Returns in the news ----------------------------------------------------------------------


def test_a_question_that_waits_for_the_buyer_comes_before_everything(careful):
    rma = people.ask_to_return(careful)
    rma.ask("Which part is broken?", by=the_staff())
    late = people.ship(careful, number="RB999999999GB", days_ago=0)
    late.parcel.record([ScanReport(at=timezone.now(), milestone=Milestone.CUSTOMS)])
    letter = told(careful)
    assert letter.title == "We have a question about your return."
    assert letter.question == "Which part is broken?"
    assert letter.button == "Answer the question"
    assert letter.rma == rma


def test_an_approved_return_says_until_when_to_post_it(store):
    order = people.place_order(store)
    rma = people.ask_to_return(order)
    letter = told(order)
    assert letter.rma == rma
    assert letter.title.startswith("Your return is approved. Post it by ")
    assert letter.button == "See how to send it"


def test_while_the_goods_are_on_the_road_the_parcel_stays_the_news(store):
    order = people.place_order(store, delivered=False, days_ago=2)
    rma = people.ask_to_return(order)
    assert rma.status == "approved"
    assert told(order).rma is None
    assert "on its way" in told(order).title or "has your parcel" in told(order).title


def test_a_fresh_request_is_the_news(careful):
    rma = people.ask_to_return(careful)
    letter = told(careful)
    assert letter.rma == rma
    assert letter.title == "We have your request and are looking at it."


def test_a_parcel_that_moved_later_than_the_request_is_the_news(careful):
    people.ask_to_return(careful)
    later = people.ship(careful, number="RB999999999GB", days_ago=0)
    at = timezone.now() + timedelta(minutes=5)
    later.parcel.record([ScanReport(at=at, milestone=Milestone.IN_TRANSIT)])
    assert told(careful, at + timedelta(minutes=1)).rma is None


def test_a_declined_return_is_news_for_two_weeks(careful):
    rma = people.ask_to_return(careful)
    rma.decline(DeclineReason.USED, "It was worn.", by=the_staff())
    assert told(careful).title == "We cannot take this back."
    later = told(careful, timezone.now() + timedelta(days=15))
    assert later.title.startswith("Your parcel was delivered on ")


def test_a_cancelled_return_is_no_news(careful):
    people.ask_to_return(careful).cancel(by=BUYER)
    assert told(careful).rma is None


@pytest.fixture
def careful(db) -> Order:
    """Delivered, at a store where a person decides about every return."""
    return people.place_order(people.open_store("careful", policy={"automatic_up_to": None}))


# --- The journey ------------------------------------------------------------------------------


def states(letter: Now) -> list[tuple[str, str]]:
    return [(step.label, step.state) for step in letter.steps]


def test_the_journey_across_a_border_has_customs(store):
    assert states(told(on_the_road(store, Milestone.CUSTOMS))) == [
        ("Packed", "done"),
        ("On the road", "done"),
        ("Customs", "now"),
        ("Out for delivery", "ahead"),
        ("Your door", "ahead"),
    ]


@pytest.mark.parametrize("country", ["LT", "DE", ""])
def test_the_journey_at_home_within_a_union_or_to_nowhere_known_has_no_customs(store, country):
    order = on_the_road(store, Milestone.ACCEPTED, country=country)
    assert states(told(order)) == [
        ("Packed", "done"),
        ("On the road", "now"),
        ("Out for delivery", "ahead"),
        ("Your door", "ahead"),
    ]


def test_the_journey_of_what_has_not_left_lies_ahead(store):
    letter = told(people.place_order(store, shipped=False))
    assert {step.state for step in letter.steps} == {"ahead"}


def test_the_journey_of_a_delivered_parcel_is_done(order):
    assert {step.state for step in told(order).steps} == {"done"}


def test_after_customs_the_road_does_not_lead_back(store):
    order = on_the_road(store, Milestone.CUSTOMS, hours_ago=9)
    load(order).outbound[0].parcel.record(
        [ScanReport(at=timezone.now(), milestone=Milestone.IN_TRANSIT, place="London")]
    )
    assert states(told(order))[2:4] == [("Customs", "done"), ("Out for delivery", "ahead")]


def test_a_parcel_at_a_pick_up_point_is_not_out_for_delivery(store):
    labels = [step.label for step in told(on_the_road(store, Milestone.READY_FOR_PICKUP)).steps]
    assert "Pick-up" in labels
    assert "Out for delivery" not in labels


def test_a_parcel_that_turned_back_has_no_journey(store):
    assert told(on_the_road(store, Milestone.RETURNING)).steps == ()


# --- The promise ------------------------------------------------------------------------------


def test_of_several_returns_the_promise_names_the_one_that_it_is_about(store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 2),))
    first = people.ask_to_return(order)
    text = promised(load(order), timezone.now()).text
    assert text == "If we have not seen your parcel by {when}, we will remind you then."
    people.ask_to_return(order, key="another")
    text = promised(load(order), timezone.now()).text
    assert text == (
        f"If we have not seen the parcel of your return {first.number} by {{when}}, we will remind "
        "you then."
    )


def test_the_nearest_promise_is_told_with_whose_time_it_is(store):
    order = people.place_order(store, delivered=False)
    now = timezone.now()
    Promise.objects.make(order, PromiseKind.UPDATE, now + timedelta(days=2), by=CLOCK)
    Promise.objects.make(order, PromiseKind.ANSWER, now + timedelta(days=1), by=CLOCK)
    promise = promised(load(order), now)
    assert promise.due_at == now + timedelta(days=1)
    assert promise.text == "A person will answer your request by {when}."
    assert promise.note == "By email, to s•••@example.com. Times on this page are London time."


def test_a_promise_whose_hour_has_passed_is_not_repeated(order):
    now = timezone.now()
    Promise.objects.make(order, PromiseKind.ANSWER, now - timedelta(minutes=3), by=CLOCK)
    assert "late" in promised(load(order), now).text


def test_nothing_owed_is_no_promise(order):
    assert promised(load(order), timezone.now()) is None


# --- Items ------------------------------------------------------------------------------------


def test_items_show_what_was_paid_what_was_taken_out_and_which_return_holds_how_many(store):
    lines = (("Mug", "10.00", 3, {"cancelled": 1, "discount": Decimal("3.00")}),)
    order = people.place_order(store, lines=lines, shipped=False)
    shipment = people.ship(order, delivered=True, days_ago=5)
    shipment.lines.update(quantity=2)
    rma = people.ask_to_return(order)
    (item,) = items(load(order))
    assert (item.symbol, item.count, item.cancelled) == ("mug", 2, 1)
    assert item.price == Decimal("18.00")
    assert item.held == ((1, rma),)


def test_a_cancelled_return_holds_nothing(order):
    people.ask_to_return(order).cancel(by=BUYER)
    (item,) = items(load(order))
    assert item.held == ()


# --- What may be done -------------------------------------------------------------------------


def action(order: Order, title: str, now: datetime | None = None, **values) -> Action:
    rows = actions(load(order), now or timezone.now(), has_fresh_code=False, **values)
    return next(row for row in rows if row.title == title)


def send_back(order: Order, now: datetime | None = None) -> Action:
    return action(order, "Send something back", now)


def test_who_pays_comes_first_then_until_when(order):
    row = send_back(order)
    assert row.url
    end = timezone.localtime(load(order).lines.all()[0].window_end("changed_mind"))
    assert row.condition == f"You pay the postage; until {end.day} {end:%B}"


def test_a_shop_that_pays_says_free(db):
    store = people.open_store("kind")
    store.policy.reasons.create(reason="changed_mind", payer="store")
    assert send_back(people.place_order(store)).condition.startswith("Free until ")


def test_while_it_travels_its_time_is_told_in_days_after_it_arrives(store):
    order = people.place_order(store, delivered=False)
    expected = "You pay the postage; until 30 days after it arrives"
    assert send_back(order).condition == expected


def test_no_limit_is_told_as_such(db):
    store = people.open_store("patient", policy={"window_days": None})
    assert send_back(people.place_order(store)).condition.endswith("whenever you like")


def test_when_only_a_fault_counts_any_more_it_says_so(db):
    store = people.open_store("careful")
    store.policy.reasons.create(reason="faulty", window_days=700)
    order = people.place_order(store, days_ago=60)
    row = send_back(order)
    assert row.url
    assert row.condition.startswith("We pay; until ")
    assert "wrong" in row.condition


def test_after_the_last_day_it_says_until_when_it_was_possible(store):
    order = people.place_order(store, days_ago=60)
    row = send_back(order)
    assert not row.url
    assert row.condition.startswith("It could be sent back until ")


def test_where_no_reason_is_offered_no_last_day_is_made_up(db):
    store = people.open_store("strict", policy={"window_days": None})
    order = people.place_order(store)
    for line in order.lines.all():
        line.rules_json = {**line.rules_json, "reasons": []}
        line.save()
    row = send_back(order)
    assert not row.url
    assert row.condition == "It cannot be sent back from this page. Write to us about it."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"shipped": False}, "has not been sent yet"),
        ({"shipped": False, "lines": ()}, "do not know yet what is in this order"),
        ({"cancelled_at": timezone.now()}, "was cancelled"),
    ],
)
def test_what_is_not_possible_says_why(store, values, words):
    row = send_back(people.place_order(store, **values))
    assert not row.url
    assert words in row.condition


def test_the_address_row_shows_only_what_a_forwarded_link_may(store):
    row = action(people.place_order(store, delivered=False), "Change the address")
    assert row.url.endswith("/address/")
    assert "Sarah W•••, Bristol, United Kingdom" in row.condition
    assert "code" in row.condition
    assert "s•••@example.com" in row.condition


def test_without_an_email_address_no_code_is_offered(store):
    row = action(people.place_order(store, email=""), "See the address")
    assert not row.url


@pytest.mark.parametrize(
    ("hours", "words"),
    [(9, "within one working day"), (1, "within 1 working hour"), (18, "18 working hours")],
)
def test_a_person_answers_within_the_stores_own_time(store, hours, words):
    store.answer_hours = hours
    store.save()
    order = people.place_order(store)
    row = action(order, "Write to us")
    assert row.url == addresses.order_page(order, "messages")
    assert row.condition.endswith(words)


def test_every_return_is_a_row_with_where_it_stands(store):
    lines = (("Linen shirt", "68.00", 3),)
    order = people.place_order(store, lines=lines)
    people.ask_to_return(order, key="one").cancel(by=BUYER)
    second = people.ask_to_return(order, key="two")
    rows = return_rows(load(order), timezone.now())
    assert rows[0].title == f"Return {second.number}"
    assert "Post it by" in rows[0].condition
    assert rows[1].condition == "Your return is cancelled, and nothing else changes."


def test_every_stage_and_status_has_words_a_drawing_and_a_short_heading():
    from portal.order_page import deliveries, words
    from portal.order_page.words import Standing, Told

    stages = {value for name, value in vars(deliveries.Stage).items() if name.isupper()}
    standings = {value for name, value in vars(Standing).items() if name.isupper()}
    assert set(words.PARCEL) == stages | set(Milestone)
    assert set(words.PARCEL_LINE) == stages | set(Milestone)
    assert set(words.ORDER) == standings
    assert set(words.RETURN) == set(words.TO_THE_RETURN)
    everything: list[Told] = [
        *words.PARCEL.values(),
        *words.RETURN.values(),
        *(told for code, told in words.ORDER.items() if code != Standing.SOME_ARRIVED),
    ]
    for told_words in everything:
        assert (
            len(
                str(told_words.title).format(
                    place="Frankfurt",
                    day="Tuesday 24 November",
                    post_by="Tuesday 24 November",
                    total=3,
                    sent="",
                )
            )
            <= 66
        ), told_words.title
