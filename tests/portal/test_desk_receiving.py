"""At the warehouse: found by a scanner, received, counted, looked at, from a phone."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from returns.models import BUYER, CLOCK, Notice, Receipt, ReturnAuthorization
from returns.states import Status
from tests import people
from tests.portal.desk_work import (
    LIST,
    WAYBILL,
    approved,
    arrived,
    ask_for_all,
    at_desk,
    clerk,
    filled_in,
    page,
    read,
    received,
    send,
    url,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(db):
    return at_desk("jonas", "receive_return")


@pytest.fixture
def reader(db):
    return at_desk("reader")


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    """Sarah's two shirts, allowed to come back."""
    return approved(store)


@pytest.fixture
def here(rma) -> ReturnAuthorization:
    """The same, here by what the carrier says."""
    return arrived(rma)


def row(rma):
    return rma.lines.get()


# --- found by a scanner ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "{number}",
        "{bare}",
        "{lower}",
        "https://returns.example.com/s/juniper-pine/o/JP-20418/returns/{number}/",
        WAYBILL,
        "rb 103 456 786 gb",
        "JP-20418",
        "#jp-20418",
        "sarah@example.com",
        "Whitcombe",
    ],
)
def test_what_is_scanned_or_typed_opens_the_one_return_it_names(warehouse, here, store, written):
    people.place_order(store, "JP-20419", name="Bob Marsh", email="bob@example.com")
    other = ask_for_all(people.place_order(store, "JP-20500", name="Ann Lee", email="a@b.example"))
    number = here.number
    words = written.format(number=number, bare=number.replace("-", ""), lower=number.lower())
    answer = warehouse.get(reverse(LIST), {"q": words})
    assert answer.status_code == 302
    assert answer.url == page(here) != page(other)


def test_the_waybill_of_the_parcel_that_went_out_finds_it_too(warehouse, rma):
    out = rma.order.shipments.get(is_return=False).parcel.number
    assert warehouse.get(reverse(LIST), {"q": out}).url == page(rma)


def test_a_postal_label_of_the_us_is_found_behind_its_postcode(warehouse, rma):
    rma.name_parcel("9400111899223197428490", "usps", by=BUYER)
    scanned = "42090210" + "9400111899223197428490"
    assert warehouse.get(reverse(LIST), {"q": scanned}).url == page(rma)


def test_a_scan_is_found_whatever_the_list_was_narrowed_to(warehouse, here):
    answer = warehouse.get(reverse(LIST), {"q": here.number, "status": "declined"})
    assert answer.url == page(here)


def test_several_returns_of_one_parcel_are_listed(warehouse, store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 2),))
    first = people.ask_to_return(order, key="a")
    second = people.ask_to_return(order, key="b")
    for rma in (first, second):
        rma.name_parcel(WAYBILL, "royal-mail", by=BUYER)
    shown = warehouse.get(reverse(LIST), {"q": WAYBILL.lower()})
    assert shown.status_code == 200
    assert first.number in shown.text and second.number in shown.text


def test_a_number_nobody_has_leads_to_an_empty_list(warehouse, rma):
    shown = warehouse.get(reverse(LIST), {"q": "HW-2222-2222"})
    assert shown.status_code == 200
    assert rma.number not in shown.text


def test_the_board_begins_with_the_search(warehouse, rma):
    assert f'action="{reverse(LIST)}"' in warehouse.get(reverse("admin:index")).text


def test_a_stranger_finds_nothing(client, here):
    answer = client.get(reverse(LIST), {"q": here.number})
    assert answer.status_code == 302
    assert "login" in answer.url


# --- received --------------------------------------------------------------------------------


def test_all_of_it_is_received_with_one_press(warehouse, here):
    assert f'href="{url(here, "receive")}"' in warehouse.get(page(here)).text
    shown = send(warehouse, here, "receive")
    here = read(here)
    assert here.status == Status.RECEIVED
    assert row(here).received == 2
    assert "is received" in shown.text
    assert Receipt.objects.get().user.username == "jonas"
    assert Notice.objects.filter(kind="return_received", authorization=here).exists()


