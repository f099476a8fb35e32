"""How often a parcel is asked for when nobody tells us: a table."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.milestones import FINAL, Milestone
from tracking.polling import GIVEN_UP_AFTER, HOURS, SPREAD, THINNED, is_over, next_check

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


def hours(milestone: str, quiet: timedelta = timedelta(0), times: int = 400) -> tuple[float, float]:
    """The shortest and the longest pause of so many, in hours."""
    checks = [next_check(milestone, NOW - quiet, NOW) for _ in range(times)]
    pauses = [(check - NOW).total_seconds() / 3600 for check in checks if check]
    assert len(pauses) == times
    return min(pauses), max(pauses)


@pytest.mark.parametrize(
    ("milestone", "usual"),
    [
        (Milestone.UNKNOWN, 12),
        (Milestone.ANNOUNCED, 12),
        (Milestone.ACCEPTED, 8),
        (Milestone.IN_TRANSIT, 8),
        (Milestone.CUSTOMS, 12),
        (Milestone.OUT_FOR_DELIVERY, 3),
        (Milestone.ATTEMPTED, 6),
        (Milestone.READY_FOR_PICKUP, 12),
        (Milestone.RETURNING, 12),
    ],
)
@pytest.mark.parametrize(
    ("quiet", "times"),
    [
        (timedelta(0), 1),
        (timedelta(days=7), 1),
        (timedelta(days=7, seconds=1), 2),
        (timedelta(days=21), 2),
        (timedelta(days=21, seconds=1), 4),
        (timedelta(days=60), 4),
    ],
)
def test_pauses_by_stage_and_silence(milestone, usual, quiet, times):
    shortest, longest = hours(milestone, quiet)
    assert usual * times * SPREAD[0] <= shortest < longest <= usual * times * SPREAD[1]


def test_parcels_that_were_asked_for_together_do_not_come_back_together():
    shortest, longest = hours(Milestone.IN_TRANSIT)
    assert longest - shortest > 8 * 0.15


@pytest.mark.parametrize("milestone", FINAL)
def test_nobody_asks_after_the_end(milestone):
    assert is_over(milestone, NOW, NOW)
    assert next_check(milestone, NOW, NOW) is None


@pytest.mark.parametrize("milestone", sorted(set(Milestone) - FINAL))
def test_nobody_asks_after_two_months_of_silence(milestone):
    assert not is_over(milestone, NOW - GIVEN_UP_AFTER, NOW)
    late = NOW - GIVEN_UP_AFTER - timedelta(seconds=1)
    assert is_over(milestone, late, NOW)
    assert next_check(milestone, late, NOW) is None


def test_every_stage_of_the_road_has_its_pause():
    assert set(HOURS) == set(Milestone) - FINAL


def test_the_longer_silence_is_looked_up_first():
    assert [after for after, _ in THINNED] == sorted((a for a, _ in THINNED), reverse=True)


@given(
    st.sampled_from(sorted(Milestone)),
    st.timedeltas(timedelta(days=-5), timedelta(days=100)),
)
def test_the_next_check_is_never_now_and_never_far_off(milestone, quiet):
    """Also with a last word from the future, of a clock that is wrong."""
    check = next_check(milestone, NOW - quiet, NOW)
    if check is None:
        assert is_over(milestone, NOW - quiet, NOW)
    else:
        assert timedelta(hours=2) < check - NOW < timedelta(hours=60)
