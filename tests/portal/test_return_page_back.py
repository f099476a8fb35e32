"""The page of a return from the day it is posted until everything is settled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.return_page import words as page_words
from portal.return_page.tell import head, way_back
from returns import addresses, formats, texts
from returns.codes import (
    Disposition,
    PaymentMethod,
    PhotoKind,
    ResolutionKind,
)
from returns.models import (
    BUYER,
    Actor,
    Award,
    Document,
    Finding,
    Order,
    Photo,
    Promise,
    ReasonPolicy,
    ReturnAuthorization,
    Wanted,
)
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.returns.returning import DESK, inspected, opened, posted, returned, scan
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

pytestmark = pytest.mark.django_db

NUMBER = "RB123456785GB"
LINES = (("Linen shirt", "68.00", 2), ("Beeswax candle", "12.00", 3))


@pytest.fixture
def order(store) -> Order:
    return people.place_order(store, lines=LINES)


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    """Two shirts and three candles, approved."""
    return returned(order, 2, 3)


def page(rma, name="return") -> str:
    return addresses.return_page(rma, name)


def open_page(rma) -> CheckedClient:
    client = CheckedClient()
    people.open_link(client, rma.order)
    return client


def read(rma) -> str:
    return words(open_page(rma).get(page(rma)))


def markup(rma) -> str:
    return open_page(rma).get(page(rma)).content.decode()


def local(rma, style, moment) -> str:
    with timezone.override(rma.order.where):
        return style(moment)


def to_us(rma) -> str:
    """The link to where a buyer writes to us."""
    return f'href="{addresses.order_page(rma.order, "messages")}"'


def promised(rma) -> Promise:
    return Promise.objects.open().get(authorization=rma)


# --- To be posted -----------------------------------------------------------------------------


def test_the_steps_end_with_giving_us_the_number_as_the_one_filled_button(rma):
    text = markup(rma)
    assert text.count('class="btn"') == 1
    filled = text.split('class="btn"')[1].split("</a>")[0]
    assert page(rma, "return_number") in filled and "Give us the number" in filled
    assert to_us(rma) not in text.split("</header>")[1].split("<footer")[0], "nobody has to write"
    for name in ("return_guide", "photos", "return_posted"):
        assert page(rma, name) in text


def test_the_promise_stands_below_the_ticket_and_the_end_without_posting_is_told(rma):
    ticket, promise, steps = (
        markup(rma).index(part) for part in ('class="ticket"', 'class="promise"', 'class="steps"')
    )
    assert ticket < promise < steps
    assert markup(rma).count('class="promise"') == 1
    assert "If it is not posted by then, the return ends" in read(rma)


def test_a_label_that_we_made_takes_the_place_of_writing_one(rma):
    Document.objects.add_label(rma, b"%PDF-1.7", "application/pdf", "0" * 64, by=DESK)
    text = read(rma)
    assert "Stick our label on it" in text
    assert "Write this on the label" not in text and "Choose a carrier" not in text
    assert page(rma, "return_label") in markup(rma)


def test_photos_are_asked_for_where_the_reason_asks_for_them(db):
    store = people.open_store(policy={"automatic_up_to": None})
    ReasonPolicy.objects.create(policy=store.policy, reason="faulty", photos=True, payer="store")
    order = people.place_order(store)
    rma = people.ask_to_return(order, reason="faulty")
    assert "Please send us photos of the goods" in read(rma)
    rma.ask("Which side?", by=Actor.staff(people.staff("ieva")))
    assert "Please send us photos of the goods" in read(rma)
    photo(rma, PhotoKind.ITEM)
    assert "Please send us photos of the goods" not in read(rma)
    rma.cancel(by=BUYER)
    assert f'href="{page(rma, "photos")}"' not in markup(rma), "those that are there stay"


def test_photos_are_welcome_though_nobody_asked(rma):
    ReturnAuthorization.objects.update(status=Status.REQUESTED)
    assert "Please send us photos" not in read(rma)
    assert page(rma, "photos") in markup(rma)


def photo(rma, kind: str, number: int = 0, by: Actor = BUYER) -> Photo:
    return Photo.objects.create(
        authorization=rma,
        kind=kind,
        file=f"f{number}",
        thumbnail=f"t{number}",
        sha256=f"{by.kind}{number}".ljust(64, "0"),
        width=4,
        height=3,
        taken_by=by.kind,
    )


# --- Posted -----------------------------------------------------------------------------------


def test_with_the_number_the_page_thanks_and_says_when_we_write_again(rma):
    posted(rma)
    text = read(rma)
    assert str(texts.RETURN["posted"].title) in text
    assert f"{NUMBER} Royal Mail" in text and "Correct the number" in text
    assert f"by {local(rma, formats.moment, promised(rma).due_at)}" in text
    assert page(rma, "return_cancel") not in markup(rma), "it is on its way"
    assert "Write this on the label" not in text


def test_when_we_are_late_the_page_does_not_promise_the_past(rma):
    posted(rma)
    promise = promised(rma)
    promise.due_at = timezone.now() - timedelta(minutes=2)
    promise.save()
    assert "We are late, and we are sorry." in read(rma)


def test_two_days_without_a_scan_the_buyer_is_asked_to_compare(rma):
    parcel = posted(rma)
    before = timezone.now() - timedelta(hours=49)
    rma.order.shipments.filter(is_return=True).update(shipped_at=before)
    parcel.record([ScanReport(at=before, milestone=Milestone.ANNOUNCED)])
    Parcel.objects.update(handed_over_at=None)  # nobody watches it then
    text = read(rma)
    assert "The carrier has not scanned your parcel yet." in text
    assert "compare the number" in text


def test_a_number_in_doubt_is_asked_about_and_no_journey_is_shown(rma, store):
    people.ship(people.place_order(store, "JP-1", shipped=False), number=NUMBER)
    rma.name_parcel(NUMBER, "royal-mail", by=BUYER)
    text = read(rma)
    assert "compare it with your receipt" in text
    assert NUMBER in text
    assert "Your parcel’s journey" not in text
    button = markup(rma).split("Correct the number")[0].rpartition("<a ")[2]
    assert 'class="btn"' in button


def test_posted_without_a_number_says_what_that_means(rma):
    rma.say_posted(by=BUYER)
    text = read(rma)
    assert "we cannot see where it is" in text
    assert page(rma, "return_number") in markup(rma)
    assert local(rma, formats.moment, promised(rma).due_at) in text


def test_the_way_of_the_parcel_is_told_as_a_way_to_us(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.ACCEPTED)
    scan(parcel, Milestone.IN_TRANSIT)
    text = read(rma)
    assert "Your return is on its way, last seen in Bristol." in text
    assert "Your parcel’s journey Last checked" in text
    assert "It is on its way." in text and "towards you" not in text
    assert "On the road – now" in text


def test_what_a_carrier_wrote_about_the_buyer_is_not_told_by_link(rma):
    parcel = posted(rma)
    parcel.record(
        [
            ScanReport(
                at=timezone.now(),
                milestone=Milestone.IN_TRANSIT,
                place="12 Harbour Lane",
                words="Collected from Whitcombe",
            )
        ]
    )
    ReturnAuthorization.objects.follow()
    text = markup(rma)
    assert "Harbour Lane" not in text and "Whitcombe" not in text


def test_a_parcel_that_turned_is_not_told_as_on_its_way(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.IN_TRANSIT, timezone.now() - timedelta(hours=2))
    scan(parcel, Milestone.RETURNING)
    assert "The carrier is bringing your parcel back to you." in read(rma)


def test_at_customs_the_page_says_what_to_do_when_customs_writes(rma):
    parcel = posted(rma)
    scan(parcel, Milestone.ACCEPTED, timezone.now() - timedelta(hours=2))
    scan(parcel, Milestone.CUSTOMS)
    text = read(rma)
    assert "at customs" in text
    assert "Customs – now" in text


# --- Here -------------------------------------------------------------------------------------


def arrived(rma) -> ReturnAuthorization:
    parcel = posted(rma)
    scan(parcel, Milestone.ACCEPTED, timezone.now() - timedelta(hours=2))
    scan(parcel, Milestone.DELIVERED)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def test_when_the_carrier_says_that_it_is_here_we_say_by_when_we_open_it(rma):
    rma = arrived(rma)
    text = read(rma)
    assert str(texts.RETURN["arrived"].title) in text
    assert local(rma, formats.moment, promised(rma).due_at) in text
    assert "With us – now" in text


def test_a_parcel_with_everything_in_it_says_so(rma):
    opened(rma)
    text = read(rma)
    assert "Linen shirt All 2 are here" in text and "Beeswax candle All 3 are here" in text
    assert "Not everything" not in text
    assert "for both sides" not in text, "the weight is as expected, or not known"


def test_what_is_missing_is_told_without_blame(rma):
    opened(rma, 1, 0)
    text = read(rma)
    assert "Linen shirt 1 of 2 is here" in text
    assert "Beeswax candle Not in the parcel" in text
    assert "Not everything was in the parcel." in text
    assert str(texts.RETURN["short"].title) in text and "Is the rest with you" in text
    assert to_us(rma) in markup(rma).split("<h1>")[1].split("<section")[0]
    for hard in ("refuse", "declined", "cannot take", "your fault"):
        assert hard not in text


def test_an_empty_parcel_is_told_gently(rma):
    opened(rma, 0, 0)
    text, there = read(rma), words(open_page(rma).get(addresses.order_page(rma.order)))
    assert "There was nothing inside when we opened it." in text
    assert "nothing is decided before" in text
    for told in (text, there):
        assert str(texts.EMPTY.title) in told and str(texts.EMPTY.next_step) in told
        assert "We will write to you about your parcel by" in told
        assert "You do not need to do anything" not in told
    assert to_us(rma) in markup(rma).split("<h1>")[1].split("<section")[0]
    assert "With us – now" in text


def test_what_nobody_expected_stands_beside_it(rma):
    opened(rma, 2, 4, others=[("Mug", 1)])
    text = read(rma)
    assert "1 × Beeswax candle We had not expected this." in text
    assert "1 × Mug We had not expected this." in text
    mug = rma.surplus.get(title="Mug")
    rma.decide_surplus(mug, Disposition.RETURN_TO_CUSTOMER, "It is <yours>.", by=DESK)
    assert "1 × Mug It goes back to you. “It is <yours>.”" in read(rma).replace("&lt;", "<")


def test_a_weight_that_differs_is_evidence_for_both(rma):
    for line in rma.order.lines.all():
        line.weight_grams = 1000
        line.save()
    opened(rma, grams=1200)
    text = read(rma)
    weighed = text.split("What the parcel weighed")[1]
    assert "The goods alone, by our records 5 kg On our scales 1.2 kg" in weighed
    assert "decides nothing by itself" in weighed


def test_our_photos_are_shown_by_what_they_show(rma):
    opened(rma)
    staff = Actor.staff(people.staff("ieva"))
    goods, slip = photo(rma, PhotoKind.ITEM, 1, staff), photo(rma, PhotoKind.WAYBILL, 2, staff)
    text = markup(rma)
    assert "Our photos" in text and "What we found" in text and "What you send back" not in text
    assert str(goods.key) in text and str(slip.key) not in text


def test_a_receipt_that_was_taken_back_is_not_told(rma):
    posted(rma)
    opened(rma, 1, 0)
    rma.undo_receipt(by=DESK)
    text = read(rma)
    assert "1 of 2" not in text and "What was in the parcel" not in text


# --- Looked at --------------------------------------------------------------------------------


def look(rma, *accepted: int, **values) -> ReturnAuthorization:
    opened(rma)
    return inspected(rma, *accepted, **values)


def test_how_each_thing_was_found_is_told_with_our_words(rma):
    look(rma, 1, 3, words="One collar is torn.")
    text = read(rma)
    assert "As new We keep 1 of 2 here" in text
    assert "It goes back to you." in text
    assert "“One collar is torn.”" in text
    when = local(rma, formats.moment, promised(rma).due_at)
    there = words(open_page(rma).get(addresses.order_page(rma.order)))
    assert all(f"We will write to you what you get by {when}." in told for told in (text, there))
    assert "Beeswax candle All 3 are here As new We keep all 3 here" in text


def test_nothing_taken_is_said_plainly(rma):
    opened(rma)
    rows = list(rma.lines.all())
    rma.inspect(
        {
            rows[0].pk: Finding("used", 0, Disposition.REJECTED, Disposition.DESTROY, "Washed."),
            rows[1].pk: Finding("as_new", 3),
        },
        by=DESK,
    )
    assert "Used We cannot take it back" in read(rma)


# --- Decided and sent -------------------------------------------------------------------------


def resolve(rma, *awards: Award, **values) -> list:
    rma = ReturnAuthorization.objects.get(pk=rma.pk)
    return rma.resolve(list(awards) or [Award("refund", Decimal("172.00"))], by=DESK, **values)


def test_the_sum_names_each_thing_and_adds_up(rma):
    look(rma)
    resolve(rma)
    text = read(rma)
    assert "What you get 2 × Linen shirt 136.00 USD 3 × Beeswax candle 36.00 USD" in text
    assert "Together 172.00 USD" in text and "see it differently" not in text
    assert "You get 172.00 USD back." in text
    assert local(rma, formats.moment, promised(rma).due_at) in text
    assert "What you get back (estimate)" not in text


def test_more_or_less_than_that_is_said_with_our_words(rma):
    look(rma)
    resolve(rma, Award("part_refund", Decimal("160.00"), words="The candles were lit."))
    text = read(rma)
    assert "Taken off −12.00 USD" in text
    assert "Together 160.00 USD" in text
    assert "“The candles were lit.”" in text
    assert "If you see it differently, write to us." in text


def test_several_ways_are_told_each_and_add_up_together(rma):
    look(rma)
    resolve(
        rma,
        Award("refund", Decimal("100.00"), PaymentMethod.CARD),
        Award("store_credit", Decimal("72.00")),
    )
    text = read(rma)
    assert "Together 172.00 USD" in text and "Taken off" not in text
    assert "You get 100.00 USD back." in text and "You get 72.00 USD of credit" in text


def test_goods_that_are_sent_need_no_sum(rma):
    look(rma)
    resolve(rma, Award("replacement"))
    text = read(rma)
    assert "Together" not in text
    assert "We send you a new one." in text


def test_new_goods_that_were_sent_are_told_with_their_number(rma):
    look(rma)
    (resolution,) = resolve(rma, Award("replacement"))
    resolution.record_sent(by=DESK, reference="RB103456786GB")
    text = read(rma)
    assert "Your new one is on its way." in text
    assert "Tracking number: RB103456786GB" in text
    assert "If it does not come, write to us." in text and "nothing left to do" not in text
    assert "Settled – done" in text


def test_money_that_was_sent_last_ends_as_finished(rma):
    look(rma)
    rows = resolve(rma, Award("refund", Decimal("2.00")), Award("replacement"))
    for row in reversed(rows):
        row.record_sent(by=DESK)
    assert str(texts.RETURN["closed"].title) in read(rma)


def test_what_did_not_come_and_is_made_good_is_said(rma):
    opened(rma, 2, 2)
    inspected(rma)
    candle = rma.lines.all()[1]
    resolve(rma, Award("refund", Decimal("172.00")), waived={candle.pk: 1})
    text = read(rma)
    assert "2 of 3 are here" in text
    assert "1 did not come, and we make it good all the same." in text
    assert "3 × Beeswax candle 36.00 USD" in text


def test_once_the_money_is_sent_its_day_and_the_banks_days_are_told(rma):
    look(rma)
    (resolution,) = resolve(rma, Award("refund", Decimal("172.00"), PaymentMethod.PAYPAL))
    resolution.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    resolution.refresh_from_db()
    text = read(rma)
    assert "We sent 172.00 USD back to you." in text
    day = local(rma, formats.day, resolution.settled_at)
    assert f"To your PayPal account, sent on {day}." in text
    assert str(texts.BANK_DAYS[PaymentMethod.PAYPAL]) in text
    assert 'class="promise"' not in markup(rma)
    assert "Settled – done" in text


def test_money_that_could_not_be_sent_is_said_and_where_else_it_may_go_is_asked(rma):
    look(rma)
    (resolution,) = resolve(rma)
    said = "We could not send your 172.00 USD yet."
    assert said not in read(rma)
    resolution.record_failed("card expired 4711", by=DESK)
    text, there = read(rma), words(open_page(rma).get(addresses.order_page(rma.order)))
    assert said in text and "To the way you paid" not in text
    for told in (text, there):
        assert str(texts.RETURN["not_sent"].title) in told
        assert "4711" not in told and "You do not need to do anything" not in told
    resolution.try_again()
    assert said not in read(rma)


def test_goods_that_could_not_be_sent_are_said_to_be_at_hand(rma):
    look(rma)
    (resolution,) = resolve(rma, Award("replacement"))
    resolution.record_failed("none left 4711", by=DESK)
    text = read(rma)
    assert "It could not be sent yet. We are at it." in text
    assert "4711" not in text and "The bank" not in text


def test_nothing_to_give_is_said_with_the_reason(rma):
    look(rma, 0, 0, words="Worn.")
    resolve(rma, Award(ResolutionKind.NONE, words="Everything goes back to you."))
    text = read(rma)
    assert "nothing that we can give back" in text
    assert "If you see it differently, write to us." in text
    assert "“Everything goes back to you.”" in text


def test_goods_that_stayed_with_the_buyer_end_with_what_was_paid(db):
    order = people.place_order(people.open_store(policy={"keep_below": Decimal(100)}))
    rma = people.ask_to_return(order, reason="faulty")
    rma.put_right(by=DESK)
    text = read(rma)
    assert "We sent 68.00 USD back to you." in text
    assert "What was in the parcel" not in text and "On the road" not in text


# --- After the end ----------------------------------------------------------------------------


def test_what_comes_after_the_end_is_told_as_nothing_lost(rma):
    rma.remind(by=DESK)
    rma.refresh_from_db()
    rma.expire(by=DESK, now=timezone.now() + timedelta(days=60))
    assert "Send something back" in read(rma)
    parcel = posted(rma)
    assert "nothing is lost" in read(rma) and "Send something back" not in read(rma)
    when = local(rma, formats.moment, promised(rma).due_at)
    there = words(open_page(rma).get(addresses.order_page(rma.order)))
    assert all(f"about your parcel by {when}." in told for told in (read(rma), there))
    scan(parcel, Milestone.DELIVERED)
    assert "a person opens it" in read(rma)
    opened(ReturnAuthorization.objects.get(pk=rma.pk), 2, 3)
    assert "All 2 are here" in read(rma)


def test_a_lost_return_says_whose_loss_it_is_and_takes_a_number(rma):
    ReturnAuthorization.objects.update(status=Status.LOST, ended_at=timezone.now())
    assert "The loss is ours, not yours." in read(rma)
    assert page(rma, "return_number") in markup(rma)


# --- All of them ------------------------------------------------------------------------------


def test_the_page_and_the_orders_page_say_the_same_sentence(rma):
    def both() -> tuple[str, str]:
        client = open_page(rma)
        pages = (page(rma), addresses.order_page(rma.order))
        first, second = (client.get(path).content.decode() for path in pages)
        title = first.split("<h1>")[1].split("</h1>")[0]
        return title, second.split("<h1>")[1].split("</h1>")[0]

    parcel = posted(rma)
    told = [both()]
    scan(parcel, Milestone.IN_TRANSIT)
    told.append(both())
    scan(parcel, Milestone.DELIVERED)
    told.append(both())
    opened(rma)
    told.append(both())
    inspected(rma)
    told.append(both())
    resolve(rma)[0].record_sent(by=DESK)
    told.append(both())
    assert all(one == other for one, other in told), told
    assert len({one for one, _other in told}) == 6, told


def test_no_heading_is_longer_than_about_sixty_signs():
    titles = [*page_words.TOLD.values(), *texts.RETURN.values()]
    for told in titles:
        assert len(str(told.title).format(place="Frankfurt")) <= 62, told.title


def test_the_steps_of_the_way_go_forward_only(rma):
    def at() -> int:
        fresh = ReturnAuthorization.objects.get(pk=rma.pk)
        states = [step.state for step in way_back(fresh)]
        return states.index("now") if "now" in states else len(states)

    assert way_back(rma) == ()
    parcel = posted(rma)
    places = [at()]
    scan(parcel, Milestone.IN_TRANSIT)
    places.append(at())
    scan(parcel, Milestone.DELIVERED)
    places.append(at())
    opened(rma)
    inspected(rma)
    resolve(rma)
    places.append(at())
    assert places == sorted(set(places)), places


def test_every_state_has_a_short_line_for_lists(rma):
    for status in Status:
        rma.status = status
        assert 10 < len(head(rma).line) < 90, status


# --- What is asked of the database ------------------------------------------------------------


def busy(store, number: str, *, lines: int, photos: int, scans: int) -> ReturnAuthorization:
    titles = tuple((f"Thing {count}", "2.00", 2) for count in range(lines))
    order = people.place_order(store, number, lines=titles)
    wanted = [Wanted(line.pk, 2, "fit") for line in order.lines.all()]
    rma = order.request_return(wanted, by=BUYER, key="a")
    for count in range(photos):
        photo(rma, PhotoKind.values[count % 3], count)
    parcel = posted(rma, f"RX{lines:09d}GB")
    start = timezone.now() - timedelta(hours=scans)
    parcel.record(
        [
            ScanReport(
                at=start + timedelta(hours=hour),
                milestone=Milestone.IN_TRANSIT,
                place=f"Place {hour}",
            )
            for hour in range(scans)
        ]
    )
    ReturnAuthorization.objects.follow()
    return rma


def asked(client, rma) -> list[str]:
    path = page(rma)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in caught.captured_queries]


def test_a_big_return_asks_the_database_no_more_often_than_a_small_one(store):
    small = busy(store, "JP-1", lines=1, photos=1, scans=1)
    large = busy(store, "JP-2", lines=20, photos=10, scans=30)
    one, other = open_page(small), open_page(large)

    def compare() -> None:
        few, many = asked(one, small), asked(other, large)
        assert len(few) == len(many), "\n".join(many)
        # What is wrong with its parcel, its cases, the account's holidays, and where it is
        # to go, are four.
        assert len(many) <= 18, "\n".join(many)

    compare()
    for rma in (small, large):
        opened(rma, others=[("Mug", 1)])
    compare()
    for rma in (small, large):
        inspected(rma)
    compare()
    for rma in (small, large):
        amount = ReturnAuthorization.objects.get(pk=rma.pk).settlement().total
        resolve(rma, Award("refund", amount))
    compare()


def test_an_opened_return_costs_the_orders_page_the_same_whatever_was_in_it(store):
    def asked(number: str, *counts: int) -> int:
        order = people.place_order(store, number, LINES)
        opened(returned(order, 2, 3), *counts)
        client = CheckedClient()
        people.open_link(client, order)
        with CaptureQueriesContext(connection) as caught:
            client.get(addresses.order_page(order))
        return len(caught)

    everything, part = asked("JP-71", 2, 3), asked("JP-72", 1, 3)
    assert part == everything
    assert asked("JP-73", 0, 0) <= everything
