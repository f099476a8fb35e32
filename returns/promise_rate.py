"""How many of our promises were kept, by store, week and kind: the desk's first figure.

A promise counts in the week in which it fell due, by the clock of its store; weeks begin
on Monday. What was replaced or is still open does not count; one that was broken and
renewed counts once as broken, and its successor for itself. The database counts, in one
query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, DateField, Q, When
from django.db.models.functions import Cast, TruncWeek
from django.utils import timezone

from returns.models import Promise, PromiseState, Store

WEEK = timedelta(weeks=1)
COUNTED = frozenset({PromiseState.KEPT, PromiseState.BROKEN})
# Clocks on earth differ from UTC by no more.
FARTHEST = timedelta(hours=14)

# Store, Monday of the week, kind.
Key = tuple[int, date, str]


@dataclass(frozen=True)
class Rate:
    kept: int = 0
    broken: int = 0

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.kept + other.kept, self.broken + other.broken)

    @property
    def counted(self) -> int:
        return self.kept + self.broken

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all of them; None when none has counted."""
        return self.kept * 100 // self.counted if self.counted else None


def total(rates: Iterable[Rate]) -> Rate:
    return sum(rates, Rate())


def week_of(moment: datetime, zone: str) -> date:
    """The Monday of its week, by the clock of `zone` (IANA)."""
    day = moment.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def last_weeks(count: int, zone: str, now: datetime | None = None) -> list[date]:
    """The Mondays of this week and those before it, the newest first."""
    this = week_of(now or timezone.now(), zone)
    return [this - number * WEEK for number in range(count)]


def name_of(week: date) -> str:
    """As ISO 8601 writes it: 2026-W31."""
    return f"{week:%G-W%V}"


def named(name: str) -> date | None:
    """The Monday of the week of this name; None when it names none."""
    try:
        return datetime.strptime(f"{name}-1", "%G-W%V-%u").date()
    except ValueError:
        return None


def due_in(week: date) -> Q:
    """Promises that fall due in this week of their store."""
    found = Q(pk__in=[])
    for zone in _zones(Store.objects.values_list("zone", flat=True)):
        first, end = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (week, week + WEEK))
        found |= Q(order__store__zone=zone, due_at__gte=first, due_at__lt=end)
    return found


def rates(stores: Sequence[Store], weeks: int, now: datetime | None = None) -> dict[Key, Rate]:
    """Of these stores, this week and those before it, `weeks` in all; where nothing has
    counted there is no entry."""
    if not stores:
        return {}
    now = now or timezone.now()
    wanted = {store.pk: set(last_weeks(weeks, store.zone, now)) for store in stores}
    first = min(min(days) for days in wanted.values())
    found = (
        Promise.objects.filter(
            state__in=COUNTED,
            order__store__in=stores,
            due_at__gte=datetime.combine(first, time(), ZoneInfo("UTC")) - FARTHEST,
            due_at__lt=now + WEEK + FARTHEST,
        )
        .order_by()
        .annotate(week=_week(store.zone for store in stores))
        .values_list("order__store", "week", "kind")
        .annotate(
            kept=Count("pk", filter=Q(state=PromiseState.KEPT)),
            broken=Count("pk", filter=Q(state=PromiseState.BROKEN)),
        )
    )
    return {
        (store, week, kind): Rate(kept, broken)
        for store, week, kind, kept, broken in found
        if week in wanted[store]
    }


def this_and_last(now: datetime | None = None) -> tuple[Rate, Rate]:
    """Of all stores together: this week so far, and the whole week before it."""
    now = now or timezone.now()
    stores = list(Store.objects.only("pk", "zone"))
    zones = {store.pk: store.zone for store in stores}
    found = rates(stores, 2, now)
    this = {key: rate for key, rate in found.items() if key[1] == week_of(now, zones[key[0]])}
    return total(this.values()), total(rate for key, rate in found.items() if key not in this)


def _week(zones: Iterable[str]) -> Cast:
    """The Monday of the week in which it falls due, by the clock of its store."""
    by_zone = (
        When(
            order__store__zone=zone,
            then=TruncWeek("due_at", tzinfo=ZoneInfo(zone), output_field=DateField()),
        )
        for zone in _zones(zones)
    )
    return Cast(Case(*by_zone), DateField())


def _zones(zones: Iterable[str]) -> list[str]:
    return sorted(set(zones))
