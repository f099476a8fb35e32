"""Who may open what: links, sessions, strangers, staff."""

import io
import logging
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from portal import access, logs
from returns import addresses, links
from returns.models import LinkKey, Order, ShortLink
from tests import people
from tests.page_checks import CheckedClient

pytestmark = pytest.mark.django_db


def path_of(store, number="JP-20418", expiry=0):
    return addresses.store_page(store, "link", token=store.sign_link(number, expiry))


def find_of(store, why=""):
    return addresses.store_page(store, "find") + (f"?why={why}" if why else "")


# --- The signed link ----------------------------------------------------------------------


def test_the_link_opens_the_order_at_an_address_without_the_token(client, order):
    answer = client.get(path_of(order.store))
    assert answer.status_code == 302
    assert answer["Location"] == addresses.order_page(order)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "private, no-store"
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert b"v1.k1" not in page.content


def test_the_link_opens_again_and_again_and_behind_a_full_stop(client, order):
    for end in ("", "", ".", "）。", "/"):
        answer = client.get(path_of(order.store) + end)
        assert answer["Location"] == addresses.order_page(order)


def test_opening_the_link_changes_nothing_but_the_session(client, order, django_assert_num_queries):
    before = Order.objects.values().get(pk=order.pk)
    client.get(path_of(order.store))
    assert Order.objects.values().get(pk=order.pk) == before
    assert not order.events.exists()
    # A mail scanner that asks with HEAD leaves not even a session.
    scanner = Client()
    assert scanner.head(path_of(order.store)).status_code == 302
    assert not scanner.cookies
    assert Session.objects.count() == 1


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_the_link_can_only_be_opened(order, method):
    strict = Client(enforce_csrf_checks=True)
    assert getattr(strict, method)(path_of(order.store)).status_code == 405
    assert not strict.cookies


def test_links_that_no_longer_open_lead_to_find_with_one_and_the_same_sentence(client, order):
    store = order.store
    other = people.open_store("tea-house")
    good = store.sign_link(order.number)
    revoked = links.sign("old-key", store.slug, "k0", order.number)
    LinkKey.objects.create(store=store, key_id="k0", secret="old-key", revoked_at=timezone.now())
    tokens = [
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good[:-3],
        "nonsense",
        "v1.k1",
        "😀",
        revoked,
        other.sign_link(order.number),
        links.sign("guess", store.slug, "k1", "x"),
        links.sign("guess", store.slug, "k9", order.number),
        good + "0" * 5000,
        links.sign("guess", store.slug, "k1", order.number, 1),  # forged: never "expired"
    ]
    pages = set()
    for token in tokens:
        answer = client.get(addresses.store_page(store, "link", token=token))
        assert answer.status_code == 302, token
        assert answer["Location"] == find_of(store, "link"), token
        page = client.get(answer["Location"])
        assert page.status_code == 200
        pages.add(re.sub(rb'value="\w{64}"', b"", page.content))
    assert len(pages) == 1
    assert b"no longer leads to an order" in pages.pop()
    assert "orders" not in client.session


def test_a_genuine_link_whose_time_is_over_says_so(client, order):
    hour_ago = int((timezone.now() - timedelta(hours=1)).timestamp())
    answer = client.get(path_of(order.store, expiry=hour_ago), follow=True)
    assert answer.redirect_chain[-1][0] == find_of(order.store, "expired")
    assert "that time is over" in answer.text


def test_a_link_whose_time_is_not_over_opens(client, order):
    soon = int((timezone.now() + timedelta(hours=1)).timestamp())
    assert client.get(path_of(order.store, expiry=soon))["Location"] == addresses.order_page(order)


def test_an_order_can_be_closed_to_signed_links(client, order):
    Order.objects.update(signed_links_closed=True)
    assert client.get(path_of(order.store))["Location"] == find_of(order.store, "link")


def test_a_key_that_is_revoked_closes_its_links(client, order):
    path = path_of(order.store)
    order.store.link_keys.update(revoked_at=timezone.now())
    assert client.get(path)["Location"] == find_of(order.store, "link")


def test_the_link_of_an_order_that_has_not_arrived_says_so_and_works_once_it_has(client, store):
    path = path_of(store, "订单 7")
    page = client.get(path)
    assert page.status_code == 200
    assert "has not reached this page yet" in page.text
    assert "the same link again" in page.text
    assert "订单 7" in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    order = people.place_order(store, "订单 7")
    assert client.get(path)["Location"] == addresses.order_page(order)


def test_an_unknown_or_closed_store_has_no_pages(client, order):
    path = path_of(order.store)
    assert client.get("/s/nobody/find/").status_code == 404
    assert client.get(path.replace("juniper-pine", "nobody")).status_code == 404
    people.open_link(client, order)
    order.store.is_active = False
    order.store.save()
    for page in (
        path,
        addresses.order_page(order),
        find_of(order.store),
        addresses.store_page(order.store),
    ):
        assert client.get(page).status_code == 404


# --- The short link -----------------------------------------------------------------------


