"""What went wrong elsewhere with parcels on their way, one test for each.

Elsewhere in these tests each is looked at more closely:

    downgrade after the delivery     test_parcels, test_journeys, test_ten_thousand_pushes
    the same push many times         test_pushes, test_pushes_at_once, test_journeys
    a corrected number               test_following, tests/returns/test_posting
    label only                       test_parcels, test_incident_rows (no first scan)
    not found yet                    test_following, test_connection
    a code that nobody knows         test_seventeentrack, test_kuaidi100, test_kdniao
    states of Kuaidi100              test_kuaidi100
    signatures                       test_pushes, and the tests of each adapter
    how long it takes                test_incident_rows, tests of watch and expectations
"""

import json
from datetime import timedelta

import pytest
from django.test import Client

from tests.tracking import kuaidi100
from tests.tracking.loopback import loopback
from tests.tracking.playing import Played17Track
from tests.tracking.seventeentrack import KEY, NUMBER, connect, event, pushed, send
from tests.tracking.simulated import Clock, simulated
from tracking import tasks, texts
from tracking.calendars import Days
from tracking.expectations import expect, usual_for
from tracking.incidents import IncidentKind as Kind
from tracking.milestones import Milestone
from tracking.models import Connection, Dispatch, Following, Incident, Parcel, Push, Scan
from tracking.providers import Access, reading, seventeentrack
from tracking.signals import milestone_reached
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

CHINESE = kuaidi100.NUMBER


@pytest.fixture
def clock():
    with simulated(Clock()) as clock:
        yield clock


@pytest.fixture
def juniper(clock) -> Connection:
    return connect()


@pytest.fixture
def parcel(clock, juniper) -> Parcel:
    dispatch = Dispatch(handed_over_at=clock.now, origin="LT", destination="GB")
    return Parcel.objects.announce(juniper.account, NUMBER, "royal-mail", dispatch=dispatch)


def told(clock: Clock, hours: float, code: str, **values) -> dict:
    """An event so long after now."""
    at = (clock.now + timedelta(hours=hours)).isoformat()
    return event(0, code, time_utc=at, **values)


def take_in(*events: dict) -> None:
    assert send(pushed(*events)).status_code == 200
    tasks.process_pushes()


def test_late_in_transit_after_delivered_does_not_downgrade(clock, parcel):
    """By its time it is older, or it claims to be newer: neither undoes the delivery."""
    road, door = told(clock, 0, "InTransit_Other"), told(clock, 20, "Delivered_Other")
    take_in(door)
    for late in (told(clock, 5, "InTransit_Arrival"), told(clock, 30, "InTransit_Departure")):
        take_in(road, late)
        parcel.refresh_from_db()
        assert parcel.milestone == Milestone.DELIVERED
        assert parcel.milestone_at == parcel.ended_at == clock.now + timedelta(hours=20)
    assert parcel.scans.count() == 4
    assert parcel.next_check_at is None


def test_the_same_push_many_times_in_any_order_and_reworded_is_one_story(clock, parcel):
    heard = []

    def listen(sender, parcel, **kwargs):
        heard.append(parcel.milestone)

    first, second = told(clock, 0, "InTransit_PickedUp"), told(clock, 9, "Delivered_Other")
    again = [dict(row, description="In other words") for row in (second, first)]
    milestone_reached.connect(listen)
    try:
        for events in ([first, second], [first], again, [first, second], again[1:]):
            take_in(*events)
            Push.objects.all().again()
            tasks.process_pushes()
    finally:
        milestone_reached.disconnect(listen)
    assert parcel.scans.count() == 2
    assert set(parcel.scans.values_list("words", flat=True)) == {"As told"}
    assert heard == [Milestone.DELIVERED]


