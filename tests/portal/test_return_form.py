"""The form that asks for a return: four questions, and what it makes of every answer."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from portal.forms.returns import whole_number
from returns import addresses, formats
from returns.models import BUYER, Draft, Order, ReturnAuthorization, Wanted
from returns.models.store import ReasonPolicy
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient

pytestmark = pytest.mark.django_db

SHIRT_AND_CANDLES = (("Linen shirt", "68.00", 1), ("Beeswax candle", "12.00", 3))


def words(response) -> str:
    """What a reader reads: the page without its tags."""
    text = re.sub(r"<(style|script|svg).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    text = re.sub(r"</?(bdi|time|b|span)\b[^>]*>", "", text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def page(order, name="return_items", **kwargs) -> str:
    return addresses.order_page(order, name, **kwargs)


def asked(*quantities, order) -> dict:
    """What the first page posts: quantities of the order's lines, from the top."""
    return {
        f"line-{line.pk}": quantity
        for line, quantity in zip(order.lines.all(), quantities, strict=False)
    }


def choose(client, order, *quantities, follow=True):
    return client.post(page(order), asked(*quantities, order=order), follow=follow)


def answer_all(client, order, *quantities, reason="changed_mind", wish="refund", **more):
    """Answers up to the check page, and gives that page."""
    choose(client, order, *quantities)
    for line, quantity in zip(order.lines.all(), quantities, strict=False):
        if quantity:
            client.post(page(order, "return_reason", line=line.pk), {"reason": reason} | more)
    response = client.post(page(order, "return_wish"), {"wish": wish} | more, follow=True)
    assert response.request["PATH_INFO"] == page(order, "return_check")
    return response


def hidden(response) -> dict:
    """The hidden fields of the check page, as its form sends them."""
    found = re.findall(r'name="(key|seen)" value="([^"]+)"', response.content.decode())
    assert {name for name, _ in found} == {"key", "seen"}
    return dict(found)


def send(client, order, checked, follow=True):
    return client.post(page(order, "return_check"), hidden(checked), follow=follow)


@pytest.fixture
def basket(store):
    """An order of a shirt and three candles."""
    return people.place_order(store, "JP-30000", SHIRT_AND_CANDLES)


@pytest.fixture
def buyer(basket) -> Client:
    client = CheckedClient()
    people.open_link(client, basket)
    return client


# --- The walk ---------------------------------------------------------------------------------


def test_four_answers_make_an_approved_return_and_its_page(sarah, order):
    checked = answer_all(sarah, order, "1")
    response = send(sarah, order, checked)
    rma = order.returns.get()
    assert rma.status == Status.APPROVED
    assert response.request["PATH_INFO"] == addresses.return_page(rma)
    assert rma.number in words(response)
    assert not Draft.objects.exists(), "the answers were sent, nothing of them is kept"


def test_what_was_answered_is_what_is_asked_for(buyer, basket):
    checked = answer_all(buyer, basket, "1", "2", reason="fit", comment="Too wide.")
    send(buyer, basket, checked)
    rma = basket.returns.get()
    rows = rma.lines.values_list("line__title", "requested", "reason", "comment")
    assert list(rows) == [
        ("Linen shirt", 1, "fit", "Too wide."),
        ("Beeswax candle", 2, "fit", "Too wide."),
    ]
    assert (rma.wish, rma.requested_by) == ("refund", "buyer")


def test_every_page_says_which_step_it_is_and_leads_back(buyer, basket):
    shirt, candle = basket.lines.all()
    first = buyer.get(page(basket))
    assert "Step 1 of 4" in words(first)
    choose(buyer, basket, "1", "1")
    why_shirt = buyer.get(page(basket, "return_reason", line=shirt.pk))
    why_candle = buyer.get(page(basket, "return_reason", line=candle.pk))
    wish = buyer.get(page(basket, "return_wish"))
    assert "Step 2 of 4" in words(why_shirt) and "Step 3 of 4" in words(wish)

    def back(response):
        return re.search(r'class="back" href="([^"]+)"', response.content.decode())[1]

    assert back(first) == page(basket, "order")
    assert back(why_shirt) == page(basket)
    assert back(why_candle) == page(basket, "return_reason", line=shirt.pk)
    assert back(wish) == page(basket, "return_reason", line=candle.pk)
    assert back(answer_all(buyer, basket, "1", "1")) == page(basket, "return_wish")


