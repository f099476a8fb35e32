"""When a parcel should be there, and which holidays say otherwise."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.calendars import DayNotice, Days
from tracking.expectations import (
    ACROSS_BORDERS,
    ENOUGH,
    IN_ONE_UNION,
    Delay,
    Expectation,
    Usual,
    expect,
    learned,
    usual_for,
)

CHINA, GERMANY, BRITAIN, NOWHERE = Days("CN"), Days("DE"), Days("GB"), Days()
WEEK = Usual(3, 7)


def day(text: str) -> date:
    return date.fromisoformat(text)


def told(expectation: Expectation) -> list[tuple[str, str, str, str, int]]:
    return [
        (delay.country, delay.name, delay.first.isoformat(), delay.last.isoformat(), delay.days)
        for delay in expectation.delays
    ]


@pytest.mark.parametrize(
    ("origin", "destination", "usual"),
    [
        ("GB", "GB", Usual(1, 4)),
        ("CN", "CN", Usual(2, 5)),  # a large country
        ("DE", "FR", Usual(3, 8)),  # one customs union
        ("CH", "LI", Usual(3, 8)),
        ("DE", "GB", Usual(14, 28)),
        ("CN", "US", Usual(14, 28)),
    ],
)
def test_what_is_usual_depends_on_whether_customs_lies_between(origin, destination, usual):
    assert usual_for(origin, destination) == usual


def test_without_holidays_the_usual_days_are_counted_from_the_first_movement():
    found = expect(day("2026-11-02"), WEEK, GERMANY, NOWHERE)
    assert found == Expectation(day("2026-11-05"), day("2026-11-09"))


def test_a_weekday_off_moves_the_end_and_says_why():
    found = expect(day("2026-12-21"), WEEK, GERMANY, NOWHERE)
    # 25 December is a Friday; the 26th a Saturday, which counts as no day lost.
    assert (found.first, found.last) == (day("2026-12-24"), day("2026-12-29"))
    assert told(found) == [("DE", "Christmas Day", "2026-12-25", "2026-12-25", 1)]
    assert found.delays[0].name_zh == "圣诞节"


def test_a_day_off_before_the_beginning_moves_the_beginning_too():
    found = expect(day("2026-12-24"), WEEK, GERMANY, NOWHERE)
    assert found.first == day("2026-12-28")


def test_the_day_it_started_on_is_not_lost_any_more():
    assert not expect(day("2026-12-25"), Usual(1, 3), GERMANY, NOWHERE).delays


def test_holidays_in_the_days_that_holidays_added_count_again():
    # 28 December, on which Britain keeps Boxing Day, is reached by the day lost on the 25th.
    found = expect(day("2026-12-23"), Usual(1, 4), BRITAIN, NOWHERE)
    assert found.last == day("2026-12-29")
    assert told(found) == [
        ("GB", "Christmas Day", "2026-12-25", "2026-12-25", 1),
        ("GB", "Boxing Day", "2026-12-28", "2026-12-28", 1),
    ]


def test_the_golden_week_is_one_delay_over_its_weekend_and_its_moved_days():
    found = expect(day("2026-09-28"), Usual(5, 10), CHINA, GERMANY)
    # Thursday 1 to Wednesday 7 October: five weekdays; 3 October is a Saturday in Germany.
    assert told(found) == [("CN", "National Day", "2026-10-01", "2026-10-07", 5)]
    assert (found.first, found.last) == (day("2026-10-08"), day("2026-10-13"))
    assert found.delays[0].name_zh == "国庆节"


def test_the_spring_festival_is_one_delay_from_its_eve_to_its_last_moved_day():
    found = expect(day("2026-02-12"), Usual(5, 10), CHINA, NOWHERE)
    assert told(found) == [
        ("CN", "Chinese New Year (Spring Festival)", "2026-02-16", "2026-02-23", 6)
    ]


def test_a_day_off_at_both_ends_counts_once():
    both = expect(day("2026-12-29"), WEEK, CHINA, GERMANY)
    one = expect(day("2026-12-29"), WEEK, Days("DE"), Days("DE"))
    assert told(both) == [("DE", "New Year's Day", "2027-01-01", "2027-01-01", 1)]
    assert both == one


def test_both_ends_are_named_for_their_own_days():
    found = expect(day("2025-12-29"), WEEK, CHINA, GERMANY)
    assert told(found) == [
        ("DE", "New Year's Day", "2026-01-01", "2026-01-01", 1),
        ("CN", "New Year's Day", "2026-01-02", "2026-01-02", 1),
    ]


def test_the_same_holiday_after_days_of_work_is_a_delay_of_its_own():
    strikes = tuple(
        DayNotice(day(one), day(one), name="Strike") for one in ("2026-08-04", "2026-08-06")
    )
    found = expect(day("2026-08-03"), WEEK, Days("DE", strikes), NOWHERE)
    assert [delay.days for delay in found.delays] == [1, 1]


def test_notices_of_the_installation_count_like_holidays_and_against_them():
    strike = DayNotice(day("2026-11-04"), day("2026-11-05"), name="Strike", name_zh="罢工")
    found = expect(day("2026-11-02"), WEEK, Days("DE", (strike,)), NOWHERE)
    assert told(found) == [("DE", "Strike", "2026-11-04", "2026-11-05", 2)]
    assert found.delays[0].name_zh == "罢工"
    worked = DayNotice(day("2026-12-25"), day("2026-12-25"), works=True)
    assert not expect(day("2026-12-21"), WEEK, Days("DE", (worked,)), NOWHERE).delays


def test_days_on_which_the_place_it_goes_to_is_closed_are_named_without_a_country():
    closed = (DayNotice(day("2026-11-04"), day("2026-11-06"), name="Summer break"),)
    found = expect(day("2026-11-02"), WEEK, GERMANY, NOWHERE, closed)
    assert told(found) == [("", "Summer break", "2026-11-04", "2026-11-06", 3)]


def test_years_without_work_do_not_count_for_ever():
    strike = DayNotice(day("2026-01-01"), day("2099-01-01"), name="Strike")
    found = expect(day("2026-11-02"), WEEK, Days("DE", (strike,)), NOWHERE)
    assert found.last < day("2028-01-01")


def test_what_is_expected_survives_being_kept_as_json():
    found = expect(day("2026-09-28"), ACROSS_BORDERS, CHINA, GERMANY)
    assert found.delays
    assert Expectation.from_json(json.loads(json.dumps(found.to_json()))) == found
    delay = found.delays[0]
    assert Delay.from_json(json.loads(json.dumps(delay.to_json()))) == delay


ENDS = st.sampled_from([CHINA, GERMANY, BRITAIN, NOWHERE, Days("US"), Days("ZZ")])


@given(
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.sampled_from([WEEK, ACROSS_BORDERS, IN_ONE_UNION, Usual(1, 1)]),
    ENDS,
    ENDS,
)
def test_the_days_told_are_the_days_it_moved(started, usual, origin, destination):
    found = expect(started, usual, origin, destination)
    moved = (found.last - started - timedelta(days=usual.days_to)).days
    waits = moved - sum(delay.days for delay in found.delays)
    # From the day so reached to the next on which somebody comes to the door.
    assert waits >= 0 and destination.carries(found.last)
    assert not any(destination.carries(found.last - timedelta(days=n + 1)) for n in range(waits))
    assert destination.carries(found.first) and started <= found.first <= found.last
    for delay in found.delays:
        assert started < delay.first <= delay.last <= found.last
        assert 1 <= delay.days <= (delay.last - delay.first).days + 1
        assert delay.name and delay.name_zh


@pytest.mark.parametrize(
    ("durations", "known"),
    [
        ([5] * ENOUGH, (5, 5)),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (6, 10)),  # 5.5 and 9.1, rounded up
        ([*range(1, 11), 11], (6, 10)),
        ([3] * 18 + [40, 50], (3, 7)),  # two that were held up do not set the rule
    ],
)
def test_what_finished_parcels_teach_is_the_middle_and_nine_of_ten(durations, known):
    assert learned(durations) == known
    assert learned(durations[::-1]) == known


def test_a_country_that_it_has_left_holds_it_up_no_longer():
    started, usual = date(2026, 9, 28), Usual(5, 8)
    before = expect(started, usual, Days("CN"), Days("GB"))
    assert "CN" in {delay.country for delay in before.delays}
    after = expect(started, usual, Days("CN"), Days("GB"), left=date(2026, 9, 30))
    assert after.delays == () and after.last < before.last
    late = expect(started, usual, Days("CN"), Days("GB"), left=date(2026, 10, 3))
    assert after.last < late.last < before.last


def test_nobody_is_told_a_sunday():
    found = expect(date(2026, 11, 18), Usual(2, 4), Days("GB"), Days("GB"))
    assert found.last == date(2026, 11, 23)  # the 22nd is one
