"""A thing and its floor, measured by turns."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

WARM_UPS = 1


@dataclass(frozen=True)
class Pair:
    """what, floor: in words. prepare: what each round needs before the watch is started; its
    result is handed to `thing` and to `least`. rounds: how many are enough. each: how many
    of it are done in one round; the times are those of one."""

    name: str
    what: str
    floor: str
    rounds: int
    thing: Callable[[Any], object]
    least: Callable[[Any], object]
    prepare: Callable[[], Any] = lambda: None
    each: int = 1


@dataclass(frozen=True)
class Result:
    """Seconds of each round."""

    pair: Pair
    things: list[float]
    floors: list[float]

    @property
    def ratio(self) -> float:
        return median(self.things) / median(self.floors)

    def as_json(self) -> dict[str, Any]:
        return {
            "median_ms": _ms(median(self.things)),
            "best_ms": _ms(min(self.things)),
            "worst_ms": _ms(max(self.things)),
            "floor_median_ms": _ms(median(self.floors)),
            "floor_best_ms": _ms(min(self.floors)),
            "per_second": round(1 / median(self.things)),
            "times_floor": round(self.ratio, 2),
            "n": len(self.things),
        }


def measured(pair: Pair, rounds: int | None = None) -> Result:
    """One after the other and the other way round, so that what changes on the machine
    meanwhile touches both alike."""
    things: list[float] = []
    floors: list[float] = []
    turns = ((pair.thing, things), (pair.least, floors))
    count = rounds or pair.rounds
    for number in range(-WARM_UPS, count):
        for work, times in turns if number % 2 else turns[::-1]:
            given = pair.prepare()
            begun = perf_counter()
            work(given)
            taken = perf_counter() - begun
            if number >= 0:
                times.append(taken / pair.each)
    return Result(pair, things, floors)


def table(results: list[Result]) -> str:
    head = f"{'':<10}{'median':>13}{'floor':>13}{'times':>8}{'a second':>11}{'n':>6}  "
    rows = [
        f"{one.pair.name:<10}{_ms(median(one.things)):>10.3f} ms{_ms(median(one.floors)):>10.3f} ms"
        f"{one.ratio:>8.1f}{1 / median(one.things):>11.0f}{len(one.things):>6}  {one.pair.what}"
        f"\n{'':<61}  floor: {one.pair.floor}"
        for one in results
    ]
    return "\n".join([head, *rows])


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
