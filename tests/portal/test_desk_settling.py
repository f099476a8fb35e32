"""What the buyer gets: proposed, decided within what was paid, recorded once it is sent."""

import re
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.urls import reverse

from returns.models import (
    BUYER,
    Actor,
    Award,
    Finding,
    Found,
    Notice,
    Order,
    Promise,
    Resolution,
    ReturnAuthorization,
    Wanted,
)
from returns.states import Status
from tests import people
from tests.portal.desk_work import (
    LIST,
    approved,
    ask_for_all,
    at_desk,
    clerk,
    filled_in,
    inspected,
    page,
    read,
    send,
    url,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cashier(db):
    return at_desk("cleo", "settle_return")


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    """Sarah's two shirts of 68.00 each, here and taken."""
    return inspected(approved(store), clerk())


def given(rma) -> list[tuple[str, Decimal]]:
    return [(row.kind, row.amount) for row in rma.resolutions.all()]


# --- what is proposed ------------------------------------------------------------------------


def test_the_wish_is_granted_with_what_it_adds_up_to_by_one_press(cashier, rma):
    total = rma.settlement().total
    assert total > 0
    shown = send(cashier, rma, "settle")
    assert given(rma) == [("refund", total)]
    rma = read(rma)
    assert rma.status == Status.RESOLVED
    assert rma.decided_by.username == "cleo"
    assert f"refund {total:.2f} USD. The buyer is told by email." in shown.text
    assert Notice.objects.filter(kind="return_resolved", authorization=rma).exists()
    assert Promise.objects.open().filter(authorization=rma, kind="refund").exists()


def test_the_page_shows_what_it_is_made_of_and_the_most_there_is(cashier, rma):
    shown = " ".join(cashier.get(url(rma, "settle")).text.split())
    sum_ = rma.settlement()
    for amount in (sum_.goods, sum_.total, sum_.cap):
        assert f"{amount:,.2f} USD" in shown
    assert "Adds up to" in shown
    assert "The most that is left of what was paid" in shown


@pytest.mark.parametrize(
    ("wish", "kind", "money"),
    [
        ("refund", "refund", True),
        ("store_credit", "store_credit", True),
        ("exchange", "exchange", False),
        ("replacement", "replacement", False),
    ],
)
def test_each_wish_is_filled_in(cashier, store, wish, kind, money):
    store.policy.offers_store_credit = True
    store.policy.save()
    rma = inspected(approved(store, wish=wish), clerk())
    form = filled_in(cashier, url(rma, "settle"))
    assert form["kind"] == kind
    assert ("amount" in form) == money
    send(cashier, rma, "settle")
    assert [name for name, _ in given(rma)] == [kind]


def test_when_some_is_refused_part_of_the_money_is_proposed(cashier, store):
    rma = inspected(approved(store), clerk(), refused=1)
    form = filled_in(cashier, url(rma, "settle"))
    assert form["kind"] == "part_refund"
    assert Decimal(form["amount"]) == rma.settlement().total < Decimal(136)
    send(cashier, rma, "settle")
    assert given(rma) == [("part_refund", Decimal(form["amount"]))]


def test_when_nothing_came_nothing_is_proposed_and_needs_words(cashier, store):
    rma = approved(store)
    rma = inspected(rma, clerk(), missing=2)
    form = filled_in(cashier, url(rma, "settle"))
    assert form["kind"] == "none"
    shown = send(cashier, rma, "settle")
    assert "Tell the buyer why it is nothing." in shown.text
    send(cashier, rma, "settle", words="The parcel was empty.")
    rma = read(rma)
    assert given(rma) == [("none", 0)]
    assert rma.status == Status.CLOSED


def test_yen_have_no_decimals(cashier, store):
    rma = approved(
        store, (("Tea bowl", "9800", 1),), currency="JPY", postage_total=0, paid_total=9800
    )
    rma = inspected(rma, clerk())
    form = filled_in(cashier, url(rma, "settle"))
    assert form["amount"] == "9800"
    shown = send(cashier, rma, "settle", amount="9800.50", words="So it is.")
    assert "JPY is paid in steps of 1." in shown.text
    shown = send(cashier, rma, "settle")
    assert "9,800 JPY" in shown.text
    assert "9800.00" not in cashier.get(page(rma)).text
    assert given(rma) == [("refund", Decimal(9800))]


# --- what is typed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("50", 50), ("50.5", Decimal("50.50")), ("50,5", Decimal("50.50")), (" 50.00 USD ", 50)],
)
def test_an_amount_is_read_as_people_write_it(cashier, rma, typed, amount):
    send(cashier, rma, "settle", amount=typed, words="One was worn.")
    assert given(rma) == [("refund", amount)]


