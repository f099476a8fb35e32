"""A link in wrong hands is shut from the desk, and the right ones come in again."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import access
from returns import addresses, tasks
from returns.models import Actor, Event, EventKind, FindAttempt, Notice, ShortLink
from tests import people

pytestmark = pytest.mark.django_db


def button(order) -> str:
    return reverse("admin:returns_order_close_links", args=[order.pk])


def page_of_desk(order) -> str:
    return reverse("admin:returns_order_change", args=[order.pk])


def come_in_by_code(client, order):
    store = order.store
    client.post(addresses.store_page(store, "find"), {"number": order.number, "proof": order.email})
    tasks.judge_attempts()
    notice = Notice.objects.order_by("-pk").first()
    code = FindAttempt.objects.get(pk=notice.facts["attempt"]).code
    return client.post(addresses.store_page(store, "code"), {"code": code}, follow=True)


def test_the_desk_closes_links_with_one_button(desk, order):
    assert f'formaction="{button(order)}"' in desk.get(page_of_desk(order)).text
    page = desk.post(button(order), follow=True)
    assert "are closed" in page.text
    event = Event.objects.get(kind=EventKind.LINKS_CLOSED)
    assert (event.actor, event.user.username) == ("staff", "desk")
    assert LogEntry.objects.get().change_message == "Links closed."


def test_case_64_whoever_came_in_by_a_link_is_shut_out(desk, sarah, order):
    home = addresses.order_page(order)
    assert sarah.get(home).status_code == 200
    desk.post(button(order))
    assert sarah.get(home)["Location"] == addresses.store_page(order.store, "find")
    assert sarah.get(addresses.store_page(order.store, "store"), follow=True).status_code == 200
    # The links themselves are shut too.
    page = people.open_link(sarah, order)
    assert page.request["PATH_INFO"] == addresses.store_page(order.store, "find")


def test_the_links_of_earlier_letters_are_shut_and_those_of_later_ones_open(client, order):
    before = ShortLink.objects.make(order)
    order.close_links(by=Actor.staff(people.staff()))
    after = ShortLink.objects.make(order)
    assert client.get(f"/k/{before}", follow=True).request["PATH_INFO"].endswith("/find/")
    page = client.get(f"/k/{after}", follow=True)
    assert page.request["PATH_INFO"] == addresses.order_page(order)


def test_a_session_that_was_shut_out_comes_in_again_by_code(desk, sarah, order):
    desk.post(button(order))
    page = come_in_by_code(sarah, order)
    assert page.request["PATH_INFO"] == addresses.order_page(order)
    assert page.status_code == 200
    assert sarah.get(addresses.order_page(order, "address")).status_code == 200


def test_a_code_entered_before_does_not_outlive_the_closing(desk, client, order):
    come_in_by_code(client, order)
    desk.post(button(order))
    assert client.get(addresses.order_page(order, "address")).status_code == 302
    # Nor does its freshness come back with a later letter's link.
    client.get(f"/k/{ShortLink.objects.make(order)}")
    assert client.get(addresses.order_page(order)).status_code == 200
    answer = client.get(addresses.order_page(order, "address"))
    assert answer["Location"].startswith(addresses.order_page(order, "step_up"))


def test_other_orders_of_the_session_stay_open(desk, sarah, order):
    other = people.place_order(order.store, "JP-20419")
    people.open_link(sarah, other)
    desk.post(button(order))
    assert sarah.get(addresses.order_page(order)).status_code == 302
    assert sarah.get(addresses.order_page(other)).status_code == 200


def test_the_buyer_reads_nothing_of_it(desk, client, order):
    desk.post(button(order))
    assert "closed the links" not in come_in_by_code(client, order).text


def test_only_who_decides_and_sees_orders_may_close_links(order):
    for permissions in (["view_order"], ["decide_return"]):
        client = Client()
        client.force_login(people.staff(permissions[0], *permissions))
        assert button(order) not in client.get(page_of_desk(order)).text
        assert client.post(button(order)).status_code == 404
    assert not Event.objects.exists()


def test_looking_at_the_address_of_the_button_closes_nothing(desk, order):
    assert desk.get(button(order)).status_code == 405
    assert not Event.objects.exists()


def test_closing_twice_shuts_out_who_came_between(desk, client, order):
    desk.post(button(order))
    client.get(f"/k/{ShortLink.objects.make(order)}")
    assert client.session[access.ENTRIES][str(order.pk)] <= timezone.now().timestamp()
    desk.post(button(order))
    assert client.get(addresses.order_page(order)).status_code == 302


def test_who_may_not_see_returns_may_not_decide_them(db):
    store = people.open_store(policy={"automatic_up_to": None})
    rma = people.ask_to_return(people.place_order(store))
    assert rma.status == "requested"
    client = Client()
    client.force_login(people.staff("half", "decide_return"))
    url = reverse("admin:returns_returnauthorization_approve", args=[rma.pk])
    assert client.post(url).status_code == 404
    rma.refresh_from_db()
    assert rma.status == "requested"