def test_a_corrected_number_drops_the_old_journey_its_days_and_its_troubles(clock, juniper, parcel):
    hold = told(clock, 1, "InTransit_CustomsRequiringInformation")
    take_in(told(clock, 0, "InTransit_PickedUp"), hold)
    parcel.refresh_from_db()
    assert parcel.expected and parcel.incidents.exists()
    old = parcel.pk
    parcel.drop()
    right = Parcel.objects.announce(juniper.account, "RB103456786GB", "royal-mail")
    take_in(told(clock, 0, "InTransit_PickedUp"), hold, told(clock, 9, "Delivered_Other"))
    right.refresh_from_db()
    assert (right.milestone, right.expected, right.scans.count()) == ("announced", None, 0)
    assert not Scan.objects.filter(parcel=old).exists()
    assert not Incident.objects.exists()


def test_a_corrected_carrier_drops_what_the_wrong_one_told(clock, parcel):
    hold = told(clock, 1, "InTransit_CustomsRequiringInformation")
    take_in(told(clock, 0, "InTransit_PickedUp"), hold, told(clock, 2, "Delivered_Other"))
    parcel.refresh_from_db()
    parcel.correct_carrier("evri")
    assert (parcel.milestone, parcel.milestone_at, parcel.ended_at) == ("announced", None, None)
    assert (parcel.started_at, parcel.last_scan_at) == (None, None)
    began = parcel.handed_over_at or parcel.announced_at
    usual = usual_for(parcel.origin, parcel.destination)
    anew = expect(began.date(), usual, Days(parcel.origin), Days(parcel.destination))
    assert parcel.expected == (anew.first, anew.last), "from its beginning, like a new one"
    assert not Scan.objects.exists() and not Incident.objects.exists()
    # What the wrong one tells from now on is about another parcel.
    take_in(told(clock, 0, "InTransit_PickedUp"), told(clock, 3, "Delivered_Other"))
    assert not Scan.objects.exists()


def test_a_label_that_was_made_is_not_on_its_way(clock, parcel):
    take_in(told(clock, 0, "InfoReceived"))
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.is_moving, parcel.started_at) == ("announced", False, None)
    clock.go(hours=72)
    tasks.watch()
    assert [row.kind for row in parcel.incidents.open()] == [Kind.SILENT], "nobody has scanned it"


def test_not_found_yet_is_no_error_to_anybody(clock):
    """The label is a day old and 17TRACK has not heard of it."""
    with loopback() as server:
        track = Played17Track(server)
        juniper = connect(base=track.base)
        dispatch = Dispatch(handed_over_at=clock.now, origin="LT", destination="GB")
        parcel = Parcel.objects.announce(juniper.account, NUMBER, "royal-mail", dispatch=dispatch)
        tasks.check()
        clock.go(hours=14)
        tasks.check()
        assert track.asked("query") == [NUMBER]
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.checked_at) == (Milestone.ANNOUNCED, clock.now)
    assert not parcel.incidents.exists()
    row, juniper = Following.objects.get(), Connection.objects.get()
    assert (row.state, row.is_refused, row.last_error) == (WorkState.DONE, False, "")
    assert (juniper.failures, juniper.last_failure) == (0, "")
    assert "normal" in str(texts.of(parcel.milestone, clock.now, clock.now).next_step)


def test_a_code_that_nobody_knows_is_kept_told_neutrally_and_logged_once(clock, parcel, caplog):
    reading.tell_once.cache_clear()
    take_in(told(clock, 0, "InTransit_PickedUp"))
    for n in range(3):
        take_in(told(clock, n, "Teleported_Sideways", description=f"Beamed across {n}"))
    parcel.refresh_from_db()
    assert parcel.milestone == Milestone.ACCEPTED, "it moves nothing"
    odd = parcel.scans.filter(code="Teleported_Sideways")
    assert {(scan.milestone, scan.words[:6]) for scan in odd} == {(Milestone.UNKNOWN, "Beamed")}
    logged = [row.getMessage() for row in caplog.records if "Teleported" in row.getMessage()]
    assert len(logged) == 1
    assert str(texts.MILESTONES[Milestone.UNKNOWN].sentence)


