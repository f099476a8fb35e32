"""A fresh code before what a forwarded link must not do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal import access
from returns import addresses, tasks
from returns.models import FindAttempt, Notice, Order, Throttle
from returns.models.access import code_throttle_key
from tests import people
from tests.page_checks import CheckedClient

pytestmark = pytest.mark.django_db


def page_of(order, target=""):
    page = addresses.order_page(order, "step_up")
    return f"{page}?next={target}" if target else page


def send(client, order, target=""):
    return client.post(page_of(order), {"action": "send", "next": target})


def code_sent() -> str:
    tasks.judge_attempts()
    notice = Notice.objects.order_by("-pk").first()
    return FindAttempt.objects.get(pk=notice.facts["attempt"]).code if notice else ""


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_link_alone_leads_to_the_code_and_the_code_leads_back(sarah, order):
    address = addresses.order_page(order, "address")
    page = sarah.get(address, follow=True)
    assert page.redirect_chain[-1][0].startswith(page_of(order))
    assert "s•••@example.com" in page.text
    assert "sarah@example.com" not in page.text
    assert not FindAttempt.objects.exists()
    answer = send(sarah, order, address)
    assert "We have just sent a six-digit code" in sarah.get(answer["Location"]).text
    before = sarah.session.session_key
    answer = sarah.post(page_of(order), {"code": code_sent(), "next": address})
    assert answer["Location"] == address
    assert sarah.session.session_key != before
    assert sarah.get(address).status_code == 200


def test_without_the_link_nobody_gets_a_code_sent(client, bob, order):
    assert send(client, order)["Location"] == addresses.store_page(order.store, "find")
    assert send(bob, order).status_code == 404
    assert not FindAttempt.objects.exists()


def test_a_code_is_fresh_for_fifteen_minutes_and_a_link_does_not_end_that(sarah, order):
    send(sarah, order)
    sarah.post(page_of(order), {"code": code_sent()})
    people.open_link(sarah, order)
    address = addresses.order_page(order, "address")
    assert sarah.get(address).status_code == 200
    session = sarah.session
    session[access.GRANTS][str(order.pk)] -= 15 * 60 + 1
    session.save()
    assert sarah.get(address)["Location"].startswith(page_of(order))


def test_with_a_fresh_code_nobody_is_asked_for_another(sarah, order):
    send(sarah, order)
    sarah.post(page_of(order), {"code": code_sent()})
    for target in ("", page_of(order)):
        answer = sarah.get(page_of(order, target))
        assert answer["Location"] == addresses.order_page(order)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/s/juniper-pine/o/JP-99999/",
        "/desk/",
        "/s/juniper-pine/o/JP-20418/../../../desk/",
        "/s/juniper-pine/o/JP-20418/%2e%2e/x",
        "/s/juniper-pine/o/JP-204180/",
        "\0",
        "",
        "/s/juniper-pine/o/JP-20418/code/",
        " /s/juniper-pine/o/JP-20418/return/",
    ],
)
def test_it_never_leads_anywhere_but_into_this_order(sarah, order, target):
    home = addresses.order_page(order)
    page = sarah.get(page_of(order), {"next": target})
    assert f'name="next" value="{home}"' in page.text
    send(sarah, order, target)
    answer = sarah.post(page_of(order), {"code": code_sent(), "next": target})
    assert answer["Location"] == home


def test_a_wrong_code_is_answered_beside_the_field_and_opens_nothing(sarah, order):
    send(sarah, order)
    page = sarah.post(page_of(order), {"code": another(code_sent())})
    assert page.status_code == 422
    assert "This code does not open an order" in page.text
    assert "Send a new code" in page.text
    assert sarah.get(addresses.order_page(order, "address")).status_code == 302
    assert sarah.post(page_of(order), {"code": ""}).status_code == 422


def test_after_five_tries_only_a_new_code_helps(sarah, order):
    send(sarah, order)
    code = code_sent()
    for _ in range(5):
        page = sarah.post(page_of(order), {"code": another(code)})
    assert "That was the fifth try" in page.text
    assert sarah.post(page_of(order), {"code": code}).status_code == 422
    send(sarah, order)
    assert sarah.post(page_of(order), {"code": code_sent()}).status_code == 302


def test_a_code_for_one_order_opens_no_other(sarah, order):
    other = people.place_order(order.store, "JP-20419")
    people.open_link(sarah, other)
    send(sarah, order)
    assert sarah.post(page_of(other), {"code": code_sent()}).status_code == 422
    assert sarah.get(addresses.order_page(other, "address")).status_code == 302


def test_a_code_that_was_asked_for_on_find_is_no_step_up_and_the_other_way_round(sarah, order):
    store = order.store
    sarah.post(addresses.store_page(store, "find"), {"number": order.number, "proof": "0123"})
    assert sarah.post(page_of(order), {"code": code_sent()}).status_code == 422
    send(sarah, order)
    assert sarah.post(addresses.store_page(store, "code"), {"code": code_sent()}).status_code == 422


def test_codes_are_at_most_five_a_day(sarah, order):
    for _ in range(5):
        send(sarah, order)
    assert code_sent()
    assert Notice.objects.count() == 5
    page = sarah.get(page_of(order))
    assert "that is the most" in page.text
    assert 'name="action"' not in page.text
    send(sarah, order)
    tasks.judge_attempts()
    assert Notice.objects.count() == 5


def test_a_stranger_who_knows_the_number_cannot_use_up_the_owners_codes(sarah, order):
    for _ in range(9):
        FindAttempt.note(order.store, order.number, order.postcode)
    tasks.judge_attempts()
    sent = Notice.objects.count()
    assert sent == 5
    send(sarah, order)
    assert sarah.post(page_of(order), {"code": code_sent()}).status_code == 302
    assert Notice.objects.count() == sent + 1


def test_the_last_code_of_the_day_can_still_be_typed(sarah, order):
    for _ in range(4):
        Throttle.objects.hit(code_throttle_key(order, sensitive=True), timedelta(days=1))
    send(sarah, order)
    code = code_sent()
    assert 'name="code"' in sarah.get(page_of(order)).text
    assert sarah.post(page_of(order), {"code": code}).status_code == 302


def test_a_network_that_asks_too_often_waits(sarah, order, rf):
    for _ in range(10):
        access.may_ask(rf.get("/"))
    page = send(sarah, order)
    assert page.status_code == 429
    assert not FindAttempt.objects.exists()


def test_an_order_without_an_email_says_whom_to_write_to(sarah, order):
    Order.objects.update(email="")
    page = sarah.get(page_of(order))
    assert "mailto:hello@juniper.example" in page.text
    assert 'name="action"' not in page.text
    assert send(sarah, order).status_code == 302
    assert not FindAttempt.objects.exists()


# --- After the contact was changed ------------------------------------------------------------


@pytest.fixture
def moved(order) -> Order:
    """Sarah's order, whose email somebody changed an hour ago."""
    Order.objects.update(
        email="new@example.com",
        previous_email="sarah@example.com",
        contact_changed_at=timezone.now() - timedelta(hours=1),
    )
    return Order.objects.get()