def test_after_a_change_the_walk_goes_on_where_an_answer_is_missing(buyer, basket):
    candle = basket.lines.last()
    answer_all(buyer, basket, "1", "0")
    response = choose(buyer, basket, "1", "2")
    assert response.request["PATH_INFO"] == page(basket, "return_reason", line=candle.pk)
    response = buyer.post(
        page(basket, "return_reason", line=candle.pk), {"reason": "fit"}, follow=True
    )
    assert response.request["PATH_INFO"] == page(basket, "return_check")


def test_nobody_reaches_a_later_question_before_the_earlier_ones(sarah, order):
    line = order.lines.get()
    for late in ("return_wish", "return_check"):
        assert sarah.get(page(order, late)).url == page(order)
    assert sarah.get(page(order, "return_reason", line=line.pk)).url == page(order)
    choose(sarah, order, "1")
    assert sarah.get(page(order, "return_check")).url == page(order, "return_reason", line=line.pk)


def test_answers_come_back_in_another_browser_by_the_same_link(basket, buyer):
    choose(buyer, basket, "1", "2")
    shirt = basket.lines.first()
    buyer.post(
        page(basket, "return_reason", line=shirt.pk), {"reason": "fit", "comment": "Too wide."}
    )
    phone = CheckedClient()
    people.open_link(phone, basket)
    first = phone.get(page(basket)).content.decode()
    assert re.search(rf'id="id_line-{shirt.pk}" value="1" checked', first)
    assert 'value="2"' in first
    second = phone.get(page(basket, "return_reason", line=shirt.pk)).content.decode()
    assert re.search(r'value="fit" checked', second) and "Too wide." in second


def test_answers_are_forgotten_after_seven_days(sarah, order):
    choose(sarah, order, "1")
    Draft.objects.update(saved_at=timezone.now() - timedelta(days=7, minutes=1))
    assert "checked" not in sarah.get(page(order)).content.decode()
    old = Draft.objects.get().key
    choose(sarah, order, "1")
    assert Draft.objects.get().key != old


def test_the_link_of_another_order_opens_none_of_it(bob, order):
    for name in ("return_items", "return_wish", "return_check"):
        assert bob.get(page(order, name)).status_code == 404
        assert bob.post(page(order, name)).status_code == 404


def test_without_a_session_every_page_leads_to_find(client, order):
    for name in ("return_items", "return_wish", "return_check"):
        assert client.get(page(order, name)).url == addresses.store_page(order.store, "find")


# --- 1: what ------------------------------------------------------------------------------------


def test_one_unit_is_ticked_and_several_are_counted(buyer, basket):
    shirt, candle = basket.lines.all()
    text = buyer.get(page(basket)).content.decode()
    assert re.search(rf'<input type="checkbox" name="line-{shirt.pk}"', text)
    assert re.search(rf'<input [^>]*inputmode="numeric"[^>]* name="line-{candle.pk}"', text)
    assert "68.00 USD" in text and "3 for 36.00 USD" in text and "0 to 3" in text


def test_case_13_the_page_says_until_when_each_thing_can_go_back(sarah, order):
    end = order.lines.get().window_end()
    with timezone.override(order.where):
        assert f"Can be sent back until {formats.day(end)}" in words(sarah.get(page(order)))


def test_while_it_travels_its_time_has_not_begun(store):
    order = people.place_order(store, delivered=False)
    client = CheckedClient()
    people.open_link(client, order)
    assert "your time to return it begins when it arrives" in words(client.get(page(order)))


