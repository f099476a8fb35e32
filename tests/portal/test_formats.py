"""Dates, money and masks read as the design has them, in both languages and every zone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from returns import formats

TUESDAY = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
SATURDAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def bristol():
    with timezone.override("Europe/London"), translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Tuesday 24 November"), ("zh-hans", "11月24日（周二）")],
)
def test_a_day_is_told_with_its_weekday(language, words):
    with translation.override(language):
        assert formats.day(TUESDAY, today=SATURDAY) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Wednesday 24 November 2027"), ("zh-hans", "2027年11月24日（周三）")],
)
def test_a_day_of_another_year_tells_the_year(language, words):
    with translation.override(language):
        assert formats.day(date(2027, 11, 24), today=SATURDAY) == words


def test_a_day_is_the_day_in_the_readers_zone():
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    with timezone.override("Asia/Shanghai"):
        assert formats.day(late, today=SATURDAY) == "Wednesday 25 November"
        assert formats.clock(late) == "07:30"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Tuesday 24 November, 18:00"), ("zh-hans", "11月24日（周二）18:00")],
)
def test_a_moment_is_a_day_and_a_time(language, words):
    with translation.override(language):
        assert formats.moment(TUESDAY, today=SATURDAY) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Saturday 21 November 2026"), ("zh-hans", "2026年11月21日 星期六")],
)
def test_a_letter_is_dated_in_full(language, words):
    with translation.override(language):
        assert formats.dateline(SATURDAY) == words


@pytest.mark.parametrize(
    ("language", "days_before", "words"),
    [
        ("en", 0, "Today, 18:00"),
        ("en", 1, "Yesterday, 18:00"),
        ("en", 4, "Friday 20 November, 18:00"),
        ("en", -1, "Wednesday 25 November, 18:00"),
        ("zh-hans", 0, "今天 18:00"),
        ("zh-hans", 1, "昨天 18:00"),
        ("zh-hans", 4, "11月20日（周五）18:00"),
    ],
)
def test_the_story_says_today_and_yesterday(language, days_before, words):
    with translation.override(language):
        told = formats.story_time(TUESDAY - timedelta(days=days_before), today=TUESDAY.date())
        assert told == words


def test_yesterday_is_counted_in_days_of_the_zone_and_not_in_hours():
    shortly_before_midnight = datetime(2026, 11, 23, 23, 50, tzinfo=UTC)
    assert formats.story_time(shortly_before_midnight, TUESDAY.date()) == "Yesterday, 23:50"


@pytest.mark.parametrize(
    ("language", "seconds", "words"),
    [
        ("en", 5, "just now"),
        ("en", -30, "just now"),
        ("en", 60, "1 minute ago"),
        ("en", 12 * 60, "12 minutes ago"),
        ("en", 3 * 3600 + 59, "3 hours ago"),
        ("en", 2 * 86400, "2 days ago"),
        ("zh-hans", 5, "刚刚"),
        ("zh-hans", 12 * 60, "12 分钟前"),
        ("zh-hans", 3600, "1 小时前"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(language, seconds, words):
    with translation.override(language):
        assert formats.ago(TUESDAY - timedelta(seconds=seconds), now=TUESDAY) == words


@pytest.mark.parametrize(
    ("language", "lines"), [("en", ("NOV", "24", "18:00")), ("zh-hans", ("11月", "24", "18:00"))]
)
def test_a_postmark_has_month_day_and_time(language, lines):
    with translation.override(language):
        assert formats.postmark(TUESDAY) == lines


def test_other_languages_fall_back_to_long_forms():
    with translation.override("de"):
        assert formats.day(TUESDAY, today=SATURDAY) == "Dienstag, 24. November 2026"
        assert formats.moment(TUESDAY, today=SATURDAY).endswith("18:00")
        assert formats.ago(TUESDAY - timedelta(minutes=12), now=TUESDAY) == "vor 12 Minuten"
        assert formats.money(Decimal(1280), "EUR") == "1.280,00 EUR"


def test_a_naive_moment_is_refused_rather_than_guessed():
    with pytest.raises(ValueError, match="naive"):
        formats.moment(TUESDAY.replace(tzinfo=None))


def test_any_zone_of_the_moment_tells_the_same():
    in_tokyo = TUESDAY.astimezone(ZoneInfo("Asia/Tokyo"))
    assert formats.moment(in_tokyo, SATURDAY) == formats.moment(TUESDAY, SATURDAY)


@pytest.mark.parametrize(
    ("language", "amount", "currency", "words"),
    [
        ("en", "68", "USD", "68.00 USD"),
        ("en", "1280.5", "USD", "1,280.50 USD"),
        ("en", "0.005", "USD", "0.01 USD"),
        ("en", "-9", "EUR", "-9.00 EUR"),
        ("en", "980", "JPY", "980 JPY"),
        ("en", "1.2345", "KWD", "1.235 KWD"),
        ("zh-hans", "68", "USD", "68.00 美元"),
        ("zh-hans", "68", "CNY", "68.00 元"),
        ("zh-hans", "1280", "EUR", "1,280.00 欧元"),
    ],
)
def test_money_is_the_amount_and_then_the_currency(language, amount, currency, words):
    with translation.override(language):
        assert formats.money(Decimal(amount), currency) == words


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (formats.mask_email, "sarah@example.com", "s•••@example.com"),
        (formats.mask_email, "s@example.com", "s•••@example.com"),
        (formats.mask_email, "no address", "•••"),
        (formats.mask_name, "Sarah Whitcombe", "Sarah W•••"),
        (formats.mask_name, "王小明", "王•••"),
        (formats.mask_name, "", ""),
        (formats.mask_phone, "+44 7700 900123", "•••23"),
        (formats.mask_phone, "1234", "•••"),
    ],
)
def test_a_mask_shows_enough_to_recognise_and_too_little_to_write_to(mask, value, shown):
    assert mask(value) == shown


@pytest.mark.parametrize(
    ("language", "words"), [("en", "1 October 2027"), ("zh-hans", "2027年10月1日")]
)
def test_a_short_day_of_another_year_names_the_year(language, words):
    with translation.override(language):
        assert formats.short_day(date(2027, 10, 1), today=SATURDAY) == words
        assert "2027" not in formats.short_day(date(2027, 10, 1), today=date(2027, 1, 1))


@pytest.mark.parametrize(
    ("grams", "english", "chinese"),
    [
        (0, "0 g", "0 克"),
        (999, "999 g", "999 克"),
        (1000, "1 kg", "1 公斤"),
        (1250, "1.25 kg", "1.25 公斤"),
        (12500, "12.5 kg", "12.5 公斤"),
    ],
)
def test_a_weight_is_told_in_the_unit_that_fits(grams, english, chinese):
    for language, words in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert formats.weight(grams) == words
