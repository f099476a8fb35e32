"""Working time, holidays and the ends of days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tracking.calendars import (
    Break,
    Calendar,
    DayNotice,
    Days,
    breaks,
    clock_of,
    end_of_day,
    holiday_name,
    moving_time_after,
    working_days_after,
    zone_of,
)
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


# --- the days of a country ------------------------------------------------------------------

CHINA, GERMANY, BRITAIN = Days("CN"), Days("DE"), Days("GB")


def day_of(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("country", "day", "english", "chinese"),
    [
        ("CN", "2026-10-01", "National Day", "国庆节"),
        ("CN", "2026-10-05", "National Day", "国庆节"),  # kept on the Monday after
        ("CN", "2026-10-07", "National Day", "国庆节"),  # in exchange for a Saturday
        ("CN", "2026-02-16", "Chinese New Year (Spring Festival)", "春节"),  # its eve
        ("CN", "2026-02-23", "Chinese New Year (Spring Festival)", "春节"),
        ("CN", "2024-09-16", "Mid-Autumn Festival", "中秋节"),  # moved before the feast
        ("CN", "2026-02-14", "", ""),  # worked for it
        ("CN", "2026-02-15", "", ""),  # an ordinary Sunday
        ("GB", "2026-12-28", "Boxing Day", "节礼日"),
        ("DE", "2026-12-25", "Christmas Day", "圣诞节"),
        ("DE", "2026-05-14", "Ascension Day", "耶稣升天节"),
        ("HK", "2026-10-01", "National Day", "国庆日"),
        ("RU", "2026-01-09", "New Year Holidays", "元旦假期"),
        ("KR", "2026-09-25", "Chuseok", "Chuseok"),  # no Chinese name is known
        ("ZZ", "2026-12-25", "", ""),
        ("", "2026-12-25", "", ""),
    ],
)
def test_holidays_are_named_in_the_reader_s_language(country, day, english, chinese):
    days = Days(country)
    assert days.name_of(day_of(day), "en") == english
    assert days.name_of(day_of(day), "zh-hans") == chinese


def test_a_reader_of_another_language_reads_it_in_that_one_or_in_english():
    christmas = day_of("2026-12-25")
    assert GERMANY.name_of(christmas, "de") == "Erster Weihnachtstag"
    assert GERMANY.name_of(christmas, "pt-br") == "Christmas Day"
    assert BRITAIN.name_of(christmas, "de") == "Christmas Day"


@pytest.mark.parametrize(
    ("country", "day", "is_off", "works", "carries"),
    [
        ("DE", "2026-11-27", False, True, True),  # a Friday
        ("DE", "2026-11-28", False, False, True),  # carriers work on Saturdays
        ("DE", "2026-11-29", False, False, False),
        ("DE", "2026-12-25", True, False, False),
        ("DE", "2026-12-26", True, False, False),  # a Saturday, and a holiday
        ("CN", "2026-11-29", False, False, True),  # in China on Sundays too
        ("CN", "2026-10-01", True, False, False),
        ("CN", "2026-10-04", False, False, False),  # a Sunday inside the long holiday
        ("CN", "2026-10-10", False, True, True),  # a Saturday worked for it
        ("CN", "2026-01-04", False, True, True),  # a Sunday worked for the New Year
        ("CN", "2026-10-11", False, False, True),
        ("IL", "2026-11-28", False, False, False),  # Saturday
        ("IL", "2026-11-29", False, True, True),
        ("SA", "2026-11-27", False, False, False),  # Friday
        ("ZZ", "2026-11-28", False, False, True),
        ("ZZ", "2026-11-29", False, False, False),
        ("", "2026-12-25", False, True, True),
    ],
)
def test_offices_and_carriers_rest_on_different_days(country, day, is_off, works, carries):
    days, when = Days(country), day_of(day)
    assert (days.is_off(when), days.works(when), days.carries(when)) == (is_off, works, carries)


def notice(first: str, last: str = "", **values) -> DayNotice:
    return DayNotice(day_of(first), day_of(last or first), **values)


def test_notices_of_the_installation_decide_first():
    strike = notice("2026-11-26", "2026-11-27", name="Strike", name_zh="罢工")
    days = Days("DE", (strike,))
    assert [days.is_off(day_of(f"2026-11-{n}")) for n in (25, 26, 27, 30)] == [0, 1, 1, 0]
    assert not days.works(strike.last) and not days.carries(strike.last)
    assert days.name_of(strike.first, "en") == "Strike"
    assert days.name_of(strike.first, "zh-hans") == "罢工"
    assert days.run_of(day_of("2026-11-28")) == (strike.first, day_of("2026-11-29"))


def test_a_notice_without_a_chinese_name_is_told_by_its_only_one():
    days = Days("DE", (notice("2026-11-26", name="Strike"),))
    assert days.name_of(day_of("2026-11-26"), "zh-hans") == "Strike"


def test_a_notice_can_make_up_for_a_holiday_that_the_library_does_not_know_yet():
    sunday = day_of("2027-02-14")
    assert not CHINA.works(sunday)
    worked = Days("CN", (notice("2027-02-14", works=True),))
    assert worked.works(sunday) and worked.carries(sunday) and not worked.is_off(sunday)
    in_germany = Days("DE", (notice("2026-12-25", works=True),))
    assert in_germany.works(day_of("2026-12-25")) and in_germany.carries(day_of("2026-12-25"))
    assert in_germany.name_of(day_of("2026-12-25"), "en") == ""


def test_of_two_notices_about_one_day_the_later_counts():
    off = notice("2026-11-23", "2026-11-27", name="Strike")
    over = notice("2026-11-26", works=True)
    assert not Days("DE", (off, over)).is_off(over.first)
    assert Days("DE", (over, off)).is_off(over.first)


def test_notices_reach_the_working_time_of_a_place():
    plain = Calendar("Europe/London", "GB")
    notices = (notice("2026-11-26"), notice("2026-11-28", works=True))
    corrected = Calendar("Europe/London", "GB", notices=notices)
    days = [day_of(f"2026-11-{n}") for n in (25, 26, 27, 28, 29)]
    assert [plain.works_on(day) for day in days] == [1, 1, 1, 0, 0]
    assert [corrected.works_on(day) for day in days] == [1, 0, 1, 1, 0]
    assert corrected.due(at("2026-11-25 17:00"), 2) == at("2026-11-27 10:00")
    closed = Calendar("Europe/London", "GB", closed=frozenset(days), notices=notices)
    assert not any(closed.works_on(day) for day in days)


@pytest.mark.parametrize(
    ("country", "zone"), [("GB", "Europe/London"), ("US", "America/Chicago"), ("XX", "UTC")]
)
def test_days_are_counted_by_a_clock_in_the_middle_of_the_country(country, zone):
    assert clock_of(country) == zone


# --- carrying time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "zone", "since", "hours", "until"),
    [
        (GERMANY, "Europe/Berlin", "2026-11-24 10:00", 48, "2026-11-26 10:00"),
        (GERMANY, "Europe/Berlin", "2026-11-27 10:00", 48, "2026-11-30 10:00"),  # a Sunday
        (GERMANY, "Europe/Berlin", "2026-11-28 00:00", 24, "2026-11-29 00:00"),  # to the minute
        (GERMANY, "Europe/Berlin", "2026-11-28 00:01", 24, "2026-11-30 00:01"),
        (GERMANY, "Europe/Berlin", "2026-11-29 12:00", 1, "2026-11-30 01:00"),
        (GERMANY, "Europe/Berlin", "2026-11-29 12:00", 0, "2026-11-29 12:00"),
        (GERMANY, "Europe/Berlin", "2026-12-24 12:00", 48, "2026-12-29 12:00"),  # Christmas
        (CHINA, "Asia/Shanghai", "2026-11-28 10:00", 48, "2026-11-30 10:00"),
        (CHINA, "Asia/Shanghai", "2026-09-30 12:00", 48, "2026-10-09 12:00"),  # the golden week
        (CHINA, "Asia/Shanghai", "2026-02-14 12:00", 24, "2026-02-24 12:00"),
        # A night with an hour less; and a Sunday with an hour more, which does not matter.
        (Days("IL"), "Asia/Jerusalem", "2026-03-26 12:00", 24, "2026-03-27 13:00"),
        (Days("US"), "America/Chicago", "2026-10-31 12:00", 24, "2026-11-02 12:00"),
    ],
)
def test_hours_are_counted_on_days_that_carry(days, zone, since, hours, until):
    assert moving_time_after(at(since, zone), hours, days, zone) == at(until, zone)


def test_carrying_time_is_told_in_utc_and_does_not_care_who_asks():
    since = at("2026-11-27 10:00", "Europe/Berlin")
    found = moving_time_after(since, 48, GERMANY, "Europe/Berlin")
    assert found.tzinfo is UTC
    asked = since.astimezone(ZoneInfo("Asia/Tokyo"))
    assert moving_time_after(asked, 48, GERMANY, "Europe/Berlin") == found


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    st.integers(0, 200),
    st.integers(0, 200),
    st.sampled_from([GERMANY, CHINA, BRITAIN, Days("US"), Days("IL"), Days()]),
)
def test_carrying_time_adds_up(moment, some, more, days):
    since, zone = moment.replace(tzinfo=UTC), clock_of(days.country)
    half = moving_time_after(since, some, days, zone)
    assert half - since >= timedelta(hours=some)
    assert moving_time_after(half, more, days, zone) == moving_time_after(
        since, some + more, days, zone
    )
    if some:
        last_minute = (half - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
        assert days.carries(last_minute.date())


@pytest.mark.parametrize(
    ("days", "since", "count", "until"),
    [
        (GERMANY, "2026-11-24 10:00", 1, "2026-11-26 00:00"),
        (GERMANY, "2026-11-27 23:59", 1, "2026-12-01 00:00"),
        (GERMANY, "2026-12-23 10:00", 2, "2026-12-29 00:00"),
        (CHINA, "2026-09-30 10:00", 2, "2026-10-10 00:00"),
        (CHINA, "2026-10-08 10:00", 2, "2026-10-11 00:00"),  # the Saturday is worked
    ],
)
def test_working_days_end_at_midnight(days, since, count, until):
    zone = clock_of(days.country)
    assert working_days_after(at(since, zone), count, days, zone) == at(until, zone)


@pytest.mark.parametrize("count", [moving_time_after, working_days_after])
def test_a_country_that_never_works_says_so_instead_of_looking_for_ever(count):
    never = Days("DE", (notice("2020-01-01", "2099-12-31"),))
    with pytest.raises(ValueError, match="within a year"):
        count(at("2026-11-24 10:00"), 1, never, "Europe/Berlin")


# --- long holidays --------------------------------------------------------------------------


def breaks_of(days: Days, start: str, end: str, **values) -> list[Break]:
    return breaks(days, day_of(start), day_of(end), **values)


def spans(found: list[Break]) -> list[tuple[str, str]]:
    return [(each.first.isoformat(), each.last.isoformat()) for each in found]


def test_the_breaks_of_china_s_year_are_those_that_its_government_announced():
    found = breaks_of(CHINA, "2026-01-01", "2026-12-31")
    assert spans(found) == [
        ("2026-01-01", "2026-01-03"),  # Sunday the 4th is worked
        ("2026-02-15", "2026-02-23"),  # Saturdays the 14th and 28th are worked
        ("2026-04-04", "2026-04-06"),
        ("2026-05-01", "2026-05-05"),
        ("2026-06-19", "2026-06-21"),
        ("2026-09-25", "2026-09-27"),
        ("2026-10-01", "2026-10-07"),
    ]
    assert [each.names_zh for each in found[1:2]] == [("春节",)]
    assert (found[-1].names, found[-1].country) == (("National Day",), "CN")


def test_a_break_with_two_feasts_names_both():
    (found,) = breaks_of(CHINA, "2025-10-01", "2025-10-31")
    assert spans([found]) == [("2025-10-01", "2025-10-08")]
    assert found.names == ("National Day", "Mid-Autumn Festival")


@pytest.mark.parametrize(
    ("days", "year", "span"),
    [
        (GERMANY, 2026, [("2026-12-25", "2026-12-27")]),  # Friday to Sunday
        (BRITAIN, 2026, [("2026-12-25", "2026-12-28")]),  # Boxing Day kept on the Monday
        (GERMANY, 2027, []),  # Saturday and Sunday, an ordinary weekend
        (BRITAIN, 2027, [("2027-12-25", "2027-12-28")]),
    ],
)
def test_christmas_is_as_long_as_the_weekend_makes_it(days, year, span):
    assert spans(breaks_of(days, f"{year}-12-20", f"{year}-12-30")) == span


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-09-28", "2026-09-30", 0),
        ("2026-09-28", "2026-10-01", 1),  # told whole, though only its first day is asked for
        ("2026-10-04", "2026-10-04", 1),
        ("2026-10-07", "2026-10-20", 1),
        ("2026-10-08", "2026-10-20", 0),
        ("2026-10-20", "2026-10-08", 0),
    ],
)
def test_a_break_that_touches_the_days_asked_for_is_told_whole(start, end, found):
    assert spans(breaks_of(CHINA, start, end)) == [("2026-10-01", "2026-10-07")] * found


def test_a_day_worked_in_the_middle_breaks_it():
    worked = Days("CN", (notice("2026-10-05", works=True),))
    assert spans(breaks_of(worked, "2026-10-01", "2026-10-10")) == [("2026-10-01", "2026-10-04")]
    assert spans(breaks_of(worked, "2026-10-01", "2026-10-10", at_least=2)) == [
        ("2026-10-01", "2026-10-04"),
        ("2026-10-06", "2026-10-07"),
    ]


def test_a_notice_makes_a_break_of_its_own():
    (found,) = breaks_of(
        Days("", (notice("2026-08-03", "2026-08-14", name="Summer"),)), "2026-08-01", "2026-08-31"
    )
    assert spans([found]) == [("2026-08-01", "2026-08-16")]
    assert found.names == ("Summer",)


def test_ordinary_weekends_are_no_breaks():
    assert breaks_of(Days("ZZ"), "2026-01-01", "2026-12-31", at_least=1) == []
    assert breaks_of(GERMANY, "2026-11-01", "2026-11-30", at_least=1) == []


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