def test_what_cannot_go_back_says_why_and_until_when(store):
    closed = store.policy.rules().to_json() | {"window_days": 2}
    order = people.place_order(
        store,
        lines=(
            ("Linen shirt", "68.00", 1),
            ("Scarf", "9.00", 1, {"final_sale": True}),
            ("Gift card", "20.00", 1, {"needs_shipping": False}),
            ("Mug", "7.00", 1, {"rules_json": closed}),
            ("Lamp", "30.00", 1),
        ),
        days_ago=9,
    )
    lamp, mug = order.lines.get(title="Lamp"), order.lines.get(title="Mug")
    rma = order.request_return([Wanted(lamp.pk, 1, "fit")], by=BUYER, key="before")
    client = CheckedClient()
    people.open_link(client, order)
    response = client.get(page(order))
    text = words(response)
    with timezone.override(order.where):
        until = formats.day(Order.objects.get().lines.get(pk=mug.pk).window_end())
    assert "It was a final sale" in text
    assert "It came without a parcel" in text
    assert f"It could be sent back until {until}" in text
    assert "All of it is already part of a return" in text
    assert addresses.return_page(rma) in response.content.decode()
    assert response.content.decode().count('type="checkbox"') == 1


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"shipped": False}, "It has not been sent yet"),
        ({"cancelled_at": timezone.now()}, "The order was cancelled"),
        ({"paid_at": None}, "The payment has not reached us yet"),
        ({"days_ago": 90}, "It could be sent back until"),
    ],
)
def test_case_15_where_nothing_can_go_back_there_is_no_form_but_a_way_to_write(store, values, why):
    order = people.place_order(store, **values)
    client = CheckedClient()
    people.open_link(client, order)
    response = client.get(page(order))
    assert "Nothing can be sent back now" in words(response) and why in words(response)
    assert 'name="line-' not in response.content.decode()
    assert "<form" not in response.content.decode()
    assert f'href="{addresses.order_page(order, "messages")}"' in response.content.decode()
    refused = choose(client, order, "1")
    assert why in words(refused) and not Draft.objects.exists()


@pytest.mark.parametrize(
    "typed", ["-1", "0.5", "1,5", "1e1", "two", "½", "--", "1 1", "0x1", "1\x00", "+1"]
)
def test_case_27_what_is_no_whole_number_is_asked_for_again_and_kept(buyer, basket, typed):
    response = choose(buyer, basket, "1", typed)
    text = response.content.decode()
    assert "Write how many, as a whole number from 1." in unescape(text)
    assert response.context["form"].rows[1].typed == typed
    assert re.search(r'value="1" checked', text), "the other answer stays"
    assert not Draft.objects.exists()


@pytest.mark.parametrize("typed", ["4", "999999999", "9" * 5000, "００４"])
def test_more_than_there_is_says_how_many_are_possible(buyer, basket, typed):
    response = choose(buyer, basket, "0", typed)
    assert "Beeswax candle: At most 3 can be sent back" in words(response)
    assert response.content.decode().count("At most 3 can be sent back") == 2, "beside it as well"
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("", 0),
        ("  ", 0),
        ("0", 0),
        ("２", 2),
        (" 3 ", 3),
        ("٣", 3),
        ("003", 3),
        ("-2", None),
        ("2.0", None),
        ("²", 2),
        ("Ⅲ", None),
    ],
)
def test_digits_of_any_keyboard_are_understood(typed, number):
    assert whole_number(typed) == number


def test_full_width_digits_are_understood_by_the_form(buyer, basket):
    choose(buyer, basket, "", "２")
    assert Draft.objects.get().answers["lines"] == {str(basket.lines.last().pk): 2}


@pytest.mark.parametrize("nothing", [[], ["", ""], ["0", "0"], ["", "０"]])
def test_case_25_nothing_chosen_keeps_the_form_and_says_so(buyer, basket, nothing):
    response = choose(buyer, basket, *nothing)
    assert words(response).count("Choose at least one thing to send back.") == 2
    assert "<title>Problem: " in response.content.decode()
    assert 'name="line-' in response.content.decode()
    assert not Draft.objects.exists()


def test_the_same_line_twice_is_added_up_before_it_is_judged(buyer, basket):
    shirt, candle = basket.lines.all()
    twice = buyer.post(page(basket), {f"line-{candle.pk}": ["2", "2"]})
    assert "At most 3 can be sent back" in words(twice)
    twice = buyer.post(page(basket), {f"line-{shirt.pk}": ["1", "1"]})
    assert "At most 1 can be sent back" in words(twice)
    one_bad = buyer.post(page(basket), {f"line-{candle.pk}": ["3", "-1"]})
    assert "Write how many" in words(one_bad)
    assert not Draft.objects.exists()
    buyer.post(page(basket), {f"line-{candle.pk}": ["2", "1"]})
    assert Draft.objects.get().answers["lines"] == {str(candle.pk): 3}