def test_received_without_a_single_scan(warehouse, rma):
    send(warehouse, rma, "receive")
    assert read(rma).status == Status.RECEIVED


def test_after_it_one_photographs_and_goes_on(warehouse, here):
    shown = send(warehouse, here, "receive")
    assert shown.redirect_chain[-1][0] == url(here, "photo")
    assert url(here, "inspect") in shown.text
    assert "?work=receive" in shown.text


def test_fewer_are_counted_and_the_rest_is_missing(warehouse, here):
    send(warehouse, here, "receive", **{f"count_{row(here).pk}": "1"})
    assert (row(here).received, row(here).reception) == (1, "short")
    assert "1 missing" in warehouse.get(page(here)).text


def test_more_than_approved_and_other_things_become_surplus(warehouse, here):
    send(
        warehouse,
        here,
        "receive",
        **{f"count_{row(here).pk}": "3", "what_1": "One red sock", "many_1": "2"},
    )
    assert row(here).received == 2
    assert [(s.title, s.quantity) for s in here.surplus.all()] == [
        ("Linen shirt", 1),
        ("One red sock", 2),
    ]


def test_another_thing_needs_a_number(warehouse, here):
    shown = send(warehouse, here, "receive", what_2="A sock", many_2="")
    assert "How many of it?" in shown.text
    assert 'value="A sock"' in shown.text
    assert not Receipt.objects.exists()


def test_nothing_inside_is_said_by_a_tick_of_its_own(warehouse, here):
    shown = send(warehouse, here, "receive", empty="on")
    assert Receipt.objects.get().was_empty
    assert row(here).received == 0
    assert "There was nothing inside" in shown.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"count": "0"}, "tick that nothing was"),
        ({"count": "1", "empty": "on"}, "Which of the two is it?"),
        ({"what_1": "A sock", "empty": "on"}, "Which of the two is it?"),
        ({"count": ""}, "This field is required"),
        ({"count": "-1"}, "greater than or equal to 0"),
        ({"count": "4006381333931"}, "less than or equal to 999"),
        ({"count": "1.5"}, "Enter a whole number"),
        ({"count": "two"}, "Enter a whole number"),
        ({"grams": "0"}, "greater than or equal to 1"),
        ({"grams": "1,2 kg"}, "Enter a whole number"),
    ],
)
def test_what_cannot_be_is_asked_again_and_nothing_is_written(warehouse, here, changes, words):
    if "count" in changes:
        changes[f"count_{row(here).pk}"] = changes.pop("count")
    shown = send(warehouse, here, "receive", note="Wet box", **changes)
    assert words in shown.text
    assert "Wet box" in shown.text, "what was typed stays"
    assert not Receipt.objects.exists()
    assert read(here).status == Status.IN_TRANSIT


def test_the_weight_is_kept_with_what_was_expected_and_a_difference_is_named(warehouse, store):
    rma = arrived(approved(store, (("Teapot", "40.00", 1, {"weight_grams": 900}),)))
    assert "the goods alone: 900 g" in warehouse.get(url(rma, "receive")).text
    shown = send(warehouse, rma, "receive", grams="180", note="Light")
    words = "180 g, 720 g less than expected: the goods alone weigh 900 g"
    assert words in shown.text
    case = warehouse.get(page(rma)).text
    assert words in case
    assert "Light" in case


def test_a_usual_weight_is_as_expected_and_none_is_not_weighed(warehouse, store):
    rma = arrived(approved(store, (("Teapot", "40.00", 1, {"weight_grams": 900}),)))
    send(warehouse, rma, "receive", grams="1240")
    assert "1,240 g, as expected" in warehouse.get(page(rma)).text
    send(warehouse, rma, "receive", **{f"count_{row(rma).pk}": "1"})
    assert "not weighed" in warehouse.get(page(rma)).text


def test_the_same_form_sent_twice_is_one_receipt_and_one_line_in_the_log(warehouse, here):
    form = filled_in(warehouse, url(here, "receive"))
    for _ in range(2):
        shown = warehouse.post(url(here, "receive"), form, follow=True)
        assert "is received" in shown.text
    assert Receipt.objects.count() == 1
    assert row(here).received == 2
    assert not here.surplus.exists()
    assert LogEntry.objects.filter(object_id=str(here.pk)).count() == 1


