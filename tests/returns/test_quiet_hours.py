"""Nothing that can wait is sent while the buyer sleeps, nor more than one in an hour; and
no promise falls due at an hour at which its letter could not be there in time."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from django.utils import timezone
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.models import CLOCK, Actor, Notice, Promise, PromiseState
from returns.models.contact_point import BETWEEN, ContactPoint
from returns.models.event import ActorKind
from returns.models.notice import Channel
from returns.models.promise import GRACE
from returns.quiet import LEAD, Quiet
from tests.people import ask_to_return, open_store, place_order, staff
from tests.post_office import send_due
from tests.returns.troubled import on_its_way, trouble
from tracking.work import WorkState

NIGHT = Quiet(time(21), time(8), "Europe/London")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# Half hours and quarters, clocks that change at midnight, no hour but half an hour, and a
# day that was left out.
ZONES = [
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Havana",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Europe/London",
    "America/New_York",
]


def at(words: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone))


moments = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
zones = st.one_of(st.sampled_from(ZONES), st.sampled_from(sorted(available_timezones())))
quiets = st.builds(Quiet, clocks, clocks, zones)


def awake(quiet: Quiet) -> timedelta:
    """How long it is not quiet, on a usual day."""
    day = date(2026, 6, 15)
    length = datetime.combine(day, quiet.begins) - datetime.combine(day, quiet.ends)
    return length % timedelta(days=1) or timedelta(days=1)


# --- the clock --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-24 20:59", None),
        ("2026-11-24 21:00", "2026-11-25 08:00"),
        ("2026-11-24 23:59", "2026-11-25 08:00"),
        ("2026-11-25 00:00", "2026-11-25 08:00"),
        ("2026-11-25 07:59", "2026-11-25 08:00"),
        ("2026-11-25 08:00", None),
        # The nights in which the clocks change are an hour shorter, and longer.
        ("2026-03-28 22:00", "2026-03-29 08:00"),
        ("2026-10-24 22:00", "2026-10-25 08:00"),
    ],
)
def test_it_is_quiet_from_nine_to_eight_by_the_buyers_clock(now, until):
    assert NIGHT.until(at(now)) == (until and at(until))


def test_quiet_at_noon_ends_on_the_same_day():
    siesta = Quiet(time(13), time(16), "Europe/Madrid")
    assert siesta.until(at("2026-07-01 14:00", "Europe/Madrid")) == at(
        "2026-07-01 16:00", "Europe/Madrid"
    )
    assert siesta.until(at("2026-07-01 12:59", "Europe/Madrid")) is None


@given(moments, clocks, zones)
def test_the_same_hour_twice_is_never_quiet(now, clock, zone):
    quiet = Quiet(clock, clock, zone)
    assert quiet.until(now) is None and quiet.clear_of(now) == now


@given(moments, quiets)
@example(
    at("2026-10-25 01:10").replace(fold=1).astimezone(UTC),
    Quiet(time(22), time(1, 30), "Europe/London"),
)
@example(at("2026-03-29 00:45").astimezone(UTC), Quiet(time(22), time(1, 30), "Europe/London"))
def test_its_end_lies_ahead_and_is_its_end(now, quiet):
    """Else what waits for it would be taken in hand again and again until it has come."""
    end = quiet.until(now)
    assume(end is not None)
    assert now < end <= now + timedelta(hours=26)
    later = quiet.until(end)
    assert later is None or awake(quiet) < 2 * HOUR or later - end <= 2 * HOUR


@given(moments, quiets)
def test_a_promise_falls_due_where_its_letter_can_be_there_in_time(due, quiet):
    assume(awake(quiet) >= 2 * LEAD)
    clear = quiet.clear_of(due)
    assert due <= clear <= due + timedelta(hours=26) + LEAD
    changing = ZoneInfo(quiet.zone).utcoffset(clear.replace(tzinfo=None)) != ZoneInfo(
        quiet.zone
    ).utcoffset((clear - timedelta(days=1)).replace(tzinfo=None))
    assume(not changing)
    assert quiet.until(clear) is None, "it falls due while the buyer sleeps"
    written = quiet.until(clear - LEAD) or clear - LEAD
    assert written <= clear - LEAD + MINUTE or clear - written >= LEAD


@given(moments, quiets)
def test_where_nothing_is_in_the_way_the_hour_stays(due, quiet):
    assume(quiet.until(due) is None and quiet.until(due - LEAD) is None)
    assert quiet.clear_of(due) == due


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", range(1, 13))
def test_what_an_order_is_promised_is_due_while_its_buyer_is_awake(db, zone, month):
    store = open_store(quiet_from=time(21), quiet_until=time(8))
    order = place_order(store, zone=zone, country="")
    for day in (1, 8, 15, 22, 28):
        for hour in (0, 7, 15, 22):
            now = datetime(2026, month, day, hour, tzinfo=UTC)
            for due in (order.word_due(now), order.word_due(now, 1), order.dispatch_due(now)):
                assert due > now
                assert order.quiet.until(due) is None
                assert order.quiet.until(due - LEAD + MINUTE) is None


@pytest.mark.django_db
def test_where_a_country_has_several_clocks_its_middle_one_says_when_it_is_night():
    store = open_store(quiet_from=time(21), quiet_until=time(8))
    order = place_order(store, zone="", country="US")
    assert order.where == "Europe/London", "the hours on its page stay ours"
    night = datetime(2026, 6, 10, 9, tzinfo=UTC)  # four in the morning in Chicago
    assert order.quiet.until(night) == datetime(2026, 6, 10, 13, tzinfo=UTC)


# --- sending ----------------------------------------------------------------------------------


@pytest.fixture
def store(db):
    return open_store(quiet_from=time(21), quiet_until=time(8), zone="Asia/Tokyo")


def evening(hour: int = 22, zone: str = "Europe/London") -> datetime:
    """A day ahead, so that the clock on the wall is behind it."""
    local = timezone.now().astimezone(ZoneInfo(zone)) + timedelta(days=1)
    return local.replace(hour=hour, minute=30)


def test_news_waits_for_the_buyers_morning_and_that_was_no_attempt(store):
    trouble(on_its_way(store))
    [notice] = send_due(evening())
    assert (notice.state, notice.attempts) == (WorkState.DUE, 0)
    local = notice.due_at.astimezone(ZoneInfo("Europe/London"))
    assert (local.hour, local.minute) == (8, 0)
    [sent] = send_due(notice.due_at)
    assert sent.state == WorkState.DONE


def test_what_answers_the_buyer_waits_for_no_morning(store):
    ask_to_return(place_order(store))
    assert [notice.state for notice in send_due(evening())] == [WorkState.DONE]


def test_what_a_person_sends_waits_for_no_morning(store):
    trouble(on_its_way(store))
    ieva = Actor(ActorKind.STAFF, staff("ieva"))
    Notice.objects.get().send_now(by=ieva)
    assert [notice.state for notice in send_due(evening())] == [WorkState.DONE]


def test_what_a_person_has_changed_and_then_left_alone_waits_like_the_others(store):
    store.hold_minutes = 60
    store.save()
    trouble(on_its_way(store))
    ieva = Actor(ActorKind.STAFF, staff("ieva"))
    assert Notice.objects.get().edit("", "We look for it.", by=ieva)
    [notice] = send_due(evening())
    assert notice.state == WorkState.DUE and notice.sent_by == ieva.user


# --- one in an hour ---------------------------------------------------------------------------


@pytest.fixture
def awake_store(db):
    return open_store()


def two_orders(store) -> tuple:
    """Of the same person, who writes her address in two ways."""
    one = on_its_way(store, "JP-1")
    two = on_its_way(store, "JP-2", email="Sarah@Example.com")
    trouble(one), trouble(two)
    return one, two


def test_one_person_gets_one_message_an_hour_whatever_she_ordered(awake_store):
    two_orders(awake_store)
    now = timezone.now()
    first, second = send_due(now)
    assert (first.state, second.state) == (WorkState.DONE, WorkState.DUE)
    assert (second.due_at, second.attempts) == (now + BETWEEN, 0)
    assert not send_due(now + BETWEEN - MINUTE)
    [sent] = send_due(now + BETWEEN)
    assert sent.state == WorkState.DONE


def test_what_is_required_neither_waits_for_a_turn_nor_takes_one(awake_store):
    ask_to_return(place_order(awake_store, "JP-3"))
    two_orders(awake_store)
    done = [notice.state for notice in send_due(timezone.now())]
    assert done.count(WorkState.DONE) == 2


def test_what_did_not_come_through_keeps_its_turn(awake_store):
    trouble(on_its_way(awake_store))
    now = timezone.now()
    Notice.objects.update(admitted_at=now)
    ContactPoint.objects.admit(awake_store.pk, "sarah@example.com", now)
    [sent] = send_due(now)
    assert sent.state == WorkState.DONE


def test_two_stores_do_not_wait_for_each_other(awake_store):
    trouble(on_its_way(awake_store, "JP-1"))
    trouble(on_its_way(open_store("fig-and-fern"), "FF-1"))
    assert [notice.state for notice in send_due(timezone.now())] == [WorkState.DONE] * 2


def test_our_word_comes_before_the_pause(awake_store):
    """Four orders of one person, and our word about all of them falls due at one hour."""
    now = timezone.now()
    for number in range(4):
        on_its_way(awake_store, f"JP-{number}").promise_update(by=CLOCK, now=now)
    due_at = Promise.objects.earliest("due_at").due_at
    assert Promise.objects.filter(due_at=due_at).count() == 4
    at = due_at - LEAD
    Promise.objects.come_due(at)
    while at <= due_at + 3 * HOUR:
        send_due(at)
        at += 10 * MINUTE
    settled = Promise.objects.filter(due_at=due_at)
    assert {row.state for row in settled} == {PromiseState.KEPT}
    assert all(row.settled_at <= due_at + GRACE for row in settled)


class Turns(TestCase):
    @given(st.lists(st.integers(0, 90), min_size=1, max_size=20))
    def test_whoever_asks_when_there_is_one_turn_an_hour(self, waits):
        store, now, turns = open_store(), timezone.now(), []
        for wait in waits:
            now += wait * MINUTE
            later = ContactPoint.objects.admit(store.pk, "sarah@example.com", now)
            if later is None:
                turns.append(now)
            else:
                assert now < later == turns[-1] + BETWEEN
        assert all(two - one >= BETWEEN for one, two in pairwise(turns))
        assert ContactPoint.objects.get().channel == Channel.EMAIL