def test_a_short_link_opens_the_order_or_a_page_of_it(client, order):
    plain = ShortLink.objects.make(order)
    answer = client.get(f"/k/{plain}")
    assert answer["Location"] == addresses.order_page(order)
    assert answer["Referrer-Policy"] == "no-referrer"
    deeper = ShortLink.objects.make(order, "return/")
    assert client.get(f"/k/{deeper}.")["Location"] == addresses.order_page(order, "return_items")
    assert client.get(addresses.order_page(order)).status_code == 200


def test_a_short_link_that_ended_or_never_was_leads_to_find(client, order):
    code = ShortLink.objects.make(order)
    link = ShortLink.objects.get()
    link.expires_at = timezone.now()
    link.save()
    assert client.get(f"/k/{code}")["Location"] == find_of(order.store, "expired")
    link.revoked_at = timezone.now()
    link.save()
    assert client.get(f"/k/{code}")["Location"] == find_of(order.store, "link")
    answer = client.get("/k/never-made", follow=True)
    assert answer.redirect_chain[-1][0] == find_of(order.store, "link")
    assert "orders" not in client.session


def test_a_stolen_database_holds_no_code_that_opens(client, order):
    ShortLink.objects.make(order)
    stored = ShortLink.objects.get().code_hash
    assert client.get(f"/k/{stored}")["Location"] == "/?why=link"


# --- The session --------------------------------------------------------------------------


def test_without_a_session_every_order_address_leads_to_find(client, order):
    for ref in (order.ref, "JP-99999", "~6K6i5Y2V"):
        for page in ("", "story/", "address/", "code/", "return/", "returns/HW-AAAA-BBBB/"):
            answer = client.get(f"/s/juniper-pine/o/{ref}/{page}")
            assert (answer.status_code, answer["Location"]) == (302, find_of(order.store)), page


def test_a_strangers_answer_is_the_same_whether_or_not_there_is_such_an_order(bob, order):
    real = bob.get(addresses.order_page(order))
    unreal = bob.get(addresses.order_page(order).replace(order.ref, "JP-99999"))
    assert real.status_code == unreal.status_code == 404
    assert real.content == unreal.content
    assert dict(real.headers) == dict(unreal.headers)


def test_a_stranger_costs_the_same_questions_whether_or_not_there_is_such_an_order(
    bob, order, django_assert_num_queries
):
    real = addresses.order_page(order)
    for path in (real, real.replace(order.ref, "JP-99999")):
        with django_assert_num_queries(3):
            bob.get(path)


def test_the_same_number_in_another_store_stays_closed(sarah, order):
    other = people.place_order(people.open_store("tea-house"), order.number)
    assert sarah.get(addresses.order_page(other)).status_code == 404


def test_staff_do_not_come_into_buyers_pages_by_being_logged_in(desk, order):
    answer = desk.get(addresses.order_page(order))
    assert (answer.status_code, answer["Location"]) == (302, find_of(order.store))


def test_the_session_gets_a_new_key_as_it_comes_in(client, order):
    client.get(find_of(order.store) + "?lang=zh-hans")
    planted = client.session.session_key
    people.open_link(client, order)
    assert client.session.session_key != planted
    thief = Client()
    thief.cookies["homeward"] = planted
    assert thief.get(addresses.order_page(order)).status_code == 302


def test_opening_the_link_again_keeps_the_session_as_it_is(sarah, order):
    before = (sarah.session.session_key, dict(sarah.session))
    people.open_link(sarah, order)
    assert (sarah.session.session_key, dict(sarah.session)) == before


def test_a_session_holds_the_latest_twenty_orders(client, store):
    orders = [people.place_order(store, f"N-{n}", shipped=False) for n in range(22)]
    for order in orders:
        client.get(path_of(store, order.number))
    assert len(client.session[access.GRANTS]) == access.MOST_GRANTS
    assert client.get(addresses.order_page(orders[0])).status_code == 404
    assert client.get(addresses.order_page(orders[-1])).status_code == 200


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(sarah):
    cookie = sarah.cookies["homeward"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


# --- The first pages ----------------------------------------------------------------------


def test_with_one_shop_nobody_is_asked_which(client, store):
    assert client.get("/")["Location"] == find_of(store)


def test_with_several_shops_the_open_ones_are_named(client, store):
    people.open_store("tea-house", name="Tea House")
    people.open_store("closed", name="Closed Shop", is_active=False)
    page = client.get("/?why=link")
    assert page.status_code == 200
    assert "Juniper &amp; Pine" in page.text
    assert 'href="/s/tea-house/find/"' in page.text
    assert "Closed Shop" not in page.text
    assert "no longer leads to an order" in page.text


def test_without_a_shop_the_page_says_so(client, db):
    assert "There is no shop here yet" in client.get("/").text


def test_the_stores_address_leads_to_the_one_order_or_to_find(client, order):
    home = addresses.store_page(order.store)
    assert client.get(home)["Location"] == find_of(order.store)
    people.open_link(client, order)
    assert client.get(home)["Location"] == addresses.order_page(order)
    people.open_link(client, people.place_order(order.store, "JP-20419"))
    assert client.get(home)["Location"] == find_of(order.store)


# --- Language -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "store_speaks", "told"),
    [
        ("zh-CN,zh;q=0.9", "en", "zh-hans"),
        ("zh-TW", "en", "zh-hans"),
        ("en-GB", "zh-hans", "en"),
        ("de-DE,de", "zh-hans", "zh-hans"),
        ("", "zh-hans", "zh-hans"),
        ("*", "en", "en"),
        ("de, zh;q=0.5, en;q=0.3", "en", "zh-hans"),
        (";;;=,", "zh-hans", "zh-hans"),
    ],
)
def test_find_speaks_the_browsers_language_then_the_stores(client, asked, store_speaks, told):
    store = people.open_store(language=store_speaks)
    page = client.get(find_of(store), headers={"accept-language": asked} if asked else {})
    assert f'<html lang="{told}"' in page.text
    assert page["Content-Language"] == told


