"""The rows of what is wrong with parcels: opened, raised, cleared, each told once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from tests.tracking.seventeentrack import NUMBER, event, pushed
from tests.tracking.simulated import MONDAY, Clock, simulated
from tracking import tasks
from tracking.incidents import IncidentKind as Kind
from tracking.milestones import Milestone
from tracking.models import Account, Dispatch, Incident, Lane, Parcel, Push, ScanReport, Story
from tracking.signals import incidents_changed

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock():
    with simulated(Clock()) as clock:
        yield clock


@pytest.fixture
def account(db):
    return Account.objects.create(name="juniper", country="GB")


def announce(account: Account, number: str = NUMBER, **values) -> Parcel:
    dispatch = Dispatch(handed_over_at=MONDAY, origin="LT", destination="GB", **values)
    return Parcel.objects.announce(account, number, "royal-mail", MONDAY, dispatch)


@pytest.fixture
def parcel(clock, account):
    return announce(account)


@contextmanager
def heard() -> Iterator[list[tuple[str, str, int]]]:
    """Every change that was told: what became of it, its kind and its level."""
    told: list[tuple[str, str, int]] = []

    def listen(sender, parcel, changes, **kwargs):
        for name in ("opened", "updated", "cleared"):
            told.extend((name, str(row.kind), row.level) for row in getattr(changes, name))

    incidents_changed.connect(listen)
    try:
        yield told
    finally:
        incidents_changed.disconnect(listen)


def report(at: datetime, milestone: str, **values) -> ScanReport:
    return ScanReport(at=at, milestone=milestone, **values)


def open_ones(parcel: Parcel) -> list[tuple[str, int]]:
    return sorted(parcel.incidents.open().values_list("kind", "level"))


def watched_until(clock: Clock, moment: datetime) -> None:
    """Somebody watches, once an hour."""
    while clock.now < moment:
        clock.go(hours=1)
        tasks.watch()


# --- one row for one trouble ------------------------------------------------------------------


def test_a_trouble_is_opened_raised_and_cleared_in_one_row(clock, parcel):
    with heard() as told:
        watched_until(clock, MONDAY + 47 * HOUR)
        assert open_ones(parcel) == []
        watched_until(clock, MONDAY + 49 * HOUR)
        assert open_ones(parcel) == [(Kind.SILENT, 1)]
        [opened] = Incident.objects.all()
        watched_until(clock, MONDAY + 20 * DAY)
        assert open_ones(parcel) == [(Kind.SILENT, 2)]
        parcel.record([report(clock.now, Milestone.ACCEPTED)])
    assert open_ones(parcel) == []
    assert told == [
        ("opened", Kind.SILENT, 1),
        ("updated", Kind.SILENT, 2),
        ("cleared", Kind.SILENT, 2),
    ]
    [row] = Incident.objects.all()
    assert (row.pk, row.since, row.opened_at) == (opened.pk, MONDAY, opened.opened_at)
    assert (row.updated_at > row.opened_at, row.cleared_at) == (True, clock.now)
    assert not row.is_open


def test_a_trouble_that_comes_back_is_another_row(clock, parcel):
    for day in (0, 10):
        at = MONDAY + timedelta(days=day)
        clock.to(at)
        parcel.record([report(at, Milestone.CUSTOMS, code=f"{day}", incident=Kind.CUSTOMS_HOLD)])
        clock.go(hours=1)
        parcel.record([report(clock.now, Milestone.IN_TRANSIT, place=f"Dover {day}")])
    rows = parcel.incidents.filter(kind=Kind.CUSTOMS_HOLD).order_by("pk")
    assert [row.cleared_at is not None for row in rows] == [True, True]


def test_the_database_keeps_one_open_row_of_a_kind(parcel):
    values = {"parcel": parcel, "kind": Kind.SILENT, "since": MONDAY}
    Incident.objects.create(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.create(**values)
    Incident.objects.update(cleared_at=MONDAY)
    Incident.objects.create(**values)


def test_what_stays_as_it_was_is_neither_written_nor_told(clock, parcel):
    hold = report(MONDAY, Milestone.CUSTOMS, incident=Kind.CUSTOMS_HOLD, place="Dover")
    parcel.record([hold])
    before = list(parcel.incidents.values())
    with heard() as told:
        clock.go(hours=1)
        parcel.record([report(clock.now, Milestone.UNKNOWN, code="ZX")])
        Parcel.objects.update(watch_at=clock.now)
        tasks.watch()
    assert told == []
    assert list(parcel.incidents.values()) == before


def test_the_same_push_again_tells_nothing_twice(clock, parcel):
    told_by = [event(0, "InTransit_CustomsRequiringInformation", time_utc=MONDAY.isoformat())]
    with heard() as told:
        for number in range(3):
            Push.objects.create(
                account=parcel.account,
                provider="17track",
                delivery=f"{number}",
                body=pushed(*told_by),
            )
            tasks.process_pushes()
    assert told == [("opened", Kind.CUSTOMS_DOCUMENTS, 1)]


def test_when_a_listener_fails_neither_trouble_nor_scan_is_recorded(clock, parcel):
    def fail(sender, **kwargs):
        raise RuntimeError

    incidents_changed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            parcel.record([report(MONDAY, Milestone.CUSTOMS, incident=Kind.CUSTOMS_HOLD)])
        clock.go(days=3)
        with pytest.raises(RuntimeError):
            Parcel.objects.watch()
    finally:
        incidents_changed.disconnect(fail)
    assert not Incident.objects.exists()
    tasks.watch()
    assert open_ones(parcel) == [(Kind.SILENT, 1)], "it is found the next time"


def test_what_was_told_late_does_not_undo_what_the_watch_has_found(clock, parcel):
    """A push of Monday noon, processed on Thursday: the worker had trouble with it."""
    parcel.record([report(MONDAY, Milestone.IN_TRANSIT, place="Vilnius")])
    Push.objects.create(
        account=parcel.account,
        provider="17track",
        delivery="late",
        body=pushed(event(0, "InTransit_Other", time_utc=(MONDAY + 2 * HOUR).isoformat())),
        received_at=MONDAY + 3 * HOUR,
    )
    watched_until(clock, MONDAY + 5 * DAY)
    assert open_ones(parcel) == [(Kind.STALLED, 1)]
    with heard() as told:
        tasks.process_pushes()
        tasks.watch()
    assert parcel.scans.count() == 2
    assert open_ones(parcel) == [(Kind.STALLED, 1)]
    assert [what for what, *_ in told] == ["updated"], "only since when"
    parcel.refresh_from_db()
    assert parcel.checked_at < MONDAY + DAY, "and it is no look of today"


def test_troubles_of_the_road_end_with_the_road(clock, parcel):
    watched_until(clock, MONDAY + 5 * DAY)
    assert open_ones(parcel)
    parcel.record([report(clock.now, Milestone.DELIVERED)])
    assert open_ones(parcel) == []
    parcel.refresh_from_db()
    assert parcel.watch_at is None


def test_a_corrected_carrier_takes_the_troubles_of_the_wrong_one_along(clock, parcel):
    parcel.record([report(MONDAY, Milestone.CUSTOMS, incident=Kind.DAMAGED)])
    parcel.correct_carrier("evri")
    assert not parcel.incidents.exists()
    clock.go(days=3)
    tasks.watch()
    assert open_ones(parcel) == [(Kind.SILENT, 1)]


def test_what_the_warehouse_took_in_is_no_longer_missed(clock, account):
    parcel = announce(account, is_inbound=True)
    parcel.record([report(MONDAY, Milestone.DELIVERED)])
    watched_until(clock, MONDAY + 4 * DAY)
    assert (Kind.DELIVERED_NOT_RECEIVED, 1) in open_ones(parcel)
    parcel.note_received(clock.now)
    tasks.watch()
    assert open_ones(parcel) == []


def test_a_lane_that_learned_moves_what_is_overdue(clock, account, parcel):
    for hours in range(0, 24 * 16, 20):  # it moves all the time, and does not arrive
        clock.to(MONDAY + timedelta(hours=hours))
        parcel.record([report(clock.now, Milestone.IN_TRANSIT, code=f"{hours}", country="DE")])
        tasks.watch()
    assert open_ones(parcel) == []
    Lane.objects.create(account=account, origin="LT", destination="GB", days_from=5, days_to=9)
    Account.objects.get(pk=account.pk).expect_anew()
    tasks.watch()
    assert open_ones(parcel) == [(Kind.OVERDUE, 1)]


# --- what the watch costs ---------------------------------------------------------------------


def queries(act) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        act()
    return [row["sql"] for row in captured]


def many(account: Account, count: int, prefix: str) -> None:
    dispatch = Dispatch(handed_over_at=MONDAY, origin="LT", destination="GB")
    stories = [Story(f"{prefix}{n:09}GB", "royal-mail", MONDAY, (), dispatch) for n in range(count)]
    Parcel.objects.announce_all(account, stories)


def test_only_what_is_due_is_looked_at(clock, account):
    many(account, 60, "RA")
    assert Parcel.objects.watch() == 60
    assert Parcel.objects.watch() == 0
    many(account, 3, "RB")
    assert Parcel.objects.watch() == 3
    clock.go(days=3)
    others = Parcel.objects.filter(number__startswith="RA")
    others.update(watch_at=clock.now + DAY)
    before = list(others.order_by("pk").values())
    assert Parcel.objects.watch() == 3
    assert list(others.order_by("pk").values()) == before
    assert Incident.objects.count() == 3
    assert not Incident.objects.filter(parcel__in=others).exists()


def test_the_watch_costs_as_many_queries_for_thirty_as_for_three(clock, account):
    def found(count: int, prefix: str) -> int:
        many(account, count, prefix)
        Parcel.objects.watch()
        clock.go(days=3)
        cost = len(queries(lambda: Parcel.objects.watch()))
        assert Incident.objects.count() == count
        Parcel.objects.all().delete()
        clock.now = MONDAY
        return cost

    assert found(3, "RA") == found(30, "RB") <= 12


def test_a_large_heap_is_looked_at_in_portions(clock, account, monkeypatch):
    many(account, 25, "RA")
    monkeypatch.setattr(tasks, "WATCHED", 10)
    tasks.watch()
    assert not Parcel.objects.filter(watch_at__lte=clock.now).exists()


def test_what_can_change_by_news_alone_is_not_watched(clock, account, parcel):
    parcel.record([report(MONDAY, Milestone.DELIVERED)])
    parcel.refresh_from_db()
    assert parcel.watch_at is None
    clock.go(days=400)
    assert Parcel.objects.watch() == 0


# --- at the same moment -----------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(5))
def test_the_watch_and_a_scan_at_the_same_moment_open_a_trouble_once(attempt):
    account = Account.objects.create(name="juniper", country="GB")
    with simulated(Clock()) as clock:
        parcels = [announce(account, f"RB{n:09}GB") for n in range(20)]
        clock.go(days=3)
        Parcel.objects.update(watch_at=clock.now)
        start, errors = Barrier(3), []

        def hand(act) -> None:
            try:
                start.wait(10)
                act()
            except Exception as error:
                errors.append(error)
            finally:
                connections.close_all()

        def scans() -> None:
            for parcel in reversed(parcels):
                parcel.record([report(MONDAY, Milestone.ANNOUNCED, code="label")])

        acts = [scans, Parcel.objects.watch, Parcel.objects.watch]
        with heard() as told:
            threads = [Thread(target=hand, args=(act,)) for act in acts]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
                assert not thread.is_alive(), "two hands wait for each other"
            Parcel.objects.watch()
    assert errors == []
    assert Incident.objects.open().count() == 20
    assert told == [("opened", Kind.SILENT, 1)] * 20
