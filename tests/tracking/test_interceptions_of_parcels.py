"""What happens to a request when its parcel moves, or is not what it was taken for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.tracking.gateway_server import UPS_NUMBER, GatewayServer
from tests.tracking.turning import (
    HOUR,
    asked,
    at_ups,
    fresh,
    later,
    on_the_road,
    scanned,
    wanted,
    work,
)
from tracking import tasks
from tracking.gateways import Failure, ups
from tracking.interceptions import InterceptionStatus
from tracking.milestones import Milestone
from tracking.models import Interception, Parcel, Scan, ScanReport, Story, Told
from tracking.providers import News
from tracking.signals import interception_changed
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
S = InterceptionStatus


@pytest.fixture
def parcel(db):
    return on_the_road()


@pytest.fixture
def told():
    """What others hear of: state, why, words."""
    heard: list[tuple[str, str, str]] = []

    def listen(sender, interception, **kwargs):
        heard.append((interception.status, interception.failure, interception.words))

    interception_changed.connect(listen)
    yield heard
    interception_changed.disconnect(listen)


def is_there(row: Interception) -> bool:
    return Interception.objects.filter(pk=row.pk).exists()


def rest(row: Interception) -> None:
    Interception.objects.filter(pk=row.pk).update(due_at=timezone.now() + HOUR)


def is_stirred(row: Interception) -> bool:
    return fresh(row).due_at <= timezone.now()


def touching(act) -> list[str]:
    """The queries about requests that it makes."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [q["sql"] for q in queries if q["sql"].startswith("UPDATE") and "intercep" in q["sql"]]


# --- scans ----------------------------------------------------------------------------------


def test_a_parcel_that_moves_stirs_its_request_and_no_other(parcel):
    row, other = asked(parcel), asked(on_the_road("1Z999AA10123456785"))
    rest(row), rest(other)
    scanned(parcel, Milestone.CUSTOMS)
    assert (is_stirred(row), is_stirred(other)) == (True, False)


def test_a_scan_that_moves_nothing_stirs_nothing(parcel):
    row = asked(parcel)
    rest(row)
    assert touching(lambda: scanned(parcel, Milestone.IN_TRANSIT, place="Dallas")) == []
    assert not is_stirred(row)


def test_recording_makes_no_query_about_requests_that_are_not_there(parcel):
    other = asked(on_the_road("1Z999AA10123456785"))
    assert touching(lambda: scanned(parcel, Milestone.CUSTOMS)) == []
    Interception.objects.filter(pk=other.pk).update(watched_until=None)
    assert touching(lambda: scanned(other.parcel, Milestone.CUSTOMS)) == []


def test_recording_many_makes_one_query_about_all_their_requests():
    parcels = [on_the_road(f"1Z999AA1012345679{number}") for number in range(5)]
    rows = [asked(parcel) for parcel in parcels[:3]]
    for row in rows:
        rest(row)
    report = ScanReport(at=timezone.now(), milestone=Milestone.CUSTOMS, place="Louisville")
    news = [Told(parcel, News(parcel.number, reports=(report,)), "17track") for parcel in parcels]
    assert len(touching(lambda: Parcel.objects.record_all(news))) == 1
    assert all(is_stirred(row) for row in rows)


def test_an_ended_one_is_stirred_while_the_scans_can_prove_something(parcel):
    row = work(asked(parcel, S.FAILED, ended_at=timezone.now(), gateway=None))
    assert not is_stirred(row)
    scanned(parcel, Milestone.DELIVERED, place="Austin")
    assert is_stirred(row) and work(row).status == S.SUCCEEDED
    rest(row)
    scanned(parcel, Milestone.RETURNING, timezone.now() + timedelta(minutes=1))
    assert fresh(row).state == WorkState.DONE, "nothing more can come of it"


# --- it was another parcel ------------------------------------------------------------------


def test_whoever_waits_hears_of_it_when_the_parcel_was_never_ours(parcel, told):
    wanted(parcel)
    parcel.drop()
    assert told == [(S.FAILED, Failure.NO_ANSWER, "The number was wrong: the parcel was not ours.")]
    assert not Interception.objects.exists()


def test_an_ended_one_goes_without_a_word_when_the_parcel_was_never_ours(parcel, told):
    asked(parcel, S.FAILED)
    parcel.drop()
    assert told == [] and not Parcel.objects.exists()


def test_the_carrier_is_asked_to_forget_a_parcel_that_was_never_ours(parcel, told):
    with GatewayServer() as server:
        at_ups(parcel, server)
        row = work(wanted(parcel))
        parcel.drop()
        assert not Parcel.objects.exists() and not Scan.objects.exists()
        tasks.sweep()
        now = work(row)
    assert server.cancelled == [UPS_NUMBER]
    assert (now.status, now.must_call) == (S.FAILED, False)
    tasks.sweep()
    assert not Interception.objects.exists() and not Parcel.dropped.exists()


