"""How many promises were kept: counted by store, week and kind, and every figure leads to
its rows."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from returns import promise_rate
from returns.models import CLOCK, Order, Promise, PromiseKind, PromiseState, Store
from returns.promise_rate import Rate
from tests import people
from tests.portal.desk_work import at_desk
from tests.portal.on_the_way import report, sent
from tests.tracking.desk import shown

pytestmark = pytest.mark.django_db

LIST, RATE = "admin:returns_promise_changelist", "admin:returns_promise_rate"
# A Wednesday.
NOW = datetime(2026, 7, 29, 12, tzinfo=UTC)
THIS, LAST = date(2026, 7, 27), date(2026, 7, 20)


@pytest.fixture
def boss(db):
    return at_desk("boss", "view_promise", "decide_return")


def promised(
    order: Order, due: datetime, state: str = PromiseState.KEPT, kind: str = PromiseKind.UPDATE
) -> Promise:
    return Promise.objects.create(
        order=order, kind=kind, state=state, due_at=due, made_by="clock", settled_at=due
    )


def at(hours: float = 0) -> datetime:
    return NOW - timedelta(hours=hours)


def test_kept_and_broken_are_counted_apart_by_week_and_kind(store, order):
    Promise.objects.all().delete()
    for state in ("kept", "kept", "broken"):
        promised(order, at(2), state)
    promised(order, at(2), kind=PromiseKind.REFUND)
    promised(order, at(24 * 7), "broken")
    assert promise_rate.rates([store], 12, NOW) == {
        (store.pk, THIS, "update"): Rate(2, 1),
        (store.pk, THIS, "refund"): Rate(1, 0),
        (store.pk, LAST, "update"): Rate(0, 1),
    }


def test_what_is_open_or_was_replaced_does_not_count(store, order):
    Promise.objects.all().delete()
    promised(order, at(2), "open")
    promised(order, at(2), "superseded")
    assert promise_rate.rates([store], 12, NOW) == {}


def test_a_week_is_that_of_the_store(store, order):
    """Monday 07:30 in Shanghai is Sunday evening in New York."""
    Promise.objects.all().delete()
    moment = datetime(2026, 7, 27, 7, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    stores = []
    for zone in ("Asia/Shanghai", "America/New_York", "UTC"):
        shop = people.open_store(zone.partition("/")[0].lower(), zone=zone)
        promised(people.place_order(shop, f"JP-{shop.pk}"), moment)
        stores.append(shop)
    counted = {key[0]: key[1] for key in promise_rate.rates(stores, 12, NOW)}
    assert list(counted.values()) == [THIS, LAST, LAST]


def test_the_hour_at_which_clocks_change_is_in_its_week(db):
    shop = people.open_store(zone="Europe/London")
    order = people.place_order(shop)
    Promise.objects.all().delete()
    sunday = datetime(2026, 3, 29, 23, 30, tzinfo=ZoneInfo("Europe/London"))
    promised(order, sunday)
    promised(order, sunday + timedelta(minutes=30), kind=PromiseKind.REFUND)
    found = promise_rate.rates([shop], 12, datetime(2026, 4, 1, tzinfo=UTC))
    assert {key[1:] for key in found} == {
        (date(2026, 3, 23), "update"),
        (date(2026, 3, 30), "refund"),
    }


def test_what_is_older_than_asked_for_is_left_out(store, order):
    Promise.objects.all().delete()
    promised(order, at(24 * 7 * 11))
    promised(order, at(24 * 7 * 12))
    assert len(promise_rate.rates([store], 12, NOW)) == 1
    assert len(promise_rate.rates([store], 13, NOW)) == 2


@pytest.mark.parametrize(
    ("rate", "percent"),
    [(Rate(), None), (Rate(1, 0), 100), (Rate(999, 1), 99), (Rate(0, 3), 0), (Rate(2, 1), 66)],
)
def test_a_hundred_per_cent_means_all_of_them(rate, percent):
    assert rate.percent == percent


@pytest.mark.parametrize(
    ("name", "week"),
    [
        ("2026-W31", date(2026, 7, 27)),
        ("2026-W01", date(2025, 12, 29)),
        ("2026-W54", None),
        ("W31", None),
        ("", None),
        ("2026-W31-2", None),
    ],
)
def test_weeks_are_named_as_calendars_name_them(name, week):
    assert promise_rate.named(name) == week
    assert week is None or promise_rate.name_of(week) == name


def test_it_costs_one_query_for_all_stores(store, order, django_assert_num_queries):
    stores = [store, people.open_store("second", zone="Asia/Tokyo")]
    with django_assert_num_queries(1):
        promise_rate.rates(stores, 12, NOW)
    with django_assert_num_queries(0):
        assert promise_rate.rates([], 12, NOW) == {}


# --- at the desk ----------------------------------------------------------------------------


def this_week(store: Store) -> datetime:
    """A moment of this week of the store, whatever the day."""
    monday = promise_rate.week_of(timezone.now(), store.zone)
    return datetime(monday.year, monday.month, monday.day, 9, tzinfo=ZoneInfo(store.zone))


def test_each_figure_leads_to_exactly_its_promises(boss, store, order):
    Promise.objects.all().delete()
    other = people.place_order(people.open_store("other", name="Other shop"), "OT-1")
    due = this_week(store)
    rows = [promised(order, due), promised(order, due, "broken")]
    promised(order, due, kind=PromiseKind.REFUND)
    promised(order, due - timedelta(days=7))
    promised(order, due, "open")
    promised(other, due)
    text = boss.get(reverse(RATE)).text
    assert "Juniper &amp; Pine" in text and "Other shop" in text
    links = re.findall(r'<a href="([^"]+)">1 of 2<span class="visually-hidden"> kept: (\S+)', text)
    assert [words for _address, words in links] == ["Write"]
    listed = boss.get(unescape(links[0][0]))
    found = set(listed.context["cl"].queryset)
    assert found == set(rows)
    all_of_it = re.search(r'<a href="([^"]+)">2 of 3<', text)
    assert len(boss.get(unescape(all_of_it.group(1))).context["cl"].queryset) == 3


def test_a_store_without_any_says_so(boss, store):
    assert "No promise has fallen due in the last 12 weeks." in shown(boss.get(reverse(RATE)))


def test_the_board_begins_with_the_share_that_was_kept(boss, store, order):
    Promise.objects.all().delete()
    due = this_week(store)
    for number in range(24):
        promised(people.place_order(store, f"JP-1{number}"), due)
    promised(order, due, "broken")
    promised(order, due - timedelta(days=7), "broken")
    words = shown(boss.get(reverse("admin:index")))
    assert "Promises kept this week: 96 % (24 of 25) . Last week: 0 %." in words
    assert words.index("Promises kept this week") < words.index("Return requests to answer")


def test_before_anything_has_fallen_due_the_board_claims_nothing(boss, store):
    assert "Promises kept this week: none has fallen due yet." in shown(
        boss.get(reverse("admin:index"))
    )


def test_who_may_not_see_promises_sees_no_figure(store):
    jonas = at_desk("jonas", "receive_return")
    assert "Promises kept" not in shown(jonas.get(reverse("admin:index")))
    assert jonas.get(reverse(RATE)).status_code == 404
    assert jonas.get(reverse(LIST)).status_code == 403


def test_the_list_counts_down_and_is_narrowed_by_what_is_due(boss, store, order):
    Promise.objects.all().delete()
    now = timezone.now()
    late = promised(order, now - timedelta(hours=2, minutes=1), "open")
    soon = promised(order, now + timedelta(hours=5, minutes=1), "open", PromiseKind.REFUND)
    promised(order, now + timedelta(days=3, minutes=1), "open", PromiseKind.REPLY)
    words = shown(boss.get(reverse(LIST)))
    assert "2 hours late" in words and "in 5 hours" in words and "in 3 days" in words
    for name, row in (("late", late), ("today", soon)):
        found = boss.get(reverse(LIST), {"due": name}).context["cl"].queryset
        assert [found_row.pk for found_row in found] == [row.pk]
    kept = Promise.objects.filter(pk=soon.pk)
    kept.update(state="kept", settled_at=soon.due_at - timedelta(hours=3))
    assert "kept 3 hours before" in shown(boss.get(reverse(LIST), {"state": "counted"}))


def test_the_chain_of_a_renewed_promise_is_seen_from_each_of_its_links(boss, store, order):
    Promise.objects.all().delete()
    first = Promise.objects.make(order, PromiseKind.REPLY, timezone.now(), by=CLOCK)
    assert first
    first.come_due(first.due_at + timedelta(days=1))
    second = Promise.objects.get(follows=first)
    second.come_due(second.due_at + timedelta(days=1))
    third = Promise.objects.get(follows=second)
    chain = [first.pk, second.pk, third.pk]
    for row in (first, second, third):
        answer = boss.get(reverse("admin:returns_promise_change", args=[row.pk]))
        assert [one.pk for one, _words in answer.context["chain"]] == chain
    listed = shown(boss.get(reverse(LIST)))
    assert listed.count("renews that for") == 2 and listed.count("renewed for") == 2


def test_a_promise_names_the_letters_that_keep_it(boss, store):
    order = sent(store, report())
    promise = order.promise_update(by=CLOCK)
    promise.write_letter(promise.due_at - timedelta(hours=2))
    words = shown(boss.get(reverse("admin:returns_promise_change", args=[promise.pk])))
    assert "Where the parcel is, due, written" in words


def test_lists_and_pages_cost_the_same_for_one_and_for_many(
    boss, store, django_assert_max_num_queries
):
    def look() -> None:
        boss.get(reverse(LIST))
        boss.get(reverse(RATE))

    def add(number: int) -> None:
        row = promised(people.place_order(store, f"JP-7{number}"), this_week(store), "broken")
        Promise.objects.create(
            order=row.order, kind=row.kind, due_at=timezone.now(), made_by="clock", follows=row
        )

    add(0)
    look()
    with django_assert_max_num_queries(20) as few:
        look()
    for number in range(1, 8):
        add(number)
    with django_assert_max_num_queries(20) as many:
        look()
    assert len(many) == len(few)