@pytest.mark.parametrize("name", ["line-{other}", "line-999999999", "line-x", "line-", "line--1"])
def test_case_05_a_line_that_is_not_of_this_order_is_refused_whole(buyer, basket, order, name):
    data = asked("1", order=basket) | {name.format(other=order.lines.get().pk): "1"}
    response = buyer.post(page(basket), data)
    assert "This is not part of the order." in words(response)
    assert not Draft.objects.exists()


def test_a_line_that_was_not_offered_is_refused_with_its_reason(store):
    order = people.place_order(
        store,
        lines=(
            ("Linen shirt", "68.00", 1),
            ("Scarf", "9.00", 1, {"final_sale": True}),
        ),
    )
    client = CheckedClient()
    people.open_link(client, order)
    response = choose(client, order, "1", "1")
    assert "Scarf: It was a final sale" in words(response)
    assert not Draft.objects.exists()


# --- 2: why -------------------------------------------------------------------------------------


def test_only_reasons_whose_own_time_runs_are_offered(store):
    ReasonPolicy.objects.create(policy=store.policy, reason="faulty", window_days=365)
    ReasonPolicy.objects.create(policy=store.policy, reason="late", offered=False)
    order = people.place_order(store, days_ago=60)
    client = CheckedClient()
    people.open_link(client, order)
    choose(client, order, "1")
    path = page(order, "return_reason", line=order.lines.get().pk)
    text = client.get(path).content.decode()
    assert re.findall(r'name="reason"[^>]* value="(\w+)"', text) == ["faulty"]

    closed = client.post(path, {"reason": "changed_mind"})
    assert "This reason could be given until" in words(closed)
    unknown = client.post(path, {"reason": "late"})
    assert "Choose the reason that fits best." in words(unknown)
    assert not any(name.startswith("reason") for name in Draft.objects.get().answers)


def test_each_reason_says_who_pays_and_whether_a_photo_is_wanted(store):
    store.policy.fee = Decimal("4.90")
    store.policy.save()
    ReasonPolicy.objects.create(policy=store.policy, reason="faulty", photos=True)
    order = people.place_order(store)
    client = CheckedClient()
    people.open_link(client, order)
    choose(client, order, "1")
    text = words(client.get(page(order, "return_reason", line=order.lines.get().pk)))
    wanted = "Please take a photo before you pack it; we may ask for it."
    assert f"it does not work We pay for everything. {wanted}" in text
    assert "You pay the postage: 4.90 USD is taken off what you get back." in text


def test_a_missing_reason_is_asked_for_beside_the_choices(sarah, order):
    choose(sarah, order, "1")
    path = page(order, "return_reason", line=order.lines.get().pk)
    response = sarah.post(path, {"comment": "It is too wide."})
    assert words(response).count("If none does, choose “I changed my mind”.") == 2
    assert "It is too wide." in response.content.decode()


def test_a_comment_that_is_too_long_is_kept_and_named(sarah, order):
    choose(sarah, order, "1")
    path = page(order, "return_reason", line=order.lines.get().pk)
    response = sarah.post(path, {"reason": "fit", "comment": "x" * 1001})
    assert "1001 characters are written, and there is room for 1000" in words(response)
    assert "x" * 1001 in response.content.decode()
    # A browser counts a new line once and sends it as two characters.
    fits = sarah.post(path, {"reason": "fit", "comment": "x\r\n" * 499 + "xx"})
    assert fits.status_code == 302


def test_the_reason_of_a_line_of_another_order_is_not_found(buyer, basket, order):
    choose(buyer, basket, "1")
    assert buyer.get(page(basket, "return_reason", line=order.lines.get().pk)).status_code == 404


# --- 3: what one would like ---------------------------------------------------------------------


