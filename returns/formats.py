"""How dates, money and masked contacts read, in the active language and time zone.

Pure functions over their arguments, Django's active language and its active time zone
(views and letters activate the zone of the buyer). English and Chinese follow our own
tables, since the order of the words differs and the weekday is always told; any other
language falls back to the long forms of babel.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta, get_timezone_location
from babel.numbers import format_decimal, get_currency_name, get_currency_precision
from django.utils import timezone
from django.utils.translation import get_language, to_locale

ENGLISH_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
ENGLISH_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
CHINESE_DAYS = "一二三四五六日"

# What one says at a till rather than what the standard calls the currency.
CHINESE_CURRENCIES = {"CNY": "元"}


def language() -> str:
    """The first part of the active language: `en`, `zh`, `pt`, …"""
    return (get_language() or "en").split("-")[0]


def babel_locale() -> Locale:
    """The active language for babel; English when babel does not know it."""
    try:
        return Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


# --- Dates ------------------------------------------------------------------------------


def as_date(value: date | datetime) -> date:
    """The day of an aware datetime in the active zone; a date is that day already."""
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


def _english_day(value: date) -> str:
    return f"{ENGLISH_DAYS[value.weekday()]} {value.day} {ENGLISH_MONTHS[value.month - 1]}"


def day(value: date | datetime, today: date | None = None) -> str:
    """`Tuesday 24 November`, `11月24日（周二）`; with the year when it is not this year."""
    value, today = as_date(value), today or timezone.localdate()
    other_year = value.year != today.year
    match language():
        case "en":
            words = _english_day(value)
            return f"{words} {value.year}" if other_year else words
        case "zh":
            words = f"{value.month}月{value.day}日（周{CHINESE_DAYS[value.weekday()]}）"
            return f"{value.year}年{words}" if other_year else words
    return format_date(value, "full", babel_locale())


def dateline(value: date | datetime) -> str:
    """The date at the head of a letter: `Saturday 21 November 2026`, `2026年11月21日 星期六`."""
    value = as_date(value)
    match language():
        case "en":
            return f"{_english_day(value)} {value.year}"
        case "zh":
            weekday = CHINESE_DAYS[value.weekday()]
            return f"{value.year}年{value.month}月{value.day}日 星期{weekday}"
    return format_date(value, "full", babel_locale())


def short_day(value: date | datetime, today: date | None = None) -> str:
    """Without the weekday, for narrow places: `3 December`, `12月3日`; with the year when
    it is not this year."""
    value, today = as_date(value), today or timezone.localdate()
    other_year = value.year != today.year
    match language():
        case "en":
            words = f"{value.day} {ENGLISH_MONTHS[value.month - 1]}"
            return f"{words} {value.year}" if other_year else words
        case "zh":
            words = f"{value.month}月{value.day}日"
            return f"{value.year}年{words}" if other_year else words
    return format_date(value, "long", babel_locale())


def clock(value: datetime) -> str:
    """`18:00`, always on the 24-hour clock in English and Chinese."""
    value = timezone.localtime(value)
    if language() in ("en", "zh"):
        return f"{value:%H:%M}"
    return format_time(value, "short", locale=babel_locale(), tzinfo=value.tzinfo)


def moment(value: datetime, today: date | None = None) -> str:
    """`Tuesday 24 November, 18:00`, `11月24日（周二）18:00`."""
    between = "" if language() == "zh" else ", "
    return f"{day(value, today)}{between}{clock(value)}"


def brief_moment(value: datetime) -> str:
    """For a text message: `Tue 24 Nov, 18:00`, `11月24日（周二）18:00`."""
    if language() != "en":
        return moment(value)
    local = timezone.localtime(value)
    weekday, month = ENGLISH_DAYS[local.weekday()][:3], ENGLISH_MONTHS[local.month - 1][:3]
    return f"{weekday} {local.day} {month}, {clock(value)}"


def story_time(value: datetime, today: date | None = None) -> str:
    """`Today, 07:40`, `Yesterday, 21:15`, else as `moment`; `今天 07:40`."""
    today = today or timezone.localdate()
    near = {
        ("en", 0): "Today, ",
        ("en", 1): "Yesterday, ",
        ("zh", 0): "今天 ",
        ("zh", 1): "昨天 ",
    }.get((language(), (today - as_date(value)).days))
    return f"{near}{clock(value)}" if near else moment(value, today)


def ago(value: datetime, now: datetime | None = None) -> str:
    """`12 minutes ago`, `12 分钟前`; `just now` under a minute and for the near future."""
    seconds = max(0, int(((now or timezone.now()) - value).total_seconds()))
    if language() not in ("en", "zh"):
        return format_timedelta(
            timedelta(seconds=-seconds), add_direction=True, locale=babel_locale()
        )
    chinese = language() == "zh"
    for size, unit, zh_unit in (
        (86400, "day", "天"),
        (3600, "hour", "小时"),
        (60, "minute", "分钟"),
    ):
        if count := seconds // size:
            return f"{count} {zh_unit}前" if chinese else f"{count} {unit}{'s' * (count > 1)} ago"
    return "刚刚" if chinese else "just now"


def postmark(value: datetime) -> tuple[str, str, str]:
    """The three lines of a postmark: (`NOV`, `24`, `18:00`), (`11月`, `24`, `18:00`)."""
    local = timezone.localtime(value)
    match language():
        case "en":
            month = ENGLISH_MONTHS[local.month - 1][:3].upper()
        case "zh":
            month = f"{local.month}月"
        case _:
            month = format_date(local, "MMM", babel_locale()).upper()
    return month, str(local.day), clock(value)


def place(zone: str) -> str:
    """The town that names a time zone: `London`, `伦敦`; `UTC` stays `UTC`."""
    town = get_timezone_location(zone, locale=babel_locale(), return_city=True)
    return town.rpartition("/")[2]


def country(code: str) -> str:
    """`GB` → `United Kingdom`, `英国`; the code itself when nobody knows it."""
    return babel_locale().territories.get(code, code)


# --- Money ------------------------------------------------------------------------------


def money(amount: Decimal | int | str, currency: str) -> str:
    """Amount, then currency: `1,280.00 USD`, `68.00 美元`, `68.00 元`, `980 JPY`.

    The amount is in whole units (dollars, not cents) and is rounded half up to the
    digits the currency has.
    """
    digits = get_currency_precision(currency)
    rounded = Decimal(amount).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    locale = babel_locale()
    number = format_decimal(rounded, pattern, locale)
    if language() == "zh":
        currency = CHINESE_CURRENCIES.get(currency) or get_currency_name(currency, locale=locale)
    return f"{number} {currency}"


# --- Weight -----------------------------------------------------------------------------


def weight(grams: int) -> str:
    """`400 g`, `1.25 kg`; `400 克`, `1.25 公斤`."""
    gram, kilogram = ("克", "公斤") if language() == "zh" else ("g", "kg")
    if grams < 1000:
        return f"{grams} {gram}"
    number = format_decimal(Decimal(grams) / 1000, "#,##0.##", babel_locale())
    return f"{number} {kilogram}"


# --- Masks: enough to recognise one's own, too little to write to another's -----------------


def mask_email(value: str) -> str:
    """`sarah@example.com` → `s•••@example.com`. The dots do not tell the length."""
    name, at, host = value.partition("@")
    return f"{name[:1]}•••{at}{host}" if at else "•••"


def mask_name(value: str) -> str:
    """`Sarah Whitcombe` → `Sarah W•••`; `王小明` → `王•••`: the name on the greeting stays."""
    first, _, rest = value.strip().partition(" ")
    if rest:
        return f"{first} {rest.strip()[:1]}•••"
    return f"{first[:1]}•••" if first else ""


def mask_phone(value: str) -> str:
    """`+44 7700 900123` → `•••23`: fewer digits than open an order on the Find page."""
    digits = "".join(filter(str.isdecimal, value))
    return f"•••{digits[-2:]}" if len(digits) > 4 else "•••"
