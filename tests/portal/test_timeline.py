"""The story so far: legs, their entries, and what is folded, hidden or quoted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from portal.order_page.return_leg import returns_leg
from portal.order_page.timeline import OPEN_ENTRIES, Leg, Timeline, timeline
from returns import addresses, formats
from returns.codes import DeclineReason
from returns.models import (
    BUYER,
    Actor,
    Award,
    Event,
    EventKind,
    Finding,
    Found,
    Order,
    ReturnAuthorization,
)
from returns.models.event import ActorKind
from tests import people
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

pytestmark = pytest.mark.django_db
DESK = Actor(ActorKind.STAFF)


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
    assert events[-1].text == "It left us, with its number."


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
    assert entry.text == "It is on its way."
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
    assert declined.more == ("It has been used in a way that we cannot take back.",)
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
    assert "It is on its way." in texts(order, "Your parcel to us")


# --- The parcel back --------------------------------------------------------------------------

ABOUT = "About your return"
BACK = "Your parcel to us"


def posted(order: Order, number: str = "RB123456785GB", key: str = "form") -> ReturnAuthorization:
    rma = people.ask_to_return(order, key=key)
    rma.name_parcel(number, "royal-mail", by=BUYER)
    return rma


def scanned(rma: ReturnAuthorization, *milestones: str, place: str = "") -> ReturnAuthorization:
    """The carrier reports, and the return takes it up as the worker does."""
    parcel = rma.shipments.get().parcel
    for milestone in milestones:
        at = timezone.now() + timedelta(minutes=parcel.scans.count())
        parcel.record([ScanReport(at, milestone, place=place)])
        ReturnAuthorization.objects.follow()
    return ReturnAuthorization.objects.get(pk=rma.pk)


def opened(rma: ReturnAuthorization, units: int = 1, **found) -> ReturnAuthorization:
    row = rma.lines.get()
    rma.receive(Found({row.pk: units}, **found), by=DESK, key=f"opened-{rma.received_at}")
    return rma


def decided(rma: ReturnAuthorization, *awards: Award) -> ReturnAuthorization:
    row = rma.lines.get()
    rma.inspect({row.pk: Finding("as_new", row.received)} if row.received else {}, by=DESK)
    rma.resolve(awards or [Award("refund", rma.settlement().total, "card")], by=DESK)
    return rma


def told(order: Order, title: str = ABOUT) -> list[str]:
    """What has happened, without what lies ahead."""
    return [entry.text for entry in leg(order, title).events if entry.state != "ahead"]


def ahead(order: Order, title: str = ABOUT) -> list[str]:
    return [entry.text for entry in leg(order, title).events if entry.state == "ahead"]


def test_a_number_is_told_when_it_is_given_and_when_it_is_corrected(order):
    rma = posted(order)
    assert told(order)[0] == "You gave us the number of your parcel: RB123456785GB"
    scanned(rma, Milestone.ACCEPTED)
    assert told(order, BACK) == ["The carrier has taken your parcel over."]
    rma.refresh_from_db()
    rma.name_parcel("RB103456786GB", "evri", by=BUYER)
    assert told(order)[0] == "You corrected the number of your parcel. It is now RB103456786GB"
    back = leg(order, BACK)
    assert (back.number, back.carrier) == ("RB103456786GB", "Evri")
    # The old journey is dropped, and nothing that it had said stays.
    assert told(order, BACK) == ["You gave us the number of your parcel."]
    assert not any("first time" in text for text in told(order))


def test_what_the_desk_notes_for_the_buyer_is_told_as_ours(order):
    rma = people.ask_to_return(order)
    rma.name_parcel("RB123456785GB", "royal-mail", by=DESK)
    assert told(order)[0] == "We noted the number of your parcel: RB123456785GB"


def test_a_number_in_doubt_is_told_with_the_reason_and_shown(store, order):
    posted(order)
    other = people.place_order(store, "JP-2")
    rma = posted(other)
    given = leg(other, ABOUT).events[0]
    assert given.more == ("Another parcel has the same number, so a person looks at it first.",)
    back = leg(other, BACK)
    assert back.number == "RB123456785GB" and back.events[0].more == given.more
    rma.confirm_number(by=DESK)
    assert told(other)[0].startswith("We looked at the number of your parcel, RB123456785GB")


def add_photos(rma: ReturnAuthorization, count: int, by: Actor = BUYER, taken_away: int = 0):
    for kind, times in ((EventKind.PHOTO_ADDED, count), (EventKind.PHOTO_REMOVED, taken_away)):
        for _ in range(times):
            Event.objects.note(rma.order, kind, by=by, authorization=rma, photo="item")


def test_photos_that_follow_each_other_are_one_line(order):
    rma = people.ask_to_return(order)
    add_photos(rma, 1)
    assert told(order)[0] == "You added a photo."
    add_photos(rma, 2)
    assert told(order)[0] == "You added 3 photos."
    rma.name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    add_photos(rma, 2)
    assert [text for text in told(order) if "photo" in text] == [
        "You added 2 photos.",
        "You added 3 photos.",
    ]
    add_photos(rma, 2, by=DESK)
    assert told(order)[0] == "We took 2 photos."


@pytest.mark.parametrize(
    ("taken_away", "text"),
    [(1, "You added 2 photos."), (2, "You added a photo."), (3, "We approved your return.")],
)
def test_photos_that_were_taken_away_again_do_not_count(order, taken_away, text):
    add_photos(people.ask_to_return(order), 3, taken_away=taken_away)
    assert told(order)[0] == text


def test_the_way_back_is_told_once_in_its_own_leg_and_from_the_senders_side(order):
    rma = scanned(posted(order), Milestone.ACCEPTED, Milestone.IN_TRANSIT, place="Dover")
    assert told(order, BACK) == [
        "It is on its way.",
        "The carrier has taken your parcel over.",
    ]
    assert leg(order, BACK).events[1].place == "Dover"
    assert ahead(order, BACK) == ["It goes through customs."]
    scanned(rma, Milestone.CUSTOMS)
    assert ahead(order, BACK) == ["It leaves customs and travels on to us."]
    scanned(rma, Milestone.IN_TRANSIT)
    assert ahead(order, BACK) == ["It reaches us, and we open it."]
    scanned(rma, Milestone.DELIVERED)
    assert told(order, BACK)[0] == "The carrier reports that it reached us."
    assert ahead(order, BACK) == []
    assert not {"scanned", "reported"} & {word for text in told(order) for word in text.split()}


def test_what_we_opened_without_a_scan_is_not_said_to_be_on_its_way(order):
    rma = posted(order)
    assert ahead(order, BACK) == ["The carrier takes it over and scans it."]
    opened(rma)
    assert ahead(order, BACK) == []


def test_what_was_in_the_parcel_is_counted(order):
    rma = posted(order)
    opened(rma, 2, others=[("A grey sock", 1)])
    entry = leg(order, ABOUT).events[1]
    assert entry.text == "We opened your parcel and counted what was inside."
    assert entry.more == (
        "In it: 1 × Linen shirt",
        "And besides: 1 × Linen shirt, 1 × A grey sock",
    )
    rma.decide_surplus(rma.surplus.get(title="A grey sock"), "destroy", "A gift?", by=DESK)
    entry = leg(order, ABOUT).events[1]
    assert entry.text == "We decided about what was in the parcel besides."
    assert entry.quote == "A gift?"


def test_an_empty_parcel_and_a_receipt_by_mistake_are_told(order):
    rma = opened(posted(order), 0)
    assert leg(order, ABOUT).events[0].more == ("There was nothing inside.",)
    assert ahead(order) == []  # there is nothing to look at
    rma.undo_receipt(by=DESK)
    assert told(order)[0].startswith("We had noted your parcel as opened by mistake")
    assert leg(order, ABOUT).events[1].more == ("There was nothing inside.",)


def test_money_is_told_when_it_is_decided_and_when_it_is_sent(order):
    rma = decided(opened(posted(order)), Award("refund", Decimal(60)), Award("exchange"))
    money, goods = rma.resolutions.order_by("pk")
    money.record_sent(by=DESK, reference="R-118")
    goods.record_sent(by=DESK)
    new_one, sent, resolved, *_ = leg(order, ABOUT).events
    assert new_one.text == "We sent you what you asked for instead." and new_one.more == ()
    assert sent.text == "We sent 60.00 USD back to you." and sent.more == ("Reference: R-118",)
    assert resolved.text == "We decided about your return."
    assert resolved.more == ("You get 60.00 USD back.", "We send you what you asked for instead.")


def test_what_could_not_be_sent_is_the_desks_affair(order):
    row = decided(opened(posted(order))).resolutions.get()
    row.record_failed("card closed", by=DESK)
    assert told(order)[0] == "We decided about your return."


def test_goods_that_stay_are_told_with_the_money_that_was_sent(db):
    order = people.place_order(people.open_store(policy={"keep_below": 100}))
    people.ask_to_return(order, "faulty").put_right(by=DESK)
    assert leg(order, ABOUT).events[0].more == ("We sent 68.00 USD back to you.",)


def test_what_comes_next_goes_with_what_is_known_and_the_day_we_named(order):
    rma = people.ask_to_return(order)
    assert ahead(order) == ["You hand your return to the carrier."]
    rma.say_posted(by=BUYER)
    assert ahead(order) == ["It reaches us, and we open it."]
    rma.name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    assert ahead(order) == []  # the parcel's own leg tells it
    rma = scanned(rma, Milestone.DELIVERED)
    due = rma.promises.get(kind="inspection").due_at
    entry = leg(order, ABOUT).events[0]
    assert entry.text == "We open your parcel and look at everything."
    assert entry.when == f"By {formats.day(due)}"
    opened(rma)
    assert ahead(order) == ["We look at everything that was in it."]
    rma.inspect({rma.lines.get().pk: Finding("as_new", 1)}, by=DESK)
    assert ahead(order) == ["We decide what you get and write to you."]
    rma.resolve([Award("refund", Decimal(68))], by=DESK)
    assert ahead(order) == ["We send what you get."]
    rma.resolutions.get().record_sent(by=DESK)
    assert ahead(order) == []


def test_a_day_that_has_passed_is_not_named_as_what_comes_next(order):
    rma = scanned(posted(order), Milestone.DELIVERED)
    rma.promises.filter(kind="inspection").update(due_at=timezone.now() - timedelta(hours=1))
    assert leg(order, ABOUT).events[0].when == "Next"


def test_of_several_parcels_back_each_names_its_return(store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 3),))
    first = posted(order, "RB123456785GB", "one")
    second = posted(order, "RB103456786GB", "two")
    notes = {leg.number: leg.note for leg in story(order).legs if leg.title == BACK}
    assert notes == {
        "RB123456785GB": f"Return {first.number}",
        "RB103456786GB": f"Return {second.number}",
    }


def test_one_box_for_two_returns_is_one_leg_of_both(store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 3),))
    first, second = posted(order, key="one"), posted(order, key="two")
    found = leg(order, BACK)
    assert {found.note} <= {
        f"Return {first.number}, Return {second.number}",
        f"Return {second.number}, Return {first.number}",
    }


def test_one_return_can_be_told_alone(store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 3),))
    first = people.ask_to_return(order, key="one")
    people.ask_to_return(order, key="two").cancel(by=BUYER)
    loaded = Order.objects.with_story().get(pk=order.pk)
    mine = next(rma for rma in loaded.returns.all() if rma.pk == first.pk)
    alone = returns_leg(loaded, timezone.now(), only=mine)
    assert alone.title == ABOUT
    assert "The return was cancelled." not in [entry.text for entry in alone.events]


def test_the_page_tells_the_whole_of_it(sarah, order):
    rma = decided(opened(scanned(posted(order), Milestone.ACCEPTED), 1, others=[("<b>", 1)]))
    rma.resolutions.get().record_sent(by=DESK, reference="<i>7")
    page = sarah.get(addresses.order_page(order)).content.decode()
    for words in (
        "We sent 68.00 USD back to you.",
        "Reference: &lt;i&gt;7",
        "You get 68.00 USD back.",
        "In it: 1 × Linen shirt",
        "And besides: 1 × &lt;b&gt;",
        "The carrier has taken your parcel over.",
        "You gave us the number of your parcel: RB123456785GB",
    ):
        assert words in page


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


def test_what_the_buyer_told_of_the_parcel_back_is_not_said_to_be_the_shops_word(order):
    scanned(posted(order), Milestone.IN_TRANSIT)
    Parcel.objects.update(checked_at=None)
    told = story(order)
    assert told.legs[0].title == BACK
    assert (told.checked_at, told.told_at) == (None, None)


def test_where_no_carrier_was_asked_the_shop_is_named_as_the_source(store):
    order = people.place_order(store, delivered=False)
    Parcel.objects.update(checked_at=None)
    assert (story(order).checked_at, story(order).told_at) == (None, order.source_version)