def test_thousands_may_stand_apart(cashier, store):
    rma = inspected(approved(store, (("Oak table", "1200.00", 1),)), clerk())
    send(cashier, rma, "settle", amount="1,100.50", words="It has a scratch.")
    assert given(rma) == [("refund", Decimal("1100.50"))]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": "50"}, "Tell the buyer why it is less than it adds up to."),
        ({"amount": "0"}, "Choose “Nothing” to give nothing."),
        ({"amount": "-5"}, "greater than or equal to 0"),
        ({"amount": "ten"}, "Enter a number"),
        ({"amount": "50.005"}, "USD is paid in steps of 0.01."),
        ({"amount": "1e3"}, "left of what was paid"),
        ({"amount": "NaN"}, "Enter a number"),
        ({"kind": "none"}, "Tell the buyer why it is nothing."),
        ({"kind": "gold"}, "Select a valid choice"),
        ({"kind": "exchange", "amount": "20"}, "money or store credit only"),
        ({"method": "cash"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_asked_again_and_nothing_is_written(cashier, rma, changes, words):
    shown = send(cashier, rma, "settle", **changes)
    assert words in shown.text
    assert not Resolution.objects.exists()
    assert read(rma).status == Status.INSPECTED


def test_more_than_was_paid_is_refused_beside_the_field_with_the_most(cashier, rma):
    most = rma.settlement().cap
    shown = send(cashier, rma, "settle", amount="500", words="For the trouble.")
    assert shown.context["form"].errors["amount"] == [
        f"No more than {most:.2f} USD is left of what was paid."
    ]
    assert "For the trouble." in shown.text
    assert 'value="500"' in shown.text
    assert read(rma).status == Status.INSPECTED


def test_an_apology_comes_besides_within_what_was_paid(cashier, store):
    rma = inspected(approved(store, reason="fit"), clerk())
    sum_ = rma.settlement()
    room = sum_.cap - sum_.total
    shown = send(cashier, rma, "settle", apology=str(room + 1))
    assert "left of what was paid" in shown.context["form"].errors["apology"][0]
    send(cashier, rma, "settle", apology="2.50")
    assert given(rma) == [("refund", sum_.total), ("store_credit", Decimal("2.50"))]


def test_an_apology_can_be_all_that_the_buyer_gets(cashier, rma):
    send(cashier, rma, "settle", kind="none", apology="5", words="It was worn; a small thank you.")
    row = rma.resolutions.get()
    assert (row.kind, row.amount, row.words) == (
        "store_credit",
        5,
        "It was worn; a small thank you.",
    )


def test_goods_can_be_sent_where_money_was_wished_for(cashier, rma):
    send(cashier, rma, "settle", kind="replacement")
    assert given(rma) == [("replacement", 0)]


def test_what_did_not_come_can_be_made_good_and_the_new_sum_is_shown_first(cashier, store):
    rma = inspected(approved(store), clerk(), missing=1)
    row = rma.lines.get()
    assert f"1 × {row.line.title} that did not come" in cashier.get(url(rma, "settle")).text
    before, after = rma.settlement().total, rma.settlement({row.pk: 1}).total
    assert after > before
    shown = send(cashier, rma, "settle", **{f"waive_{row.pk}": "1"})
    assert f"With what you make good it adds up to {after:.2f} USD" in shown.text
    assert f'value="{after:.2f}"' in shown.text
    assert not Resolution.objects.exists()
    send(cashier, rma, "settle", amount=f"{after:.2f}", **{f"waive_{row.pk}": "1"})
    assert [amount for _, amount in given(rma)] == [after]
    row.refresh_from_db()
    assert (row.waived, row.resolved) == (1, 2)


def test_no_more_is_made_good_than_is_missing(cashier, store):
    rma = inspected(approved(store), clerk(), missing=1)
    shown = send(cashier, rma, "settle", **{f"waive_{rma.lines.get().pk}": "2"})
    assert "Only 1 did not come." in shown.text
    assert not Resolution.objects.exists()


def test_what_the_shop_has_refunded_already_is_decided_and_recorded_in_one(cashier, rma):
    Order.objects.filter(pk=rma.order_id).update(refunded_total=Decimal("68.00"))
    shown = cashier.get(url(rma, "settle"))
    assert "68.00 USD that no decision accounts for yet" in shown.text
    send(cashier, rma, "settle", amount="68", in_shop="on", words="One was worn.")
    row = rma.resolutions.get()
    assert (row.amount, row.in_shop, row.state) == (68, True, "succeeded")
    assert read(rma).status == Status.CLOSED


def test_when_the_shop_has_refunded_all_of_it_that_is_filled_in(cashier, rma):
    Order.objects.filter(pk=rma.order_id).update(refunded_total=rma.order.paid_total)
    form = filled_in(cashier, url(rma, "settle"))
    assert (form["in_shop"], form["amount"]) == (True, "136.00")
    send(cashier, rma, "settle", in_shop="on")
    row = rma.resolutions.get()
    assert (row.amount, row.in_shop, row.state) == (136, True, "succeeded")
    assert read(rma).status == Status.CLOSED


def test_nobody_says_so_when_the_shop_has_not(cashier, rma):
    assert "in_shop" not in cashier.get(url(rma, "settle")).context["form"].fields


# --- sent twice, and colleagues --------------------------------------------------------------


def test_a_decision_sent_twice_is_made_once(cashier, rma):
    form = filled_in(cashier, url(rma, "settle"))
    for _ in range(2):
        shown = cashier.post(url(rma, "settle"), form, follow=True)
    assert "is Decided now, so this is no longer possible" in shown.text
    assert rma.resolutions.count() == 1


def test_when_the_sum_changes_meanwhile_it_is_shown_again(cashier, rma):
    form = filled_in(cashier, url(rma, "settle"))
    Order.objects.filter(pk=rma.order_id).update(refunded_total=Decimal("100.00"))
    shown = cashier.post(url(rma, "settle"), form)
    assert "The sum has changed while the page was open." in shown.text
    assert not Resolution.objects.exists()


def test_two_returns_of_one_order_never_get_more_than_was_paid(cashier, store):
    order = people.place_order(store, lines=(("Shirt", "60.00", 1), ("Mug", "14.00", 1)))
    by, total = clerk(), Decimal(0)
    asked = [
        Order.objects.get(pk=order.pk).request_return(
            [Wanted(line.pk, 1, "fit")], by=BUYER, key=line.title
        )
        for line in order.lines.all()
    ]
    for rma in [inspected(rma, by) for rma in asked]:
        send(cashier, rma, "settle", amount="80", words="More.")
        send(cashier, rma, "settle")
        total += sum(row.amount for row in rma.resolutions.all())
    assert 0 < total <= order.paid_total


# --- recorded --------------------------------------------------------------------------------


@pytest.fixture
def decided(rma):
    who = Actor.staff(get_user_model().objects.get(username="clerk"))
    rma.resolve([Award("refund", rma.settlement().total)], by=who)
    return read(rma)


def test_sent_is_recorded_with_method_and_reference_and_the_buyer_is_told(cashier, decided):
    row = decided.resolutions.get()
    assert url(decided, "sent", row) in cashier.get(page(decided)).text
    shown = send(cashier, decided, "sent", row, method="paypal", reference=" PP-77 ")
    row.refresh_from_db()
    assert (row.state, row.method, row.reference) == ("succeeded", "paypal", "PP-77")
    assert row.settled_by.username == "cleo"
    assert read(decided).status == Status.CLOSED
    assert Notice.objects.filter(kind="return_settled", authorization=decided).exists()
    assert "is sent. The buyer is told by email." in shown.text
    case = cashier.get(page(decided)).text
    assert "PP-77" in case
    assert url(decided, "sent", row) not in case


def test_sent_twice_is_recorded_once(cashier, decided):
    row = decided.resolutions.get()
    values = {"method": "card", "reference": "1"}
    cashier.post(url(decided, "sent", row), values)
    shown = cashier.post(url(decided, "sent", row), values | {"reference": "2"}, follow=True)
    assert "is Sent now, so this is no longer possible" in shown.text
    row.refresh_from_db()
    assert row.reference == "1"
    assert Notice.objects.filter(kind="return_settled").count() == 1


def test_a_failure_is_noted_for_the_desk_only_and_tried_again(cashier, decided):
    row = decided.resolutions.get()
    shown = send(cashier, decided, "failed", row)
    assert "This field is required" in shown.text
    send(cashier, decided, "failed", row, error="Card was closed.")
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("failed", "Card was closed.")
    assert not Notice.objects.filter(kind="return_settled").exists()
    case = cashier.get(page(decided)).text
    assert "Card was closed." in case
    assert url(decided, "sent", row) not in case
    cashier.post(url(decided, "try_again", row))
    row.refresh_from_db()
    assert row.state == "pending"
    send(cashier, decided, "sent", row)
    assert read(decided).status == Status.CLOSED


def test_goods_have_a_number_and_no_method(cashier, store):
    rma = inspected(approved(store, wish="exchange"), clerk())
    send(cashier, rma, "settle")
    row = rma.resolutions.get()
    form = cashier.get(url(rma, "ship", row)).context["form"]
    assert "method" not in form.fields
    send(cashier, rma, "ship", row, number="RB987654326LT")
    row.refresh_from_db()
    assert (row.state, row.reference) == ("succeeded", "RB987654326LT")


def test_of_two_things_each_is_recorded_by_itself(cashier, rma):
    send(cashier, rma, "settle", apology="2")
    first, second = rma.resolutions.all()
    send(cashier, rma, "sent", first)
    assert read(rma).status == Status.RESOLVED
    send(cashier, rma, "sent", second)
    assert read(rma).status == Status.CLOSED


def test_a_resolution_of_another_return_is_not_found(cashier, decided, store):
    other = ask_for_all(people.place_order(store, "JP-2"))
    row = decided.resolutions.get()
    assert cashier.get(url(other, "sent", row)).status_code == 404
    assert cashier.post(url(other, "sent", row), {}).status_code == 404


# --- who may, and where it stands --------------------------------------------------------------


@pytest.mark.parametrize("permissions", [(), ("decide_return",), ("receive_return",)])
def test_only_who_may_settle_sees_and_does_it(rma, decided, permissions):
    client = at_desk("other", *permissions)
    row = decided.resolutions.get()
    for name in ("sent", "failed"):
        assert url(decided, name, row) not in client.get(page(decided)).text
        assert client.get(url(decided, name, row)).status_code == 404
        assert client.post(url(decided, name, row), {"error": "x"}).status_code == 404
    assert client.get(url(decided, "settle")).status_code == 404
    row.refresh_from_db()
    assert row.state == "pending"


def test_from_the_queue_to_the_decision_are_two_clicks(cashier, rma, store):
    shown = cashier.get(reverse(LIST), {"work": "settle"}).text
    assert url(rma, "settle") in shown
    send(cashier, rma, "settle")
    assert url(rma, "settle") not in cashier.get(reverse(LIST), {"work": "settle"}).text
    assert (
        url(rma, "sent", rma.resolutions.get()) in cashier.get(reverse(LIST), {"work": "send"}).text
    )


def test_every_act_is_logged_with_who(cashier, rma):
    send(cashier, rma, "settle")
    row = rma.resolutions.get()
    send(cashier, rma, "failed", row, error="Closed.")
    cashier.post(url(rma, "try_again", row))
    send(cashier, rma, "sent", row)
    told = LogEntry.objects.filter(object_id=str(rma.pk), user__username="cleo").order_by("pk")
    assert [entry.change_message for entry in told] == [
        "Decide what the buyer gets.",
        "It failed.",
        "Try again.",
        "It is sent.",
    ]


def test_nothing_of_a_resolution_can_be_edited_or_deleted(rma, cashier):
    send(cashier, rma, "settle")
    row = rma.resolutions.get()
    root = at_desk("root")
    get_user_model().objects.filter(username="root").update(is_superuser=True)
    for model, pk in (("resolution", row.pk), ("receipt", rma.receipts.get().pk)):
        shown = root.get(reverse(f"admin:returns_{model}_change", args=[pk]))
        assert shown.status_code == 200
        assert rma.number in shown.text
        assert root.post(reverse(f"admin:returns_{model}_change", args=[pk]), {}).status_code == 403
        assert root.post(reverse(f"admin:returns_{model}_delete", args=[pk])).status_code == 403
        assert root.get(reverse(f"admin:returns_{model}_add")).status_code == 403
        listed = root.get(reverse(f"admin:returns_{model}_changelist"), {"q": rma.number})
        assert re.search(rf">{rma.number}<", listed.text)


def test_what_was_not_taken_is_the_buyers_again_once_it_has_left(cashier, store):
    order = people.place_order(store, lines=(("Cup", "10.00", 2),))
    rma = order.request_return([Wanted(order.lines.get().pk, 2, "fit")], by=BUYER, key="back")
    by = clerk()
    row = rma.lines.get()
    rma.receive(Found({row.pk: 2}), by=by, key="r")
    rma.inspect({row.pk: Finding("used", 1, words="One has a chip.")}, by=by)
    send(cashier, rma, "settle")
    assert "1 × Cup" in cashier.get(url(rma, "send_back")).text
    send(cashier, rma, "send_back")
    row.refresh_from_db()
    assert row.sent_back == 1
    assert "no longer possible" in cashier.get(url(rma, "send_back"), follow=True).text
