"""Withdrawing on the page of an order: prefilled, whole or in part, in force at once; and
confirming one that came by the open page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns import addresses
from returns.models import Order, Withdrawal, WithdrawalOutcome
from returns.withdrawal_states import WhyNot, WithdrawalStatus
from tests import people
from tests.page_checks import CheckedClient
from tests.returns.returning import DESK, posted
from tests.returns.withdrawing import declared, eu_order, eu_store, on_its_page, outcome_of, work

pytestmark = pytest.mark.django_db
TWO = (
    ("Linen shirt", "68.00", 2, {"variant": "Oat, M"}),
    ("Beeswax candles", "24.00", 1),
)
WHO = {"name": "Sarah Whitcombe", "email": "sarah@example.com"}
LINK = "Withdraw from contract here</a>"


@pytest.fixture
def order() -> Order:
    return eu_order(lines=TWO)


@pytest.fixture
def sarah(order) -> CheckedClient:
    client = CheckedClient()
    people.open_link(client, order)
    return client


@pytest.fixture
def bob(order) -> CheckedClient:
    """A stranger with an order of his own in the same store."""
    client = CheckedClient()
    people.open_link(client, eu_order(order.store, "JP-20999", email="bob@example.com"))
    return client


def page_of(order) -> str:
    return addresses.order_page(order, "order_withdraw")


def state_of(order, withdrawal) -> str:
    return addresses.order_page(order, "withdrawal", number=withdrawal.number)


def hidden(page) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def units(order, *counts) -> dict[str, object]:
    lines = order.lines.all()
    return {f"line-{line.pk}": count for line, count in zip(lines, counts, strict=True)}


def check(client, order, *counts, **values):
    form = hidden(client.get(page_of(order)))
    return client.post(page_of(order), form | WHO | units(order, *counts) | values)


def confirm(client, order, page):
    return client.post(page_of(order), hidden(page) | {"step": "confirm"})


# --- The way there --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["order", "messages", "return_items", "papers", "problem", "order_withdraw", "ways"]
)
def test_every_page_of_the_order_leads_there(sarah, order, name):
    page = sarah.get(addresses.order_page(order, name))
    assert f'<a href="{page_of(order)}">{LINK}' in page.text


def test_the_pages_of_its_returns_lead_there_too(sarah, order):
    rma = people.ask_to_return(order)
    page = sarah.get(addresses.return_page(rma))
    assert page_of(order) in page.text


def test_it_is_there_the_whole_period_through_and_no_longer(order):
    order = Order.objects.get(pk=order.pk)
    end = order.withdrawal_ends(timezone.now())
    fresh = Order.objects.get(pk=order.pk)
    assert fresh.may_withdraw(end) and not fresh.may_withdraw(end + timedelta(seconds=1))


@pytest.mark.parametrize(
    "values",
    [{"days_ago": 60}, {"country": "GB"}, {"cancelled_at": timezone.now()}],
    ids=["late", "elsewhere", "cancelled"],
)
def test_where_there_is_no_such_right_no_page_leads_there(values):
    order, client = eu_order(**values), CheckedClient()
    people.open_link(client, order)
    assert LINK not in client.get(addresses.order_page(order)).text


def test_before_anything_was_sent_the_link_is_there_however_old_the_order_is():
    order, client = eu_order(shipped=False, days_ago=50), CheckedClient()
    people.open_link(client, order)
    assert LINK in client.get(addresses.order_page(order)).text


def test_it_costs_a_page_no_more_than_a_fixed_number_of_questions(order):
    counts = []
    store = order.store
    for number, lines in ((1, TWO), (2, TWO * 4)):
        one = eu_order(store, f"JP-{number}", lines=lines)
        for more in range(number):
            people.ship(one, number=f"RB{one.pk}{more}456785GB")
        bare = Order.objects.select_related("store__account").get(pk=one.pk)
        with CaptureQueriesContext(connection) as found:
            assert bare.may_withdraw(timezone.now())
        counts.append(len(found))
    assert counts[0] == counts[1] <= 5


def test_a_store_that_does_not_offer_it_pays_nothing_for_it(store):
    order = people.place_order(store, country="LT")
    bare = Order.objects.select_related("store__account").get(pk=order.pk)
    with CaptureQueriesContext(connection) as found:
        assert not bare.may_withdraw(timezone.now())
    assert len(found) == 0


def test_the_page_of_an_order_with_withdrawals_asks_one_question_more(sarah, order):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            sarah.get(addresses.order_page(order))
        return len(found)

    declared(order)
    work()
    before = asked()
    for _ in range(3):
        declared(order)
    work()
    assert asked() == before


# --- Declaring ------------------------------------------------------------------------------------


def test_the_order_and_all_of_its_goods_are_filled_in(sarah, order):
    page = sarah.get(page_of(order))
    assert "It is about your order" in page.text and order.number in page.text
    values = re.findall(r'name="line-\d+"[^>]* value="(\d*)"', page.text)
    assert values == ["2", "1"]
    # A link gets forwarded: whose order it is, it does not tell.
    assert "sarah@example.com" not in page.text and "Whitcombe" not in page.text


def test_all_of_it_is_in_force_at_once(sarah, order):
    page = check(sarah, order, 2, 1)
    assert "All of it" in page.text
    assert not Withdrawal.objects.exists()
    answer = confirm(sarah, order, page)
    made = Withdrawal.objects.get()
    assert answer["Location"] == state_of(order, made)
    assert (made.contract, made.goods, made.way) == (order.number, [], "order")
    assert outcome_of(made).status == WithdrawalStatus.EFFECTIVE
    page = sarah.get(answer["Location"])
    assert "Your withdrawal is in force." in page.text
    rma = order.returns.get()
    assert addresses.return_page(rma) in page.text
    assert "We may wait until the goods are here" in page.text


def test_a_part_of_it_names_the_things(sarah, order):
    page = check(sarah, order, 1, 0)
    assert "1 × <bdi>Linen shirt, Oat, M</bdi>" in page.text
    confirm(sarah, order, page)
    made = Withdrawal.objects.get()
    assert made.goods == [{"quantity": 1, "what": "Linen shirt, Oat, M"}]
    row = order.returns.get().lines.get()
    assert (row.line.title, row.requested) == ("Linen shirt", 1)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 0), "Choose at least one thing that you withdraw from."),
        (("", ""), "Choose at least one thing that you withdraw from."),
        ((3, 1), "Write a whole number from 0 to 2."),
        (("-1", 1), "Write a whole number from 0 to 2."),
        (("1.5", 1), "Write a whole number from 0 to 2."),
        (("many", 1), "Write a whole number from 0 to 2."),
        (("9" * 50, 1), "Write a whole number from 0 to 2."),
    ],
)
def test_wrong_numbers_are_said_beside_their_field(sarah, order, counts, words):
    page = check(sarah, order, *counts)
    assert page.status_code == 422 and words in page.text
    assert "Sarah Whitcombe" in page.text
    assert not Withdrawal.objects.exists()


def test_a_line_of_another_order_is_not_taken(sarah, order):
    other = eu_order(order.store, "JP-2")
    line = other.lines.get()
    page = check(sarah, order, 0, 0, **{f"line-{line.pk}": 1})
    assert page.status_code == 422
    assert not Withdrawal.objects.exists()


def test_case_22_sent_twice_it_is_one(sarah, order):
    page = check(sarah, order, 2, 1)
    answers = [confirm(sarah, order, page)["Location"] for _ in range(3)]
    assert len(set(answers)) == 1
    assert Withdrawal.objects.count() == order.returns.count() == 1


def test_what_is_gone_by_then_is_said(sarah, order):
    on_its_page(order)
    page = sarah.get(page_of(order))
    assert "There is nothing to withdraw from." in page.text


def test_after_the_period_it_is_said_and_recorded_all_the_same():
    order, client = eu_order(days_ago=60, lines=TWO), CheckedClient()
    people.open_link(client, order)
    page = client.get(page_of(order))
    assert "The time to withdraw ended on" in page.text
    answer = confirm(client, order, check(client, order, 2, 1))
    outcome = outcome_of(Withdrawal.objects.get())
    assert (outcome.status, outcome.why) == (WithdrawalStatus.OUTSIDE, WhyNot.OVER)
    page = client.get(answer["Location"])
    assert "We have your withdrawal, and a person answers you." in page.text
    assert "The time to withdraw ended on" in page.text
    assert "A person will answer your request by" in page.text


def test_goods_without_the_right_are_not_offered():
    store = eu_store(no_withdrawal_skus="MADE-*")
    lines = (("To measure", "90.00", 1, {"sku": "MADE-1"}), ("Linen shirt", "68.00", 1))
    order, client = eu_order(store, lines=lines), CheckedClient()
    people.open_link(client, order)
    page = client.get(page_of(order))
    assert "Linen shirt" in page.text and "To measure" not in page.text


def test_with_a_fresh_code_who_and_where_are_filled_in(order):
    from portal import access

    client = CheckedClient()
    people.open_link(client, order)
    session = client.session
    session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp())}
    session.save()
    page = client.get(page_of(order))
    assert 'value="sarah@example.com"' in page.text and 'value="Sarah Whitcombe"' in page.text


def test_a_stranger_finds_no_page(bob, order):
    assert bob.get(page_of(order)).status_code == 404
    assert bob.post(page_of(order), WHO).status_code == 404
    client = CheckedClient()
    assert client.get(page_of(order))["Location"].endswith("/find/")


# --- How it stands --------------------------------------------------------------------------------


def test_the_order_page_leads_to_it(sarah, order):
    made = on_its_page(order)
    page = sarah.get(addresses.order_page(order))
    assert state_of(order, made) in page.text
    assert "Your withdrawal from the contract" in page.text


def test_its_page_shows_what_was_sent_and_hides_where_it_was_confirmed(sarah, order):
    made = on_its_page(order)
    page = sarah.get(state_of(order, made))
    assert made.number in page.text and f"{made.received_at:%Y-%m-%d %H:%M:%S} UTC" in page.text
    assert "sarah@example.com" not in page.text


def test_case_1_the_withdrawal_of_another_order_is_not_there(sarah, order):
    other = eu_order(order.store, "JP-2")
    made = on_its_page(other)
    assert sarah.get(addresses.order_page(order, "withdrawal", number=made.number)).status_code == (
        404
    )
    missing = addresses.order_page(order, "withdrawal", number="WD-2222-2222")
    assert sarah.get(missing).status_code == 404


@pytest.mark.parametrize("status", list(WithdrawalStatus))
def test_every_state_has_its_page(sarah, order, status):
    made = on_its_page(order)
    WithdrawalOutcome.objects.filter(pk=made.pk).update(status=status, why=WhyNot.OVER)
    page = sarah.get(state_of(order, made))
    assert page.status_code == 200
    assert not re.search(r"[{}]|None", page.text.partition("<main")[2].partition("</main>")[0])


def test_what_the_desk_wrote_is_shown_unless_it_tells_who_one_is(sarah, order):
    made = on_its_page(eu_order(order.store, "JP-3", days_ago=60))
    outcome = outcome_of(made)
    outcome.answer(WhyNot.OVER, "It came on the 3rd.", by=DESK)
    client = CheckedClient()
    people.open_link(client, outcome.order)
    page = client.get(state_of(outcome.order, made))
    assert "It came on the 3rd." in page.text
    assert "Your rights under the law stay as they are." in page.text
    WithdrawalOutcome.objects.update(words="Dear Sarah Whitcombe, no.")
    assert "Dear Sarah" not in client.get(state_of(outcome.order, made)).text


def test_the_page_of_the_return_tells_of_the_withdrawal(sarah, order):
    on_its_page(order)
    rma = order.returns.get()
    page = sarah.get(addresses.return_page(rma))
    assert "You have withdrawn. Here is how to send it back." in page.text
    assert "Cancel this return" not in page.text
    assert sarah.get(
        addresses.order_page(order, "return_cancel", number=rma.number)
    ).status_code in (
        302,
        409,
    )
    posted(rma)
    assert sarah.get(addresses.return_page(rma)).status_code == 200


def test_what_is_stopped_is_told_on_the_page_of_its_return():
    order, client = eu_order(shipped=False), CheckedClient()
    people.open_link(client, order)
    on_its_page(order)
    rma = order.returns.get()
    page = client.get(addresses.return_page(rma))
    assert "We stop what has not left us." in page.text
    assert "We will send the money by" in page.text
    rma.note_stopped(by=DESK)
    page = client.get(addresses.return_page(rma))
    assert "It stays with us, and your money comes back." in page.text
    assert client.get(addresses.order_page(order)).status_code == 200


# --- "It was me" ----------------------------------------------------------------------------------


def test_one_from_the_open_page_is_confirmed_on_the_page_of_the_order(sarah, order):
    made = declared(order)
    work()
    page = sarah.get(state_of(order, made))
    assert "Was it you who withdrew?" in page.text
    way = addresses.order_page(order, "withdrawal_confirm", number=made.number)
    assert way in page.text
    ask = sarah.get(way)
    assert "Confirm withdrawal" in ask.text and "2 × Linen shirt" in ask.text
    assert not order.returns.exists(), "looking changes nothing"
    answers = [sarah.post(way) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [state_of(order, made)] * 2
    assert outcome_of(made).status == WithdrawalStatus.EFFECTIVE
    assert order.returns.count() == 1


def test_a_part_in_free_words_is_chosen_there(sarah, order):
    made = declared(order, parts="one of the shirts")
    work()
    way = addresses.order_page(order, "withdrawal_confirm", number=made.number)
    page = sarah.get(way)
    assert "one of the shirts" not in page.text, "whoever typed it may be anybody"
    assert sarah.post(way, units(order, 0, 0)).status_code == 422
    assert sarah.post(way, units(order, 1, 0)).status_code == 302
    assert order.returns.get().lines.get().requested == 1


def test_a_stranger_cannot_confirm_it(bob, order):
    made = declared(order)
    work()
    way = addresses.order_page(order, "withdrawal_confirm", number=made.number)
    assert bob.post(way).status_code == 404
    assert CheckedClient().post(way)["Location"].endswith("/find/")
    assert outcome_of(made).status == WithdrawalStatus.UNVERIFIED


def test_case_6_nothing_was_sent_and_the_form_for_returns_leads_to_the_withdrawal():
    order, client = eu_order(shipped=False), CheckedClient()
    people.open_link(client, order)
    page = client.get(addresses.order_page(order, "return_items"))
    assert f'<a class="btn" href="{page_of(order)}">Cancel it</a>' in page.text


def test_case_6_outside_of_the_union_it_leads_to_cancelling():
    order, client = eu_order(shipped=False, country="GB"), CheckedClient()
    people.open_link(client, order)
    way = addresses.order_page(order, "problem_kind", kind="changed_mind")
    for name in ("order", "return_items"):
        page = client.get(addresses.order_page(order, name))
        assert f'href="{way}"' in page.text, name
        assert "Cancel what has not left us" in page.text
    order.cancel_unshipped(None, by=DESK, key="k")
    assert way not in client.get(addresses.order_page(order, "return_items")).text
