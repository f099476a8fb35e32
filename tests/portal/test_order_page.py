"""The order page as a buyer gets it: what it tells, what it hides, what it costs."""

import gzip
import html
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import access
from returns import addresses
from returns.models import (
    BUYER,
    Actor,
    Order,
    OrderLine,
    Promise,
    PromiseKind,
    Shipment,
    ShipmentLine,
)
from returns.photos.problems import Problem
from returns.photos.words import PROBLEMS
from tests import people
from tests.page_checks import CheckedClient
from tracking.milestones import Milestone
from tracking.models import Incident, Parcel, ScanReport

pytestmark = pytest.mark.django_db

# The session, the order with its store, its lines, their returns, parcels, what is in them,
# the returns, scans, what is wrong with parcels, the story, promises, changes of address; and
# the holidays of the account, for the days of a person's answer and for the banner.
MOST_QUERIES = 15
HEAVIEST = 30 * 1024
# What a forwarded link must not show, of the characters' order.
SECRETS = [
    "sarah@example.com",
    "7700 900123",
    "7700900123",
    "900123",
    "12 Harbour Lane",
    "Harbour",
    "BS1 4QA",
    "BS1",
    "Whitcombe",
]


def page(client: Client, order: Order, name: str = "order", **headers) -> str:
    response = client.get(addresses.order_page(order, name), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def text(markup: str) -> str:
    """The page as it is read, without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def follow(order: Order, *, code: bool = False) -> Client:
    """A browser that came in by the link, or with a fresh code."""
    client = CheckedClient()
    people.open_link(client, order)
    if code:
        session = client.session
        session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp())}
        session.save()
    return client


# --- What it tells ----------------------------------------------------------------------------


def test_the_letter_greets_and_says_where_things_are(sarah, order):
    markup = page(sarah, order)
    words = text(markup)
    assert "Order JP-20418" in words
    assert "Hello Sarah," in words
    assert re.search(r"<h1>Your parcel was delivered on \w+day \d+ \w+\.</h1>", markup)
    assert "Ieva and Tomas, Juniper & Pine" in words
    assert "The story so far" in words


@pytest.mark.parametrize(
    ("name", "greeting"), [("", "Hello,"), ("王小明", "Hello 王小明,"), ("Cher", "Hello Cher,")]
)
def test_the_greeting_fits_the_name(store, name, greeting):
    order = people.place_order(store, name=name)
    assert f">{greeting}</p>" in page(follow(order), order)


def test_what_is_owed_is_promised_once_with_a_postmark(store):
    order = people.place_order(store, delivered=False, days_ago=2)
    due = timezone.now() + timedelta(days=2)
    Promise.objects.make(order, PromiseKind.UPDATE, due, by=BUYER)
    markup = page(follow(order), order)
    assert markup.count('class="promise"') == markup.count('class="postmark"') == 1
    assert "We will write to you again by" in text(markup)
    assert "By email, to s•••@example.com. Times on this page are London time." in text(markup)


def test_nothing_owed_shows_no_promise(sarah, order):
    assert 'class="promise"' not in page(sarah, order)


def test_a_return_that_waits_for_the_buyer_has_the_one_button(order, sarah):
    rma = people.ask_to_return(order)
    markup = page(sarah, order)
    assert f'<a class="btn" href="{addresses.return_page(rma)}">See how to send it</a>' in markup
    assert f"1 in return {rma.number}" in text(markup)


def test_the_carriers_page_is_a_link_that_tells_it_nothing(sarah, order):
    number = order.shipments.get().parcel.number
    link = f'href="https://www.royalmail.com/track-your-item#/tracking-results/{number}"'
    assert f'{link} rel="noreferrer noopener"' in page(sarah, order)


def test_money_that_went_back_is_shown(store):
    order = people.place_order(store, refunded_total="12.50")
    assert "Money sent back so far 12.50 USD" in text(page(follow(order), order))


def test_a_chinese_order_is_told_in_chinese_forms(db):
    store = people.open_store(
        "zhuye", language="zh-hans", currency="CNY", country="CN", zone="Asia/Shanghai"
    )
    order = people.place_order(
        store, name="王小明", country="CN", language="zh-hans", zone="Asia/Shanghai"
    )
    markup = page(follow(order), order)
    assert '<html lang="zh-hans"' in markup
    assert "68.00 元" in markup


# --- Bad data -----------------------------------------------------------------------------------


def test_an_order_of_which_hardly_anything_is_known_has_a_page(store):
    order = people.place_order(
        store,
        lines=(),
        shipped=False,
        name="",
        email="",
        phone="",
        street="",
        city="",
        postcode="",
        country="",
        zone="",
        paid_total=0,
    )
    words = text(page(follow(order), order))
    assert "Hello," in words
    assert "We have your order. It has not left us yet." in words


def test_markup_in_titles_places_and_words_is_only_letters(store):
    evil = "<script>alert(1)</script>"
    lines = ((evil, "1.00", 1, {"variant": evil, "drawing": "no-such"}),)
    order = people.place_order(store, lines=lines, name=f"{evil} X", city=evil, delivered=False)
    order.shipments.get().parcel.record(
        [
            ScanReport(
                at=timezone.now(),
                milestone=Milestone.IN_TRANSIT,
                place=evil,
                words=evil,
                language='"><b>',
            )
        ]
    )
    markup = page(follow(order), order)
    assert "<script>alert" not in markup
    assert markup.count("&lt;script&gt;") >= 5


def test_long_and_right_to_left_titles_stand_in_their_own_direction(store):
    lines = (("ش" * 300, "1.00", 1), ("W" * 300, "1.00", 1))
    order = people.place_order(store, lines=lines)
    markup = page(follow(order), order)
    assert f'<b dir="auto">{"ش" * 300}</b>' in markup
    assert "W" * 300 in markup


def test_an_unknown_carrier_and_a_parcel_without_a_number_do_no_harm(store):
    order = people.place_order(store, shipped=False)
    people.ship(order, carrier="Dragon Post")
    order.shipments.create(shipped_at=timezone.now())
    words = text(page(follow(order), order))
    assert "With Dragon Post, number" in words
    assert "Your order comes in 2 parcels. None has arrived yet." in words


def test_a_milestone_from_a_later_version_does_no_harm(store):
    order = people.place_order(store, delivered=False)
    Parcel.objects.update(milestone="teleported")
    Incident.objects.all().delete()
    assert "<h1>Your parcel is with the carrier.</h1>" in page(follow(order), order)


def test_two_hundred_scans_are_folded_and_the_page_stays_light(store):
    order = people.place_order(store, delivered=False, days_ago=20)
    start = timezone.now() - timedelta(days=10)
    order.shipments.get().parcel.record(
        ScanReport(
            at=start + timedelta(hours=hour),
            milestone=Milestone.IN_TRANSIT,
            code=str(hour),
            words="Item in transit",
            language="en",
            place="Kaunas",
        )
        for hour in range(200)
    )
    markup = page(follow(order), order)
    assert '<details class="fold"><summary>190 earlier reports</summary>' in markup
    assert len(gzip.compress(markup.encode())) < 16 * 1024


# --- What it hides ------------------------------------------------------------------------------


def everything(store) -> Order:
    """An order that shows all that the page can show."""
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 3),))
    order.company, order.region, order.street2 = "Whitcombe Ltd", "Avon", "Flat 3, Harbour View"
    order.save()
    people.ask_to_return(order, key="one").cancel(by=BUYER)
    people.ask_to_return(order, key="two")
    Promise.objects.make(order, PromiseKind.UPDATE, timezone.now() + timedelta(1), by=BUYER)
    return order


@pytest.mark.parametrize("name", ["order", "story"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_case_65_a_link_never_shows_what_a_stranger_could_use(store, name, headers):
    order = everything(store)
    markup = html.unescape(page(follow(order), order, name, **headers))
    found = [secret for secret in [*SECRETS, "Flat 3", "Avon"] if secret in markup]
    assert found == []


def test_the_full_address_asks_for_a_fresh_code_first(sarah, order):
    response = sarah.get(addresses.order_page(order, "address"))
    assert response.status_code == 302
    assert response.url.startswith(addresses.order_page(order, "step_up"))


def test_with_a_fresh_code_all_of_it_is_shown(order):
    words = text(page(follow(order, code=True), order, "address"))
    for secret in [
        "sarah@example.com",
        "+44 7700 900123",
        "12 Harbour Lane",
        "BS1 4QA",
        "Sarah Whitcombe",
        "United Kingdom",
    ]:
        assert secret in words


def test_an_order_without_any_address_has_an_address_page(store):
    order = people.place_order(
        store, name="", email="", phone="", street="", city="", postcode="", country=""
    )
    words = text(page(follow(order, code=True), order, "address"))
    assert "has not told us an address" in words


def test_the_order_page_stays_masked_even_with_a_fresh_code(order):
    markup = page(follow(order, code=True), order)
    assert "12 Harbour Lane" not in markup
    assert "See the address" in markup


def test_case_01_another_buyer_gets_the_page_of_something_that_does_not_exist(bob, order):
    for name in ("order", "story", "address"):
        assert bob.get(addresses.order_page(order, name)).status_code == 404


def test_nothing_can_be_posted_to_it(sarah, order):
    assert sarah.post(addresses.order_page(order)).status_code == 405


# --- The story alone ----------------------------------------------------------------------------


def test_the_story_refreshes_itself_alone(sarah, order):
    whole = page(sarah, order)
    url = html.unescape(re.search(r'hx-get="([^"]+)"', whole)[1])
    response = sarah.get(url, headers={"HX-Request": "true"})
    part = response.content.decode()
    assert part.lstrip().startswith('<section class="beside"')
    assert "<h1" not in part
    assert "HX-Refresh" not in response
    used = set(re.findall(r'href="#(i-[a-z]+)"', part))
    assert used <= set(re.findall(r'symbol id="(i-[a-z]+)"', whole))


def test_when_the_letter_says_something_new_the_whole_page_is_loaded_again(store):
    order = people.place_order(store, delivered=False)
    client = follow(order)
    url = html.unescape(re.search(r'hx-get="([^"]+)"', page(client, order))[1])
    order.shipments.get().parcel.record(
        [ScanReport(at=timezone.now(), milestone=Milestone.DELIVERED)]
    )
    response = client.get(url, headers={"HX-Request": "true"})
    assert response.headers["HX-Refresh"] == "true"


def test_without_htmx_the_address_of_the_story_is_the_whole_page(sarah, order):
    assert "<h1>" in page(sarah, order, "story")


# --- What it costs ------------------------------------------------------------------------------


def big_order(store, number: str, lines: int, parcels: int, returns: int) -> Order:
    """Delivered and returned in as many parcels and returns, with scans and a question."""
    order = people.place_order(
        store, number, tuple((f"Thing {at}", "10.00", 4) for at in range(lines)), shipped=False
    )
    now = timezone.now()
    rows = list(OrderLine.objects.filter(order=order))
    for at in range(parcels):
        parcel = Parcel.objects.announce(store.account, f"{number}-{at}", "royal-mail")
        shipment = Shipment.objects.create(
            order=order, parcel=parcel, shipped_at=now - timedelta(days=5)
        )
        share = 4 if parcels == 1 else 1
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipment, line=row, quantity=share) for row in rows
        )
        parcel.record(
            [
                ScanReport(at=now - timedelta(days=4), milestone=Milestone.ACCEPTED),
                ScanReport(at=now - timedelta(days=1), milestone=Milestone.DELIVERED),
            ]
        )
    for at in range(returns):
        rma = people.ask_to_return(order, reason="changed_mind", key=f"form-{at}")
        if at == 0 and rma.status == "requested":
            rma.ask("Why?", by=Actor.staff(people.staff(f"staff-{number}")))
    Promise.objects.make(order, PromiseKind.UPDATE, now + timedelta(days=1), by=BUYER)
    return order


def queries_of(client: Client, order: Order, name: str) -> list[str]:
    with CaptureQueriesContext(connection) as caught:
        page(client, order, name)
    return [query["sql"] for query in caught.captured_queries]


@pytest.mark.parametrize("name", ["order", "story"])
def test_the_page_asks_the_database_fifteen_times_at_most_however_big_the_order(store, name):
    small = big_order(store, "JP-1", lines=1, parcels=1, returns=1)
    large = big_order(store, "JP-2", lines=20, parcels=5, returns=3)
    few, many = queries_of(follow(small), small, name), queries_of(follow(large), large, name)
    assert len(few) == len(many), "\n".join(many)
    assert len(many) <= MOST_QUERIES, "\n".join(many)


def test_the_address_page_asks_the_database_no_more_often(order):
    client = follow(order, code=True)
    assert len(queries_of(client, order, "address")) <= MOST_QUERIES


def test_the_page_of_three_lines_weighs_less_than_thirty_kilobytes(store):
    order = big_order(store, "JP-1", lines=3, parcels=1, returns=1)
    response = follow(order).get(addresses.order_page(order))
    assert len(response.content) < HEAVIEST


def test_the_parts_of_the_page_have_names_of_their_own(store):
    order = big_order(store, "JP-1", lines=1, parcels=2, returns=2)
    markup = page(follow(order), order)
    names = dict(re.findall(r'<h[1-3] id="([^"]+)"[^>]*>(.*?)</h', markup))
    told = [text(names[of]) for of in re.findall(r'<section[^>]*labelledby="([^"]+)"', markup)]
    assert len(told) > 5
    assert len(told) == len(set(told)), told


def test_every_language_has_its_page(store):
    order = people.place_order(store)
    for code, _label in settings.LANGUAGES:
        response = follow(order).get(addresses.order_page(order), {"lang": code})
        assert f'<html lang="{code}"' in response.content.decode()


def test_what_is_too_large_says_how_much_fits_and_what_else_can_be_sent():
    page = render_to_string("413.html", {"languages": []})
    assert "That file is too large: 15 MB is the most." in page
    words = str(PROBLEMS[Problem.TOO_LARGE])
    assert "15 MB" in words and "PDF" in words and "photos of its pages" in words