@pytest.mark.parametrize(
    ("state", "milestone", "trouble"),
    [
        ("0", Milestone.IN_TRANSIT, ""),
        ("2", Milestone.ANNOUNCED, ""),  # some trouble: it says nothing of where it is
        ("203", Milestone.ATTEMPTED, Kind.REFUSED),
        ("208", Milestone.ANNOUNCED, ""),
        ("13", Milestone.CUSTOMS, Kind.CUSTOMS_HOLD),
        ("3", Milestone.DELIVERED, ""),
        ("4", Milestone.RETURNED, ""),
        ("6", Milestone.RETURNING, ""),
        ("14", Milestone.ATTEMPTED, Kind.REFUSED),
        ("777", Milestone.IN_TRANSIT, ""),  # not in the table: what begins with 7
        ("999", Milestone.ANNOUNCED, ""),
    ],
)
def test_every_state_of_kuaidi100_means_its_own(clock, juniper, state, milestone, trouble):
    """“0” is on its way, and no word for “all is well”."""
    parcel = Parcel.objects.announce(juniper.account, CHINESE, "yto")
    at = f"{clock.now + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"  # by Chinese clocks
    line = kuaidi100.line(0, state) | {"time": at, "ftime": at}
    Push.objects.create(
        account=juniper.account,
        provider="kuaidi100",
        delivery="one",
        body=kuaidi100.pushed(line, state="0"),
    )
    tasks.process_pushes()
    parcel.refresh_from_db()
    assert parcel.milestone == milestone
    assert [row.kind for row in parcel.incidents.open()] == ([trouble] if trouble else [])


def test_the_signature_is_over_the_raw_body_and_a_replay_does_nothing(
    clock, juniper, parcel, monkeypatch
):
    body = pushed(told(clock, 0, "Delivered_Other", description="Zürich – 交付"))
    headers, _ = seventeentrack.signed(body, Access(KEY))
    compared = []
    real = seventeentrack.constant_time_compare
    monkeypatch.setattr(
        seventeentrack,
        "constant_time_compare",
        lambda one, other: compared.append(one) or real(one, other),
    )

    def post(content: bytes, **sign: str) -> int:
        path = "/hooks/17track/juniper/"
        answer = Client().post(
            path, content, content_type="application/json", headers=headers | sign
        )
        return answer.status_code

    # The same document in other bytes is another body.
    assert post(json.dumps(json.loads(body), ensure_ascii=False).encode()) == 401
    assert post(body + b"\n") == 401
    assert post(body, sign=headers["sign"][:-1]) == 401
    assert post(body, sign="") == 401
    assert not Push.objects.exists()
    # It may write its signature in capitals.
    assert post(body, sign=headers["sign"].upper()) == 200
    assert len(compared) == 5, "each in constant time"
    tasks.process_pushes()
    # There is no time in what is signed, so a replay looks genuine: it changes nothing.
    clock.go(days=20)
    parcel.refresh_from_db()
    before = parcel.milestone_at, parcel.checked_at, list(parcel.scans.values())
    assert post(body) == 200
    tasks.process_pushes()
    parcel.refresh_from_db()
    assert Push.objects.count() == 1
    assert (parcel.milestone_at, list(parcel.scans.values())) == (before[0], before[2])
    assert parcel.milestone == Milestone.DELIVERED


def test_how_long_it_takes_is_known_so_that_what_is_stuck_is_found(clock, juniper, parcel):
    began = clock.now
    take_in(told(clock, 0, "InTransit_PickedUp"), told(clock, 4, "InTransit_Other"))
    quick = Parcel.objects.announce(juniper.account, "RB103456786GB", "royal-mail")
    quick.record([])
    parcel.refresh_from_db()
    assert (parcel.started_at, parcel.last_scan_at) == (began, began + timedelta(hours=4))
    clock.go(days=4)
    tasks.watch()
    [stuck] = Incident.objects.open()
    assert (stuck.parcel, stuck.kind, stuck.since) == (parcel, Kind.STALLED, parcel.last_scan_at)
    clock.go(days=20)
    tasks.watch()
    kinds = {(row.kind, row.level) for row in parcel.incidents.open()}
    assert kinds == {(Kind.OVERDUE, 2)}
