"""What is wrong with a parcel, as the buyer reads it: the same on pages and in letters.

Of several open incidents the gravest gives the heading, the facts and what may be done; the
others are one line each. `returns/four_parts.py` makes the message of them. Tables of words:
`tracking/texts.py` (to the buyer) and `returns/standing.py` (back to us). Functions in the
active language and time zone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from string import Formatter
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.standing import INCIDENTS_TO_US, STALE_BACK_TO_US
from returns.wording import country, filled, sentences
from tracking.incidents import GRAVITY, IncidentKind
from tracking.milestones import FINAL, TURNED, Milestone
from tracking.reports import Signed
from tracking.texts import INCIDENTS, MILESTONES, STALE, TAKEN_IN_BY_ANOTHER, Text, Words

if TYPE_CHECKING:
    from tracking.models import Incident, Parcel, Scan

# The kind of what is told of a parcel to the buyer that turned round, beside the incidents.
CAME_BACK = "came_back"

# What is still open after a parcel has arrived is the news for so long.
NEWS_FOR = timedelta(days=14)

# Somebody says that it is not there: that is over when it is, not by the clock.
LASTING = frozenset({IncidentKind.DELIVERED_NOT_RECEIVED})

# Never the heading: it takes nothing from where the parcel is.
ASIDE = frozenset({IncidentKind.WEIGHT_MISMATCH})
# Where the parcel turned, that is the news, and these are why.
WHY_IT_TURNED = frozenset({IncidentKind.REFUSED, IncidentKind.ADDRESS})
# Graver than that a parcel to the buyer turned.
GRAVER_THAN_TURNING = frozenset({IncidentKind.LOST})
# The words of these are about a parcel that is still under way to us.
BEFORE_WE_HAVE_IT = frozenset({IncidentKind.DAMAGED})
# Not told beside another one that says the same and more.
SAID_BY: dict[str, IncidentKind] = {
    IncidentKind.UNCLEAR_SIGNATURE: IncidentKind.DELIVERED_NOT_RECEIVED
}
# Here the last scan is part of the story, or that there is none.
ABOUT_SCANS = frozenset({IncidentKind.SILENT, IncidentKind.STALLED, IncidentKind.LOST})
# The heading says what is wrong; the sentence below only since when.
SAID_BY_THE_HEADING = frozenset({IncidentKind.SILENT})
AT_CUSTOMS = frozenset({IncidentKind.CUSTOMS_HOLD, IncidentKind.CUSTOMS_DOCUMENTS})

# On the delivery van there is no line along which nothing is scanned.
STALLED_ON_THE_VAN = replace(
    STALE[Milestone.OUT_FOR_DELIVERY], sentence=INCIDENTS[IncidentKind.STALLED].sentence
)
STALLED_ON_THE_VAN_TO_US = replace(
    STALE_BACK_TO_US[Milestone.OUT_FOR_DELIVERY],
    sentence=INCIDENTS_TO_US[IncidentKind.STALLED].sentence,
)
ATTEMPTED_ON: Words = _("The carrier tried to deliver on {day}.")
ATTEMPTED_TODAY: Words = _("The carrier tried to deliver today.")

# Of these the words ask the buyer to write to us, or say when.
ASKS_TO_WRITE = frozenset(
    {
        IncidentKind.OVERDUE,
        IncidentKind.CUSTOMS_HOLD,
        IncidentKind.CUSTOMS_DOCUMENTS,
        IncidentKind.ADDRESS,
        IncidentKind.ATTEMPT_FAILED,
        IncidentKind.WAITING_AT_PICKUP,
        IncidentKind.REFUSED,
        IncidentKind.DAMAGED,
        IncidentKind.LOST,
        IncidentKind.UNCLEAR_SIGNATURE,
        IncidentKind.WEIGHT_MISMATCH,
        CAME_BACK,
    }
)
ASKS_TO_WRITE_OF_RETURN = frozenset(
    {
        IncidentKind.CUSTOMS_HOLD,
        IncidentKind.CUSTOMS_DOCUMENTS,
        IncidentKind.ADDRESS,
        IncidentKind.REFUSED,
    }
)

# The sentence with its facts, where they are known; else that of the tables.
SENTENCES: dict[str, tuple[Words, ...]] = {
    IncidentKind.STALLED: (
        _("It was last scanned on {day}, in {place}. Nothing has come since."),
        _("It was last scanned on {day}. Nothing has come since."),
    ),
    IncidentKind.OVERDUE: (_("We had expected it by {day}. It is not there yet."),),
    IncidentKind.LOST: (_("Nobody has scanned it since {day}."),),
    IncidentKind.DAMAGED: (
        _("The carrier found it damaged on {day}, in {place}."),
        _("The carrier found it damaged on {day}."),
    ),
}
SENTENCES_TO_US: dict[str, tuple[Words, ...]] = {
    **SENTENCES,
    IncidentKind.OVERDUE: (_("We had expected it by {day}. It is not here yet."),),
}
TAKEN_IN_ON: tuple[Words, ...] = (_("The carrier reports that somebody else took it in on {day}."),)

# What more is known, as one sentence of each group: the first whose facts are there.
IT_LEFT: Words = _("By our records it left us on {day}.")
IT_WAS_POSTED: Words = _("It was posted on {day}.")
IT_IS_THERE: tuple[Words, ...] = (_("It has been there since {day}."),)
THAT_DAY: tuple[Words, ...] = (_("That was on {day}."),)
LAST_SCAN: tuple[Words, ...] = (
    _("The last scan was on {day}, in {place}."),
    _("The last scan was on {day}."),
)
REPORTED: tuple[Words, ...] = (
    _("The report is from {day}, in {place}."),
    _("The report is from {day}."),
)
DETAILS: dict[str, tuple[tuple[Words, ...], ...]] = {
    IncidentKind.SILENT: ((IT_LEFT,),),
    IncidentKind.STALLED: (),
    IncidentKind.OVERDUE: (LAST_SCAN,),
    IncidentKind.LOST: (),
    IncidentKind.WRONG_WAY: ((_("It was seen in {place} on {day}."), REPORTED[1]),),
    IncidentKind.CUSTOMS_HOLD: (IT_IS_THERE,),
    IncidentKind.CUSTOMS_DOCUMENTS: (REPORTED,),
    IncidentKind.ADDRESS: (REPORTED,),
    IncidentKind.ATTEMPT_FAILED: ((_("It has been there {times} times."),),),
    IncidentKind.WAITING_AT_PICKUP: (IT_IS_THERE,),
    IncidentKind.REFUSED: (REPORTED,),
    IncidentKind.DAMAGED: (),
    IncidentKind.UNCLEAR_SIGNATURE: (THAT_DAY,),
    IncidentKind.WEIGHT_MISMATCH: (
        (_("It weighed {carrier_weight} there, and {weight} by our reckoning."),),
    ),
    IncidentKind.DELIVERED_NOT_RECEIVED: (THAT_DAY,),
}
# How else than into the buyer's own hands.
SIGNED: dict[str, Words] = {
    Signed.OTHER: _("The carrier reports that somebody else took it in."),
    Signed.LOCKER: _("The carrier reports that it was left in a locker or at a collecting point."),
}

# Where it can be collected: carriers name the very place there, or no more than its town.
PICKUP_POINT: Words = _("The carrier names this place: {point}")
PICKUP_TOWN: Words = _(
    "It is in {city}. The exact place and the code are in the carrier’s message to you."
)
PICKUP_ANYWHERE: Words = _("The exact place and the code are in the carrier’s message to you.")
# Letters with which Chinese carriers name a station, a locker or a shop.
NAMES_A_POINT = re.compile(r"\d|驿站|柜|代收|门店|超市")


def where_to_collect(place: str) -> str:
    """place: as the carrier names it, or ''."""
    place = place.strip()
    if NAMES_A_POINT.search(place):
        return filled(PICKUP_POINT, point=place)
    return filled(PICKUP_TOWN, city=place) if place else str(PICKUP_ANYWHERE)


@dataclass(frozen=True)
class Troubles:
    """lead: what the heading is about; None when the milestone tells where it stands.
    besides: the others, the gravest first. back: it travels to us. now: when all that is
    told, None for this very moment."""

    parcel: "Parcel | None" = None
    lead: "Incident | None" = None
    besides: "tuple[Incident, ...]" = ()
    back: bool = False
    now: datetime | None = None

    @classmethod
    def of(cls, parcel: "Parcel", now: datetime, *, back: bool) -> "Troubles":
        """Reads parcel.incidents, which pages have loaded."""
        ranked = sorted(_told(parcel, now, back), key=_gravity)
        lead = next((row for row in ranked if _leads(parcel, row, back)), None)
        return cls(parcel, lead, tuple(row for row in ranked if row is not lead), back, now)

    def without_lead(self) -> "Troubles":
        """Where something else is the news, all are told below."""
        lead = [self.lead] if self.lead else []
        return replace(self, lead=None, besides=(*lead, *self.besides))

    def led_by(self, kind: str) -> "Troubles":
        """Where this one is the news, though it gives no heading elsewhere."""
        lead = next((row for row in self.besides if row.kind == kind), None)
        rest = tuple(row for row in self.besides if row is not lead)
        return replace(self, lead=lead, besides=rest) if lead else self

    def __bool__(self) -> bool:
        return bool(self.lead or self.besides)

    @property
    def kind(self) -> str:
        """Of what the heading is about: an IncidentKind or CAME_BACK; '' when the milestone
        tells where it stands."""
        if self.lead:
            return self.lead.kind
        return CAME_BACK if self.parcel and not self.back and self._has_turned else ""

    @property
    def kinds(self) -> set[str]:
        """Of all that is told."""
        rows = (self.lead, *self.besides) if self.lead else self.besides
        return {row.kind for row in rows}

    @property
    def asks_to_write(self) -> bool:
        """Whether the words that are told say "write to us"."""
        if not self.back and self.kind == IncidentKind.STALLED:
            return self._is_on_the_van
        asked = {self.kind} | (self.kinds & ASIDE)
        return bool(asked & (ASKS_TO_WRITE_OF_RETURN if self.back else ASKS_TO_WRITE))

    @property
    def tells_last_scan(self) -> bool:
        return self.kind in ABOUT_SCANS

    @property
    def title(self) -> str:
        if self.lead is None:
            return str(self._turning.title)
        if self.kind == IncidentKind.ATTEMPT_FAILED and not self.back:
            return attempted_on(self.lead.since, self.now)
        return str(self._text(self.lead).title)

    @property
    def sentence(self) -> str:
        """In one line, as for a row of a list."""
        return self._sentence(self.lead) if self.lead else str(self._turning.sentence)

    @property
    def fact(self) -> str:
        """The sentence, and what more is known: when, where, how often, and why it turned."""
        if self.lead:
            return self._fact(self.lead)
        last = _first_known(LAST_SCAN, self._last_scan())
        return sentences(*self.why_it_turned, self.sentence, last)

    @property
    def next_step(self) -> str:
        """What the reader may do, and what happens otherwise."""
        return str((self._text(self.lead) if self.lead else self._turning).next_step)

    @property
    def lines(self) -> tuple[str, ...]:
        """The others. What is never the heading says here what it asks for, and why it
        turned, when and where."""
        why = () if self.kind == CAME_BACK else self.why_it_turned
        return (*why, *self.further_lines)

    @property
    def why_it_turned(self) -> tuple[str, ...]:
        return tuple(self._fact(row) for row in self.besides if self._is_why_it_turned(row))

    @property
    def further_lines(self) -> tuple[str, ...]:
        """Without why it turned."""
        return tuple(self._line(row) for row in self.besides if not self._is_why_it_turned(row))

    @property
    def is_taken_in(self) -> bool:
        """It was delivered to somebody else, as the heading says."""
        return self.lead is not None and self._is_taken_in(self.lead)

    @property
    def _has_turned(self) -> bool:
        return self.parcel is not None and self.parcel.milestone in TURNED

    @property
    def _turning(self) -> Text:
        assert self.parcel
        return MILESTONES[self.parcel.milestone]

    def _is_why_it_turned(self, row: "Incident") -> bool:
        return self._has_turned and row.kind in WHY_IT_TURNED

    def _line(self, row: "Incident") -> str:
        if row.kind in ASIDE:
            return sentences(self._fact(row), str(self._text(row).next_step))
        return self._sentence(row)

    def _sentence(self, row: "Incident") -> str:
        table = SENTENCES_TO_US if self.back else SENTENCES
        told = TAKEN_IN_ON if self._is_taken_in(row) else table.get(row.kind, ())
        if self._was_never_scanned(row):
            told = ()
        return _first_known(told, self._facts(row)) or str(self._text(row).sentence)

    def _fact(self, row: "Incident") -> str:
        facts = self._facts(row)
        last = self._last_scan()
        more = [
            _first_known(group, last if group is LAST_SCAN else facts)
            for group in self._details(row)
        ]
        if row.kind == IncidentKind.WAITING_AT_PICKUP:
            more.append(self._where_to_collect(facts["point"]))
        first = "" if row.kind in SAID_BY_THE_HEADING else self._sentence(row)
        return sentences(first, *more, self._signed(row))

    def _last_scan(self) -> dict[str, str]:
        """Of scans that are loaded, as pages have them; letters tell the last one anyway."""
        scan: Scan | None = None
        if "scans" in getattr(self.parcel, "_prefetched_objects_cache", {}):
            assert self.parcel
            scan = max(self.parcel.scans.all(), key=lambda scan: scan.at, default=None)
        if scan is None:
            return {"day": "", "place": ""}
        return {"day": formats.day(scan.at), "place": scan.place.strip()}

    def _details(self, row: "Incident") -> tuple[tuple[Words, ...], ...]:
        if self._was_never_scanned(row) or row.kind == IncidentKind.SILENT:
            return ((IT_WAS_POSTED if self.back else IT_LEFT,),)
        return () if self._is_taken_in(row) else DETAILS[row.kind]

    def _was_never_scanned(self, row: "Incident") -> bool:
        lost = row.kind == IncidentKind.LOST
        return lost and self.parcel is not None and self.parcel.last_scan_at is None

    def _where_to_collect(self, point: str) -> str:
        """A parcel to us is collected by us, whom the carrier writes no code."""
        if self.back:
            return _first_known((PICKUP_POINT,), {"point": point})
        return where_to_collect(point)

    def _text(self, row: "Incident") -> Text:
        if row.kind == IncidentKind.STALLED and self._is_on_the_van:
            return STALLED_ON_THE_VAN_TO_US if self.back else STALLED_ON_THE_VAN
        if self._is_taken_in(row):
            return TAKEN_IN_BY_ANOTHER
        return (INCIDENTS_TO_US if self.back else INCIDENTS)[row.kind]

    @property
    def _is_on_the_van(self) -> bool:
        return bool(self.parcel and self.parcel.milestone == Milestone.OUT_FOR_DELIVERY)

    def _is_taken_in(self, row: "Incident") -> bool:
        """A report says that somebody else took it in for the buyer."""
        unclear = row.kind == IncidentKind.UNCLEAR_SIGNATURE and not self.back
        return unclear and row.detail.get("signed") == Signed.OTHER

    def _signed(self, row: "Incident") -> str:
        unclear = row.kind == IncidentKind.UNCLEAR_SIGNATURE and not self._is_taken_in(row)
        return str(SIGNED.get(str(row.detail.get("signed")), "")) if unclear else ""

    def _facts(self, row: "Incident") -> dict[str, str]:
        detail = row.detail
        place = str(detail.get("place") or "").strip()
        attempts = detail.get("attempts") or 0
        return {
            "day": self._day(row),
            "place": place or country(str(detail.get("country") or "")),
            "point": place,
            "times": str(attempts) if attempts > 1 else "",
            **{name: _weight(detail, name) for name in ("weight", "carrier_weight")},
        }

    def _day(self, row: "Incident") -> str:
        """The day that its words tell: as a rule, since when it is so."""
        parcel = self.parcel
        assert parcel
        match row.kind:
            case IncidentKind.OVERDUE:
                return _kept_day(row.detail.get("expected_by"))
            case IncidentKind.LOST if parcel.last_scan_at:
                return formats.day(parcel.last_scan_at)
            case IncidentKind.CUSTOMS_HOLD if parcel.milestone == Milestone.CUSTOMS:
                return formats.day(parcel.milestone_at or row.since)
        return formats.day(row.since)


def open_incidents(parcel: "Parcel") -> "list[Incident]":
    return [row for row in parcel.incidents.all() if row.is_open and row.kind in DETAILS]


def _told(parcel: "Parcel", now: datetime, back: bool) -> "Iterable[Incident]":
    rows = open_incidents(parcel)
    kinds = {row.kind for row in rows}
    old_news = not back and parcel.ended_at is not None and parcel.ended_at < now - NEWS_FOR
    for row in rows:
        # On the van today: it is late, but about to come.
        nearly = row.kind == IncidentKind.OVERDUE and is_out_today(parcel, now)
        if not ((old_news and row.kind not in LASTING) or nearly or SAID_BY.get(row.kind) in kinds):
            yield row


def is_out_today(parcel: "Parcel", now: datetime) -> bool:
    """It went out for delivery on this very day, by the reader's clock."""
    at = parcel.milestone_at
    if parcel.milestone != Milestone.OUT_FOR_DELIVERY or at is None:
        return False
    return timezone.localtime(at).date() == timezone.localtime(now).date()