def test_a_person_calls_about_a_parcel_that_was_never_ours(parcel):
    row = asked(parcel, gateway=None)
    ended = asked(on_the_road("1Z999AA10123456785"), S.FAILED)
    parcel.drop(), ended.parcel.drop()
    tasks.sweep()
    assert list(Interception.objects.to_call()) == [row]
    now = fresh(row)
    assert (now.parcel.number, now.parcel.account, now.parcel.carrier, now.key) == (
        parcel.number,
        parcel.account,
        "ups",
        row.key,
    )
    now.note_call("no_news")
    tasks.sweep()
    assert is_there(row), "somebody calls again"
    now.note_call("withdrawn", "They forget it.")
    tasks.sweep()
    assert not is_there(row) and not Parcel.dropped.exists()


def test_what_a_person_withdrew_needs_no_gateway_any_more(parcel):
    at_ups(parcel)
    row = asked(parcel, gateway=parcel.account.gateways.get())
    parcel.drop()
    tasks.sweep()
    assert is_there(row)
    fresh(row).note_call("withdrawn", "They forget it.")
    tasks.sweep()
    assert not is_there(row)


def test_a_gateway_that_is_away_is_asked_to_forget_soon_again_and_then_a_person_calls(parcel):
    at_ups(parcel)  # where nobody listens
    row = asked(parcel, gateway=parcel.account.gateways.get())
    parcel.drop()
    now = work(row)
    assert now.due_at < timezone.now() + HOUR and not now.must_call
    now = work(later(row, HOUR))
    assert now.must_call
    tasks.sweep()
    assert list(Interception.objects.to_call()) == [row]


def test_a_worker_that_has_it_in_hands_notices_that_it_was_dropped(parcel, monkeypatch):
    def drops(task, access):
        Parcel.objects.get().drop()
        tasks.sweep()
        return ask(task, access)

    ask = ups.request
    monkeypatch.setattr(ups, "request", drops)
    with GatewayServer() as server:
        at_ups(parcel, server)
        row = work(wanted(parcel))
        assert (row.status, row.last_error, len(server.asked)) == (S.FAILED, "", 1)
        work(row)
    assert server.cancelled == [UPS_NUMBER]


def test_a_dropped_number_may_be_ours_after_all(parcel):
    row = asked(parcel, gateway=None)
    parcel.drop()
    again = on_the_road()
    assert again.pk != fresh(row).parcel_id and wanted(again).is_open
    other = Parcel.objects.announce(parcel.account, parcel.number, "")
    again.drop()
    assert other.learn_carrier("ups"), "no stand-in is in the way"
    story = Story("1Z999AA10123456785", "ups", timezone.now())
    turned = asked(on_the_road(story.number), gateway=None)
    turned.parcel.drop()
    found = Parcel.objects.announce_all(parcel.account, [story])
    assert found["ups", story.number][1], "a new one"
    assert [one.number for one in Parcel.objects.numbered(parcel.account_id, story.number)] == [
        story.number
    ]


def test_nothing_is_told_to_the_stand_in_of_a_dropped_parcel(parcel):
    row = asked(parcel, gateway=None)
    parcel.drop()
    left = fresh(row).parcel
    scanned(left, Milestone.DELIVERED, place="Austin")
    assert not Scan.objects.exists()
    tasks.check(), tasks.watch()
    left.refresh_from_db()
    assert (left.milestone, left.next_check_at) == (Milestone.ANNOUNCED, None)


def test_what_nobody_was_asked_for_ends_when_the_carrier_is_corrected(parcel, told):
    at_ups(parcel)
    row = wanted(parcel)
    parcel.correct_carrier("usps")
    now = fresh(row)
    assert (now.status, now.failure, now.state) == (S.FAILED, Failure.NO_ANSWER, WorkState.DONE)
    assert "another carrier" in now.words and len(told) == 1
    assert wanted(parcel).is_open, "it can be asked for anew"


def test_the_wrong_carrier_is_asked_to_forget_it_when_the_carrier_is_corrected(parcel):
    with GatewayServer() as server:
        at_ups(parcel, server)
        row = work(wanted(parcel))
        parcel.correct_carrier("usps")
        now = fresh(row)
        assert (now.status, now.state) == (S.FAILED, WorkState.DUE)
        now = work(row)
    assert server.cancelled == [parcel.number], "asked as a parcel of the first carrier"
    assert (now.status, now.must_call) == (S.FAILED, False)


def test_the_desk_calls_the_wrong_carrier_where_it_does_not_forget(parcel):
    with GatewayServer() as server:
        at_ups(parcel, server)
        row = work(wanted(parcel))
        server.made.clear()  # it was done meanwhile
        parcel.correct_carrier("usps")
        now = work(row)
    assert (now.status, now.must_call) == (S.FAILED, True)


def test_the_desk_calls_the_wrong_carrier_where_no_interface_does(parcel):
    row = asked(parcel, gateway=None)
    parcel.correct_carrier("usps")
    assert list(Interception.objects.to_call()) == [row]
    row.note_call("withdrawn", "They forget it.")
    assert not Interception.objects.to_call().exists()


def test_a_provider_that_finds_another_carrier_leaves_the_choice_to_the_desk(parcel):
    at_ups(parcel)
    row = wanted(parcel)
    assert parcel.change_carrier("usps")
    now = work(row)
    assert (now.status, now.is_by_phone) == (S.UNSUPPORTED, True)