def test_for_three_days_the_code_goes_to_the_old_contact(sarah, moved):
    page = sarah.get(page_of(moved))
    assert "s•••@example.com" in page.text
    assert "was changed a short time ago" in page.text
    send(sarah, moved)
    tasks.judge_attempts()
    assert Notice.objects.get().recipient == "sarah@example.com"


def test_a_first_email_gets_no_code_and_the_page_says_why(sarah, moved):
    Order.objects.update(previous_email="")
    page = sarah.get(page_of(moved))
    assert "was added a short time ago" in page.text
    assert "mailto:hello@juniper.example" in page.text
    assert 'name="action"' not in page.text
    assert "was added a short time ago" in sarah.get(addresses.order_page(moved)).text
    send(sarah, moved)
    tasks.judge_attempts()
    assert not Notice.objects.exists()


def test_after_three_days_it_goes_to_the_new_one(sarah, moved):
    Order.objects.update(contact_changed_at=timezone.now() - timedelta(hours=73))
    assert "n•••@example.com" in sarah.get(page_of(moved)).text
    send(sarah, moved)
    tasks.judge_attempts()
    assert Notice.objects.get().recipient == "new@example.com"


def test_the_new_contact_opens_the_order_but_not_its_address(moved):
    client = CheckedClient()
    client.post(
        addresses.store_page(moved.store, "find"),
        {"number": moved.number, "proof": "new@example.com"},
    )
    code = code_sent()
    assert Notice.objects.get().recipient == "new@example.com"
    client.post(addresses.store_page(moved.store, "code"), {"code": code})
    assert client.get(addresses.order_page(moved)).status_code == 200
    assert client.get(addresses.order_page(moved, "address")).status_code == 302


def test_the_page_asks_at_most_ten_questions(sarah, order, django_assert_max_num_queries):
    people.ask_to_return(order)
    send(sarah, order)
    assert code_sent()
    with django_assert_max_num_queries(10):
        sarah.get(page_of(order))
