"""Working hours and holidays: when a promise made in working time falls due, on which days
parcels move, and which long holidays come.

All moments are aware datetimes; the place's own zone decides what day it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.core import get_global

from tracking import feasts

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
# Countries with several zones where nearly everyone lives in one.
MAIN_ZONES = {
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
}
# Elsewhere a clock in the middle of where people live: no hour of theirs is wrong by much.
MIDDLE_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "ID": "Asia/Jakarta",
    "MX": "America/Mexico_City",
    "RU": "Europe/Moscow",
    "US": "America/Chicago",
}
SATURDAY, SUNDAY, FRIDAY = 5, 6, 4
WEEKEND = frozenset({SATURDAY, SUNDAY})
# Where carriers work seven days a week.
NEVER_REST = frozenset({"CN"})
ONE_DAY = timedelta(days=1)
# A calendar with no working day at all is a mistake; stop looking instead of looping.
LOOK_AHEAD = timedelta(days=366)


def holiday_name(country: str, day: date) -> str:
    """The name of the public holiday in `country` (ISO 3166 alpha-2) on `day`, or ''."""
    known = feasts.public_holidays(country, day.year)
    return (known.get(day) or "") if known is not None else ""


@lru_cache(maxsize=256)
def zone_of(country: str) -> str:
    """The time zone of a country (ISO 3166 alpha-2) that has one for nearly everyone, as an
    IANA name; '' where the country alone does not tell (US, AU, …)."""
    zones = [zone for zone, place in get_global("zone_territories").items() if place == country]
    return zones[0] if len(zones) == 1 else MAIN_ZONES.get(country, "")


@lru_cache(maxsize=256)
def clock_of(country: str) -> str:
    """The zone by which a parcel's days in a country are counted: UTC when nothing better
    is known. Good for counting days, not for telling anybody an hour."""
    return zone_of(country) or MIDDLE_ZONES.get(country, "UTC")


@dataclass(frozen=True)
class DayNotice:
    """A correction of a country's public holidays, from `first` to `last`: days on which
    it works all the same, or does not. Of two about one day the later in line counts."""

    first: date
    last: date
    works: bool = False
    name: str = ""
    name_zh: str = ""


@dataclass(frozen=True)
class Days:
    """Which days a country (ISO 3166 alpha-2, '' = not known) does not work: its public
    holidays, except where they are made up for, as corrected by `notices`."""

    country: str = ""
    notices: tuple[DayNotice, ...] = ()
    # The sweep asks for the same few days again and again.
    _carries: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def name_of(self, day: date, language: str) -> str:
        """What a reader of `language` (en, zh-hans) calls the holiday on `day`; '' on a day
        that is none. Days off around a feast bear the feast's name."""
        if not self.is_off(day):
            return ""
        notice = self._notice(day)
        if notice and notice.name:
            return (language.startswith("zh") and notice.name_zh) or notice.name
        return feasts.name_in(self.country, self._feast(day), language)

    def is_off(self, day: date) -> bool:
        """Whether it is a public holiday; an ordinary weekend is none."""
        if notice := self._notice(day):
            return not notice.works
        known = feasts.public_holidays(self.country, day.year)
        return known is not None and day in known

    def makes_up(self, day: date) -> bool:
        """Whether a day that would be free is worked for a holiday."""
        if notice := self._notice(day):
            return notice.works
        known = feasts.public_holidays(self.country, day.year)
        return day in getattr(known, "weekend_workdays", ())

    def works(self, day: date) -> bool:
        """Whether offices are open: on weekdays that are not off, and on days made up."""
        if self.makes_up(day):
            return True
        return not (self.is_weekend(day) or self.is_off(day))

    def is_weekend(self, day: date) -> bool:
        return day.weekday() in self._weekend(day)

    def carries(self, day: date) -> bool:
        """Whether carriers move parcels: also on Saturdays; in China on Sundays, but not on
        the weekend days inside a long holiday."""
        answer = self._carries.get(day)
        if answer is None:
            answer = self._carries[day] = self._does_carry(day)
        return answer

    def run_of(self, day: date) -> tuple[date, date] | None:
        """The first and the last of the days without work around `day`, weekends included,
        when there is a public holiday among them."""
        if self.works(day):
            return None
        run = [*reversed(list(self._rest(day, -ONE_DAY))), day, *self._rest(day, ONE_DAY)]
        return (run[0], run[-1]) if any(self.is_off(each) for each in run) else None

    def _does_carry(self, day: date) -> bool:
        if self.makes_up(day) or self.is_off(day):
            return not self.is_off(day)
        if self.country in NEVER_REST:
            return day.weekday() not in WEEKEND or self.run_of(day) is None
        weekend = self._weekend(day)
        if SUNDAY in weekend:
            return day.weekday() != SUNDAY
        return day.weekday() != (SATURDAY if self.country == "IL" else FRIDAY)

    def _rest(self, day: date, step: timedelta) -> Iterator[date]:
        """The days without work next to `day`, one after the other."""
        for _ in range(LOOK_AHEAD.days):
            day += step
            if self.works(day):
                return
            yield day

    def _feast(self, day: date) -> date:
        """The nearest day of the run whose name tells what is kept: before, else after."""
        if not feasts.is_moved(self.country, day):
            return day
        for step in (-ONE_DAY, ONE_DAY):
            for near in self._rest(day, step):
                if holiday_name(self.country, near) and not feasts.is_moved(self.country, near):
                    return near
        return day

    def _notice(self, day: date) -> DayNotice | None:
        about = (notice for notice in reversed(self.notices) if notice.first <= day <= notice.last)
        return next(about, None)

    def _weekend(self, day: date) -> frozenset[int] | set[int]:
        known = feasts.public_holidays(self.country, day.year)
        return known.weekend if known is not None else WEEKEND