def test_only_what_every_line_allows_can_be_wished_for(store):
    rules = store.policy.rules().to_json()
    order = people.place_order(
        store,
        lines=(
            ("Linen shirt", "68.00", 1, {"rules_json": rules | {"wishes": ["refund", "exchange"]}}),
            ("Mug", "7.00", 1, {"rules_json": rules | {"wishes": ["refund", "store_credit"]}}),
            ("Lamp", "30.00", 1, {"rules_json": rules | {"wishes": ["refund", "exchange"]}}),
        ),
    )
    client = CheckedClient()
    people.open_link(client, order)

    def offered():
        text = client.get(page(order, "return_wish")).content.decode()
        return re.findall(r'name="wish"[^>]* value="(\w+)"', text)

    choose(client, order, "1", "0", "1")
    assert offered() == ["refund", "exchange"]
    refused = client.post(page(order, "return_wish"), {"wish": "store_credit"})
    assert "Choose what you would like from the list." in words(refused)


def test_where_there_is_nothing_to_choose_nothing_is_asked(store):
    rules = store.policy.rules().to_json() | {"wishes": ["refund"]}
    order = people.place_order(store, lines=(("Mug", "7.00", 1, {"rules_json": rules}),))
    client = CheckedClient()
    people.open_link(client, order)
    assert "Step 1 of 3" in words(client.get(page(order)))
    choose(client, order, "1")
    path = page(order, "return_reason", line=order.lines.get().pk)
    checked = client.post(path, {"reason": "fit"}, follow=True)
    assert checked.request["PATH_INFO"] == page(order, "return_check")
    assert "Step 3 of 3" in words(checked)
    send(client, order, checked)
    assert order.returns.get().wish == "refund"


def test_an_exchange_needs_to_know_for_which_one(sarah, order):
    choose(sarah, order, "1")
    sarah.post(page(order, "return_reason", line=order.lines.get().pk), {"reason": "fit"})
    without = sarah.post(page(order, "return_wish"), {"wish": "exchange", "other": "  "})
    assert words(without).count("Write which size, colour or kind you would like.") == 2
    checked = sarah.post(
        page(order, "return_wish"), {"wish": "exchange", "other": "Size L"}, follow=True
    )
    assert "Size L" in words(checked)
    send(sarah, order, checked)
    rma = order.returns.get()
    assert (rma.wish, rma.note, rma.estimated_total) == ("exchange", "Size L", 0)


def test_a_missing_wish_is_asked_for(sarah, order):
    choose(sarah, order, "1")
    assert "Choose what you would like." in words(sarah.post(page(order, "return_wish"), {}))


# --- 4: check and send --------------------------------------------------------------------------


def test_the_address_we_write_to_is_masked(sarah, order):
    text = words(answer_all(sarah, order, "1"))
    assert "s•••@example.com" in text and "sarah@example.com" not in text


@pytest.mark.parametrize(
    ("policy", "reason", "quantities", "order_values"),
    [
        ({}, "changed_mind", ("1", "3"), {}),
        ({"fee": Decimal("4.90")}, "changed_mind", ("1", "0"), {}),
        ({"fee": Decimal("4.90")}, "faulty", ("0", "2"), {}),
        ({"returns_postage": True}, "faulty", ("1", "3"), {}),
        ({"returns_postage": True, "fee": Decimal("4.90")}, "fit", ("1", "3"), {}),
        ({"keep_below": Decimal(50)}, "faulty", ("0", "1"), {}),
        ({}, "fit", ("1", "1"), {"refunded_total": Decimal("50.00")}),
        ({"automatic_up_to": None}, "fit", ("1", "1"), {}),
    ],
)
def test_what_the_check_page_shows_is_what_the_return_says(
    db, policy, reason, quantities, order_values
):
    store = people.open_store(policy=policy)
    order = people.place_order(store, lines=SHIRT_AND_CANDLES, **order_values)
    client = CheckedClient()
    people.open_link(client, order)
    checked = answer_all(client, order, *quantities, reason=reason)
    shown = dict(
        re.findall(
            r"<dt>(.*?)</dt><dd>(−?[\d.]+) USD</dd>",
            re.sub(r"</?bdi>", "", checked.content.decode().split('class="sum"')[1]),
        )
    )
    amounts = {name: Decimal(text.replace("−", "-")) for name, text in shown.items()}
    total = amounts.pop("Back to the way you paid")
    send(client, order, checked)
    rma = order.returns.get()
    assert total == rma.estimated_total
    assert sum(amounts.values()) == total, "the lines add up to the sum"
    for row in rma.lines.all():
        assert amounts[row.line.title] == row.amount
    assert -amounts.get("Return postage, paid by you", 0) == rma.estimated_fee
    assert amounts.get("The postage you paid when you ordered", 0) == rma.estimated_postage
    assert ("you get your return number at once" in words(checked).lower()) == (
        rma.status == Status.APPROVED and not rma.keeps_goods
    )
    assert ("You can keep the goods" in words(checked)) == rma.keeps_goods


