"""A parcel's story stays right, whatever order and however often its scans arrive."""

from datetime import UTC, datetime, timedelta
from random import Random
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from tracking.milestones import Milestone
from tracking.models import Account, Parcel, Scan, ScanReport
from tracking.signals import milestone_reached

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def report(hours: float, milestone: str, **values) -> ScanReport:
    return ScanReport(at=START + timedelta(hours=hours), milestone=milestone, **values)


JOURNEY = [
    report(0, Milestone.ACCEPTED, place="Vilnius"),
    report(20, Milestone.IN_TRANSIT, place="Warsaw"),
    report(50, Milestone.CUSTOMS, place="Dover"),
    report(60, Milestone.IN_TRANSIT, place="London"),
    report(80, Milestone.OUT_FOR_DELIVERY, place="Bristol"),
    report(84, Milestone.DELIVERED, place="Bristol"),
]


@pytest.fixture
def parcel(db):
    account = Account.objects.create(name="juniper", country="GB")
    return Parcel.objects.announce(account, "RB000000001GB", "royal-mail", START)


def test_a_label_that_was_made_is_announced_not_on_its_way(parcel):
    assert (parcel.milestone, parcel.milestone_at, parcel.is_moving) == (
        Milestone.ANNOUNCED,
        None,
        False,
    )
    parcel.record([report(0, Milestone.ACCEPTED)])
    assert parcel.is_moving
    parcel.record([report(1, Milestone.DELIVERED)])
    assert not parcel.is_moving


@pytest.mark.parametrize("seed", range(5))
def test_scans_in_any_order_and_in_any_portions_tell_the_same_story(parcel, seed):
    random = Random(seed)
    shuffled = random.sample(JOURNEY * 2, len(JOURNEY) * 2)
    while shuffled:
        cut = random.randint(1, 4)
        parcel.record(shuffled[:cut])
        shuffled = shuffled[cut:]
    parcel.refresh_from_db()
    assert (parcel.milestone, parcel.milestone_at) == (Milestone.DELIVERED, JOURNEY[-1].at)
    assert parcel.scans.count() == len(JOURNEY)


def test_a_late_scan_of_the_road_does_not_undo_the_delivery(parcel):
    parcel.record([report(10, Milestone.DELIVERED)])
    parcel.record([report(5, Milestone.IN_TRANSIT)])
    parcel.record([report(12, Milestone.IN_TRANSIT)])  # even when it claims to be newer
    assert (parcel.milestone, parcel.milestone_at) == (
        Milestone.DELIVERED,
        START + timedelta(hours=10),
    )


def test_a_second_proof_of_delivery_does_not_make_it_later(parcel):
    parcel.record([report(10, Milestone.DELIVERED)])
    parcel.record([report(40, Milestone.DELIVERED, code="proof")])
    assert parcel.milestone_at == START + timedelta(hours=10)


def test_a_delivered_parcel_turns_back_only_by_a_newer_scan(parcel):
    parcel.record([report(10, Milestone.DELIVERED)])
    parcel.record([report(8, Milestone.RETURNING)])
    assert parcel.milestone == Milestone.DELIVERED
    parcel.record([report(20, Milestone.RETURNING)])
    assert parcel.milestone == Milestone.RETURNING
    parcel.record([report(25, Milestone.IN_TRANSIT)])
    assert parcel.milestone == Milestone.RETURNING
    parcel.record([report(30, Milestone.RETURNED)])
    parcel.record([report(31, Milestone.DELIVERED)])
    assert parcel.milestone == Milestone.RETURNED


def test_a_new_label_on_the_road_is_no_step_back(parcel):
    parcel.record([report(0, Milestone.ACCEPTED), report(10, Milestone.CUSTOMS)])
    parcel.record([report(12, Milestone.ANNOUNCED), report(13, Milestone.ACCEPTED)])
    assert parcel.milestone == Milestone.CUSTOMS
    parcel.record([report(14, Milestone.IN_TRANSIT)])
    assert parcel.milestone == Milestone.IN_TRANSIT


def test_a_code_that_we_do_not_know_is_kept_and_moves_nothing(parcel):
    (scan,) = parcel.record([report(3, Milestone.UNKNOWN, code="ZX", words="Handling exception")])
    assert (scan.words, parcel.milestone) == ("Handling exception", Milestone.ANNOUNCED)


def test_the_same_scan_in_other_words_is_one_scan(parcel):
    first = parcel.record([report(1, Milestone.IN_TRANSIT, code="D1", place="Bonn", words="Depot")])
    again = parcel.record(
        [report(1, Milestone.IN_TRANSIT, code="D1", place="Bonn", words="Im Depot", language="de")]
    )
    assert (len(first), again) == (1, [])
    assert Scan.objects.get().words == "Depot"


def test_another_place_or_code_at_the_same_moment_is_another_scan(parcel):
    reports = [
        report(1, Milestone.IN_TRANSIT, code=code, place=place)
        for code in ("D1", "D2")
        for place in ("Bonn", "Köln")
    ]
    assert len(parcel.record(reports)) == 4
    assert parcel.record(reversed(reports)) == []


