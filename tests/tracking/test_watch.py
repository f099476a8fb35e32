"""What is wrong with a parcel: a table of cases for each rule, and what holds for all."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracking.calendars import Calendar, DayNotice, Days
from tracking.incidents import IncidentKind as Kind
from tracking.milestones import FINAL, RANK, Milestone, follows
from tracking.reports import Signed
from tracking.watch import OUTDONE_BY, RULES, Facts, Patience, Seen, judge, next_look

MINUTE = timedelta(minutes=1)
LONDON, BERLIN, SHANGHAI = "Europe/London", "Europe/Berlin", "Asia/Shanghai"
CLOCK_KINDS = {Kind.SILENT, Kind.STALLED, Kind.OVERDUE, Kind.LOST}


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def seen(text: str, milestone: str, place: str = "", country: str = "", **values) -> Seen:
    return Seen(at(text), milestone, place=place, country=country, **values)


def where(scans) -> tuple[str, datetime | None]:
    """Milestone and its moment, as a parcel reads them from its scans."""
    milestone, reached = str(Milestone.ANNOUNCED), None
    for scan in sorted(scans, key=lambda scan: (scan.at, RANK[scan.milestone])):
        if follows(scan.milestone, milestone):
            milestone, reached = scan.milestone, scan.at
    return milestone, reached


def facts(*scans: Seen, **values) -> Facts:
    milestone, reached = where(scans)
    origin, destination = values.get("origin", ""), values.get("destination", "")
    known = {
        "milestone": milestone,
        "milestone_at": reached,
        "announced_at": at("2026-11-02 08:00"),
        "scans": scans,
        "origin_days": Days(origin),
        "destination_days": Days(destination),
    }
    return Facts(**{**known, **values})


def levels(what: Facts, now: datetime) -> dict[str, int]:
    return {kind: finding.level for kind, finding in judge(what, now).items()}


def turns_at(what: Facts, kind: Kind, moment: datetime, level: int) -> None:
    """It is said from this minute on, and not a minute before; and the clock is set for it."""
    before, then = levels(what, moment - MINUTE), levels(what, moment)
    assert (before.get(kind, 0), then.get(kind, 0)) == (level - 1, level)
    assert next_look(what, moment - MINUTE) == moment


ACCEPTED = seen("2026-11-03 10:00", Milestone.ACCEPTED, "Berlin", "DE")  # a Tuesday
ON_THE_ROAD = seen("2026-11-03 18:00", Milestone.IN_TRANSIT, "Leipzig", "DE")
LABEL = seen("2026-11-02 09:00", Milestone.ANNOUNCED)
NOT_UNDERSTOOD = seen("2026-11-03 12:00", Milestone.UNKNOWN)
AT_HOME = {"origin": "DE", "destination": "DE"}
CHINA_TO_GERMANY = {"origin": "CN", "destination": "DE"}


# --- silent -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "zone", "handed_over", "silent_from"),
    [
        pytest.param("DE", BERLIN, "2026-11-03 10:00", "2026-11-05 10:00", id="after two days"),
        pytest.param("DE", BERLIN, "2026-11-06 17:00", "2026-11-09 17:00", id="over a Sunday"),
        pytest.param("CN", SHANGHAI, "2026-11-06 17:00", "2026-11-08 17:00", id="not in China"),
        pytest.param(
            "CN", SHANGHAI, "2026-09-30 20:00", "2026-10-09 20:00", id="over the golden week"
        ),
        pytest.param(
            "CN", SHANGHAI, "2026-02-14 18:00", "2026-02-25 18:00", id="over the Spring Festival"
        ),
        pytest.param("DE", BERLIN, "2026-12-24 12:00", "2026-12-29 12:00", id="over Christmas"),
        pytest.param("", "UTC", "2026-11-03 10:00", "2026-11-05 10:00", id="from who knows where"),
    ],
)
def test_no_scan_for_two_days_in_which_carriers_move_parcels(
    origin, zone, handed_over, silent_from
):
    since = at(handed_over, zone)
    what = facts(origin=origin, handed_over_at=since)
    turns_at(what, Kind.SILENT, at(silent_from, zone), 1)
    finding = judge(what, at(silent_from, zone))[Kind.SILENT]
    assert finding.since == since


HANDED_OVER = {"handed_over_at": at("2026-11-03 10:00"), "origin": "DE", "destination": "DE"}


def test_the_first_day_without_a_scan_is_normal():
    assert judge(facts(**HANDED_OVER), at("2026-11-04 10:00")) == {}


def test_silence_weighs_more_after_five_days_more_and_after_three_weeks():
    what = facts(**HANDED_OVER)
    turns_at(what, Kind.SILENT, at("2026-11-11 10:00"), 2)  # a Sunday lies between
    turns_at(what, Kind.SILENT, at("2026-11-24 10:00"), 3)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(facts(origin="DE"), id="nobody knows that it was handed over"),
        pytest.param(facts(LABEL, origin="DE"), id="only a label was made"),
        pytest.param(facts(ACCEPTED, **HANDED_OVER), id="it was accepted"),
        pytest.param(facts(NOT_UNDERSTOOD, **HANDED_OVER), id="it was scanned somehow"),
    ],
)
def test_it_is_not_silent_when(what):
    assert Kind.SILENT not in judge(what, at("2026-11-20 10:00"))


def test_a_label_is_no_first_scan():
    assert Kind.SILENT in judge(facts(LABEL, **HANDED_OVER), at("2026-11-06 10:00"))


# --- stalled ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "destination", "last", "zone", "scanned", "stalled_from"),
    [
        pytest.param("DE", "DE", "DE", BERLIN, "2026-11-03 18:00", "2026-11-05 18:00", id="2 days"),
        pytest.param("DE", "DE", "", BERLIN, "2026-11-06 18:00", "2026-11-09 18:00", id="a Sunday"),
        pytest.param(
            "CN", "DE", "CN", SHANGHAI, "2026-09-30 20:00", "2026-10-09 20:00", id="golden week"
        ),
        pytest.param(
            "CN", "DE", "DE", BERLIN, "2026-09-30 20:00", "2026-10-02 20:00", id="already here"
        ),
        pytest.param(
            "CN", "GB", "DE", BERLIN, "2026-12-24 12:00", "2026-12-29 12:00", id="at a hub"
        ),
        pytest.param(
            "CN", "DE", "", SHANGHAI, "2026-09-30 20:00", "2026-10-09 20:00", id="still there"
        ),
    ],
)
def test_no_scan_on_the_road_for_two_days_in_which_its_carriers_move_parcels(
    origin, destination, last, zone, scanned, stalled_from
):
    scan = Seen(at(scanned, zone), Milestone.IN_TRANSIT, place="Somewhere", country=last)
    what = facts(scan, origin=origin, destination=destination)
    turns_at(what, Kind.STALLED, at(stalled_from, zone), 1)
    finding = judge(what, at(stalled_from, zone))[Kind.STALLED]
    assert finding.since == scan.at
    assert finding.detail["place"] == "Somewhere"


def test_standing_still_weighs_more_every_five_days():
    what = facts(ACCEPTED, ON_THE_ROAD, **AT_HOME)
    turns_at(what, Kind.STALLED, at("2026-11-05 18:00"), 1)
    turns_at(what, Kind.STALLED, at("2026-11-11 18:00"), 2)
    turns_at(what, Kind.STALLED, at("2026-11-17 18:00"), 3)


@pytest.mark.parametrize(
    "scan",
    [
        seen("2026-11-04 10:00", Milestone.CUSTOMS),
        seen("2026-11-04 10:00", Milestone.READY_FOR_PICKUP),
        seen("2026-11-04 10:00", Milestone.DELIVERED),
        seen("2026-11-04 10:00", Milestone.RETURNED),
        seen("2026-11-08 10:00", Milestone.IN_TRANSIT),
        seen("2026-11-08 10:00", Milestone.UNKNOWN),
    ],
    ids=lambda scan: f"{scan.milestone} on {scan.at:%d}",
)
def test_it_does_not_stand_still_after(scan):
    assert Kind.STALLED not in judge(facts(ON_THE_ROAD, scan, **AT_HOME), at("2026-11-09 10:00"))


def test_a_label_told_again_is_no_movement():
    late_label = seen("2026-11-08 10:00", Milestone.ANNOUNCED)
    assert Kind.STALLED in judge(facts(ON_THE_ROAD, late_label, **AT_HOME), at("2026-11-09 10:00"))


def test_what_nobody_understood_is_watched_all_the_same():
    assert Kind.STALLED in judge(facts(NOT_UNDERSTOOD, **AT_HOME), at("2026-11-09 10:00"))


def test_on_its_way_back_it_can_stand_still_too():
    back = seen("2026-11-04 10:00", Milestone.RETURNING)
    assert Kind.STALLED in judge(facts(ON_THE_ROAD, back, **AT_HOME), at("2026-11-09 10:00"))


# --- overdue ------------------------------------------------------------------------------

EXPECTED = {"expected_by": at("2026-11-07 23:59")}


def moving_until(text: str) -> list[Seen]:
    """Scanned twice a day, so that nothing but the date is wrong."""
    last, scans = at(text), [ACCEPTED]
    while scans[-1].at < last:
        later = min(last, scans[-1].at + timedelta(hours=12))
        scans.append(Seen(later, Milestone.IN_TRANSIT, place="Kassel", country="DE"))
    return scans


def test_later_than_the_lane_usually_takes():
    what = facts(*moving_until("2026-11-07 20:00"), **AT_HOME, **EXPECTED)
    turns_at(what, Kind.OVERDUE, at("2026-11-07 23:59"), 1)
    finding = judge(what, at("2026-11-08 00:00"))[Kind.OVERDUE]
    assert finding.since == at("2026-11-07 23:59")
    assert finding.detail == {"expected_by": "2026-11-07"}


@pytest.mark.parametrize(
    ("more", "level"),
    [
        pytest.param({"expected_by": at("2026-11-07 23:59")}, 2, id="late since long"),
        pytest.param({"expected_by": at("2026-12-01 23:59")}, 2, id="where four weeks are usual"),
        pytest.param({}, 2, id="where nothing is known of the lane"),
    ],
)
def test_three_weeks_on_the_road_are_investigated(more, level):
    what = facts(*moving_until("2026-11-24 09:00"), **AT_HOME, **more)
    before = levels(what, at("2026-11-24 09:59")).get(Kind.OVERDUE, 0)
    assert before == (1 if more.get("expected_by") == at("2026-11-07 23:59") else 0)
    assert levels(what, at("2026-11-24 10:00"))[Kind.OVERDUE] == level


def test_the_three_weeks_begin_when_it_was_handed_over():
    given = at("2026-11-02 20:00")
    what = facts(*moving_until("2026-11-23 19:00"), **AT_HOME, handed_over_at=given)
    turns = at("2026-11-23 20:00")
    assert Kind.OVERDUE not in judge(what, turns - MINUTE)
    assert judge(what, turns)[Kind.OVERDUE].level == 2


@pytest.mark.parametrize(
    "scans",
    [
        pytest.param([seen("2026-11-07 10:00", Milestone.READY_FOR_PICKUP)], id="to be collected"),
        pytest.param([seen("2026-11-07 10:00", Milestone.DELIVERED)], id="delivered"),
        pytest.param([seen("2026-11-07 10:00", Milestone.RETURNING)], id="turned back"),
        pytest.param([seen("2026-11-07 10:00", Milestone.RETURNED)], id="back"),
    ],
)
def test_nothing_is_overdue_any_more_when_it_is(scans):
    what = facts(ACCEPTED, *scans, **AT_HOME, **EXPECTED)
    assert Kind.OVERDUE not in judge(what, at("2026-11-09 10:00"))


def test_a_label_alone_is_never_overdue():
    what = facts(LABEL, **AT_HOME, **EXPECTED)
    assert judge(what, at("2027-02-01 10:00")) == {}
    assert next_look(what, at("2026-11-03 10:00")) is None


# --- lost ---------------------------------------------------------------------------------


def test_thirty_days_without_a_scan():
    what = facts(ACCEPTED, ON_THE_ROAD, **AT_HOME)
    turns_at(what, Kind.LOST, at("2026-12-03 18:00"), 1)
    finding = judge(what, at("2026-12-04 00:00"))[Kind.LOST]
    assert (finding.since, finding.detail["place"]) == (ON_THE_ROAD.at, "Leipzig")


def test_thirty_days_after_handing_over_what_nobody_ever_scanned():
    turns_at(facts(**HANDED_OVER), Kind.LOST, at("2026-12-03 10:00"), 1)


def test_what_waits_to_be_collected_is_not_lost():
    waiting = seen("2026-11-04 10:00", Milestone.READY_FOR_PICKUP)
    assert Kind.LOST not in judge(facts(ACCEPTED, waiting, **AT_HOME), at("2027-01-04 10:00"))


SAID_LOST = seen("2026-11-10 10:00", Milestone.UNKNOWN, incident=Kind.LOST)


@pytest.mark.parametrize(
    ("later", "is_lost"),
    [
        pytest.param([], True, id="the carrier says so"),
        pytest.param(
            [seen("2026-11-12 10:00", Milestone.IN_TRANSIT)], False, id="and finds it again"
        ),
        pytest.param(
            [seen("2026-11-10 10:00", Milestone.IN_TRANSIT)], True, id="of the same moment: no"
        ),
        pytest.param(
            [seen("2026-11-12 10:00", Milestone.UNKNOWN)], True, id="words nobody understands: no"
        ),
        pytest.param(
            [seen("2026-11-12 10:00", Milestone.DELIVERED)], False, id="it was delivered after all"
        ),
        pytest.param(
            [
                seen("2026-11-11 10:00", Milestone.IN_TRANSIT),
                seen("2026-11-12 10:00", Milestone.UNKNOWN, incident=Kind.LOST),
            ],
            True,
            id="and says so again",
        ),
    ],
)
def test_a_report_says_lost_until_it_is_seen_again(later, is_lost):
    what = facts(ACCEPTED, SAID_LOST, *later, **AT_HOME)
    assert (Kind.LOST in judge(what, at("2026-11-12 12:00"))) is is_lost


def test_said_twice_counts_from_the_first_time():
    again = seen("2026-11-12 10:00", Milestone.UNKNOWN, incident=Kind.LOST)
    what = facts(ACCEPTED, SAID_LOST, again, **AT_HOME)
    assert judge(what, at("2026-11-12 12:00"))[Kind.LOST].since == SAID_LOST.at


def test_found_again_and_lost_again_counts_from_the_second_time():
    found = seen("2026-11-11 10:00", Milestone.IN_TRANSIT)
    again = seen("2026-11-12 10:00", Milestone.UNKNOWN, incident=Kind.LOST)
    what = facts(ACCEPTED, SAID_LOST, found, again, **AT_HOME)
    assert judge(what, at("2026-11-12 12:00"))[Kind.LOST].since == again.at


# --- one of them at a time ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "now", "kind"),
    [
        pytest.param(
            facts(ACCEPTED, **AT_HOME, **EXPECTED),
            "2026-11-07 12:00",
            Kind.STALLED,
            id="standing still, and not late yet",
        ),
        pytest.param(
            facts(ACCEPTED, **AT_HOME, **EXPECTED),
            "2026-11-08 12:00",
            Kind.OVERDUE,
            id="standing still, and late",
        ),
        pytest.param(
            facts(**HANDED_OVER, **EXPECTED),
            "2026-11-08 12:00",
            Kind.SILENT,
            id="late, and never scanned: first of all whether the carrier has it",
        ),
        pytest.param(
            facts(ACCEPTED, **AT_HOME, **EXPECTED),
            "2026-12-20 12:00",
            Kind.LOST,
            id="lost outweighs all",
        ),
        pytest.param(
            facts(**HANDED_OVER, **EXPECTED), "2026-12-20 12:00", Kind.LOST, id="lost unseen"
        ),
    ],
)
def test_that_it_does_not_come_is_told_once(what, now, kind):
    assert set(judge(what, at(now))) & CLOCK_KINDS == {kind}


# --- the wrong way ------------------------------------------------------------------------

IN_CHINA = seen("2026-11-03 10:00", Milestone.ACCEPTED, "Shenzhen", "CN")
IN_BELGIUM = seen("2026-11-06 10:00", Milestone.IN_TRANSIT, "Liège", "BE")
IN_GERMANY = seen("2026-11-08 10:00", Milestone.IN_TRANSIT, "Leipzig", "DE")
IN_POLAND = seen("2026-11-09 10:00", Milestone.IN_TRANSIT, "Poznań", "PL")
BACK_IN_CHINA = seen("2026-11-10 10:00", Milestone.IN_TRANSIT, "Shenzhen", "CN")
MISSORTED = seen("2026-11-09 10:00", Milestone.IN_TRANSIT, "Munich", "DE", incident=Kind.WRONG_WAY)


@pytest.mark.parametrize(
    ("scans", "strayed"),
    [
        pytest.param([IN_CHINA, IN_BELGIUM], False, id="a hub before the destination"),
        pytest.param([IN_CHINA, IN_BELGIUM, IN_GERMANY], False, id="the destination after a hub"),
        pytest.param([IN_CHINA, IN_GERMANY, IN_POLAND], True, id="abroad after the destination"),
        pytest.param([IN_CHINA, IN_GERMANY, BACK_IN_CHINA], True, id="back where it came from"),
        pytest.param(
            [
                IN_CHINA,
                IN_GERMANY,
                IN_POLAND,
                seen("2026-11-10 09:00", Milestone.IN_TRANSIT, "Berlin", "DE"),
            ],
            False,
            id="and home again",
        ),
        pytest.param(
            [IN_CHINA, IN_GERMANY, replace(IN_POLAND, milestone=Milestone.RETURNING)],
            False,
            id="it was turned back",
        ),
        pytest.param(
            [IN_CHINA, IN_GERMANY, IN_POLAND, seen("2026-11-11 10:00", Milestone.RETURNING)],
            False,
            id="it was turned back from there",
        ),
        pytest.param(
            [IN_CHINA, IN_GERMANY, replace(IN_POLAND, milestone=Milestone.DELIVERED)],
            False,
            id="delivered, whatever country stands there",
        ),
        pytest.param(
            [IN_CHINA, IN_GERMANY, replace(BACK_IN_CHINA, milestone=Milestone.ATTEMPTED)],
            False,
            id="at a door, so the country is that of whoever tells it",
        ),
        pytest.param(
            [IN_CHINA, IN_GERMANY, replace(BACK_IN_CHINA, milestone=Milestone.UNKNOWN)],
            False,
            id="words nobody understands",
        ),
        pytest.param(
            [IN_CHINA, IN_GERMANY, replace(IN_POLAND, at=IN_GERMANY.at + timedelta(hours=12))],
            False,
            id="two clocks that differ",
        ),
        pytest.param(
            [
                IN_CHINA,
                IN_GERMANY,
                replace(IN_POLAND, at=IN_GERMANY.at + timedelta(hours=12, minutes=1)),
            ],
            True,
            id="more than two clocks can differ",
        ),
        pytest.param(
            [replace(IN_GERMANY, milestone=Milestone.ANNOUNCED, at=LABEL.at), IN_CHINA],
            False,
            id="the last carrier's note before it left",
        ),
        pytest.param([IN_CHINA, replace(IN_GERMANY, country=""), IN_POLAND], False, id="untold"),
        pytest.param([IN_CHINA, IN_GERMANY, MISSORTED], True, id="the carrier says so"),
        pytest.param(
            [IN_GERMANY, MISSORTED, seen("2026-11-09 20:00", Milestone.IN_TRANSIT, "Munich", "DE")],
            True,
            id="and scans it where it lies",
        ),
        pytest.param(
            [IN_GERMANY, MISSORTED, seen("2026-11-09 20:00", Milestone.IN_TRANSIT, "Ulm", "DE")],
            False,
            id="and sends it on",
        ),
        pytest.param(
            [IN_GERMANY, MISSORTED, seen("2026-11-09 20:00", Milestone.OUT_FOR_DELIVERY)],
            False,
            id="and has it on the van",
        ),
    ],
)
def test_the_wrong_way(scans, strayed):
    what = facts(*scans, **CHINA_TO_GERMANY)
    assert (Kind.WRONG_WAY in judge(what, at("2026-11-12 10:00"))) is strayed


def test_the_wrong_way_tells_the_first_place_abroad():
    what = facts(IN_CHINA, IN_GERMANY, IN_POLAND, BACK_IN_CHINA, **CHINA_TO_GERMANY)
    finding = judge(what, at("2026-11-10 12:00"))[Kind.WRONG_WAY]
    assert (finding.since, finding.detail) == (IN_POLAND.at, {"place": "Poznań", "country": "PL"})


def test_nobody_goes_astray_who_has_no_destination():
    assert Kind.WRONG_WAY not in judge(
        facts(IN_CHINA, IN_GERMANY, IN_POLAND), at("2026-11-10 12:00")
    )


# --- customs ------------------------------------------------------------------------------

CUSTOMS = seen("2026-11-09 10:00", Milestone.CUSTOMS, "Leipzig", "DE")  # a Monday
HELD = seen("2026-11-10 10:00", Milestone.CUSTOMS, "Leipzig", "DE", incident=Kind.CUSTOMS_HOLD)
PAPERS = seen(
    "2026-11-10 10:00", Milestone.CUSTOMS, "Leipzig", "DE", incident=Kind.CUSTOMS_DOCUMENTS
)
RELEASED = seen("2026-11-11 10:00", Milestone.IN_TRANSIT, "Leipzig", "DE")


@pytest.mark.parametrize(
    ("destination", "country", "zone", "arrived", "held_from"),
    [
        pytest.param(
            "DE", "DE", BERLIN, "2026-11-09 10:00", "2026-11-17 00:00", id="five working days"
        ),
        pytest.param(
            "DE", "DE", BERLIN, "2026-12-22 10:00", "2026-12-31 00:00", id="over Christmas"
        ),
        pytest.param("GB", "", LONDON, "2026-12-22 10:00", "2027-01-01 00:00", id="Boxing Day too"),
        pytest.param(
            "CN", "CN", SHANGHAI, "2026-09-30 10:00", "2026-10-14 00:00", id="the golden week"
        ),
        pytest.param(
            "DE", "CN", SHANGHAI, "2026-09-30 10:00", "2026-10-14 00:00", id="where it left"
        ),
    ],
)
def test_customs_has_it_for_longer_than_its_working_days(
    destination, country, zone, arrived, held_from
):
    scan = Seen(at(arrived, zone), Milestone.CUSTOMS, country=country)
    what = facts(scan, origin="CN", destination=destination)
    moment = at(held_from, zone)
    turns_at(what, Kind.CUSTOMS_HOLD, moment, 1)
    assert judge(what, moment)[Kind.CUSTOMS_HOLD].since == scan.at


def test_scans_at_customs_do_not_set_its_clock_back():
    again = seen("2026-11-13 10:00", Milestone.CUSTOMS, "Leipzig", "DE")
    what = facts(CUSTOMS, again, **CHINA_TO_GERMANY)
    turns_at(what, Kind.CUSTOMS_HOLD, at("2026-11-17 00:00", BERLIN), 1)


@pytest.mark.parametrize(
    ("scans", "kinds"),
    [
        pytest.param([CUSTOMS], set(), id="at customs"),
        pytest.param([CUSTOMS, HELD], {Kind.CUSTOMS_HOLD}, id="held, by the report's own words"),
        pytest.param([CUSTOMS, PAPERS], {Kind.CUSTOMS_DOCUMENTS}, id="papers are wanted"),
        pytest.param([CUSTOMS, HELD, PAPERS], {Kind.CUSTOMS_DOCUMENTS}, id="papers say it all"),
        pytest.param(
            [CUSTOMS, PAPERS, replace(CUSTOMS, at=RELEASED.at)],
            {Kind.CUSTOMS_DOCUMENTS},
            id="scanned at customs again",
        ),
        pytest.param([CUSTOMS, HELD, PAPERS, RELEASED], set(), id="released"),
        pytest.param(
            [CUSTOMS, PAPERS, replace(RELEASED, milestone=Milestone.UNKNOWN)],
            {Kind.CUSTOMS_DOCUMENTS},
            id="words nobody understands",
        ),
        pytest.param(
            [CUSTOMS, PAPERS, replace(RELEASED, incident=Kind.CUSTOMS_HOLD)],
            {Kind.CUSTOMS_DOCUMENTS},
            id="moved within customs, and still held",
        ),
        pytest.param(
            [PAPERS, replace(RELEASED, at=PAPERS.at - MINUTE)],
            {Kind.CUSTOMS_DOCUMENTS},
            id="moved before",
        ),
    ],
)
def test_customs(scans, kinds):
    found = set(judge(facts(*scans, **CHINA_TO_GERMANY), at("2026-11-12 10:00")))
    assert found == kinds


def test_who_waits_for_customs_does_not_stand_still():
    what = facts(replace(HELD, milestone=Milestone.IN_TRANSIT), **CHINA_TO_GERMANY)
    assert set(judge(what, at("2026-11-14 10:00"))) == {Kind.CUSTOMS_HOLD}


# --- at the door --------------------------------------------------------------------------

VAN = seen("2026-11-09 08:00", Milestone.OUT_FOR_DELIVERY)
TRIED = seen("2026-11-09 12:00", Milestone.ATTEMPTED, "Ulm", "DE")
DEPOT = seen("2026-11-09 19:00", Milestone.IN_TRANSIT, "Ulm", "DE")
VAN_AGAIN = seen("2026-11-10 08:00", Milestone.OUT_FOR_DELIVERY)
TRIED_AGAIN = seen("2026-11-10 12:00", Milestone.ATTEMPTED, "Ulm", "DE")
NO_SUCH_ADDRESS = replace(TRIED, incident=Kind.ADDRESS)
NOT_WANTED = replace(TRIED, incident=Kind.REFUSED)
PICK_UP = seen("2026-11-10 15:00", Milestone.READY_FOR_PICKUP, "Ulm", "DE")
DELIVERED = seen("2026-11-10 15:00", Milestone.DELIVERED, "Ulm", "DE")
TURNED = seen("2026-11-10 15:00", Milestone.RETURNING, "Ulm", "DE")
BACK = seen("2026-11-11 08:00", Milestone.RETURNED)


@pytest.mark.parametrize(
    ("scans", "found"),
    [
        pytest.param([VAN, TRIED], {Kind.ATTEMPT_FAILED: 1}, id="it was at the door"),
        pytest.param([VAN, TRIED, DEPOT], {Kind.ATTEMPT_FAILED: 1}, id="and back in the depot"),
        pytest.param([VAN, TRIED, VAN_AGAIN], {}, id="it is on the van again"),
        pytest.param(
            [VAN, TRIED, VAN_AGAIN, TRIED_AGAIN], {Kind.ATTEMPT_FAILED: 2}, id="twice at the door"
        ),
        pytest.param(
            [VAN, TRIED, replace(TRIED, at=TRIED.at + timedelta(hours=1), code="note left")],
            {Kind.ATTEMPT_FAILED: 1},
            id="one attempt told in two scans",
        ),
        pytest.param(
            [VAN, replace(DEPOT, incident=Kind.ATTEMPT_FAILED)],
            {Kind.ATTEMPT_FAILED: 1},
            id="told by the way",
        ),
        pytest.param([VAN, TRIED, PICK_UP], {}, id="it can be collected"),
        pytest.param([VAN, TRIED, DELIVERED], {}, id="delivered"),
        pytest.param([VAN, TRIED, TURNED], {}, id="it was turned back"),
        pytest.param([VAN, NO_SUCH_ADDRESS], {Kind.ADDRESS: 1}, id="the address does not fit"),
        pytest.param([NO_SUCH_ADDRESS, DEPOT], {Kind.ADDRESS: 1}, id="in the depot it does not"),
        pytest.param([NO_SUCH_ADDRESS, VAN_AGAIN], {}, id="the address was found"),
        pytest.param([NO_SUCH_ADDRESS, TURNED], {Kind.ADDRESS: 1}, id="turned for its address"),
        pytest.param([NO_SUCH_ADDRESS, TURNED, BACK], {}, id="back for its address"),
        pytest.param([VAN, NOT_WANTED], {Kind.REFUSED: 1}, id="refused"),
        pytest.param([NOT_WANTED, TURNED], {Kind.REFUSED: 1}, id="refused and on its way back"),
        pytest.param([NOT_WANTED, DELIVERED], {}, id="taken in after all"),
        pytest.param([NOT_WANTED, PICK_UP], {}, id="kept for the receiver after all"),
        pytest.param([NOT_WANTED, TURNED, BACK], {}, id="back because it was refused"),
    ],
)
def test_at_the_door(scans, found):
    assert levels(facts(*scans, **AT_HOME), at("2026-11-11 09:00")) == found


def test_the_attempts_are_counted_by_the_days_of_whom_it_goes_to():
    # 23:30 and 00:30 in London are one morning in Shanghai.
    late = seen("2026-11-09 23:30", Milestone.ATTEMPTED, "A")
    early = seen("2026-11-10 00:30", Milestone.ATTEMPTED, "B")
    in_london = facts(late, early, origin="GB", destination="GB")
    in_shanghai = facts(late, early, origin="GB", destination="CN")
    now = at("2026-11-10 09:00")
    assert levels(in_london, now)[Kind.ATTEMPT_FAILED] == 2
    assert levels(in_shanghai, now)[Kind.ATTEMPT_FAILED] == 1
    finding = judge(in_london, now)[Kind.ATTEMPT_FAILED]
    assert (finding.since, finding.detail) == (early.at, {"place": "B", "attempts": 2})


# --- to be collected ----------------------------------------------------------------------


def test_not_collected_for_three_days_and_for_three_more():
    what = facts(VAN, PICK_UP, **AT_HOME)
    turns_at(what, Kind.WAITING_AT_PICKUP, at("2026-11-13 15:00"), 1)
    turns_at(what, Kind.WAITING_AT_PICKUP, at("2026-11-16 15:00"), 2)
    finding = judge(what, at("2026-11-13 15:00"))[Kind.WAITING_AT_PICKUP]
    assert finding.detail == {"place": "Ulm", "country": "DE"}


def test_scans_at_the_pick_up_point_do_not_set_its_clock_back():
    again = replace(PICK_UP, at=PICK_UP.at + timedelta(days=2))
    turns_at(facts(PICK_UP, again), Kind.WAITING_AT_PICKUP, at("2026-11-13 15:00"), 1)


REMINDED = replace(PICK_UP, at=at("2026-11-11 10:00"), incident=Kind.WAITING_AT_PICKUP)


@pytest.mark.parametrize(
    ("scans", "waits"),
    [
        pytest.param([PICK_UP], False, id="since yesterday"),
        pytest.param([PICK_UP, REMINDED], True, id="the carrier reminds"),
        pytest.param(
            [PICK_UP, REMINDED, replace(DELIVERED, at=at("2026-11-11 12:00"))],
            False,
            id="collected",
        ),
        pytest.param(
            [PICK_UP, REMINDED, replace(TURNED, at=at("2026-11-11 12:00"))],
            False,
            id="on its way back",
        ),
        pytest.param([replace(REMINDED, milestone=Milestone.UNKNOWN)], True, id="by the way"),
    ],
)
def test_a_report_says_that_it_waits(scans, waits):
    what = facts(*scans, **AT_HOME)
    assert (Kind.WAITING_AT_PICKUP in judge(what, at("2026-11-11 18:00"))) is waits


def test_a_reminder_of_the_carrier_weighs_more_only_when_it_soon_goes_back():
    what = facts(PICK_UP, REMINDED, **AT_HOME)
    assert levels(what, at("2026-11-13 15:00")) == {Kind.WAITING_AT_PICKUP: 1}
    turns_at(what, Kind.WAITING_AT_PICKUP, at("2026-11-16 15:00"), 2)


# --- what delivery does not end -----------------------------------------------------------

BROKEN = seen("2026-11-09 12:00", Milestone.IN_TRANSIT, "Ulm", "DE", incident=Kind.DAMAGED)


@pytest.mark.parametrize("later", [[], [DEPOT], [DELIVERED], [TURNED, BACK]], ids=len)
def test_damage_does_not_heal(later):
    what = facts(BROKEN, *later, **AT_HOME)
    finding = judge(what, at("2026-11-12 18:00"))[Kind.DAMAGED]
    assert (finding.since, finding.level) == (BROKEN.at, 1)


@pytest.mark.parametrize(
    ("signed", "more", "unclear"),
    [
        pytest.param([""], {}, False, id="nobody says who signed"),
        pytest.param([Signed.SELF], {}, False, id="the receiver"),
        pytest.param([Signed.LOCKER], {}, False, id="in a locker"),
        pytest.param([Signed.OTHER], {}, True, id="somebody else"),
        pytest.param([Signed.OTHER, Signed.SELF], {}, False, id="another report says the receiver"),
        pytest.param([""], {"wants_signature": True}, True, id="a signature was wanted"),
        pytest.param([Signed.LOCKER], {"wants_signature": True}, True, id="wanted, in a locker"),
        pytest.param([Signed.SELF], {"wants_signature": True}, False, id="wanted and given"),
        pytest.param(
            [Signed.OTHER],
            {"is_inbound": True, "received_at": at("2026-11-10 16:00")},
            False,
            id="our warehouse has it all the same",
        ),
    ],
)
def test_who_signed(signed, more, unclear):
    scans = [
        replace(DELIVERED, code=f"by {number}", signed=value) for number, value in enumerate(signed)
    ]
    what = facts(*scans, **AT_HOME, **more)
    assert (Kind.UNCLEAR_SIGNATURE in judge(what, at("2026-11-10 18:00"))) is unclear


def test_nobody_has_signed_before_it_is_delivered():
    what = facts(VAN, **AT_HOME, wants_signature=True)
    assert judge(what, at("2026-11-09 18:00")) == {}


@pytest.mark.parametrize(
    ("weight", "weighed", "differs"),
    [
        pytest.param(500, 600, False, id="a hundred grams of a light one"),
        pytest.param(500, 601, True, id="a gram more"),
        pytest.param(500, 399, True, id="lighter"),
        pytest.param(5000, 5500, False, id="a tenth of a heavy one"),
        pytest.param(5000, 5501, True, id="a gram more than a tenth"),
        pytest.param(5000, 4499, True, id="lighter by more than a tenth"),
        pytest.param(None, 500, False, id="ours is not known"),
        pytest.param(500, None, False, id="theirs is not known"),
        pytest.param(500, 0, False, id="nothing is no weight"),
    ],
)
@pytest.mark.parametrize("scans", [[], [ACCEPTED], [ACCEPTED, DELIVERED]], ids=len)
def test_weights(weight, weighed, differs, scans):
    what = facts(*scans, **AT_HOME, weight=weight, carrier_weight=weighed)
    found = judge(what, at("2026-11-04 18:00")).get(Kind.WEIGHT_MISMATCH)
    assert bool(found) is differs
    if found:
        assert found.detail["grams"] == weighed - weight
        assert found.since == (ACCEPTED.at if scans else what.announced_at)


TO_US = {
    "is_inbound": True,
    "origin": "DE",
    "destination": "GB",
    "here": Calendar(LONDON, "GB", time(9), time(17)),
}


@pytest.mark.parametrize(
    ("delivered", "missed_from"),
    [
        pytest.param("2026-11-10 15:00", "2026-11-12 17:00", id="two working days"),
        pytest.param("2026-11-12 18:00", "2026-11-16 17:00", id="over a weekend"),
        pytest.param("2026-12-24 10:00", "2026-12-30 17:00", id="over Christmas"),
    ],
)
def test_signed_for_and_not_taken_in_at_our_own_warehouse(delivered, missed_from):
    what = facts(Seen(at(delivered), Milestone.DELIVERED), **TO_US)
    turns_at(what, Kind.DELIVERED_NOT_RECEIVED, at(missed_from, LONDON), 1)
    assert judge(what, at(missed_from))[Kind.DELIVERED_NOT_RECEIVED].since == at(delivered)
    taken_in = replace(what, received_at=at("2026-12-31 12:00"))
    assert judge(taken_in, at("2027-01-10 12:00")) == {}
    assert judge(replace(what, is_inbound=False), at("2027-01-10 12:00")) == {}


def test_delivered_and_its_receiver_says_that_it_is_not_there_so_at_once():
    delivered = seen("2026-11-10 15:00", Milestone.DELIVERED, "Leeds", "GB")
    said = at("2026-11-11 09:00")
    what = facts(ACCEPTED, delivered, disputed_at=said)
    found = judge(what, said)[Kind.DELIVERED_NOT_RECEIVED]
    assert (found.level, found.since) == (1, delivered.at)
    assert next_look(what, said) is None, "the clock adds nothing to it"
    assert judge(replace(what, disputed_at=None), said) == {}


def test_what_was_said_to_be_missing_before_it_was_delivered_says_nothing_of_the_delivery():
    delivered = seen("2026-11-10 15:00", Milestone.DELIVERED, "Leeds", "GB")
    assert judge(facts(ACCEPTED, delivered, disputed_at=ACCEPTED.at), delivered.at) == {}
    assert judge(facts(ACCEPTED, disputed_at=ACCEPTED.at), ACCEPTED.at) == {}


def test_a_disputed_parcel_that_turns_round_was_not_at_the_wrong_door():
    delivered = seen("2026-11-10 15:00", Milestone.DELIVERED, "Leeds", "GB")
    back = seen("2026-11-11 12:00", Milestone.RETURNING, "Leeds", "GB")
    said = at("2026-11-11 09:00")
    assert Kind.DELIVERED_NOT_RECEIVED in judge(facts(delivered, disputed_at=said), said)
    assert judge(facts(delivered, back, disputed_at=said), back.at) == {}


# --- what holds for all of them -----------------------------------------------------------


def test_patience_is_a_setting():
    what = facts(**HANDED_OVER, patience=Patience(silent_hours=24))
    turns_at(what, Kind.SILENT, at("2026-11-04 10:00"), 1)


def test_notices_of_days_off_make_the_watch_more_patient():
    strike = DayNotice(date(2026, 11, 4), date(2026, 11, 5), name="Strike")
    days = Days("DE", (strike,))
    what = facts(**HANDED_OVER, origin_days=days, destination_days=days)
    turns_at(what, Kind.SILENT, at("2026-11-07 10:00"), 1)


def test_a_country_that_never_works_ends_no_patience_and_breaks_nothing():
    never = Days("DE", (DayNotice(date(2020, 1, 1), date(2099, 1, 1)),))
    endless = {"origin_days": never, "destination_days": never}
    now = at("2026-11-20 10:00")
    assert judge(facts(**HANDED_OVER, **endless), now) == {}
    assert judge(facts(ACCEPTED, **AT_HOME, **endless), now) == {}
    assert judge(facts(CUSTOMS, **AT_HOME, **endless), now) == {}
    closed = {**TO_US, "here": Calendar(weekdays=())}
    assert judge(facts(DELIVERED, **closed), now) == {}


def test_every_kind_has_one_rule():
    assert sorted(rule.kind for rule in RULES) == sorted(Kind)
    outdone = {kind for kinds in OUTDONE_BY.values() for kind in kinds} | set(OUTDONE_BY)
    assert outdone <= set(Kind)


START = at("2026-09-25 06:00")
SCANS = st.builds(
    Seen,
    # Coarse, so that many scans are of one moment.
    at=st.integers(0, 40).map(lambda times: START + times * timedelta(hours=18)),
    milestone=st.sampled_from(list(Milestone)),
    code=st.sampled_from(["", "a", "b"]),
    place=st.sampled_from(["", "Leipzig", "Liège"]),
    country=st.sampled_from(["", "CN", "DE", "BE"]),
    incident=st.sampled_from(["", "", "", "", *Kind]),
    signed=st.sampled_from(["", *Signed]),
)
MOMENTS = st.none() | st.integers(0, 24 * 20).map(lambda hours: START + timedelta(hours=hours))


@st.composite
def parcels(draw) -> Facts:
    scans = draw(st.lists(SCANS, max_size=8))
    origin, destination = draw(
        st.sampled_from([("CN", "DE"), ("DE", "DE"), ("", ""), ("CN", "CN")])
    )
    return facts(
        *scans,
        announced_at=START,
        origin=origin,
        destination=destination,
        handed_over_at=draw(MOMENTS),
        expected_by=draw(MOMENTS),
        received_at=draw(MOMENTS),
        is_inbound=draw(st.booleans()),
        wants_signature=draw(st.booleans()),
        weight=draw(st.sampled_from([None, 500])),
        carrier_weight=draw(st.sampled_from([None, 500, 900])),
        here=Calendar(LONDON, "GB"),
    )


@given(parcels(), st.lists(st.integers(0, 60 * 24 * 80), min_size=1, max_size=40))
@settings(max_examples=150)
def test_the_clock_changes_nothing_before_the_next_look(what, minutes):
    """Between one look and the next nothing changes; and after the last, nothing ever does."""
    for now in sorted(START + timedelta(minutes=minute) for minute in minutes):
        turn = next_look(what, now)
        until = turn or START + timedelta(days=4000)
        assert until > now
        told = judge(what, now)
        for share in (0.01, 0.5, 0.99):
            assert judge(what, now + (until - now) * share) == told
        assert judge(what, until - timedelta(microseconds=1)) == told


@given(parcels(), st.integers(0, 60 * 24 * 80), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_in_which_order_and_how_often_scans_arrive_does_not_matter(what, minute, random: Random):
    shuffled = [*what.scans, *what.scans[::2]]
    random.shuffle(shuffled)
    now = START + timedelta(minutes=minute)
    other = replace(what, scans=tuple(shuffled))
    assert judge(other, now) == judge(what, now)
    assert next_look(other, now) == next_look(what, now)


@given(parcels(), st.integers(0, 60 * 24 * 80))
@settings(max_examples=150)
def test_once_the_road_is_over_its_clocks_are_quiet(what, minute):
    now = START + timedelta(minutes=minute)
    found = judge(what, now)
    if what.milestone in FINAL:
        assert set(found) <= {
            Kind.DAMAGED,
            Kind.UNCLEAR_SIGNATURE,
            Kind.WEIGHT_MISMATCH,
            Kind.DELIVERED_NOT_RECEIVED,
        }
    assert len(set(found) & CLOCK_KINDS) <= 1


@given(parcels(), st.integers(0, 60 * 24 * 80), st.integers(0, 60 * 24 * 80))
@settings(max_examples=150)
def test_findings_can_be_kept_and_do_not_know_the_hour(what, minute, later):
    """Since when and which details stay the same while the same trouble grows."""
    first = judge(what, START + timedelta(minutes=minute))
    then = judge(what, START + timedelta(minutes=minute + later))
    for kind, finding in first.items():
        assert finding.kind == kind and finding.level >= 1
        assert finding.since.utcoffset() == timedelta(0)
        assert json.loads(json.dumps(dict(finding.detail))) == finding.detail
        if kind in then:
            assert then[kind].since == finding.since
            assert then[kind].detail == finding.detail
            assert then[kind].level >= finding.level


@pytest.mark.parametrize("order", [1, -1])
def test_of_reports_of_one_moment_always_the_same_is_told(order):
    reports = [replace(BROKEN, place=place) for place in ("Aachen", "Ulm")][::order]
    finding = judge(facts(*reports, **AT_HOME), at("2026-11-09 18:00"))[Kind.DAMAGED]
    assert finding.detail["place"] == "Aachen"


def test_delivered_ends_every_clock_whatever_came_before():
    delivered = facts(ACCEPTED, ON_THE_ROAD, DELIVERED, **AT_HOME, **EXPECTED)
    assert judge(delivered, at("2028-01-01 00:00")) == {}
    assert next_look(delivered, at("2026-11-10 16:00")) is None