def test_the_hour_of_our_answer_is_the_one_that_is_promised(db):
    store = people.open_store(policy={"automatic_up_to": None})
    order = people.place_order(store)
    client = CheckedClient()
    people.open_link(client, order)
    checked = answer_all(client, order, "1")
    send(client, order, checked)
    due = order.promises.get().due_at
    with timezone.override(order.where):
        # The minute may have changed between the two pages.
        either = {formats.moment(due - timedelta(minutes=late)) for late in (0, 1)}
    assert any(f"we answer by {moment}" in words(checked) for moment in either)


def test_a_second_press_finds_the_return_of_the_first(sarah, order):
    checked = answer_all(sarah, order, "1")
    first = send(sarah, order, checked)
    again = send(sarah, order, checked)
    assert again.request["PATH_INFO"] == first.request["PATH_INFO"]
    assert order.returns.count() == 1


def test_an_old_page_sends_nothing_of_a_newer_form(buyer, basket):
    checked = answer_all(buyer, basket, "1", "0")
    send(buyer, basket, checked)
    answer_all(buyer, basket, "0", "2")
    again = send(buyer, basket, checked)
    assert again.request["PATH_INFO"] == addresses.return_page(basket.returns.get())
    assert Draft.objects.get().answers["lines"], "the newer answers wait to be sent"


def test_what_another_tab_changed_is_shown_before_it_is_sent(buyer, basket):
    checked = answer_all(buyer, basket, "1", "0")
    shirt = basket.lines.first()
    buyer.post(page(basket, "return_reason", line=shirt.pk), {"reason": "faulty"})
    response = send(buyer, basket, checked)
    assert response.status_code == 409
    assert "Your answers were changed" in words(response)
    assert "It is damaged or has a fault" in words(response)
    assert not ReturnAuthorization.objects.exists()
    send(buyer, basket, response)
    assert basket.returns.get().lines.get().reason == "faulty"


def test_two_tabs_add_to_the_same_answers(basket):
    shirt, candle = basket.lines.all()
    Draft.objects.of(basket, "return").keep(lines={str(shirt.pk): 1, str(candle.pk): 1})
    one, other = (Draft.objects.of(basket, "return") for _ in range(2))
    one.keep(**{f"reason-{shirt.pk}": "fit"})
    other.keep(**{f"reason-{candle.pk}": "late"})
    assert Draft.objects.get().answers.keys() == {
        "lines",
        f"reason-{shirt.pk}",
        f"reason-{candle.pk}",
    }


def test_a_tab_that_was_left_open_begins_a_form_of_its_own(buyer, basket):
    """Under the old key it could only find the return that was made, and ask for nothing."""
    checked = answer_all(buyer, basket, "1", "0")
    left_open = Draft.objects.of(basket, "return")
    send(buyer, basket, checked)
    left_open.keep(lines={str(basket.lines.last().pk): 1})
    assert Draft.objects.get().key != hidden(checked)["key"]
    checked = answer_all(buyer, basket, "0", "1")
    send(buyer, basket, checked)
    assert basket.returns.count() == 2


def test_what_was_taken_meanwhile_is_said_beside_its_line_and_nothing_is_lost(buyer, basket):
    shirt, candle = basket.lines.all()
    checked = answer_all(buyer, basket, "1", "2", comment="Too wide.")
    basket.request_return([Wanted(candle.pk, 2, "fit")], by=BUYER, key="elsewhere")
    response = send(buyer, basket, checked)
    assert response.request["PATH_INFO"] == page(basket)
    assert "Beeswax candle: At most 1 can be sent back. Choose 1 or fewer." in words(response)
    assert basket.returns.count() == 1
    answers = Draft.objects.get().answers
    assert answers[f"comment-{shirt.pk}"] == "Too wide." and answers["wish"] == "refund"

    response = choose(buyer, basket, "1", "1")
    assert response.request["PATH_INFO"] == page(basket, "return_check")
    send(buyer, basket, response)
    assert basket.returns.count() == 2


