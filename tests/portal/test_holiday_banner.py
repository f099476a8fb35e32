"""The slip about long holidays and our own closing: which one, when, and on which pages."""

import html
import re
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation

from portal import banner
from returns import addresses
from returns.models import Order, Store
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import report, sent
from tests.returns.returning import returned
from tracking.milestones import Milestone
from tracking.models import HolidayNotice, Parcel

pytestmark = pytest.mark.django_db

SPRING = "celebrates Spring Festival"


@pytest.fixture(autouse=True)
def _in_london():
    with translation.override("en"), timezone.override("Europe/London"):
        yield


@pytest.fixture
def today(monkeypatch):
    def set_to(year: int, month: int, day: int, hour: int = 12) -> datetime:
        moment = datetime(year, month, day, hour, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        return moment

    set_to(2026, 9, 20)
    return set_to


@pytest.fixture
def chinese(db) -> Store:
    """A shop in China that sends to Britain."""
    return people.open_store("shanshui", country="CN")


def holiday(store: Store, first: date, last: date, name: str = "Spring Festival", **values):
    defaults = {"country": "CN", "name_zh": "春节"}
    return HolidayNotice.objects.create(
        account=store.account, first=first, last=last, name=name, **(defaults | values)
    )


def closing(store: Store, first: date, last: date, **values):
    return holiday(
        store, first, last, "Winter break", **{"country": "", "name_zh": "寒假"} | values
    )


def on_the_road(store: Store, **values) -> Order:
    order = sent(store, report(Milestone.IN_TRANSIT), **values)
    Parcel.objects.update(expected_from=None, expected_to=None)
    return order


def slip(order: Order) -> str:
    loaded = Order.objects.with_story().get(pk=order.pk)
    return banner.of_order(loaded, timezone.now())


def read(order: Order, address: str, **query) -> str:
    client = CheckedClient()
    people.open_link(client, order)
    found = re.search(
        r'<div class="banner">.*?</div>', client.get(address, query).content.decode(), re.S
    )
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split()) if found else ""


# --- Holidays at an end of the way --------------------------------------------------------------


def test_a_long_holiday_is_announced_two_weeks_before_and_while_it_lasts(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))  # Monday to Friday; rests till Sunday
    today(2027, 3, 1)
    order = on_the_road(chinese)
    ahead = "From 13 to 21 March China celebrates Spring Festival; parcels there move more slowly."
    running = "Until 21 March China celebrates Spring Festival; parcels there move more slowly."
    days = {(2, 26): "", (2, 27): ahead, (3, 12): ahead, (3, 13): running, (3, 21): running}
    days[3, 22] = ""
    for (month, day), told in days.items():
        today(2027, month, day, 3)  # the same day in China
        assert slip(order) == told, (month, day)


def test_a_day_begins_there_by_the_clock_there(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))
    today(2027, 3, 12)
    order = on_the_road(chinese)
    today(2027, 3, 21, 15)
    assert slip(order)
    today(2027, 3, 21, 16)  # midnight in Shanghai
    assert not slip(order)


def test_a_weekend_with_a_monday_is_nothing_to_announce(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 15))
    today(2027, 3, 8)
    assert slip(on_the_road(chinese)) == ""


def test_the_library_knows_the_long_holidays_of_china_and_names_them_in_both_languages(
    chinese, today
):
    order = on_the_road(chinese)
    today(2026, 9, 25)
    with translation.override("zh-hans"):
        told = slip(order)
        assert "国庆节" in told or "National Day" not in told
    assert "China celebrates" in slip(order) and "National Day" in slip(order)


def test_the_country_behind_the_parcel_matters_no_more(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))
    today(2027, 3, 8)
    order = on_the_road(chinese)
    assert SPRING in slip(order)
    parcel = order.shipments.get().parcel
    parcel.record([report(Milestone.IN_TRANSIT, "Langley", country="GB")])
    Parcel.objects.update(expected_from=None, expected_to=None)
    assert slip(order) == ""


def test_what_is_there_before_it_begins_has_nothing_to_do_with_it(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))
    today(2027, 3, 8)
    order = on_the_road(chinese)
    Parcel.objects.update(expected_from=date(2027, 3, 9), expected_to=date(2027, 3, 12))
    assert slip(order) == ""
    Parcel.objects.update(expected_to=date(2027, 3, 13))
    assert SPRING in slip(order)


