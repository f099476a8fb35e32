"""For how long one may withdraw, where, and from what: the law's own rules, purely."""

from datetime import UTC, date, datetime

import pytest

from returns.withdrawal_policy import COUNTRIES, EU, a_year_after, is_exempt, period_end
from returns.withdrawal_states import MAY_TAKE_EFFECT, OPEN, TRANSITIONS, WithdrawalStatus
from tracking.calendars import days_of

VILNIUS = "Europe/Vilnius"
ORDERED = datetime(2026, 9, 1, 8, tzinfo=UTC)


def ends(*came, days=14, was_told=True, zone=VILNIUS, country="LT"):
    end = period_end(
        came, ORDERED, days=days, was_told=was_told, zone=zone, holidays=days_of(country)
    )
    return end and end.astimezone(UTC)


def test_it_runs_fourteen_days_from_the_delivery_to_the_end_of_the_buyers_day():
    came = datetime(2026, 9, 8, 12, tzinfo=UTC)  # a Tuesday
    assert ends(came) == datetime(2026, 9, 22, 20, 59, 59, tzinfo=UTC)
    # The day is that of the buyer: late in the evening in London is the next day in Vilnius.
    assert ends(came.replace(hour=22)) == datetime(2026, 9, 23, 20, 59, 59, tzinfo=UTC)


def test_it_runs_from_the_last_parcel_and_not_before_all_have_come():
    first, last = datetime(2026, 9, 2, 12, tzinfo=UTC), datetime(2026, 9, 9, 12, tzinfo=UTC)
    assert ends(first, last) == ends(last) != ends(first)
    assert ends(first, None) is None


def test_where_nothing_is_sent_it_runs_from_the_order():
    assert ends() == datetime(2026, 9, 15, 20, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("came", "last_day"),
    [
        (datetime(2026, 9, 5, 12, tzinfo=UTC), date(2026, 9, 21)),  # a Saturday → Monday
        (datetime(2026, 9, 6, 12, tzinfo=UTC), date(2026, 9, 21)),  # a Sunday → Monday
        (datetime(2026, 12, 11, 12, tzinfo=UTC), date(2026, 12, 28)),  # Christmas → Monday
        (datetime(2027, 2, 2, 12, tzinfo=UTC), date(2027, 2, 17)),  # Lithuania's own holiday
    ],
)
def test_a_last_day_without_work_moves_to_the_next_working_day(came, last_day):
    end = ends(came)
    assert end and end.date() == last_day


def test_who_was_not_told_has_twelve_months_more():
    came = datetime(2026, 9, 8, 12, tzinfo=UTC)
    assert ends(came, was_told=False) == datetime(2027, 9, 22, 20, 59, 59, tzinfo=UTC)
    assert a_year_after(date(2028, 2, 29)) == date(2029, 3, 1)


def test_a_store_may_give_more_days():
    came = datetime(2026, 9, 8, 12, tzinfo=UTC)
    assert ends(came, days=30) == datetime(2026, 10, 8, 20, 59, 59, tzinfo=UTC)


def test_it_is_given_in_the_whole_economic_area_and_nowhere_else():
    assert len(EU) == 27
    assert sorted(COUNTRIES - EU) == ["IS", "LI", "NO"]
    assert not {"GB", "CH", "US", "CN"} & COUNTRIES


def test_goods_are_left_out_by_their_sku():
    patterns = "MADE-*\n\n earring-7 "
    assert is_exempt("made-42", patterns) and is_exempt("EARRING-7", patterns)
    assert not is_exempt("EARRING-70", patterns)
    assert not is_exempt("", "*") and not is_exempt("SHIRT", "")


def test_the_states_of_a_withdrawal_form_a_table():
    assert set(TRANSITIONS) == set(WithdrawalStatus)
    assert {new for reached in TRANSITIONS.values() for new in reached} <= set(WithdrawalStatus)
    ends_ = {status for status, reached in TRANSITIONS.items() if not reached}
    assert ends_ == {WithdrawalStatus.EFFECTIVE, WithdrawalStatus.REPEATED}
    assert OPEN <= MAY_TAKE_EFFECT
