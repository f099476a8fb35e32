"""What is wrong with a parcel, as the buyer reads it: the same on pages and in letters.

Of several open incidents the gravest gives the heading, the sentence and what happens next;
the others are one line each. Tables of words: `tracking/texts.py` (to the buyer) and
`returns/standing.py` (back to us). Functions in the active language and time zone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from string import Formatter
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.standing import INCIDENTS_TO_US, STALE_BACK_TO_US
from returns.wording import country, sentences
from tracking.incidents import GRAVITY, IncidentKind
from tracking.milestones import FINAL, TURNED, Milestone
from tracking.reports import Signed
from tracking.texts import INCIDENTS, STALE, Text, Words

if TYPE_CHECKING:
    from tracking.models import Incident, Parcel

# What is still open after a parcel has arrived is the news for so long.
NEWS_FOR = timedelta(days=14)

# Never the heading: it takes nothing from where the parcel is.
ASIDE = frozenset({IncidentKind.WEIGHT_MISMATCH})
# Where the parcel turned, that is the news, and these are why.
WHY_IT_TURNED = frozenset({IncidentKind.REFUSED, IncidentKind.ADDRESS})
# The words of these are about a parcel that is still under way to us.
BEFORE_WE_HAVE_IT = frozenset({IncidentKind.DAMAGED})
# Not told beside another one that says the same and more.
SAID_BY: dict[str, IncidentKind] = {
    IncidentKind.UNCLEAR_SIGNATURE: IncidentKind.DELIVERED_NOT_RECEIVED
}
# Here the last scan is part of the story, or that there is none.
ABOUT_SCANS = frozenset({IncidentKind.SILENT, IncidentKind.STALLED, IncidentKind.LOST})
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

# What more is known, as one sentence of each group: the first whose facts are there.
IT_LEFT: Words = _("It left us on {day}.")
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
    IncidentKind.STALLED: (LAST_SCAN,),
    IncidentKind.OVERDUE: ((_("We had expected it by {day}."),),),
    IncidentKind.LOST: (LAST_SCAN[1:],),
    IncidentKind.WRONG_WAY: ((_("It was seen in {place} on {day}."), REPORTED[1]),),
    IncidentKind.CUSTOMS_HOLD: (IT_IS_THERE,),
    IncidentKind.CUSTOMS_DOCUMENTS: (REPORTED,),
    IncidentKind.ADDRESS: (REPORTED,),
    IncidentKind.ATTEMPT_FAILED: ((_("It has been there {times} times."),),),
    IncidentKind.WAITING_AT_PICKUP: (
        IT_IS_THERE,
        (_("The carrier names this place: {point}"),),
    ),
    IncidentKind.REFUSED: (REPORTED,),
    IncidentKind.DAMAGED: (REPORTED,),
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


@dataclass(frozen=True)
class Troubles:
    """lead: what the heading is about; None when the milestone tells where it stands.
    besides: the others, the gravest first. back: it travels to us."""

    parcel: "Parcel | None" = None
    lead: "Incident | None" = None
    besides: "tuple[Incident, ...]" = ()
    back: bool = False

    @classmethod
    def of(cls, parcel: "Parcel", now: datetime, *, back: bool) -> "Troubles":
        """Reads parcel.incidents, which pages have loaded."""
        ranked = sorted(_told(parcel, now, back), key=_gravity)
        lead = next((row for row in ranked if _leads(parcel, row, back)), None)
        return cls(parcel, lead, tuple(row for row in ranked if row is not lead), back)

    def without_lead(self) -> "Troubles":
        """Where something else is the news, all are told below."""
        lead = [self.lead] if self.lead else []
        return replace(self, lead=None, besides=(*lead, *self.besides))

    def __bool__(self) -> bool:
        return bool(self.lead or self.besides)

    @property
    def kind(self) -> str:
        """Of the lead; '' when there is none."""
        return self.lead.kind if self.lead else ""

    @property
    def tells_last_scan(self) -> bool:
        return self.kind in ABOUT_SCANS

    @property
    def title(self) -> str:
        assert self.lead
        if self.kind == IncidentKind.ATTEMPT_FAILED and not self.back:
            return str(ATTEMPTED_ON).format(**self._facts(self.lead))
        return str(self._text(self.lead).title)

    @property
    def sentence(self) -> str:
        """In one line, as for a row of a list."""
        assert self.lead
        return str(self._text(self.lead).sentence)

    @property
    def fact(self) -> str:
        """The sentence, and what more is known: when, where, how often."""
        assert self.lead
        return self._fact(self.lead)

    @property
    def next_step(self) -> str:
        assert self.lead
        return str(self._text(self.lead).next_step)

    @property
    def lines(self) -> tuple[str, ...]:
        """The others. What is never the heading says here what it asks for."""
        return tuple(self._line(row) for row in self.besides)

    def _line(self, row: "Incident") -> str:
        text = self._text(row)
        if row.kind in ASIDE:
            return sentences(self._fact(row), str(text.next_step))
        return str(text.sentence)

    def _fact(self, row: "Incident") -> str:
        facts = self._facts(row)
        groups = DETAILS[row.kind]
        if row.kind == IncidentKind.LOST and self.parcel and not self.parcel.last_scan_at:
            groups = DETAILS[IncidentKind.SILENT]
        if self.back and groups == DETAILS[IncidentKind.SILENT]:
            groups = ((IT_WAS_POSTED,),)
        more = [_first_known(group, facts) for group in groups]
        return sentences(str(self._text(row).sentence), *more, _signed(row))

    def _text(self, row: "Incident") -> Text:
        on_the_van = self.parcel and self.parcel.milestone == Milestone.OUT_FOR_DELIVERY
        if row.kind == IncidentKind.STALLED and on_the_van:
            return STALLED_ON_THE_VAN_TO_US if self.back else STALLED_ON_THE_VAN
        return (INCIDENTS_TO_US if self.back else INCIDENTS)[row.kind]

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
        if not (old_news or nearly or SAID_BY.get(row.kind) in kinds):
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
    if parcel.milestone in TURNED and row.kind in WHY_IT_TURNED:
        return False
    return not (back and parcel.milestone in FINAL and row.kind in BEFORE_WE_HAVE_IT)


def _first_known(group: tuple[Words, ...], facts: Mapping[str, str]) -> str:
    for words in group:
        text = str(words)
        names = [name for _text, name, _spec, _conversion in Formatter().parse(text) if name]
        if all(facts[name] for name in names):
            return text.format(**facts)
    return ""


def _signed(row: "Incident") -> str:
    unclear = row.kind == IncidentKind.UNCLEAR_SIGNATURE
    return str(SIGNED.get(str(row.detail.get("signed")), "")) if unclear else ""


def _kept_day(kept: object) -> str:
    try:
        return formats.day(date.fromisoformat(str(kept)))
    except ValueError:
        return ""


def _weight(detail: Mapping[str, object], name: str) -> str:
    grams = detail.get(name)
    return formats.weight(grams) if isinstance(grams, int) else ""
