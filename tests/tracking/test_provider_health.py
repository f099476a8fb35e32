"""How the providers do: each state in words, the figures, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tracking.desk import connect, follow, member, parcel, refused, shown
from tracking import health
from tracking.models import Connection

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
PAGE = "admin:tracking_connection_health"


@pytest.fixture
def reader():
    return member("reader", "view_connection")


def ago(**more: float) -> datetime:
    return NOW - timedelta(**more)


def words(**values) -> tuple[str, str]:
    """State and words of a connection with these values, at NOW."""
    followed = values.pop("followed", 0)
    values = {"created_at": ago(days=30), "last_answer_at": ago(hours=1)} | values
    row = health.Health(connect(**values), followed=followed)
    return row.state(NOW), row.words(NOW)


def test_one_that_answers_and_pushes_works():
    assert words(last_push_at=ago(hours=2), followed=7) == ("works", "It works.")


def test_one_that_is_paused_says_until_when_and_why():
    state, said = words(
        paused_until=NOW + timedelta(minutes=12), failures=5, last_failure="The key is wrong."
    )
    assert state == "paused"
    assert said == "Paused until 12:12 (Europe/London), because: The key is wrong."


def test_a_pause_that_is_over_waits_for_its_probe():
    state, said = words(paused_until=ago(seconds=1), failures=5, last_failure="Off.")
    assert (state, said) == ("failing", "The last 5 calls failed: Off.")


def test_one_whose_quota_is_used_up_says_when_it_begins_anew():
    state, said = words(daily_quota=100, quota_used=100, quota_day=NOW.date())
    assert state == "spent" and "midnight UTC" in said


def test_yesterdays_use_does_not_count():
    row = health.Health(
        connect(daily_quota=5, quota_used=5, quota_day=ago(days=1).date(), last_answer_at=NOW)
    )
    assert row.state(NOW) == "works"
    assert row.used_today == 0


def test_a_single_failure_is_told_without_alarm_about_a_pause():
    assert words(failures=1, last_failure="Off.") == ("failing", "The last call failed: Off.")


def test_one_that_never_answered_says_so():
    state, said = words(last_answer_at=None, failures=3, last_failure="No way in.")
    assert state == "unanswered"
    assert said == "It has never answered. The last 3 calls failed: No way in."


def test_one_that_nobody_asked_yet_is_no_trouble():
    assert words(last_answer_at=None)[0] == "unused"
    assert "unused" not in health.BAD


@pytest.mark.parametrize(
    ("last_push_at", "followed", "state"),
    [
        (ago(days=3, minutes=1), 2, "quiet"),
        (ago(days=2, hours=23), 2, "works"),
        (ago(days=9), 0, "works"),
        (None, 2, "quiet"),
    ],
)
def test_no_push_although_parcels_are_followed_is_told(last_push_at, followed, state):
    found, said = words(last_push_at=last_push_at, followed=followed)
    assert found == state
    if state == "quiet":
        never = "no push has ever come although 2 parcels are followed"
        since = "no push has come for 3\xa0days although 2 parcels are followed"
        assert (since if last_push_at else never) in said


def test_of_the_demo_nobody_expects_a_push():
    row = health.Health(
        connect("demo", created_at=ago(days=30), last_answer_at=ago(hours=1)), followed=4
    )
    assert row.state(NOW) == "works"


def test_a_new_connection_is_given_time_for_its_first_push():
    assert words(created_at=ago(days=1), followed=3)[0] == "works"


def test_one_that_is_switched_off_says_that_its_pushes_are_not_taken():
    state, said = words(is_active=False, failures=9, last_failure="Off.")
    assert state == "off" and "not taken" in said


def test_those_that_do_not_answer_are_found():
    well = connect("17track", last_answer_at=timezone.now())
    paused = connect("kdniao", paused_until=timezone.now() + timedelta(minutes=3), failures=5)
    connect("kuaidi100", is_active=False, failures=7)
    assert health.silent() == [paused]
    Connection.objects.filter(pk=well.pk).update(failures=2)
    assert set(health.silent()) == {well, paused}


def test_the_figures_count_what_is_under_way():
    mine, other = connect("17track"), connect("kdniao")
    now = timezone.now()
    for number in range(3):
        follow(parcel(f"A{number}00000"), mine)
    follow(parcel("B100000", ended_at=now), mine)  # it has arrived
    follow(parcel("B200000"), mine, stopped_at=now)
    due = parcel("C100000")
    follow(due, mine, state="due", due_at=now - timedelta(hours=2), registered_at=None)
    follow(parcel("C200000"), mine, state="due", due_at=now + timedelta(hours=2))
    refused(due, other, "needs_phone")
    refused(parcel("D100000"), other, "refused")
    refused(parcel("D200000"), other, "refused")
    refused(parcel("D300000", ended_at=now), other, "refused")
    refused(parcel("D400000"), other, "", last_error="Twenty times in vain.")
    by = {row.connection: row for row in health.look()}
    assert (by[mine].followed, by[mine].due) == (4, 1)
    assert by[mine].oldest == now - timedelta(hours=2)
    assert by[mine].refused == {}
    assert (by[other].followed, by[other].due, by[other].oldest) == (0, 0, None)
    assert by[other].refused == {"needs_phone": 1, "refused": 2, "": 1}
    assert by[other].refusals[0] == ("does not follow this number", 2)


def test_the_page_says_it_all(reader):
    mine = connect(
        "17track",
        failures=2,
        last_failure="api.17track.net is out of order (503).",
        last_failure_at=timezone.now(),
        last_answer_at=timezone.now() - timedelta(hours=3),
        daily_quota=1000,
        quota_used=37,
        quota_day=timezone.now().date(),
        forged_count=4,
    )
    refused(parcel(), mine, "needs_phone")
    said = shown(reader.get(reverse(PAGE)))
    for words in (
        "juniper at 17TRACK",
        "The last 2 calls failed: api.17track.net is out of order (503).",
        "Last push never",
        "Failures in a row 2",
        "Forged pushes 4",
        "37 of 1,000",
        "1: it wants the last four digits of a phone",
    ):
        assert words in said, words


def test_without_any_connection_it_leads_to_the_first(reader):
    assert "No provider is connected yet." in shown(reader.get(reverse(PAGE)))
    owner = member("owner", "change_connection", "add_connection")
    assert reverse("admin:tracking_connection_add") in owner.get(reverse(PAGE)).text


def test_who_may_not_see_connections_does_not_see_how_they_do(reader):
    connect()
    assert member("agent", "view_parcel").get(reverse(PAGE)).status_code == 404
    assert Client().get(reverse(PAGE)).status_code == 302
    again = reverse("admin:tracking_connection_try_again", args=[connect("kdniao", failures=5).pk])
    assert again not in reader.get(reverse(PAGE)).text
    assert again in member("owner", "change_connection").get(reverse(PAGE)).text


def test_many_connections_cost_as_many_queries_as_one(reader, django_assert_max_num_queries):
    refused(parcel(), connect("17track"), "refused")
    reader.get(reverse(PAGE))
    with django_assert_max_num_queries(8) as few:
        reader.get(reverse(PAGE))
    for name in ("kiln", "loom", "mast"):
        for provider in ("17track", "kuaidi100", "kdniao"):
            follow(parcel(f"{name}-{provider}"), connect(provider, name))
    with django_assert_max_num_queries(8) as many:
        reader.get(reverse(PAGE))
    assert len(many) == len(few)