# One for each country and its notices, so that what is known of a day is kept.
days_of = lru_cache(maxsize=512)(Days)


@lru_cache(maxsize=8192)
def _midnight(day: date, zone: str) -> datetime:
    """When `day` begins where the clocks say `zone`, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def moving_time_after(since: datetime, hours: float, days: Days, zone: str) -> datetime:
    """The moment, in UTC, when `hours` have passed since `since` in which carriers move
    parcels: those of days that do not carry are left out. `zone` tells the days apart."""
    left = timedelta(hours=hours)
    moment = since.astimezone(UTC)
    if not left:
        return moment
    day = since.astimezone(ZoneInfo(zone)).date()
    for _ in range(LOOK_AHEAD.days):
        day, today = day + ONE_DAY, day
        end = _midnight(day, zone)
        if days.carries(today):
            if moment + left <= end:
                return moment + left
            left -= end - moment
        moment = end
    raise ValueError(f"not so much carrying time within a year of {since:%Y-%m-%d}")


def working_days_after(since: datetime, count: int, days: Days, zone: str) -> datetime:
    """The end, in UTC, of the `count`-th day on which offices work after the day of `since`."""
    day = since.astimezone(ZoneInfo(zone)).date()
    for _ in range(LOOK_AHEAD.days):
        day += ONE_DAY
        if days.works(day):
            count -= 1
            if count <= 0:
                return _midnight(day + ONE_DAY, zone)
    raise ValueError(f"not so many working days within a year of {since:%Y-%m-%d}")


@dataclass(frozen=True)
class Break:
    """A long holiday, weekends beside it included. names: what is kept in it, in order."""

    country: str
    first: date
    last: date
    names: tuple[str, ...]
    names_zh: tuple[str, ...]


def breaks(days: Days, start: date, end: date, at_least: int = 3) -> list[Break]:
    """The long holidays that touch the days from `start` to `end`, each told whole."""
    found = []
    day = start
    while day <= end:
        run = days.run_of(day)
        if run:
            first, day = run
            if (day - first).days + 1 >= at_least:
                found.append(_break(days, first, day))
        day += ONE_DAY
    return found


def _break(days: Days, first: date, last: date) -> Break:
    each = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    names, names_zh = (
        tuple(dict.fromkeys(name for day in each if (name := days.name_of(day, language))))
        for language in ("en", "zh-hans")
    )
    return Break(days.country, first, last, names, names_zh)


@dataclass(frozen=True)
class Calendar:
    """One place's working time.

    zone: IANA name. country: ISO 3166 alpha-2, for its public holidays ('' = none).
    opens, closes: local wall-clock times; weekdays: 0 = Monday.
    closed: further days without work (the store's own notices). notices: what corrects
    the country's public holidays.
    """

    zone: str = "UTC"
    country: str = ""
    opens: time = time(9)
    closes: time = time(18)
    weekdays: tuple[int, ...] = MONDAY_TO_FRIDAY
    closed: frozenset[date] = field(default_factory=frozenset)
    notices: tuple[DayNotice, ...] = ()

    def works_on(self, day: date) -> bool:
        if day in self.closed:
            return False
        days = days_of(self.country, self.notices)
        if days.makes_up(day):
            return True
        if days.is_off(day):
            return False
        return day.weekday() in self.weekdays

    def due(self, start: datetime, hours: float) -> datetime:
        """The moment when `hours` of working time have passed since `start`."""
        zone = ZoneInfo(self.zone)
        day = start.astimezone(zone).date()
        left = timedelta(hours=hours)
        for _ in range(LOOK_AHEAD.days):
            if self.works_on(day):
                # Counted in UTC, so that a change of clocks neither wins nor loses an hour.
                opening = max(start, datetime.combine(day, self.opens, zone).astimezone(UTC))
                closing = datetime.combine(day, self.closes, zone).astimezone(UTC)
                if opening + left <= closing:
                    return (opening + left).astimezone(zone)
                left -= max(closing - opening, timedelta(0))
            day += timedelta(days=1)
        raise ValueError(f"not so much working time within a year of {start:%Y-%m-%d}")

    def close_of_working_day(
        self, start: datetime, days: int, there: Days | None = None
    ) -> datetime:
        """Closing time of the `days`-th working day after the day of `start`. there: days
        that are a holiday at the other end do not count either."""
        zone = ZoneInfo(self.zone)
        day = start.astimezone(zone).date()
        for _ in range(LOOK_AHEAD.days):
            day += timedelta(days=1)
            if self.works_on(day) and not (there and there.is_off(day)):
                days -= 1
                if days <= 0:
                    return datetime.combine(day, self.closes, zone)
        raise ValueError(f"not so many working days within a year of {start:%Y-%m-%d}")


def end_of_day(day: date, zone: str) -> datetime:
    """The last whole second of `day` where the clocks say `zone`: the later one, where
    clocks are put back at midnight and the hour before it comes twice."""
    return datetime.combine(day, time(23, 59, 59, fold=1), ZoneInfo(zone))
