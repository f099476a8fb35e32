"""What no honest provider tells: it is bounded, and it undoes nothing of ours."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.tracking.seventeentrack import connect
from tracking import tasks
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Account, Following, Incident, Lane, Parcel, ScanReport, Told
from tracking.models.incident import GRAVEST, compared
from tracking.models.lane import LONGEST_JOURNEY
from tracking.models.recording import MOST_SCANS
from tracking.providers import News
from tracking.watch import Finding
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture
def parcel() -> Parcel:
    account = Account.objects.create(name="juniper", country="GB")
    return Parcel.objects.announce(account, "RB123456785GB", "royal-mail")


def scan(at: datetime, **values) -> ScanReport:
    return ScanReport(**{"at": at, "milestone": Milestone.IN_TRANSIT, "code": "x"} | values)


def test_a_scan_of_a_far_future_is_not_believed(parcel):
    now = timezone.now()
    parcel.record([scan(now), scan(datetime(2099, 12, 31, tzinfo=UTC))])
    assert parcel.scans.count() == 1
    assert parcel.watch_at < now + timedelta(days=5)


def test_clocks_that_are_a_little_ahead_are(parcel):
    parcel.record([scan(timezone.now() + timedelta(hours=20))])
    assert parcel.scans.count() == 1


def test_no_more_scans_are_kept_than_a_journey_has(parcel):
    start = timezone.now() - timedelta(days=1)
    parcel.record([scan(start + timedelta(seconds=nth)) for nth in range(MOST_SCANS + 50)])
    assert parcel.scans.count() == MOST_SCANS


def test_a_journey_of_decades_teaches_a_lane_nothing():
    account = Account.objects.create(name="juniper", country="GB")
    Account.objects.create(name="willow", country="GB")
    now = timezone.now()
    Parcel.objects.bulk_create(
        Parcel(
            account=account,
            carrier="ups",
            number=f"{nth}",
            origin="GB",
            destination="US",
            milestone=Milestone.DELIVERED,
            started_at=now - LONGEST_JOURNEY - timedelta(days=2),
            ended_at=now - timedelta(days=1),
        )
        for nth in range(12)
    )
    tasks.learn()
    assert not Lane.objects.exists()


def test_an_account_that_cannot_learn_keeps_no_other_from_it(monkeypatch, caplog):
    first = Account.objects.create(name="a", country="GB")
    second = Account.objects.create(name="b", country="GB")
    learned = []

    def learn(self, account_id):
        if account_id == first.pk:
            raise ValueError("what somebody told")
        learned.append(account_id)

    monkeypatch.setattr(type(Lane.objects.all()), "learn", learn)
    monkeypatch.setattr(type(Lane.objects), "learn", learn)
    with caplog.at_level(logging.ERROR):
        tasks.learn()
    assert learned == [second.pk]
    assert "what somebody told" not in caplog.text


def test_a_trouble_is_no_graver_than_can_be_kept(parcel):
    finding = Finding(IncidentKind.ATTEMPT_FAILED, timezone.now(), level=33_000)
    [incident] = compared(parcel, {}, {IncidentKind.ATTEMPT_FAILED: finding}, timezone.now()).opened
    assert incident.level == GRAVEST
    known = {incident.kind: incident}
    assert not compared(parcel, known, {IncidentKind.ATTEMPT_FAILED: finding}, timezone.now())


def test_a_provider_does_not_undo_what_the_desk_has_corrected(parcel):
    parcel.correct_carrier("ups")
    assert not parcel.change_carrier("yodel")
    assert Parcel.objects.get().carrier == "ups"


def test_news_of_a_carrier_that_was_corrected_meanwhile_is_dropped(parcel):
    before = Parcel.objects.get()
    parcel.correct_carrier("ups")
    news = News(parcel.number, carrier="royal-mail", reports=(scan(timezone.now()),))
    Parcel.objects.record_all([Told(before, news, "17track")])
    assert not parcel.scans.exists()


def test_asking_again_waits_for_the_lock_of_a_number(parcel):
    connection = connect("willow")
    row = Following.objects.create(
        parcel=parcel,
        connection=connection,
        number=parcel.number,
        wish="query",
        state=WorkState.DEAD,
        refusal="needs_phone",
        asked_at=timezone.now(),
    )
    assert parcel.ask_refused() == 0
    Following.objects.filter(pk=row.pk).update(asked_at=timezone.now() - timedelta(hours=1))
    assert parcel.ask_refused() == 1


def test_numbers_that_could_not_be_stopped_are_forgotten_after_a_month():
    connection = connect()
    old = timezone.now() - timedelta(days=31)
    for number, due in (("1", old), ("2", timezone.now())):
        Following.objects.create(connection=connection, number=number, wish="stop", due_at=due)
    tasks.sweep()
    assert [row.number for row in Following.objects.all()] == ["2"]


def test_who_wants_to_be_left_alone_for_a_day_is_replaced_meanwhile(parcel):
    account = parcel.account
    slow = account.connections.create(provider="17track", key="k")
    account.connections.create(provider="demo", key="k", position=1)
    Parcel.objects.poll()
    slow.slow_down(1e30)
    Parcel.objects.poll()
    slow.refresh_from_db()
    assert slow.is_paused(timezone.now() + timedelta(hours=23))
    assert not slow.is_paused(timezone.now() + timedelta(hours=25))
    assert set(parcel.followings.values_list("connection__provider", flat=True)) == {
        "17track",
        "demo",
    }
    assert not Incident.objects.exists()
