"""The page of a parcel that is not wanted: what it costs and brings, said before anything is
done."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from returns import addresses
from returns.models import (
    BUYER,
    AddressChange,
    InterceptionRule,
    Order,
    RecallRule,
    ReturnAuthorization,
    Shipment,
    Store,
)
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.returns.exchanges import SHIRT, turned
from tracking.gateways import Aim
from tracking.milestones import Milestone


@pytest.fixture
def store(db) -> Store:
    """It decides nothing by itself."""
    return people.open_store(policy={"automatic_up_to": None})


@pytest.fixture
def order(store) -> Order:
    return people.place_order(store, lines=SHIRT, delivered=False, days_ago=3)


@pytest.fixture
def sarah(order) -> Client:
    client = CheckedClient()
    people.open_link(client, order)
    return client


def way(order: Order) -> str:
    shipment = order.shipments.get(is_return=False)
    return addresses.order_page(order, "recall", shipment=shipment.pk)


def html(response) -> str:
    return response.content.decode()


def hidden(text: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]


def filled(client: Client, order: Order, **more) -> dict[str, str]:
    """What the page sends, as it is shown now."""
    text = html(client.get(way(order)))
    return {"key": hidden(text, "key"), "seen": hidden(text, "seen")} | more


def fresh(client: Client, order: Order) -> Client:
    """Sarah entered a code a moment ago."""
    session = client.session
    session["orders"] = {str(order.pk): int(timezone.now().timestamp())}
    session.save()
    return client


def test_it_says_what_goes_back_who_bears_what_and_when(sarah, order):
    RecallRule.objects.create(store=order.store, payer="buyer", fee=Decimal(5))
    text = html(sarah.get(way(order)))
    assert "Linen shirt, Oat, size M" in text
    assert "−5.00 USD" in text and "63.00 USD" in text
    assert "As you changed your mind, we take 5.00 USD off for the way back." in text
    assert "The postage that you paid when you ordered does not go back." in text
    assert "when the parcel is back with us and we have looked at it" in text
    assert not ReturnAuthorization.objects.exists()


def test_the_carriers_terms_stand_beside_the_choice(sarah, order):
    InterceptionRule.objects.create(store=order.store, aim=Aim.RETURN, fee=Decimal(8), chance=70)
    text = html(sarah.get(way(order)))
    assert "We ask Royal Mail to turn it round." in text
    assert "You pay 8.00 USD, and only if it works." in text
    assert "It works in about 70 of 100 cases." in text


def test_what_nobody_knows_is_asked_first(sarah, order):
    text = html(sarah.get(way(order)))
    assert "What it costs we have to ask first. Nothing is done before you have agreed." in text


def test_refusing_needs_no_code_and_is_done_once(sarah, order):
    sent = filled(sarah, order, how="refuse")
    for _ in range(2):
        page = sarah.post(way(order), sent, follow=True)
        assert "Please do not take the parcel in." in html(page)
    rma = ReturnAuthorization.objects.get()
    assert (rma.turns_by, rma.status) == ("refuse", Status.APPROVED)
    assert page.request["PATH_INFO"] == addresses.return_page(rma)
    # The way of the parcel stands there as well.
    assert "Your parcel" in html(page)
    again = sarah.get(way(order), follow=True)
    assert again.request["PATH_INFO"] == addresses.return_page(rma)


def test_calling_it_back_asks_for_a_code_and_keeps_what_was_chosen(sarah, order):
    sent = filled(sarah, order, how="intercept")
    page = sarah.post(way(order), sent)
    assert page.status_code == 302 and "/code/" in page["Location"]
    assert not AddressChange.objects.exists()
    text = html(fresh(sarah, order).get(way(order)))
    assert re.search(r'value="intercept"[^>]* checked', text)
    assert hidden(text, "key") == sent["key"]
    sarah.post(way(order), sent, follow=True)
    rma = ReturnAuthorization.objects.get()
    assert rma.turns_by == "intercept"
    assert AddressChange.objects.get().is_recall
    assert "We have asked for your parcel to be sent back." in html(
        sarah.get(addresses.return_page(rma))
    )


def test_nothing_chosen_is_said_and_nothing_is_done(sarah, order):
    page = sarah.post(way(order), filled(sarah, order))
    assert page.status_code == 422
    assert "Choose what should happen." in html(page)
    assert not ReturnAuthorization.objects.exists()


@pytest.mark.parametrize("how", ["itself", "keep", "exchange", "<b>"])
def test_what_is_not_offered_is_not_taken(sarah, order, how):
    assert sarah.post(way(order), filled(sarah, order, how=how)).status_code == 422
    assert not ReturnAuthorization.objects.exists()


def test_other_terms_than_were_shown_are_shown_first(sarah, order):
    sent = filled(sarah, order, how="refuse")
    RecallRule.objects.create(store=order.store, payer="buyer", fee=Decimal(5))
    page = sarah.post(way(order), sent)
    assert page.status_code == 409
    assert "Something has changed since you opened this page." in html(page)
    assert re.search(r'value="refuse"[^>]* checked', html(page))
    assert not ReturnAuthorization.objects.exists()


def test_what_was_shown_is_compared_and_never_believed(sarah, order):
    sent = filled(sarah, order, how="refuse") | {"seen": "1000000/0/0/True/refuse"}
    assert sarah.post(way(order), sent).status_code == 409


def test_who_keeps_it_for_less_gets_the_part_and_the_parcel(sarah, order):
    RecallRule.objects.create(store=order.store, offer_percent=10)
    text = html(sarah.get(way(order)))
    assert "I keep it after all, and you give me 6.80 USD back" in text
    page = sarah.post(way(order), filled(sarah, order, how="keep"), follow=True)
    assert page.request["PATH_INFO"] == addresses.order_page(order)
    assert ReturnAuthorization.objects.get().resolutions.get().amount == Decimal("6.80")
    assert "you give me" not in html(sarah.get(way(order)))


def test_who_would_rather_exchange_it_goes_on_to_the_form(sarah, order):
    RecallRule.objects.create(store=order.store, offers_exchange=True)
    page = sarah.post(way(order), filled(sarah, order, how="exchange"), follow=True)
    assert page.request["PATH_INFO"] == addresses.order_page(order, "return_items")
    assert not ReturnAuthorization.objects.exists()


def test_of_one_that_turned_it_asks_money_or_a_new_parcel(sarah, order):
    turned(order)
    text = html(sarah.get(way(order)))
    assert "Your money or a new parcel" in text
    assert 'name="how"' not in text
    sarah.post(way(order), filled(sarah, order, wish="replacement"), follow=True)
    rma = ReturnAuthorization.objects.get()
    assert (rma.wish, rma.turns_by) == ("replacement", "itself")
    assert "Your parcel has turned round and comes back to us." in html(
        sarah.get(addresses.return_page(rma))
    )


def test_a_delivered_one_can_be_sent_back(sarah, order):
    turned(order, Milestone.DELIVERED)
    text = html(sarah.get(way(order)))
    assert "It was delivered. You can send it back as usual." in text
    assert addresses.order_page(order, "return_items") in text


def test_what_is_faster_than_the_click_is_said(sarah, order):
    sent = filled(sarah, order, how="refuse")
    turned(order, Milestone.DELIVERED)
    page = sarah.post(way(order), sent)
    assert "It was delivered." in html(page)
    assert not ReturnAuthorization.objects.exists()


def test_nobody_asks_without_end(sarah, order):
    for number in range(3):
        rma = order.recall(order.shipments.get(), "refuse", by=BUYER, key=f"form {number}")
        rma.cancel(by=BUYER)
    page = sarah.post(way(order), filled(sarah, order, how="refuse"))
    assert page.status_code == 429
    assert "hello@juniper.example" in html(page)


def test_what_left_long_ago_leads_to_writing(sarah, order):
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=60))
    text = html(sarah.get(way(order)))
    assert "Please write to us" in text


def test_a_parcel_of_another_order_is_not_found(bob, sarah, order):
    assert bob.get(way(order)).status_code == 404
    other = people.place_order(order.store, "JP-9", delivered=False)
    path = addresses.order_page(order, "recall", shipment=other.shipments.get().pk)
    assert sarah.get(path).status_code == 404


def test_the_page_asks_the_database_no_more_often_for_more_lines(
    store, django_assert_max_num_queries
):
    for number, count in (("JP-1", 1), ("JP-2", 15)):
        lines = tuple((f"Cup {n}", "5.00", 1) for n in range(count))
        order = people.place_order(store, number, lines=lines, delivered=False)
        client = CheckedClient()
        people.open_link(client, order)
        with django_assert_max_num_queries(24):
            client.get(way(order))