def test_the_hour_that_comes_twice_is_no_new_scan(parcel):
    """01:30 in London, the night the clocks go back: Python calls such a moment different
    from the same one in UTC."""
    at = datetime(2026, 10, 25, 1, 30, fold=1, tzinfo=ZoneInfo("Europe/London"))
    told = ScanReport(at=at, milestone=Milestone.IN_TRANSIT)
    assert len(parcel.record([told])) == 1
    assert parcel.record([told]) == []
    assert Scan.objects.get().at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_what_two_providers_tell_of_one_moment_is_two_scans_and_one_step(parcel):
    told = [report(1, Milestone.IN_TRANSIT, code="D1", place="Bonn")]
    assert len(parcel.record(told, provider="17track")) == 1
    assert len(parcel.record(told, provider="kuaidi100")) == 1
    assert parcel.record(told, provider="17track") == []
    assert parcel.record(told, provider="kuaidi100") == []
    assert (parcel.milestone, parcel.milestone_at) == (Milestone.IN_TRANSIT, told[0].at)


def test_words_without_measure_are_cut_and_still_the_same_scan(parcel):
    endless = report(1, Milestone.IN_TRANSIT, code="C" * 300, place="P" * 300)
    assert len(parcel.record([endless])) == 1
    assert parcel.record([endless]) == []


def test_news_is_sent_once_and_with_what_was_before(parcel):
    heard = []

    def listen(sender, parcel, before, **kwargs):
        heard.append((before, parcel.milestone))

    milestone_reached.connect(listen)
    try:
        parcel.record(JOURNEY[:2])
        parcel.record(JOURNEY[:2])
        parcel.record(JOURNEY[3:])
    finally:
        milestone_reached.disconnect(listen)
    assert heard == [
        (Milestone.ANNOUNCED, Milestone.IN_TRANSIT),
        (Milestone.IN_TRANSIT, Milestone.DELIVERED),
    ]


def test_when_a_listener_fails_nothing_was_recorded(parcel):
    def fail(sender, **kwargs):
        raise RuntimeError

    milestone_reached.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            parcel.record(JOURNEY)
    finally:
        milestone_reached.disconnect(fail)
    assert Scan.objects.count() == 0
    assert parcel.milestone == Milestone.ANNOUNCED
    parcel.refresh_from_db()
    assert parcel.milestone == Milestone.ANNOUNCED


def test_looking_without_news_only_notes_that_we_looked(parcel):
    parcel.record([], now=START)
    assert (parcel.checked_at, parcel.milestone) == (START, Milestone.ANNOUNCED)


def test_news_that_is_told_late_does_not_make_the_last_look_older(parcel):
    parcel.record(JOURNEY[:1], now=START + timedelta(hours=9))
    parcel.record(JOURNEY[:2], now=START + timedelta(hours=5))
    assert parcel.checked_at == START + timedelta(hours=9)
    parcel.refresh_from_db()
    assert parcel.checked_at == START + timedelta(hours=9)


def test_a_language_without_measure_is_cut():
    endless = report(1, Milestone.IN_TRANSIT, language="a-language-of-our-own")
    assert len(Scan.of(Parcel(), endless).language) == 12


def test_a_number_is_announced_once_per_carrier(parcel):
    same = Parcel.objects.announce(parcel.account, parcel.number, parcel.carrier)
    other = Parcel.objects.announce(parcel.account, parcel.number, "evri")
    assert same == parcel and other != parcel
    with pytest.raises(IntegrityError), transaction.atomic():
        Parcel.objects.create(account=parcel.account, number=parcel.number, carrier=parcel.carrier)


def test_the_database_keeps_a_scan_once(parcel):
    parcel.record(JOURNEY[:1])
    with pytest.raises(IntegrityError), transaction.atomic():
        Scan.objects.create(
            parcel=parcel, at=JOURNEY[0].at, place="Vilnius", milestone=Milestone.DELIVERED
        )


def told_by(scans: list[Scan]) -> tuple:
    """All that a parcel takes over from its scans."""
    parcel = Parcel()
    parcel.tell(scans)
    return (
        parcel.milestone,
        parcel.milestone_at,
        parcel.started_at,
        parcel.last_scan_at,
        parcel.ended_at,
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(list(Milestone)), st.sampled_from("ab")),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_where_a_parcel_stands_does_not_depend_on_the_order_of_arrival(reports, random):
    scans = [
        Scan(at=START + timedelta(hours=hours), milestone=milestone, code=code)
        for hours, milestone, code in reports
    ]
    shuffled = random.sample(scans, len(scans))
    assert told_by(shuffled) == told_by(scans)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_record_the_same_scans_record_them_once():
    account = Account.objects.create(name="juniper", country="GB")
    parcel = Parcel.objects.announce(account, "RB000000001GB", "royal-mail", START)
    start, results, errors = Barrier(2), [], []

    def worker() -> None:
        try:
            mine = Parcel.objects.get(pk=parcel.pk)
            start.wait()
            results.append(len(mine.record(JOURNEY)))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(results) == [0, len(JOURNEY)]
    parcel.refresh_from_db()
    assert parcel.milestone == Milestone.DELIVERED
