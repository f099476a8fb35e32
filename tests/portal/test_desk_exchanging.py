"""New goods instead of others, and parcels that turn, at the desk: from the queue to the press."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from returns.models import (
    BUYER,
    Case,
    Order,
    ReturnAuthorization,
    Shipment,
    TrustRule,
    Variant,
)
from returns.queues import QUEUES
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import LIST, at_desk, page, send, url
from tests.returns.exchanges import (
    SHIRT,
    exchanged,
    goods_of,
    kinds,
    regular,
    same,
    sent_ahead,
    turned,
)
from tests.returns.returning import DESK, inspected, opened
from tests.returns.test_recalling import automatic
from tracking.milestones import Milestone


@pytest.fixture
def cashier(db) -> CheckedClient:
    return at_desk("cleo", "settle_return", "decide_return", "receive_return")


@pytest.fixture
def order(store) -> Order:
    regular(store)
    kinds(store, ("SHIRT-C", "Cotton", "34.00"))
    return people.place_order(store, lines=SHIRT)


@pytest.fixture
def travelling(db) -> Order:
    store = people.open_store(policy={"automatic_up_to": None})
    return people.place_order(store, lines=SHIRT, delivered=False, days_ago=3)


def waiting(name: str) -> list[ReturnAuthorization]:
    return list(QUEUES[name].rows())


def shown(client: CheckedClient, rma: ReturnAuthorization) -> str:
    return " ".join(client.get(page(rma)).text.split())


def today(client: CheckedClient) -> str:
    return client.get(reverse("admin:index")).text


# --- Approving --------------------------------------------------------------------------------


def test_the_page_says_whether_the_buyer_is_trusted_and_why(cashier, order):
    rma = exchanged(order, ahead=True)
    text = shown(cashier, rma)
    assert "Trusted" in text and "Paid orders: 3 (at least 3)." in text
    assert "would like the new goods at once" in text
    assert "Oat, size L" in text and "SHIRT-L" in text
    TrustRule.objects.update(orders=9)
    text = shown(cashier, rma)
    assert "Not trusted" in text and '<li class="late">Paid orders: 3 (at least 9).' in text


def test_approving_sends_ahead_and_another_button_does_not(cashier, order):
    rma = exchanged(order, ahead=True)
    send(cashier, rma, "approve_later")
    assert (same(rma).status, same(rma).ahead_at) == (Status.APPROVED, None)
    other = exchanged(people.place_order(order.store, "JP-9", lines=SHIRT))
    assert "Approve, new goods later" not in shown(cashier, other)


def test_staff_may_send_ahead_with_the_buyers_word(cashier, order):
    TrustRule.objects.all().delete()
    rma = exchanged(order)
    rma.approve(by=DESK)
    said = send(cashier, rma, "send_ahead", agreed="on")
    assert "the new goods are to be sent now" in said.text
    rma = same(rma)
    assert rma.ahead_at and rma.ahead_by and rma.ahead_by.username == "cleo"
    assert rma.ahead_agreed_at
    assert waiting("ahead") == [rma]
    assert "New goods to send at once" in today(cashier)
    assert waiting("send") == []


def test_case_58_what_is_sold_out_is_said_where_it_would_be_sent(cashier, order):
    rma = exchanged(order)
    rma.approve(by=DESK)
    Variant.objects.update(available=False)
    said = send(cashier, rma, "send_ahead")
    assert "Sold out, by the list of kinds: Linen shirt (Oat, size L)." in said.text
    assert same(rma).ahead_at is None


# --- Sending ----------------------------------------------------------------------------------


def test_its_parcel_is_noted_and_the_buyer_told(cashier, order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    row = goods_of(rma)
    said = send(cashier, rma, "ship", row, number="rb 9876 54326 gb")
    assert "has left" in said.text
    assert goods_of(rma).reference == "RB987654326GB"
    assert goods_of(rma).shipments.get().carrier == "royal-mail"
    assert waiting("ahead") == []
    # Sent: neither that nor anything else can be pressed again.
    assert cashier.get(url(rma, "ship", row)).status_code == 302


def test_a_number_is_needed_or_the_word_that_there_is_none(cashier, order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    row = goods_of(rma)
    said = send(cashier, rma, "ship", row)
    assert "Type its number, or tick that it has none." in said.text
    said = send(cashier, rma, "ship", row, number="RB987654327GB")
    assert "A digit of it is wrong or missing." in said.text
    send(cashier, rma, "ship", row, unnumbered="on")
    assert goods_of(rma).is_sent


def test_the_number_of_another_parcel_is_not_taken(cashier, order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    first = Shipment.objects.get(order=order).parcel
    assert first
    said = send(
        cashier,
        rma,
        "ship",
        goods_of(rma),
        number=first.number,
        carrier="royal-mail",
        as_typed="on",
    )
    if "A digit of it" in said.text:  # asked once more, as of every number that looks odd
        values = {"number": first.number, "carrier": "royal-mail", "as_typed": "on"}
        said = cashier.post(url(rma, "ship", goods_of(rma)), values, follow=True)
    assert "This number is that of another parcel already." in said.text
    assert not goods_of(rma).is_sent


def test_case_58_what_is_sold_out_at_dispatch_is_said_and_the_buyer_asked(cashier, order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    Variant.objects.filter(sku="SHIRT-L").update(available=False)
    said = send(cashier, rma, "ship", goods_of(rma), number="RB987654326GB")
    assert "Ask the buyer to choose again." in said.text
    send(cashier, rma, "sold_out")
    assert same(rma).variant_gone_at
    assert waiting("sold_out") == [same(rma)]
    assert (waiting("send"), waiting("ahead")) == ([], [])
    assert "Sold out, the buyer chooses again" in today(cashier)


# --- Deciding when the old goods are here -----------------------------------------------------


def test_what_went_ahead_is_not_given_twice(cashier, order):
    rma = inspected(opened(sent_ahead(order)))
    form = cashier.get(url(rma, "settle")).context["form"]
    assert form.fields["kind"].initial == "none"
    said = send(cashier, rma, "settle")
    assert "nothing more is owed" in said.text
    assert same(rma).status == Status.CLOSED
    assert rma.resolutions.count() == 1


def test_what_is_cheaper_is_filled_in_and_given_with_the_exchange(cashier, order):
    rma = exchanged(order, "SHIRT-C")
    rma.approve(by=DESK)
    rma = inspected(opened(same(rma)))
    send(cashier, rma, "settle")
    given = {row.kind: row.amount for row in rma.resolutions.all()}
    assert given == {"exchange": 0, "part_refund": Decimal(34)}


def test_what_is_cheaper_and_went_ahead_is_given_back_alone(cashier, order):
    rma = inspected(opened(sent_ahead(order, variant="SHIRT-C")))
    send(cashier, rma, "settle")
    given = {row.kind: row.amount for row in rma.resolutions.all()}
    assert given == {"exchange": 0, "part_refund": Decimal(34)}


# --- The old goods do not come --------------------------------------------------------------------


@pytest.fixture
def missing(order) -> ReturnAuthorization:
    rma = sent_ahead(order)
    now = timezone.now()
    ReturnAuthorization.objects.filter(pk=rma.pk).update(
        post_by=now - timedelta(days=1), reminded_at=now, original_missing_at=now
    )
    return same(rma)


def test_case_59_the_desk_sees_it_and_has_two_ways_out(cashier, missing):
    assert waiting("missing") == [missing]
    assert waiting("post") == []
    assert "New goods sent, old ones missing" in today(cashier)
    text = shown(cashier, missing)
    assert "Give more time" in text and "The buyer keeps both" in text
    day = (timezone.now() + timedelta(days=20)).date().isoformat()
    send(cashier, missing, "more_time", last_day=day)
    assert not same(missing).misses_original
    assert waiting("missing") == []


def test_case_59_the_agreed_consequence_says_what_to_do_in_the_shop(cashier, missing):
    said = send(cashier, missing, "keep_both", how="charged", words="As agreed.")
    assert "Please charge it in the shop now." in said.text
    assert same(missing).status == Status.CLOSED


def test_case_59_without_the_buyers_word_it_can_only_be_written_off(cashier, missing):
    ReturnAuthorization.objects.update(ahead_agreed_at=None)
    form = cashier.get(url(missing, "keep_both")).context["form"]
    assert [code for code, _label in form.fields["how"].choices] == ["written_off"]
    said = send(cashier, missing, "keep_both", how="charged")
    assert same(missing).status == Status.APPROVED
    assert "charge it in the shop" not in said.text


# --- Parcels that turn ----------------------------------------------------------------------------


def recalled(order: Order) -> ReturnAuthorization:
    return same(order.recall(order.shipments.get(), "refuse", by=BUYER, key="form"))


def test_parcels_that_are_not_wanted_stand_in_a_queue_until_they_are_here(cashier, travelling):
    rma = recalled(travelling)
    assert waiting("called_back") == [rma]
    assert "Parcels called back or refused" in today(cashier)
    assert "Refused at the door" in shown(cashier, rma) or "refused at the door" in shown(
        cashier, rma
    )
    turned(travelling)
    turned(travelling, Milestone.RETURNED, hours=1)
    assert waiting("called_back") == []
    assert waiting("receive") == [rma]


def test_the_money_need_not_wait(cashier, travelling):
    rma = recalled(travelling)
    assert "Give it without waiting" not in shown(cashier, rma)
    turned(travelling)
    send(cashier, rma, "pay_now")
    rma = same(rma)
    assert (rma.status, rma.resolutions.get().amount) == (Status.RESOLVED, 68)


def test_goods_can_be_given_up_where_the_way_back_costs_more(cashier, travelling):
    rma = recalled(travelling)
    turned(travelling)
    text = " ".join(cashier.get(url(rma, "place_goods")).text.split())
    assert "The goods are worth 68.00 USD, as paid." in text
    send(cashier, rma, "place_goods", stays="abandon", note="55 USD to bring it back.")
    rma = same(rma)
    assert rma.lines.get().disposition == "abandon"
    turned(travelling, Milestone.RETURNED, hours=1)
    assert waiting("book") == []


def test_what_was_paid_for_is_booked_when_it_is_here(cashier, travelling):
    automatic(travelling)
    rma = recalled(travelling)
    turned(travelling)
    turned(travelling, Milestone.RETURNED, hours=1)
    assert waiting("book") == [rma]
    assert "Here again, paid for before" in today(cashier)
    row = rma.lines.get()
    said = send(cashier, rma, "book_goods", **{f"came_{row.pk}": "2"})
    assert "No more than 1 were made good." in said.text
    send(cashier, rma, "book_goods", disposition="refurbish")
    row.refresh_from_db()
    assert (row.waived, row.received, row.disposition) == (0, 1, "refurbish")
    assert rma.resolutions.count() == 1
    assert waiting("book") == []


def test_paid_for_and_delivered_all_the_same_is_seen(cashier, travelling):
    automatic(travelling)
    rma = recalled(travelling)
    turned(travelling)
    turned(travelling, Milestone.DELIVERED, hours=1)
    assert waiting("delivered") == [rma]
    assert "Paid for, and delivered all the same" in today(cashier)


def test_the_desk_notes_what_the_buyer_of_a_parcel_that_turned_wants(travelling):
    clara = at_desk("clara", "view_case", "care_for_case")
    turned(travelling)
    Case.objects.follow()
    case = Case.objects.get(kind="came_back")
    address = reverse("admin:returns_case_wanted", args=[case.pk])
    opened_page = clara.get(reverse("admin:returns_case_change", args=[case.pk]))
    assert address in opened_page.text
    clara.post(address, {"wish": "replacement"}, follow=True)
    rma = ReturnAuthorization.objects.get()
    assert (rma.wish, rma.turns_by, rma.requested_by) == ("replacement", "itself", "staff")
    # Once.
    clara.post(address, {"wish": "refund"}, follow=True)
    assert ReturnAuthorization.objects.count() == 1


def test_goods_that_stay_with_the_buyer_are_not_booked(cashier, store):
    store.policy.keep_below = 100
    store.policy.save()
    rma = people.ask_to_return(people.place_order(store, "JP-8"), reason="faulty")
    rma.put_right(by=DESK)
    assert "The goods are here after all" not in shown(cashier, rma)


def test_who_may_only_look_presses_nothing(order):
    rma = exchanged(order, ahead=True)
    rma.approve(by=DESK)
    looker = at_desk("lena")
    for name in ("send_ahead", "sold_out"):
        assert looker.post(url(rma, name)).status_code in (403, 404)
    assert looker.post(url(rma, "ship", goods_of(rma))).status_code in (403, 404)
    assert not goods_of(rma).is_sent


def test_the_list_costs_no_more_with_many(cashier, travelling, django_assert_max_num_queries):
    recalled(travelling)
    cashier.get(reverse(LIST))
    with django_assert_max_num_queries(30) as few:
        cashier.get(reverse(LIST))
    for number in range(5):
        other = people.place_order(travelling.store, f"JP-9{number}", delivered=False)
        other.recall(other.shipments.get(), "refuse", by=BUYER, key="form")
    with django_assert_max_num_queries(30) as many:
        cashier.get(reverse(LIST))
    assert len(many) == len(few)
