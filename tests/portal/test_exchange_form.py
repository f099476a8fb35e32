"""Asking for an exchange on the pages: which one instead, whether at once, and what instead of
what is sold out."""

import re

import pytest
from django.test import Client

from returns import addresses
from returns.models import BUYER, Order, ReturnAuthorization, Variant
from returns.states import Status
from tests import people
from tests.page_checks import CheckedClient
from tests.returns.exchanges import SHIRT, exchanged, goods_of, kinds, regular, same, turned
from tests.returns.returning import DESK


@pytest.fixture
def order(store) -> Order:
    kinds(store, ("SHIRT-C", "Cotton, size M", "34.00"))
    return people.place_order(store, lines=SHIRT)


@pytest.fixture
def sarah(order) -> Client:
    client = CheckedClient()
    people.open_link(client, order)
    return client


def path(order: Order, name: str, **kwargs) -> str:
    return addresses.order_page(order, name, **kwargs)


def send(client: Client, at: str, **data):
    return client.post(at, data, follow=True)


def at_the_wish(client: Client, order: Order):
    line = order.lines.first()
    send(client, path(order, "return_items"), **{f"line-{line.pk}": "1"})
    return send(client, path(order, "return_reason", line=line.pk), reason="fit")


def at_the_kind(client: Client, order: Order):
    at_the_wish(client, order)
    return send(client, path(order, "return_wish"), wish="exchange")


def which(order: Order) -> str:
    return path(order, "return_which", line=order.lines.first().pk)