def test_before_it_leaves_the_shops_country_counts_and_after_it_came_none(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))
    today(2027, 3, 8)
    waiting = people.place_order(chinese, shipped=False)
    assert SPRING in slip(waiting)
    there = sent(chinese, report(Milestone.DELIVERED), order=waiting)
    assert slip(there) == ""


def test_english_names_have_their_article(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19), "Long Tea", country="GB")
    today(2027, 3, 8)
    assert "the United Kingdom celebrates Long Tea" in slip(on_the_road(chinese))


# --- Our own closing ----------------------------------------------------------------------------


def test_our_own_closing_says_from_when_we_answer_again(store, today):
    closing(store, date(2027, 3, 15), date(2027, 3, 19))
    order = people.place_order(store)
    today(2027, 3, 1)
    assert slip(order) == (
        "From 15 to 19 March we are closed (Winter break). What reaches us then is answered from "
        "Monday 22 March on."
    )
    today(2027, 3, 17)
    assert slip(order) == (
        "We are closed until 19 March (Winter break). From Monday 22 March on we answer again."
    )
    today(2027, 2, 28)
    assert slip(order) == ""
    today(2027, 3, 20)
    assert slip(order) == ""


def test_one_day_is_told_as_one_day(store, today):
    closing(store, date(2027, 3, 16), date(2027, 3, 16))
    today(2027, 3, 10)
    assert slip(people.place_order(store)).startswith("On Tuesday 16 March we are closed")


def test_days_that_we_work_all_the_same_are_no_closing(store, today):
    closing(store, date(2027, 3, 13), date(2027, 3, 14), works=True)
    today(2027, 3, 10)
    assert slip(people.place_order(store)) == ""


def test_of_several_there_is_one_slip_and_ours_comes_first(chinese, today):
    holiday(chinese, date(2027, 3, 8), date(2027, 3, 12))
    today(2027, 3, 9)
    order = on_the_road(chinese)
    assert SPRING in slip(order)
    closing(chinese, date(2027, 3, 15), date(2027, 3, 19))
    assert "we are closed" in slip(order)
    assert read(order, addresses.order_page(order)).count("closed") == 1


def test_of_two_holidays_the_one_that_lasts_comes_before_the_next(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))
    holiday(chinese, date(2027, 3, 8), date(2027, 3, 12), "Long Tea", country="GB")
    today(2027, 3, 9)
    assert "Long Tea" in slip(on_the_road(chinese))


# --- Where it is shown --------------------------------------------------------------------------


def test_it_stands_on_the_page_of_the_order_of_a_return_and_of_finding(store, today):
    closing(store, date(2027, 3, 15), date(2027, 3, 19))
    today(2027, 3, 10)
    order = people.place_order(store)
    rma = returned(order)
    for address in (addresses.order_page(order), addresses.return_page(rma)):
        assert "we are closed (Winter break)" in read(order, address)
        assert "寒假" in read(order, address, lang="zh-hans")
    find = CheckedClient().get(addresses.store_page(store, "find")).content.decode()
    assert find.count('class="banner"') == 1


def test_a_return_still_to_be_posted_is_told_of_holidays_at_both_ends(chinese, today):
    holiday(chinese, date(2027, 3, 15), date(2027, 3, 19))
    today(2027, 3, 8)
    order = people.place_order(chinese)
    rma = returned(order)
    assert SPRING in read(order, addresses.return_page(rma))


def test_without_anything_to_say_there_is_no_slip(store, today):
    order = people.place_order(store)
    assert read(order, addresses.order_page(order)) == ""
    find = CheckedClient().get(addresses.store_page(store, "find")).content.decode()
    assert "banner" not in find


def test_names_with_markup_are_only_letters(store, today):
    closing(store, date(2027, 3, 15), date(2027, 3, 19), name_zh="<b>{x}")
    HolidayNotice.objects.update(name="<script>{0}")
    today(2027, 3, 10)
    order = people.place_order(store)
    assert "<script>{0}" in read(order, addresses.order_page(order))