def test_a_colleague_who_was_faster_is_named_before_it_is_counted_twice(warehouse, here):
    form = filled_in(warehouse, url(here, "receive")) | {"grams": "700"}
    received(here, clerk())
    shown = warehouse.post(url(here, "receive"), form)
    assert "While this page was open, Cora received a parcel of this return" in shown.text
    assert 'value="700"' in shown.text
    assert Receipt.objects.count() == 1
    assert not here.surplus.exists()
    # A second press says that it really is one more.
    again = form | {"seen": shown.context["form"]["seen"].value(), "empty": "on"}
    again[f"count_{row(here).pk}"] = "0"
    warehouse.post(url(here, "receive"), again)
    assert Receipt.objects.count() == 2


def test_a_second_parcel_expects_what_is_still_missing(warehouse, here):
    received(here, clerk(), missing=1)
    form = filled_in(warehouse, url(here, "receive"))
    assert form[f"count_{row(here).pk}"] == 1
    send(warehouse, here, "receive")
    assert row(here).received == 2
    assert Receipt.objects.count() == 2


@pytest.mark.parametrize("end", ["declined", "cancelled", "expired"])
def test_what_comes_after_the_end_is_received_all_the_same(warehouse, rma, end):
    if end == "expired":
        rma.remind(by=CLOCK, now=rma.remind_at)
        rma.expire(by=CLOCK, now=rma.post_by + timezone.timedelta(days=1))
    else:
        ReturnAuthorization.objects.filter(pk=rma.pk).update(
            status=end, ended_at=timezone.now(), post_by=None
        )
    shown = warehouse.get(url(rma, "receive")).text
    assert f"This return was {end}. What came is received all the same." in shown
    send(warehouse, rma, "receive")
    rma = read(rma)
    assert (rma.status, rma.came_after_end, row(rma).received) == ("received", True, 2)


def test_a_return_that_is_decided_takes_no_parcel(warehouse, rma):
    ReturnAuthorization.objects.filter(pk=rma.pk).update(status=Status.RESOLVED)
    shown = warehouse.get(url(rma, "receive"), follow=True)
    assert "no longer possible" in shown.text
    assert not Receipt.objects.exists()


def test_opening_the_page_changes_nothing(warehouse, here):
    for name in ("receive", "photo"):
        warehouse.get(url(here, name))
    assert read(here).status == Status.IN_TRANSIT


# --- taken back ------------------------------------------------------------------------------


def test_a_receipt_is_taken_back_and_stays_as_evidence(warehouse, here):
    send(warehouse, here, "receive")
    shown = send(warehouse, here, "undo_receipt")
    assert "is on its way again" in shown.text
    here = read(here)
    assert (here.status, row(here).received) == (Status.IN_TRANSIT, 0)
    assert Receipt.objects.get().undone_at
    assert "taken back" in warehouse.get(page(here)).text
    send(warehouse, here, "receive")
    assert row(here).received == 2


def test_taking_back_twice_takes_back_once(warehouse, here):
    send(warehouse, here, "receive")
    form = filled_in(warehouse, url(here, "undo_receipt"))
    warehouse.post(url(here, "undo_receipt"), form)
    shown = warehouse.post(url(here, "undo_receipt"), form, follow=True)
    assert "no longer possible" in shown.text
    assert here.events.filter(kind="receipt_undone").count() == 1


def test_what_a_colleague_received_meanwhile_is_not_taken_back_unseen(warehouse, here):
    received(here, clerk(), missing=1)
    form = filled_in(warehouse, url(here, "undo_receipt"))
    send(at_desk("mara", "receive_return"), here, "receive")
    shown = warehouse.post(url(here, "undo_receipt"), form)
    assert "mara received a parcel" in shown.text
    assert row(here).received == 2


# --- inspected -------------------------------------------------------------------------------


