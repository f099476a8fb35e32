"""The right to withdraw from a contract made at a distance (Directive 2011/83/EU, Articles 9
to 16, with Directive 2023/2673): where it is given, for how long, and what it does not cover.

Pure. The period is counted from the day on which the last of the goods came (Article 9); a
last day that is no working day moves to the next one (Regulation 1182/71, Article 3). Where
the buyer was not told of the right, it lasts twelve months longer (Article 10).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from tracking.calendars import ONE_DAY, Days, end_of_day

# fmt: off
EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
# The European Economic Area: the same law.
COUNTRIES = EU | {"IS", "LI", "NO"}
# The law's own: so long to say it, to post the goods, and to give the money back.
DAYS = 14
MONEY_WITHIN = timedelta(days=14)
POST_WITHIN = 14


def period_end(
    came: Sequence[datetime | None],
    agreed_at: datetime,
    *,
    days: int,
    was_told: bool,
    zone: str,
    holidays: Days,
) -> datetime | None:
    """The last second to withdraw; None while it has not begun to run.

    came: of each parcel when it reached the buyer, None when it has not. Without any (a
    service, a file) it runs from `agreed_at`. was_told: the buyer was told of the right.
    holidays: of the buyer's country; zone: the buyer's own (IANA).
    """
    if None in came:
        return None
    begins = max((moment for moment in came if moment), default=agreed_at)
    last = begins.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    if not was_told:
        last = a_year_after(last)
    while not holidays.works(last):
        last += ONE_DAY
    return end_of_day(last, zone)


def a_year_after(day: date) -> date:
    """29 February is followed by 1 March: nobody loses a day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 3, 1)


def is_exempt(sku: str, patterns: str) -> bool:
    """Whether the law gives no such right for these goods (made to measure, unsealed for
    hygiene, perishable …). patterns: the store's list, one a line, `*` for any signs."""
    known = (line.strip().casefold() for line in patterns.splitlines())
    return bool(sku) and any(fnmatchcase(sku.casefold(), line) for line in known if line)