def hidden(response, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def finish(client: Client, order: Order):
    check = client.get(path(order, "return_check"))
    sent = {"key": hidden(check, "key"), "seen": hidden(check, "seen")}
    return send(client, path(order, "return_check"), **sent)


def html(response) -> str:
    return response.content.decode()


def test_what_the_store_allows_is_chosen_from_a_list_with_what_goes_back(sarah, order):
    page = at_the_kind(sarah, order)
    assert page.request["PATH_INFO"] == which(order)
    text = html(page)
    assert "Which one would you like instead of “Linen shirt, Oat, size M”?" in text
    assert "Oat, size L" in text and "Cotton, size M" in text
    assert "It costs less: you get 34.00 USD back for each." in text
    assert 'value="SHIRT-M"' not in text
    check = send(sarah, which(order), variant="SHIRT-L")
    assert check.request["PATH_INFO"] == path(order, "return_check")
    assert "Instead of Linen shirt" in html(check) and "Oat, size L" in html(check)
    finish(sarah, order)
    rma = ReturnAuthorization.objects.get()
    assert (rma.wish, rma.lines.get().variant["sku"]) == ("exchange", "SHIRT-L")
    assert "Instead of it: Oat, size L" in html(sarah.get(addresses.return_page(rma)))


def test_the_wish_asks_for_words_only_where_there_is_no_list(sarah, order):
    assert 'name="other"' not in html(at_the_wish(sarah, order))
    Variant.objects.all().delete()
    assert 'name="other"' in html(sarah.get(path(order, "return_wish")))


def test_nothing_chosen_is_said_beside_the_list(sarah, order):
    at_the_kind(sarah, order)
    page = send(sarah, which(order))
    assert "Choose one of the list." in html(page)
    assert not ReturnAuthorization.objects.exists()


@pytest.mark.parametrize("sku", ["SHIRT-M", "SHIRT-XXL"])
def test_what_is_not_on_the_list_is_not_taken(sarah, order, sku):
    at_the_kind(sarah, order)
    assert "Choose one of the list." in html(send(sarah, which(order), variant=sku))


def test_case_58_what_was_sold_out_meanwhile_is_asked_for_again(sarah, order):
    at_the_kind(sarah, order)
    check = send(sarah, which(order), variant="SHIRT-L")
    sent = {"key": hidden(check, "key"), "seen": hidden(check, "seen")}
    Variant.objects.filter(sku="SHIRT-L").update(available=False)
    page = send(sarah, path(order, "return_check"), **sent)
    assert page.request["PATH_INFO"] == which(order)
    assert "What is sold out by now is not on it." in html(page)
    assert not ReturnAuthorization.objects.exists()


def test_the_page_of_a_line_that_is_not_exchanged_leads_on(sarah, order):
    at_the_wish(sarah, order)
    assert sarah.get(which(order), follow=True).request["PATH_INFO"] == path(order, "return_wish")
    assert sarah.get(path(order, "return_which", line=999_999)).status_code == 404


def test_with_several_lines_words_are_for_those_without_a_list(store):
    kinds(store)
    order = people.place_order(store, lines=(*SHIRT, ("Cup", "5.00", 1)))
    client = CheckedClient()
    people.open_link(client, order)
    shirt, cup = order.lines.all()
    both = {f"line-{shirt.pk}": "1", f"line-{cup.pk}": "1"}
    send(client, path(order, "return_items"), **both)
    for line in (shirt, cup):
        send(client, path(order, "return_reason", line=line.pk), reason="fit")
    page = send(client, path(order, "return_wish"), wish="exchange")
    assert 'name="other"' in html(page)
    page = send(client, path(order, "return_wish"), wish="exchange", other="A blue cup")
    assert page.request["PATH_INFO"] == path(order, "return_which", line=shirt.pk)
    send(client, path(order, "return_which", line=shirt.pk), variant="SHIRT-L")
    finish(client, order)
    rma = ReturnAuthorization.objects.get()
    assert rma.note == "A blue cup"
    assert [row.variant.get("sku", "") for row in rma.lines.all()] == ["SHIRT-L", ""]


# --- At once --------------------------------------------------------------------------------------


@pytest.fixture
def trusted(order) -> Order:
    regular(order.store)
    return order


def test_a_trusted_buyer_is_asked_when_with_what_follows(sarah, trusted):
    at_the_kind(sarah, trusted)
    page = send(sarah, which(trusted), variant="SHIRT-L")
    assert page.request["PATH_INFO"] == path(trusted, "return_at_once")
    assert "the shop asks you to pay 68.00 USD for the second one" in html(page)
    assert "Choose when" in html(send(sarah, path(trusted, "return_at_once")))
    check = send(sarah, path(trusted, "return_at_once"), when="now")
    assert "Send it now, before mine is back" in html(check)
    finish(sarah, trusted)
    rma = ReturnAuthorization.objects.filter(order=trusted).get()
    assert rma.ahead_agreed_at
    rma.approve(by=DESK)
    text = html(sarah.get(addresses.return_page(rma)))
    assert "The new one comes first" in text
    assert "We send you the new one now, before yours is back." in text


def test_who_would_rather_wait_agrees_to_nothing(sarah, trusted):
    at_the_kind(sarah, trusted)
    send(sarah, which(trusted), variant="SHIRT-L")
    send(sarah, path(trusted, "return_at_once"), when="later")
    finish(sarah, trusted)
    assert ReturnAuthorization.objects.get(order=trusted).ahead_agreed_at is None


def test_who_is_not_trusted_is_not_asked(sarah, order):
    at_the_kind(sarah, order)
    page = send(sarah, which(order), variant="SHIRT-L")
    assert page.request["PATH_INFO"] == path(order, "return_check")
    page = sarah.get(path(order, "return_at_once"), follow=True)
    assert page.request["PATH_INFO"] == path(order, "return_check")


def test_the_new_parcel_is_on_the_same_timeline_as_the_order(sarah, trusted):
    rma = exchanged(trusted, ahead=True)
    rma.approve(by=DESK)
    goods_of(rma).ship("RB987654326GB", "royal-mail", by=DESK)
    for at in (addresses.return_page(same(rma)), addresses.order_page(trusted)):
        text = html(sarah.get(at))
        assert "The one that you chose instead" in text
        assert "RB987654326GB" in text
    text = html(sarah.get(addresses.return_page(same(rma))))
    assert "We have sent you the new one before yours is back." in text
    # It cannot be cancelled any more, and says so by not offering it.
    assert "Cancel this return" not in text


# --- Sold out -------------------------------------------------------------------------------------


@pytest.fixture
def gone(order) -> ReturnAuthorization:
    rma = exchanged(order)
    rma.ask_to_choose_again(by=DESK)
    return same(rma)


def choose(rma) -> str:
    return addresses.return_page(rma, "return_variant")


def test_case_58_the_page_of_the_return_leads_to_choosing_again(sarah, gone):
    page = sarah.get(addresses.return_page(gone))
    assert "What you chose is sold out. Please choose again." in html(page)
    assert choose(gone) in html(page)
    text = html(sarah.get(choose(gone)))
    assert "Cotton, size M" in text and "My money back" in text
    assert 'value="SHIRT-L"' not in text


def test_case_58_another_one_is_chosen_on_its_page(sarah, gone):
    line = gone.lines.get().line_id
    page = send(sarah, choose(gone), wish="exchange")
    assert "Choose one of the list." in html(page)
    send(sarah, choose(gone), wish="exchange", **{f"variant-{line}": "SHIRT-C"})
    rma = same(gone)
    assert (rma.variant_gone_at, rma.lines.get().variant["sku"]) == (None, "SHIRT-C")
    # The same page once more says where it stands.
    again = sarah.get(choose(gone), follow=True)
    assert again.request["PATH_INFO"] == addresses.return_page(gone)


def test_case_58_or_the_money(sarah, gone):
    send(sarah, choose(gone), wish="refund")
    rma = same(gone)
    assert (rma.wish, rma.variant_gone_at, rma.status) == ("refund", None, Status.REQUESTED)


def test_where_nothing_else_is_there_only_the_money_is_left(sarah, gone):
    Variant.objects.update(available=False)
    text = html(sarah.get(choose(gone)))
    assert "My money back" in text and "Another size" not in text


def test_what_sells_out_while_the_page_is_open_is_said(sarah, gone):
    line = gone.lines.get().line_id
    Variant.objects.update(available=False)
    page = send(sarah, choose(gone), wish="exchange", **{f"variant-{line}": "SHIRT-C"})
    assert same(gone).variant_gone_at
    assert page.status_code == 200 and "Choose what you would like." in html(page)


def test_somebody_else_finds_nothing(bob, gone):
    assert bob.get(choose(gone)).status_code == 404


def test_a_return_that_waits_for_nothing_leads_to_its_page(sarah, order):
    rma = exchanged(order)
    page = sarah.get(choose(rma), follow=True)
    assert page.request["PATH_INFO"] == addresses.return_page(rma)


def test_many_lines_ask_the_database_no_more_often(store, django_assert_max_num_queries):
    kinds(store)
    lines = tuple(
        (f"Shirt {n}", "68.00", 1, {"sku": "SHIRT-M", "variant": "Oat"}) for n in range(12)
    )
    order = people.place_order(store, lines=lines)
    client = CheckedClient()
    people.open_link(client, order)
    chosen = {f"line-{line.pk}": "1" for line in order.lines.all()}
    send(client, path(order, "return_items"), **chosen)
    for line in order.lines.all():
        client.post(path(order, "return_reason", line=line.pk), {"reason": "fit"})
    client.post(path(order, "return_wish"), {"wish": "exchange"})
    with django_assert_max_num_queries(14):
        client.get(which(order))


def test_an_order_on_its_way_offers_to_refuse_its_parcel(store):
    order = people.place_order(store, "JP-7", lines=SHIRT, delivered=False)
    client = CheckedClient()
    people.open_link(client, order)
    way = path(order, "recall", shipment=order.shipments.get().pk)
    assert way in html(client.get(addresses.order_page(order)))
    turned(order)
    assert "Tell us: money or a new parcel" in html(client.get(addresses.order_page(order)))
    order.recall(order.shipments.get(), "itself", by=BUYER, key="form")
    assert "Tell us: money" not in html(client.get(addresses.order_page(order)))