def test_goods_as_new_are_inspected_with_one_choice(warehouse, here):
    here = received(here, clerk())
    shown = send(warehouse, here, "inspect", **{f"condition_{row(here).pk}": "as_new"})
    here = read(here)
    assert here.status == Status.INSPECTED
    found = row(here)
    assert (found.condition, found.accepted, found.disposition) == ("as_new", 2, "restock")
    assert "Next: decide what the buyer gets" in shown.text


def test_beside_it_stands_what_the_buyer_said(warehouse, here):
    shown = warehouse.get(url(received(here, clerk()), "inspect")).text
    assert "Changed mind" in shown
    assert "Too wide" in shown


def test_some_of_it_is_not_taken_and_the_buyer_reads_why(warehouse, here):
    here = received(here, clerk())
    pk = row(here).pk
    values = {
        f"condition_{pk}": "used",
        f"accepted_{pk}": "1",
        f"disposition_{pk}": "refurbish",
        f"rejected_{pk}": "return_to_customer",
    }
    shown = send(warehouse, here, "inspect", **values)
    assert "Tell the buyer why we do not take all of it." in shown.text
    assert read(here).status == Status.RECEIVED
    send(warehouse, here, "inspect", **values, **{f"words_{pk}": "One has been worn."})
    found = row(here)
    assert (found.accepted, found.rejected_to, found.finding) == (
        1,
        "return_to_customer",
        "One has been worn.",
    )
    case = warehouse.get(page(here)).text
    assert "1 taken, to be refurbished; 1 not: back to the buyer" in case
    assert "One has been worn." in case


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("condition", None, "This field is required"),
        ("condition", "shiny", "Select a valid choice"),
        ("accepted", "3", "Only 2 came."),
        ("accepted", "-1", "greater than or equal to 0"),
        ("disposition", "pending", "Select a valid choice"),
        ("rejected", "restock", "Select a valid choice"),
        ("condition", "damaged", "Damaged goods do not go back to stock."),
    ],
)
def test_a_finding_that_cannot_be_is_asked_again(warehouse, here, field, value, words):
    here = received(here, clerk())
    pk = row(here).pk
    values = {f"condition_{pk}": "as_new"} | {f"{field}_{pk}": value}
    shown = send(warehouse, here, "inspect", **values)
    assert words in shown.text
    assert read(here).status == Status.RECEIVED


def test_when_nothing_came_one_goes_on_without_goods(warehouse, here):
    send(warehouse, here, "receive", empty="on")
    assert "Nothing of this return came" in warehouse.get(url(here, "inspect")).text
    send(warehouse, here, "inspect")
    assert read(here).status == Status.INSPECTED


def test_a_line_of_which_nothing_came_is_not_asked_about(warehouse, store):
    rma = approved(store, (("Linen shirt", "68.00", 1), ("Mug", "14.00", 1)))
    shirt, mug = rma.lines.all()
    send(warehouse, rma, "receive", **{f"count_{mug.pk}": "0"})
    form = filled_in(warehouse, url(rma, "inspect"))
    assert f"accepted_{shirt.pk}" in form
    assert f"accepted_{mug.pk}" not in form
    send(warehouse, rma, "inspect", **{f"condition_{shirt.pk}": "as_new"})
    assert read(rma).status == Status.INSPECTED


def test_a_second_parcel_meanwhile_is_looked_at_too(warehouse, here):
    """Else what came in it would count as refused."""
    received(here, clerk(), missing=1)
    form = filled_in(warehouse, url(here, "inspect")) | {f"condition_{row(here).pk}": "as_new"}
    send(at_desk("mara", "receive_return"), here, "receive")
    shown = warehouse.post(url(here, "inspect"), form)
    assert "mara received a parcel" in shown.text
    assert "2 × Linen shirt" in shown.text
    assert read(here).status == Status.RECEIVED


def test_an_inspection_sent_twice_is_made_once(warehouse, here):
    here = received(here, clerk())
    form = filled_in(warehouse, url(here, "inspect")) | {f"condition_{row(here).pk}": "as_new"}
    warehouse.post(url(here, "inspect"), form)
    shown = warehouse.post(url(here, "inspect"), form, follow=True)
    assert "is Inspected now" in shown.text
    assert here.events.filter(kind="return_inspected").count() == 1


