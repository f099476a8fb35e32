"""When a parcel should be there, and why later than usual: the same on pages and in letters.

Functions in the active language and time zone.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from returns import formats
from returns.troubles import Troubles
from returns.wording import between, country, listed, span
from tracking.calendars import zone_of
from tracking.expectations import Delay
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.texts import Words

if TYPE_CHECKING:
    from tracking.models import Parcel

# Further on, the carrier's own report says more than what is usual.
WHILE = frozenset(
    {
        Milestone.UNKNOWN,
        Milestone.ANNOUNCED,
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.CUSTOMS,
    }
)
# With any other trouble as its heading nobody can name a day.
ALSO_WITH = frozenset({"", IncidentKind.OVERDUE, IncidentKind.DAMAGED})
# Who lies at customs is not at the door within so few days, whatever is usual.
BEYOND_CUSTOMS = timedelta(days=2)


@dataclass(frozen=True)
class Range:
    """The words of a range that is not over yet, by how much of it is left."""

    between: Words
    by: Words
    on: Words
    today: Words


TO_YOU = Range(
    gettext_lazy("Most likely it reaches you between {first} and {last}."),
    gettext_lazy("Most likely it reaches you by {day}."),
    gettext_lazy("Most likely it reaches you on {day}."),
    gettext_lazy("Most likely it reaches you today."),
)
TO_US = Range(
    gettext_lazy("Most likely it reaches us between {first} and {last}."),
    gettext_lazy("Most likely it reaches us by {day}."),
    gettext_lazy("Most likely it reaches us on {day}."),
    gettext_lazy("Most likely it reaches us today."),
)
IS_LATER = gettext_lazy("We had expected it by {day}, so it is later than usual.")
WAS_EXPECTED = gettext_lazy("We had expected it by {day}.")
AFTER_CUSTOMS = gettext_lazy("When it arrives depends on customs.")
LATER_BECAUSE = gettext_lazy("Later than usual because of {reasons}.")


@dataclass(frozen=True)
class Expected:
    """when: one sentence, '' when there is nothing to say (any more). why: one sentence
    about the holidays that make it later than usual, or ''."""

    when: str = ""
    why: str = ""

    def __bool__(self) -> bool:
        return bool(self.when or self.why)

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(words for words in (self.when, self.why) if words)


def expected(parcel: "Parcel", troubles: Troubles, now: datetime) -> Expected:
    """What may be said about the day on which `parcel` comes."""
    days = parcel.expected
    if days is None or parcel.milestone not in WHILE or troubles.kind not in ALSO_WITH:
        return Expected()
    first, last = days
    today = _today(parcel, now)
    why = _why(parcel.expected_delays)
    if parcel.milestone == Milestone.CUSTOMS and last - today < BEYOND_CUSTOMS:
        return Expected(str(AFTER_CUSTOMS))
    if today <= last:
        return Expected(_range(first, last, today, back=troubles.back), why)
    if troubles.kind == IncidentKind.OVERDUE:  # which says it already, with the day
        return Expected(why=why)
    return Expected(str(WAS_EXPECTED if why else IS_LATER).format(day=formats.day(last)), why)


def _today(parcel: "Parcel", now: datetime) -> date:
    """By the clock of whoever waits for it."""
    zone = zone_of(parcel.destination)
    return timezone.localtime(now, ZoneInfo(zone) if zone else None).date()


def _range(first: date, last: date, today: date, *, back: bool) -> str:
    words = TO_US if back else TO_YOU
    if today == last:
        return str(words.today)
    if first == last:
        return str(words.on).format(day=formats.day(last))
    if today > first:
        return str(words.by).format(day=formats.day(last))
    begins, ends = between(first, last)
    return str(words.between).format(first=begins, last=ends)


def _why(delays: tuple[Delay, ...]) -> str:
    if not delays:
        return ""
    return str(LATER_BECAUSE).format(reasons=listed([_reason(delay) for delay in delays]))


def _reason(delay: Delay) -> str:
    chinese = formats.language() == "zh"
    name = (chinese and delay.name_zh) or delay.name
    days = span(delay.first, delay.last)
    if not delay.country:  # where it goes to is closed
        return _("{holiday} ({days})").format(holiday=name, days=days)
    words = _("{holiday} in {country} ({days})")
    return words.format(holiday=name, country=country(delay.country), days=days)
