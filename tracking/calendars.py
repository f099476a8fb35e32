"""Working hours and holidays: when a promise made in working time falls due.

Holidays come from the library `holidays`, which also knows the weekend days that China
works to make up for long holidays. All moments are aware datetimes; the place's own
zone decides what day it is.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from babel.core import get_global

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
# Countries with several zones where nearly everyone lives in one.
MAIN_ZONES = {
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
}
# A calendar with no working day at all is a mistake; stop looking instead of looping.
LOOK_AHEAD = timedelta(days=366)


@lru_cache(maxsize=64)
def _public_holidays(country: str, year: int) -> holidays.HolidayBase | None:
    try:
        return holidays.country_holidays(country, years=year)
    except NotImplementedError:
        return None


def holiday_name(country: str, day: date) -> str:
    """The name of the public holiday in `country` (ISO 3166 alpha-2) on `day`, or ''."""
    known = _public_holidays(country, day.year)
    return (known.get(day) or "") if known is not None else ""


@lru_cache(maxsize=256)
def zone_of(country: str) -> str:
    """The time zone of a country (ISO 3166 alpha-2) that has one for nearly everyone, as an
    IANA name; '' where the country alone does not tell (US, AU, …)."""
    zones = [zone for zone, place in get_global("zone_territories").items() if place == country]
    return zones[0] if len(zones) == 1 else MAIN_ZONES.get(country, "")


@dataclass(frozen=True)
class Calendar:
    """One place's working time.

    zone: IANA name. country: ISO 3166 alpha-2, for its public holidays ('' = none).
    opens, closes: local wall-clock times; weekdays: 0 = Monday.
    closed: further days without work (the store's own notices).
    """

    zone: str = "UTC"
    country: str = ""
    opens: time = time(9)
    closes: time = time(18)
    weekdays: tuple[int, ...] = MONDAY_TO_FRIDAY
    closed: frozenset[date] = field(default_factory=frozenset)

    def works_on(self, day: date) -> bool:
        if day in self.closed:
            return False
        known = _public_holidays(self.country, day.year) if self.country else None
        if known is not None:
            if day in getattr(known, "weekend_workdays", ()):
                return True
            if day in known:
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

    def close_of_working_day(self, start: datetime, days: int) -> datetime:
        """Closing time of the `days`-th working day after the day of `start`."""
        zone = ZoneInfo(self.zone)
        day = start.astimezone(zone).date()
        for _ in range(LOOK_AHEAD.days):
            day += timedelta(days=1)
            if self.works_on(day):
                days -= 1
                if days <= 0:
                    return datetime.combine(day, self.closes, zone)
        raise ValueError(f"not so many working days within a year of {start:%Y-%m-%d}")


def end_of_day(day: date, zone: str) -> datetime:
    """The last whole second of `day` where the clocks say `zone`: the later one, where
    clocks are put back at midnight and the hour before it comes twice."""
    return datetime.combine(day, time(23, 59, 59, fold=1), ZoneInfo(zone))
