"""How to be told: turning SMS and WhatsApp on and off for the order's own number."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from returns import addresses, routes
from returns.models import Channel, ChannelAccount, ContactPoint, NoticeKind, Order, Store
from tests import people
from tests.portal.test_return_form import words

pytestmark = pytest.mark.django_db

NUMBER = "+447700900123"


@pytest.fixture
def sms(store) -> ChannelAccount:
    return ChannelAccount.objects.create(store=store, provider="demo")


@pytest.fixture
def whatsapp(store) -> ChannelAccount:
    return ChannelAccount.objects.create(store=store, provider="whatsapp")


def page(order: Order) -> str:
    return addresses.order_page(order, "ways")


def choose(client: Client, order: Order, channel: str = "sms", wish: str = "start", **more):
    return client.post(page(order), {"channel": channel, "wish": wish, **more})


def test_the_messages_lead_here_and_back(sarah, order):
    messages = addresses.order_page(order, "messages")
    assert f'href="{page(order)}"' in sarah.get(messages).text
    assert f'href="{messages}"' in sarah.get(page(order)).text


def test_what_goes_where_is_said_and_the_number_is_masked(sarah, order, sms):
    shown = words(sarah.get(page(order)))
    assert "We write to you by email, to s•••@example.com." in shown
    assert "comes to your phone •••23 instead of by email" in shown
    assert "Codes, return numbers with their papers, and everything about money" in shown
    assert "0123" not in shown, "four digits open an order on the Find page"


def test_a_buyer_turns_sms_on_and_off_again(sarah, order, sms):
    assert "We write nothing by SMS until you say so." in words(sarah.get(page(order)))
    assert choose(sarah, order)["Location"] == page(order)
    point = ContactPoint.objects.get()
    assert (point.channel, point.address, point.agreed_by) == ("sms", NUMBER, "the page")
    assert routes.of(order, NoticeKind.ORDER_NEWS, "", timezone.now()) == (NUMBER, Channel.SMS)
    shown = words(sarah.get(page(order)))
    assert "We write to you by SMS since" in shown
    assert "Send short news by email again instead of SMS" in shown
    choose(sarah, order, wish="stop")
    point.refresh_from_db()
    assert not point.is_agreed and point.stopped_by == "the page"
    told = routes.of(order, NoticeKind.ORDER_NEWS, "", timezone.now())
    assert told == ("sarah@example.com", Channel.EMAIL)
    shown = words(sarah.get(page(order)))
    assert "because you wished so" in shown and "Send short news by SMS instead of email" in shown


def end_at_the_number(order: Order, source: str = "their own word", channel: str = "sms") -> None:
    ContactPoint.objects.agree(order.store, channel, NUMBER, source="the page")
    ContactPoint.objects.stop(order.store, channel, NUMBER, source=source)


@pytest.mark.parametrize("source", ["their own word", "provider"])
def test_a_link_does_not_undo_what_was_ended_at_the_phone(sarah, order, sms, source):
    end_at_the_number(order, source)
    shown = sarah.get(page(order))
    assert "You ended these messages from your phone." in words(shown)
    assert "<button" not in shown.text
    for wish in ("start", "stop", "start"):
        choose(sarah, order, wish=wish)
    point = ContactPoint.objects.get()
    assert not point.is_agreed and point.stopped_by == source


def test_the_number_that_takes_the_word_is_named(sarah, order, sms):
    ChannelAccount.objects.update(sender="+44 7700 900999")
    end_at_the_number(order)
    shown = words(sarah.get(page(order)))
    assert "To have them again, send START to +447700900999." in shown


@pytest.mark.parametrize("sender", ["", "Juniper", "12"])
def test_a_sender_that_is_no_number_is_not_named(sarah, order, sms, sender):
    ChannelAccount.objects.update(sender=sender)
    end_at_the_number(order)
    shown = words(sarah.get(page(order)))
    assert "To have them again, send START to the number that they came from." in shown


def test_ended_over_one_channel_the_other_can_still_be_turned_on(sarah, order, sms, whatsapp):
    end_at_the_number(order)
    shown = sarah.get(page(order))
    assert shown.text.count("<button") == 1
    assert "Send short news by WhatsApp instead of email" in words(shown)


def test_a_button_pressed_twice_does_it_once(sarah, order, sms):
    choose(sarah, order)
    first = timezone.now() - timedelta(days=3)
    ContactPoint.objects.update(agreed_at=first)
    choose(sarah, order)
    assert ContactPoint.objects.get().agreed_at == first


def test_only_channels_that_the_shop_has_are_offered(sarah, order, sms):
    assert "WhatsApp" not in words(sarah.get(page(order)))
    assert choose(sarah, order, "whatsapp").status_code == 302
    assert not ContactPoint.objects.exists()


def test_with_both_the_page_says_which_one_is_used(sarah, order, sms, whatsapp):
    shown = sarah.get(page(order))
    assert "If both are on, we write by WhatsApp." in words(shown)
    assert shown.text.count("<button") == 2
    choose(sarah, order, "whatsapp")
    assert ContactPoint.objects.get().channel == Channel.WHATSAPP


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"prefixes": "+86"}], ids=["switched off", "other numbers"]
)
def test_an_account_that_does_not_reach_this_number_offers_nothing(sarah, order, sms, values):
    ChannelAccount.objects.update(**values)
    assert "the shop has no way to do that" in words(sarah.get(page(order)))
    choose(sarah, order)
    assert not ContactPoint.objects.exists()


def test_what_was_turned_on_can_be_turned_off_without_an_account(sarah, order, sms):
    choose(sarah, order)
    sms.delete()
    assert "Send short news by email again instead of SMS" in words(sarah.get(page(order)))
    choose(sarah, order, wish="stop")
    assert not ContactPoint.objects.get().is_agreed


@pytest.mark.parametrize("phone", ["", "call the shop", "12"])
def test_without_a_number_the_page_says_so(sarah, order, sms, phone):
    Order.objects.update(phone=phone)
    assert "There is no phone number with this order" in words(sarah.get(page(order)))
    choose(sarah, order)
    assert not ContactPoint.objects.exists()


def test_without_an_address_nothing_is_promised_by_email(sarah, order):
    Order.objects.update(email="")
    shown = words(sarah.get(page(order)))
    assert "We write to you by email" not in shown
    assert "has not told us an email address" in shown


def test_no_other_number_can_be_turned_on(sarah, order, sms):
    choose(sarah, order, number="+447700900777", address="+447700900777")
    assert ContactPoint.objects.get().address == NUMBER


@pytest.mark.parametrize(
    ("channel", "wish"), [("email", "stop"), ("", "start"), ("sms", ""), ("sms", "\0")]
)
def test_what_the_page_does_not_offer_changes_nothing(sarah, order, sms, channel, wish):
    assert choose(sarah, order, channel, wish).status_code == 302
    assert not ContactPoint.objects.exists()


def test_a_number_that_nothing_reaches_is_told_honestly(sarah, order, sms):
    choose(sarah, order)
    ContactPoint.objects.failed(order.store, Channel.SMS, NUMBER, "gone")
    shown = words(sarah.get(page(order)))
    assert "The last message did not reach your phone, so we write by email for now." in shown


def test_the_same_number_at_another_shop_is_left_alone(sarah, order, sms):
    other: Store = people.open_store("elsewhere")
    ContactPoint.objects.agree(other, Channel.SMS, NUMBER, source="the page")
    assert "until you say so" in words(sarah.get(page(order)))


def test_opening_the_page_changes_nothing(sarah, order, sms, whatsapp):
    sarah.get(page(order))
    sarah.head(page(order))
    assert not ContactPoint.objects.exists()


def test_a_form_of_another_site_is_refused(order, sms):
    client = Client(enforce_csrf_checks=True)
    people.open_link(client, order)
    assert choose(client, order).status_code == 403


def test_the_page_asks_the_database_a_few_times_only(
    sarah, order, sms, whatsapp, django_assert_max_num_queries
):
    with django_assert_max_num_queries(6):
        assert sarah.get(page(order)).status_code == 200
