"""Working time, holidays and the ends of days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tracking.calendars import Calendar, end_of_day, holiday_name, zone_of
from tracking.models import Account

LONDON = Calendar("Europe/London", "GB")
SHANGHAI = Calendar("Asia/Shanghai", "CN")


def at(text: str, zone: str = "Europe/London") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-24 10:00", 2, "2026-11-24 12:00"),  # a Tuesday
        ("2026-11-24 10:00", 8, "2026-11-24 18:00"),  # to the last minute
        ("2026-11-24 10:00", 9, "2026-11-25 10:00"),
        ("2026-11-24 07:00", 1, "2026-11-24 10:00"),  # before opening
        ("2026-11-24 18:00", 1, "2026-11-25 10:00"),  # at closing
        ("2026-11-24 23:30", 1, "2026-11-25 10:00"),
        ("2026-11-27 17:00", 2, "2026-11-30 10:00"),  # over the weekend
        ("2026-11-28 12:00", 9, "2026-11-30 18:00"),  # on a Saturday
        ("2026-12-24 17:00", 2, "2026-12-29 10:00"),  # Christmas, Boxing Day kept on Monday
        ("2026-11-24 10:00", 0, "2026-11-24 10:00"),
        ("2026-11-24 10:00", 1.5, "2026-11-24 11:30"),
    ],
)
def test_hours_of_work_are_counted_while_somebody_works(start, hours, due):
    assert LONDON.due(at(start), hours) == at(due)


def test_the_hour_is_told_in_the_place_s_own_time():
    due = LONDON.due(datetime(2026, 7, 1, 8, tzinfo=UTC), 1)
    assert (due.hour, str(due.tzinfo)) == (10, "Europe/London")


def test_the_asker_s_own_zone_does_not_matter():
    asked = at("2026-11-24 10:00")
    assert LONDON.due(asked.astimezone(ZoneInfo("Asia/Tokyo")), 2) == LONDON.due(asked, 2)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        # Clocks go forward at 01:00 on 29 March 2026: the night has an hour less.
        ("2026-03-28 23:00", 3, "2026-03-29 03:00"),
        # And back at 02:00 on 25 October: it has an hour more.
        ("2026-10-24 23:00", 4, "2026-10-25 02:00"),
    ],
)
def test_a_change_of_clocks_neither_wins_nor_loses_an_hour(start, hours, due):
    always = Calendar("Europe/London", "", time(0), time(23, 59, 59), tuple(range(7)))
    found = always.due(at(start), hours)
    assert abs(found - at(due)) <= timedelta(seconds=1)  # a day ends a second early
    assert found - at(start).astimezone(UTC) >= timedelta(hours=hours)


def test_the_day_the_clocks_change_has_its_usual_hours():
    sunday = Calendar("Europe/London", "", weekdays=(6,))
    assert sunday.due(at("2026-03-29 00:00"), 9) == at("2026-03-29 18:00")


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-13", True),
        ("2026-02-14", True),  # a Saturday, worked for the long holiday
        ("2026-02-15", False),
        ("2026-02-16", False),
        ("2026-02-17", False),
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),  # again a Saturday
        ("2026-03-01", False),
        ("2026-10-01", False),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
    ],
)
def test_china_makes_up_for_its_long_holidays(day, works):
    assert SHANGHAI.works_on(date.fromisoformat(day)) is works


def test_a_promise_before_the_spring_festival_uses_the_saturday_worked_for_it():
    friday = at("2026-02-13 17:00", "Asia/Shanghai")
    assert SHANGHAI.due(friday, 4) == at("2026-02-14 12:00", "Asia/Shanghai")
    assert SHANGHAI.due(friday, 11) == at("2026-02-24 10:00", "Asia/Shanghai")


def test_days_that_the_store_closes_count_even_against_make_up_days():
    closed = Calendar("Asia/Shanghai", "CN", closed=frozenset({date(2026, 2, 14)}))
    assert not closed.works_on(date(2026, 2, 14))


def test_a_store_that_works_at_weekends_still_rests_on_holidays():
    always = Calendar("Europe/London", "GB", weekdays=tuple(range(7)))
    assert always.works_on(date(2026, 11, 28))
    assert not always.works_on(date(2026, 12, 25))


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-24 10:00", 1, "2026-11-25 18:00"),
        ("2026-11-24 23:59", 1, "2026-11-25 18:00"),
        ("2026-11-27 10:00", 1, "2026-11-30 18:00"),
        ("2026-11-26 10:00", 3, "2026-12-01 18:00"),
        ("2026-12-24 10:00", 1, "2026-12-29 18:00"),
    ],
)
def test_a_working_day_ends_when_the_store_closes(start, days, due):
    assert LONDON.close_of_working_day(at(start), days) == at(due)


def test_which_day_it_is_is_decided_where_the_store_is():
    late_in_london = at("2026-11-24 20:00")  # Wednesday in Shanghai
    assert SHANGHAI.close_of_working_day(late_in_london, 1) == at(
        "2026-11-26 18:00", "Asia/Shanghai"
    )


@pytest.mark.parametrize(
    "ask",
    [
        lambda calendar: calendar.due(at("2026-11-24 10:00"), 1),
        lambda calendar: calendar.close_of_working_day(at("2026-11-24 10:00"), 1),
    ],
)
def test_a_calendar_without_a_working_day_says_so_instead_of_looking_for_ever(ask):
    with pytest.raises(ValueError, match="within a year"):
        ask(Calendar(weekdays=()))


def test_an_unknown_country_has_no_holidays():
    assert Calendar(country="ZZ").works_on(date(2026, 12, 25))
    assert holiday_name("ZZ", date(2026, 12, 25)) == ""
    assert "Christmas" in holiday_name("GB", date(2026, 12, 25))


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        ("2026-11-24", "Europe/London", "2026-11-24T23:59:59+00:00"),
        ("2026-07-24", "Europe/London", "2026-07-24T22:59:59+00:00"),
        ("2026-10-25", "Europe/London", "2026-10-25T23:59:59+00:00"),
        ("2026-11-24", "Asia/Shanghai", "2026-11-24T15:59:59+00:00"),
        ("2026-11-24", "America/Los_Angeles", "2026-11-25T07:59:59+00:00"),
        # At midnight the clocks go back to eleven: the last second is the second one.
        ("2026-10-24", "Asia/Beirut", "2026-10-24T21:59:59+00:00"),
    ],
)
def test_a_day_ends_with_its_last_second_where_the_buyer_is(day, zone, moment):
    assert end_of_day(date.fromisoformat(day), zone).astimezone(UTC).isoformat() == moment


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.integers(0, 90),
    st.sampled_from([LONDON, SHANGHAI, Calendar("America/New_York", "US", time(8), time(12))]),
)
def test_what_is_due_falls_into_working_hours_and_never_before_it_was_asked(moment, hours, place):
    start = moment.replace(tzinfo=UTC)
    due = place.due(start, hours)
    assert due - start >= timedelta(hours=hours)
    if hours:
        assert place.works_on(due.date())
        assert place.opens <= due.time() <= place.closes
        assert place.due(start, hours - 1) < due


# --- where the calendar is kept ----------------------------------------------------------


def test_an_account_says_what_its_calendar_needs():
    account = Account(name="juniper", zone="Europe/London", country="GB", works_weekends=True)
    account.full_clean(validate_unique=False, validate_constraints=False)
    assert account.calendar.weekdays == (0, 1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Europe/Nowhere"),
        ("zone", ""),
        ("zone", "../etc/passwd"),
        ("zone", "Europe"),
        ("country", "gb"),
        ("country", "GBR"),
        ("opens", "25:00"),
    ],
)
def test_an_account_with_a_wrong_calendar_is_refused_by_field(db, field, value):
    account = Account(name="juniper", zone="Europe/London", country="GB")
    setattr(account, field, value)
    with pytest.raises(ValidationError) as refused:
        account.full_clean()
    assert set(refused.value.message_dict) == {field}


def test_a_store_cannot_close_before_it_opens(db):
    account = Account(name="juniper", country="GB", opens=time(18), closes=time(9))
    with pytest.raises(ValidationError):
        account.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        account.save()


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("JP", "Asia/Tokyo"),
        ("GB", "Europe/London"),
        ("DE", "Europe/Berlin"),  # and one enclave
        ("CN", "Asia/Shanghai"),
        ("US", ""),
        ("", ""),
        ("XX", ""),
    ],
)
def test_a_country_tells_its_zone_where_nearly_everyone_lives_in_one(country, zone):
    assert zone_of(country) == zone
