"""When a parcel should be there: the usual days of its lane, moved by holidays, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from statistics import median, quantiles
from typing import Any

from tracking.calendars import LOOK_AHEAD, ONE_DAY, DayNotice, Days
from tracking.customs import passes_customs

# So many finished parcels tell more about a lane than a rule of thumb.
ENOUGH = 10


@dataclass(frozen=True)
class Usual:
    """How long parcels of a lane usually take: calendar days from the first movement."""

    days_from: int
    days_to: int


DOMESTIC = Usual(1, 4)
DOMESTIC_OF = {"CN": Usual(2, 5)}
IN_ONE_UNION = Usual(3, 8)
ACROSS_BORDERS = Usual(14, 28)


def usual_for(origin: str, destination: str) -> Usual:
    """What is usual between two countries (ISO 3166 alpha-2) of which nothing was learned."""
    if origin == destination:
        return DOMESTIC_OF.get(origin, DOMESTIC)
    return ACROSS_BORDERS if passes_customs(origin, destination) else IN_ONE_UNION


def learned(durations: Sequence[int]) -> tuple[int, int]:
    """Median and 90th percentile of the days that finished parcels took, of which there
    should be ENOUGH; in whole days, rounded up."""
    ninth = quantiles(durations, n=10, method="inclusive")[-1]
    return ceil(median(durations)), ceil(ninth)


@dataclass(frozen=True)
class Delay:
    """A holiday that moves the expected days, by so many `days`. country: where it is kept
    (ISO 3166 alpha-2), '' for days on which the place it goes to is closed. first, last:
    the days off of it that were counted, and what lies between."""

    country: str
    name: str
    name_zh: str
    first: date
    last: date
    days: int

    def to_json(self) -> dict[str, str | int]:
        return {
            "country": self.country,
            "name": self.name,
            "name_zh": self.name_zh,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "days": self.days,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Delay":
        days = {end: date.fromisoformat(kept[end]) for end in ("first", "last")}
        return cls(**{**kept, **days})


@dataclass(frozen=True)
class Expectation:
    """The days between which a parcel should be there, and what moved them."""

    first: date
    last: date
    delays: tuple[Delay, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "delays": [delay.to_json() for delay in self.delays],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Expectation":
        return cls(
            date.fromisoformat(kept["first"]),
            date.fromisoformat(kept["last"]),
            tuple(Delay.from_json(delay) for delay in kept["delays"]),
        )


def expect(
    started: date,
    usual: Usual,
    origin: Days,
    destination: Days,
    closed: tuple[DayNotice, ...] = (),
    left: date | None = None,
) -> Expectation:
    """When a parcel that first moved on `started` should be there.

    Each weekday off at either end moves the end by a day, and the beginning when it comes
    before that; holidays in the days so added count again. `closed`: when the place it goes
    to takes nothing in. `left`: when it was first seen outside its origin, whose days off do
    not hold it up from then on. A day off at both ends counts once, as one of the
    destination. Both days are such on which carriers bring parcels there.
    """
    first = started + timedelta(days=usual.days_from)
    last = started + timedelta(days=usual.days_to)
    ends = dict.fromkeys((destination, origin, Days(notices=closed)))
    delays: list[Delay] = []
    day = started + ONE_DAY
    while day <= last and day - started < LOOK_AHEAD:
        gone = left is not None and day >= left and origin != destination
        off = next(
            (end for end in ends if _is_lost(end, day) and not (gone and end is origin)), None
        )
        if off:
            last += ONE_DAY
            first += ONE_DAY if day <= first else timedelta(0)
            _add(delays, off, day)
        day += ONE_DAY
    return Expectation(
        _next_round(first, destination), _next_round(last, destination), tuple(delays)
    )


def _next_round(day: date, there: Days) -> date:
    """The day itself, or the next one on which carriers come to the door."""
    for _ in range(LOOK_AHEAD.days):
        if there.carries(day):
            break
        day += ONE_DAY
    return day


def _is_lost(days: Days, day: date) -> bool:
    """Whether a day on which one would usually get on is off."""
    return days.is_off(day) and not days.is_weekend(day)


def _add(delays: list[Delay], off: Days, day: date) -> None:
    """Adds a day to the delay of the same holiday that it follows on, else as a new one."""
    name, name_zh = off.name_of(day, "en"), off.name_of(day, "zh-hans")
    for number, delay in enumerate(delays):
        if (delay.country, delay.name) == (off.country, name) and _follows_on(off, delay, day):
            longer = Delay(off.country, name, name_zh, delay.first, day, delay.days + 1)
            delays[number] = longer
            return
    delays.append(Delay(off.country, name, name_zh, day, day, 1))


def _follows_on(off: Days, delay: Delay, day: date) -> bool:
    """Whether nobody works between the two."""
    between = (delay.last + timedelta(days=n) for n in range(1, (day - delay.last).days))
    return not any(off.works(each) for each in between)
