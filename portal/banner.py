"""The one slip about days on which things rest: our own closing, or a long holiday at an end
of a parcel's way, while it lasts and two weeks before.

Functions in the active language; `now` is told. The account's notices are read once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.order_page.deliveries import Delivery, deliveries
from portal.return_page.standing import is_to_post
from returns import formats
from returns.wording import country, ends_of, listed
from tracking.calendars import LOOK_AHEAD, ONE_DAY, Break, breaks, clock_of

if TYPE_CHECKING:
    from returns.models import Order, ReturnAuthorization, Store
    from tracking.models import Account, HolidayNotice

AHEAD = timedelta(days=14)
# A weekend with a Monday is nothing to announce.
LONG = 4

HOLIDAY_AHEAD = _(
    "From {first} to {last} {country} celebrates {names}; parcels there move more slowly."
)
HOLIDAY_NOW = _("Until {last} {country} celebrates {names}; parcels there move more slowly.")
CLOSED_AHEAD = _(
    "From {first} to {last} we are closed ({name}). What reaches us then is answered from {back} "
    "on."
)
CLOSED_ONE_DAY = _(
    "On {last} we are closed ({name}). What reaches us then is answered from {back} on."
)
CLOSED_NOW = _("We are closed until {last} ({name}). From {back} on we answer again.")


@dataclass(frozen=True)
class Rest:
    """Days off that matter to this reader. is_ours: we ourselves are closed."""

    first: date
    last: date
    is_running: bool
    is_ours: bool
    text: str

    @property
    def relevance(self) -> tuple[bool, bool, date, date]:
        """Ours first, since it is about our answers too; then what lasts, then the next."""
        return not self.is_ours, not self.is_running, self.first, self.last


def of_order(order: "Order", now: datetime) -> str:
    """For the order's page; '' when there is nothing to say."""
    if order.is_cancelled:
        return of_store(order.store, now)
    parcels = [*deliveries(order, now), *deliveries(order, now, back=True)]
    ends = [end for parcel in parcels for end in _ends(parcel)]
    if not order.outbound or any(line.to_ship for line in order.lines.all()):
        ends.append(End(order.store.country))
    return _most_relevant(order.store.account, ends, now)


def of_return(rma: "ReturnAuthorization", delivery: Delivery | None, now: datetime) -> str:
    """For the page of a return, whose parcel this is."""
    store = rma.order.store
    ends = list(_ends(delivery)) if delivery else []
    if is_to_post(rma):
        ends += [End(store.country), End(rma.order.country)]
    return _most_relevant(store.account, ends, now)


def of_store(store: "Store", now: datetime) -> str:
    """Our own closing alone, for pages without an order."""
    return _most_relevant(store.account, (), now)


@dataclass(frozen=True)
class End:
    """A country that something still has to get through, most likely by that day."""

    country: str
    by: date | None = None


def _ends(parcel: Delivery) -> Iterable[End]:
    row = parcel.parcel
    if row is None or parcel.has_ended or parcel.is_given_up:
        return
    seen = next((scan.country for scan in parcel.scans if scan.country), "")
    by = row.expected[1] if row.expected else None
    if seen != row.destination:
        yield End(row.origin, by)
    yield End(row.destination, by)


def _most_relevant(account: "Account", ends: Iterable[End], now: datetime) -> str:
    prefetch_related_objects([account], "holiday_notices")
    found = [*_closings(account, now)]
    for end in dict.fromkeys(ends):
        found += _holidays(account, end, now) if end.country else ()
    return min(found, key=lambda rest: rest.relevance).text if found else ""


# --- Holidays of a country ----------------------------------------------------------------------


def _holidays(account: "Account", end: End, now: datetime) -> Iterable[Rest]:
    today = _today(clock_of(end.country), now)
    for rest in breaks(account.days(end.country), today, today + AHEAD, LONG):
        is_running = rest.first <= today
        # What should be there before it begins has nothing to do with it.
        if end.by and today <= end.by < rest.first:
            continue
        yield Rest(rest.first, rest.last, is_running, False, _celebrated(rest, is_running))


def _celebrated(rest: Break, is_running: bool) -> str:
    names = rest.names_zh if formats.language() == "zh" else rest.names
    place = country(rest.country)
    if is_running:
        facts = {"last": formats.short_day(rest.last)}
        return str(HOLIDAY_NOW).format(country=place, names=listed(names), **facts)
    first, last = ends_of(rest.first, rest.last)
    return str(HOLIDAY_AHEAD).format(first=first, last=last, country=place, names=listed(names))


# --- Our own closing ----------------------------------------------------------------------------


def _closings(account: "Account", now: datetime) -> Iterable[Rest]:
    today = _today(account.zone, now)
    for notice in account.holiday_notices.all():
        closed = not notice.country and not notice.works
        if closed and notice.first <= today + AHEAD and today <= notice.last:
            is_running = notice.first <= today
            text = _closed(account, notice, is_running)
            yield Rest(notice.first, notice.last, is_running, True, text)


def _closed(account: "Account", notice: "HolidayNotice", is_running: bool) -> str:
    name = (formats.language() == "zh" and notice.name_zh) or notice.name
    back = formats.day(_next_working_day(account, notice.last))
    if is_running:
        last = formats.short_day(notice.last)
        return str(CLOSED_NOW).format(last=last, name=name, back=back)
    if notice.first == notice.last:
        return str(CLOSED_ONE_DAY).format(last=formats.day(notice.last), name=name, back=back)
    first, last = ends_of(notice.first, notice.last)
    return str(CLOSED_AHEAD).format(first=first, last=last, name=name, back=back)


def _next_working_day(account: "Account", day: date) -> date:
    calendar = account.calendar
    for number in range(1, LOOK_AHEAD.days):
        if calendar.works_on(day + number * ONE_DAY):
            return day + number * ONE_DAY
    return day + ONE_DAY


def _today(zone: str, now: datetime) -> date:
    return timezone.localtime(now, ZoneInfo(zone)).date()