# --- what came besides -----------------------------------------------------------------------


@pytest.fixture
def surplus(here, warehouse):
    send(warehouse, here, "receive", what_1="One red sock", many_1="1")
    return here.surplus.get()


def test_the_desk_decides_what_becomes_of_surplus(desk, here, surplus):
    assert "1 × One red sock" in desk.get(url(here, "surplus", surplus)).text
    assert url(here, "surplus", surplus) in desk.get(page(here)).text
    words = "Your sock goes back to you."
    send(desk, here, "surplus", surplus, disposition="return_to_customer", words=words)
    surplus.refresh_from_db()
    assert (surplus.disposition, surplus.words) == ("return_to_customer", words)
    assert surplus.decided_by.username == "desk"
    assert here.events.get(kind="surplus_decided").data == {"words": words}
    case = desk.get(page(here)).text
    assert "Back to the buyer" in case
    assert url(here, "surplus", surplus) not in case


@pytest.mark.parametrize(
    "changes", [{"disposition": "abandon", "words": " "}, {"words": "We keep it."}]
)
def test_surplus_needs_a_place_and_words(desk, here, surplus, changes):
    shown = send(desk, here, "surplus", surplus, **changes)
    assert "This field is required" in shown.text
    surplus.refresh_from_db()
    assert surplus.is_open


def test_surplus_is_decided_once(desk, here, surplus):
    values = {"disposition": "abandon", "words": "We gave it away."}
    for _ in range(2):
        shown = desk.post(url(here, "surplus", surplus), values, follow=True)
    assert "no longer possible" in shown.text
    assert here.events.filter(kind="surplus_decided").count() == 1


def test_surplus_of_another_return_is_not_found(desk, store, surplus):
    other = ask_for_all(people.place_order(store, "JP-2"))
    assert desk.get(url(other, "surplus", surplus)).status_code == 404


# --- who may ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["receive", "undo_receipt", "inspect", "photo"])
def test_who_may_not_receive_sees_no_button_and_no_page(reader, desk, here, name):
    if name in ("undo_receipt", "inspect"):
        received(here, clerk())
    for client in (reader, desk):
        assert url(here, name) not in client.get(page(here)).text
        assert client.get(url(here, name)).status_code == 404
        assert client.post(url(here, name), {}).status_code == 404


def test_the_warehouse_decides_neither_requests_nor_surplus_nor_money(warehouse, here, surplus):
    for name, subject in (("cancel", None), ("surplus", surplus)):
        assert url(here, name, subject) not in warehouse.get(page(here)).text
        assert warehouse.get(url(here, name, subject)).status_code == 404
    warehouse.post(url(here, "inspect"), {})
    ReturnAuthorization.objects.filter(pk=here.pk).update(status=Status.INSPECTED)
    assert url(here, "settle") not in warehouse.get(page(here)).text
    assert warehouse.get(url(here, "settle")).status_code == 404


def test_case_03_a_buyer_reaches_nothing_of_it(bob, here):
    answer = bob.post(url(here, "receive"), {})
    assert answer.status_code == 302
    assert "login" in answer.url
    assert not Receipt.objects.exists()


def test_a_return_that_is_not_there_is_not_found(warehouse):
    address = reverse("admin:returns_returnauthorization_receive", args=[987_654])
    assert warehouse.get(address).status_code == 404


# --- the list --------------------------------------------------------------------------------


def test_the_queue_to_receive_has_its_button_in_the_row(warehouse, here, store):
    ask_for_all(people.place_order(store, "JP-3"))
    shown = warehouse.get(reverse(LIST), {"work": "receive"}).text
    assert len(re.findall(r"/receive/", shown)) == 1
    assert url(here, "receive") in shown


def test_every_act_is_logged_with_its_name_and_who(warehouse, here):
    send(warehouse, here, "receive")
    send(warehouse, here, "inspect", **{f"condition_{row(here).pk}": "as_new"})
    told = LogEntry.objects.filter(object_id=str(here.pk)).order_by("pk")
    assert [(e.user.username, e.change_message) for e in told] == [
        ("jonas", "Receive."),
        ("jonas", "Inspect."),
    ]
