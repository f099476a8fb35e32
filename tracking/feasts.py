"""Public holidays: on which days, and what a reader calls them.

From the library `holidays`, which also knows the weekend days that China works to make up
for its long holidays.
"""

from datetime import date
from functools import lru_cache

import holidays

# The library's locales for a reader's language, where the two are not written alike.
LOCALES = {"en": ("en_US",), "zh-hans": ("zh_CN",), "zh-hant": ("zh_TW", "zh_HK")}
# Days off before a feast that people count as part of it.
EVES = frozenset({"农历除夕"})
# The library has names in Chinese for few countries. These by its English ones.
# fmt: off
CHINESE = {
    "New Year's Day": "元旦", "New Year's Eve": "新年前夜", "Epiphany": "主显节",
    "Martin Luther King Jr. Day": "马丁·路德·金日", "Washington's Birthday": "总统日",
    "Good Friday": "耶稣受难日", "Easter Sunday": "复活节", "Easter Monday": "复活节星期一",
    "Labor Day": "劳动节", "May Day": "劳动节", "Victory Day": "胜利日",
    "Ascension Day": "耶稣升天节", "Pentecost Monday": "圣灵降临节星期一",
    "Whit Monday": "圣灵降临节星期一", "Spring Bank Holiday": "春季银行假日",
    "Memorial Day": "阵亡将士纪念日", "Corpus Christi": "基督圣体节",
    "Juneteenth National Independence Day": "六月节", "Independence Day": "独立日",
    "Canada Day": "加拿大日", "Australia Day": "澳大利亚国庆日", "ANZAC Day": "澳新军团日",
    "National Day": "国庆日", "Assumption Day": "圣母升天节", "German Unity Day": "德国统一日",
    "Columbus Day": "哥伦布日", "All Saints' Day": "诸圣节", "Veterans Day": "退伍军人节",
    "Armistice Day": "停战日", "Thanksgiving Day": "感恩节", "Thanksgiving": "感恩节",
    "Immaculate Conception": "圣母无染原罪节", "Christmas Eve": "平安夜",
    "Christmas Day": "圣诞节", "Second Day of Christmas": "圣诞节次日",
    "Saint Stephen's Day": "圣斯德望日", "Boxing Day": "节礼日",
}
# fmt: on


@lru_cache(maxsize=1024)
def public_holidays(country: str, year: int, locale: str = "") -> holidays.HolidayBase | None:
    """A year's public holidays in `country` (ISO 3166 alpha-2), named in `locale` ('' =
    the country's own); None for a country that the library does not know."""
    try:
        return holidays.country_holidays(country, years=year, language=locale or None)
    except NotImplementedError:
        return None


def is_moved(country: str, day: date) -> bool:
    """Whether the holiday on `day` has no name of its own: a day off in exchange for a
    weekend day, or the eve of a feast."""
    known = public_holidays(country, day.year)
    name = known.get(day) if known is not None else None
    if known is None or not name:
        return False
    label = getattr(known, "substituted_label", None)
    return name in EVES or bool(label and _inside(label, name))


def name_in(country: str, day: date, language: str) -> str:
    """What a reader of `language` (a code of Django's: en, zh-hans) calls the public holiday
    on `day`: in the country's own language where no other is known; '' on other days."""
    own = public_holidays(country, day.year)
    if own is None or day not in own:
        return ""
    if locale := _locale(own, language):
        return _named(country, day, locale)
    english = _named(country, day, "en_US" if "en_US" in own.supported_languages else "")
    return CHINESE.get(english, english) if language == "zh-hans" else english


def _locale(known: holidays.HolidayBase, language: str) -> str:
    """The library's locale for a reader's language, '' when it has none for the country.
    English is written as the country itself writes it."""
    own = known.default_language or ""
    if own.partition("_")[0] == language:
        return own
    supported = known.supported_languages
    wanted = LOCALES.get(language, (language, language.partition("-")[0]))
    return next((locale for locale in wanted if locale in supported), "")


def _named(country: str, day: date, locale: str) -> str:
    known = public_holidays(country, day.year, locale)
    name = (known.get(day) or "") if known is not None else ""
    label = getattr(known, "observed_label", None)
    tr = getattr(known, "tr", str)
    names = [(label and _inside(tr(label), part)) or part for part in name.split("; ")]
    return " / ".join(dict.fromkeys(names))


def _inside(label: str, name: str) -> str:
    """What stands in `name` where `label` has its '%s'; '' when it does not fit."""
    before, _, after = label.partition("%s")
    fits = name.startswith(before) and name.endswith(after) and len(name) > len(before + after)
    return name[len(before) : len(name) - len(after)] if fits else ""