def test_the_orders_language_wins_over_the_browsers_and_the_readers_choice_over_both(client, store):
    order = people.place_order(store, language="zh-hans")
    english = {"accept-language": "en-GB"}
    client.get(path_of(store), headers=english)
    page = addresses.order_page(order, "step_up")
    assert '<html lang="zh-hans"' in client.get(page, headers=english).text
    assert '<html lang="en"' in client.get(f"{page}?lang=en").text
    assert '<html lang="en"' in client.get(page).text


def test_a_language_chosen_without_a_session_is_kept_in_a_cookie_and_costs_no_row(client, store):
    chosen = client.get(find_of(store) + "?lang=zh-hans")
    assert not Session.objects.exists()
    cookie = chosen.cookies["homeward-language"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("zh-hans", "Lax", True)
    assert '<html lang="zh-hans"' in client.get(find_of(store)).text
    # With a session the choice is kept there.
    order = people.place_order(store)
    client.get(path_of(store))
    page = addresses.order_page(order)
    assert "homeward-language" not in client.get(f"{page}?lang=zh-hans").cookies
    assert client.session["language"] == "zh-hans"


def test_changing_the_language_keeps_the_rest_of_the_address(client, store):
    page = client.get(find_of(store, "link"))
    assert 'href="/s/juniper-pine/find/?why=link&amp;lang=zh-hans"' in page.text


def test_a_language_that_we_do_not_speak_changes_nothing(client, store):
    page = client.get(find_of(store) + "?lang=xx")
    assert '<html lang="en"' in page.text
    assert not client.cookies.get("homeward")


def test_pages_that_are_not_there_speak_the_browsers_language(client, store):
    page = client.get("/s/nobody/", headers={"accept-language": "zh-CN"})
    assert page.status_code == 404
    assert '<html lang="zh-hans"' in page.text
    assert page["Content-Language"] == "zh-hans"


# --- When something cannot be shown ---------------------------------------------------------


def test_a_form_without_its_token_is_refused_with_words(order):
    strict = CheckedClient(enforce_csrf_checks=True)
    page = strict.post(find_of(order.store), {"number": "1", "proof": "2"})
    assert page.status_code == 403
    assert "Go back" in page.text


def test_a_host_name_that_is_not_ours_is_refused(order):
    page = Client().get(find_of(order.store), headers={"host": "evil.example"})
    assert page.status_code == 400
    assert b"evil.example" not in page.content


def test_an_error_page_leads_to_find_of_its_store(bob, order):
    page = bob.get(addresses.order_page(order))
    assert f'href="{find_of(order.store)}"' in page.text


def test_the_page_for_when_something_broke_needs_no_database(rf, django_assert_num_queries):
    from portal.views import errors

    with django_assert_num_queries(0):
        page = errors.broken(rf.get("/", headers={"accept-language": "zh-CN"}))
    assert page.status_code == 500
    assert page["Content-Language"] == "zh-hans"


def test_the_log_never_tells_a_key(order, settings):
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(logs.Discreet("{message}", style="{"))
    logger = logging.getLogger("heard")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        path = path_of(order.store)
        try:
            raise ValueError(f"no page at {path}?x=1")
        except ValueError:
            logger.exception("Internal Server Error: %s and /k/%s", path, "abcdef")
        logger.warning("Not Found: /hooks/messages/aliyun/%s/", "ghijkl")
    finally:
        logger.removeHandler(handler)
    assert "v1.k1" not in heard.getvalue()
    assert "abcdef" not in heard.getvalue()
    assert "ghijkl" not in heard.getvalue()
    assert "/s/juniper-pine/l/…" in heard.getvalue()
    assert settings.LOGGING["formatters"]["line"]["()"] == "portal.logs.Discreet"


def test_strangers_cannot_fill_the_log(order, caplog):
    CheckedClient().get("/", headers={"host": "evil.example"})
    CheckedClient(enforce_csrf_checks=True).post(find_of(order.store), {"number": "1"})
    assert not caplog.records