def _gravity(row: "Incident") -> tuple[int, datetime]:
    return GRAVITY.index(IncidentKind(row.kind)), row.since


def _leads(parcel: "Parcel", row: "Incident", back: bool) -> bool:
    if row.kind in ASIDE:
        return False
    if parcel.milestone in TURNED and not back:
        return row.kind in GRAVER_THAN_TURNING
    if parcel.milestone in TURNED and row.kind in WHY_IT_TURNED:
        return False
    return not (back and parcel.milestone in FINAL and row.kind in BEFORE_WE_HAVE_IT)


def _first_known(group: tuple[Words, ...], facts: Mapping[str, str]) -> str:
    for words in group:
        text = str(words)
        names = [name for _text, name, _spec, _conversion in Formatter().parse(text) if name]
        if all(facts[name] for name in names):
            return filled(text, **facts)
    return ""


def attempted_on(at: datetime, now: datetime | None = None) -> str:
    """The heading of an attempt, with its day."""
    today = timezone.localtime(now).date()
    if timezone.localtime(at).date() == today:
        return str(ATTEMPTED_TODAY)
    return str(ATTEMPTED_ON).format(day=formats.day(at, today))


def _kept_day(kept: object) -> str:
    try:
        return formats.day(date.fromisoformat(str(kept)))
    except ValueError:
        return ""


def _weight(detail: Mapping[str, object], name: str) -> str:
    grams = detail.get(name)
    return formats.weight(grams) if isinstance(grams, int) else ""