def test_what_is_gone_altogether_is_named(sarah, order):
    checked = answer_all(sarah, order, "1")
    people.ask_to_return(order, key="elsewhere")
    response = send(sarah, order, checked)
    assert "Linen shirt: All of it is already part of a return." in words(response)
    assert "Nothing can be sent back now" in words(response)
    assert order.returns.count() == 1


def test_a_reason_whose_time_ran_out_meanwhile_is_asked_for_again(store):
    ReasonPolicy.objects.create(policy=store.policy, reason="faulty", window_days=365)
    order = people.place_order(store)
    client = CheckedClient()
    people.open_link(client, order)
    checked = answer_all(client, order, "1", reason="fit")
    for shipment in order.shipments.all():
        parcel = shipment.parcel
        parcel.milestone_at -= timedelta(days=60)
        parcel.save()
    response = send(client, order, checked)
    assert response.request["PATH_INFO"] == page(order, "return_reason", line=order.lines.get().pk)
    assert "This reason could be given until" in words(response)
    assert not ReturnAuthorization.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"key": "x"},
        {"key": "x" * 5000, "seen": "y"},
        {"seen": "y"},
        {"key": "\x00"},
    ],
)
def test_a_post_without_the_pages_own_key_makes_nothing(sarah, order, data):
    answer_all(sarah, order, "1")
    assert sarah.post(page(order, "return_check"), data).status_code in (302, 409)
    assert not ReturnAuthorization.objects.exists()


def test_opening_the_pages_writes_nothing(sarah, order):
    answer_all(sarah, order, "1")
    before = Draft.objects.values().get()
    for name in ("return_items", "return_wish", "return_check"):
        sarah.get(page(order, name))
    assert Draft.objects.values().get() == before
    assert not ReturnAuthorization.objects.exists()


# --- In Chinese, and in numbers -----------------------------------------------------------------


def test_names_in_any_script_stand_apart_from_our_sentences(store):
    order = people.place_order(store, lines=(("قميص <b>أبيض</b>", "55.00", 1),))
    client = CheckedClient()
    people.open_link(client, order)
    text = client.get(page(order)).content.decode()
    assert "قميص &lt;b&gt;أبيض&lt;/b&gt;</bdi>" in text
    assert "<b>أبيض" not in answer_all(client, order, "1").content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_no_page_asks_the_database_more_often_for_more_lines(
    store, count, django_assert_max_num_queries
):
    order = people.place_order(store, lines=tuple((f"Thing {n}", "2.00", 2) for n in range(count)))
    first, last = order.lines.first(), order.lines.last()
    order.request_return([Wanted(last.pk, 1, "fit")], by=BUYER, key="before")
    client = CheckedClient()
    people.open_link(client, order)
    answer_all(client, order, *["1"] * count)
    for name, kwargs in (
        ("return_items", {}),
        ("return_reason", {"line": first.pk}),
        ("return_wish", {}),
        ("return_check", {}),
    ):
        with django_assert_max_num_queries(10):
            assert client.get(page(order, name, **kwargs)).status_code == 200


def test_the_field_for_an_exchange_is_never_called_optional(sarah, order):
    for data in ({}, {"wish": "refund"}, {"wish": "exchange"}):
        text = sarah.post(page(order, "return_wish"), data).content.decode()
        assert "leave this empty" not in text


# --- Again and again --------------------------------------------------------------------------


def test_who_asks_and_cancels_again_and_again_is_told_to_write(buyer, basket):
    for n in range(5):
        people.ask_to_return(basket, key=f"form-{n}").cancel(by=BUYER)
    response = send(buyer, basket, answer_all(buyer, basket, "1"))
    assert response.status_code == 429
    assert "Please write to us: hello@juniper.example" in words(response)
    assert basket.returns.count() == 5
    assert hidden(response)["key"] == Draft.objects.get(order=basket).key  # nothing is lost
