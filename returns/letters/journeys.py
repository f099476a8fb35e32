"""The parcels to the buyer, as letters tell them: how each stands, or what its news is."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.expected import expected
from returns.four_parts import FourParts, told_of, told_once
from returns.models.notice import What
from returns.models.order import Order
from returns.models.shipment import Shipment
from returns.reported import reported
from returns.troubles import CAME_BACK, Troubles
from returns.wording import sentences
from tracking import carriers
from tracking.incidents import GRAVITY, IncidentKind
from tracking.milestones import FINAL, Milestone
from tracking.models import Parcel
from tracking.models.scan import merged
from tracking.texts import MILESTONES, Text, Words
from tracking.texts import of as stands_at

# Steps on which a parcel moves, so that one that stood still does so again.
ON_THE_MOVE = frozenset({Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY})
# What kept it from moving. The others say nothing about that.
STOOD_STILL = frozenset({*IncidentKind.values, CAME_BACK}) - {
    IncidentKind.SILENT,
    IncidentKind.OVERDUE,
    IncidentKind.DAMAGED,
    IncidentKind.WEIGHT_MISMATCH,
}
NOT_YET_SCANNED = frozenset({Milestone.UNKNOWN, Milestone.ANNOUNCED})

MOVES_AGAIN: Words = _("Your parcel is moving again.")
IS_MOVING: Words = _("It moves again, and we are glad to tell you so.")
IS_SCANNED: Words = _("The carrier has scanned it now, and we are glad to tell you so.")
IS_OVER: Words = _("There is news of what we wrote to you about.")
HAS_LEFT: Words = _("We have sent your parcel.")
HAS_ANOTHER_NUMBER: Words = _(
    "The number that we gave you before was wrong. This is the right one; please use no other."
)
LEFT_ON: Words = _("We sent your parcel on {day}.")
LEFT_WITHOUT_NUMBER: Words = _("We sent it on {day}, without a tracking number.")
CANNOT_SEE: Words = _(
    "So neither you nor we can see where it is on the way. If it does not come, write to us."
)
NO_SCAN_IS_NORMAL: Words = _("On the first day there is often no scan yet; that is normal.")


@dataclass(frozen=True)
class Journey:
    """Where one parcel is. opening: what is said first, or ''. at: of the last scan, None
    before the first. sentence: what that says in our words, words: the carrier's own, only
    where we have none. shipped_at: when it left us. fact: what is known beside that; tells_scans:
    and that tells of the last scan, too. expected: when it should be there, and why so late.
    done: what we did. besides: what else is wrong. parts: all of it, where something is
    wrong. own: that in the store's own words, which then stand in its place. what: its news
    (of What), '' when it has none. line: all in one line."""

    carrier: str
    number: str
    title: Words
    next_step: Words
    shipped_at: datetime
    at: datetime | None = None
    place: str = ""
    sentence: str = ""
    words: str = ""
    has_ended: bool = False
    opening: Words = ""
    fact: Words = ""
    tells_scans: bool = False
    expected: tuple[str, ...] = ()
    done: str = ""
    besides: tuple[str, ...] = ()
    is_news: bool = True
    parts: FourParts | None = None
    own: tuple[str, ...] = ()
    what: str = ""
    line: str = ""

    @property
    def gravity(self) -> tuple[int, int]:
        """The gravest first: what is wrong, then what arrived, goes on, or left."""
        if self.parts is None:
            return 1, NEWS.index(self.what)
        kind = IncidentKind.REFUSED if self.parts.kind == CAME_BACK else self.parts.kind
        return 0, GRAVITY.index(IncidentKind(kind))


NEWS = (What.ARRIVED, What.OVER, What.NUMBER, What.POSTED, What.TROUBLE, "")


def journey(
    order: Order, shipment: Shipment, *, what: str = "", about: str = "", promise: str = ""
) -> Journey:
    """what, about: its news, and the kind of case that it is about. promise: by when we write
    again, as the letter says it."""
    parcel, now = shipment.parcel, timezone.now()
    if parcel is None:
        return _without_number(shipment, what)
    troubles = Troubles.of(parcel, now, back=False)
    if not troubles.kind and what == What.TROUBLE:
        troubles = troubles.led_by(about)
    scan = next(iter(merged(list(parcel.scans.all()))), None)
    told = Journey(
        carrier=carriers.called(parcel.carrier),
        number=parcel.number,
        title="",
        next_step="",
        shipped_at=shipment.shipped_at,
        at=scan.at if scan else None,
        place=scan.place.strip() if scan else "",
        words=scan.words if scan and scan.milestone == Milestone.UNKNOWN else "",
        has_ended=parcel.milestone in FINAL,
        expected=expected(parcel, troubles, now).sentences,
        besides=troubles.lines,
        what=what,
    )
    if troubles.kind:
        return _in_trouble(told, troubles, told_of(order, troubles, promise=promise))
    sentence = reported(scan, back=False) if scan else ""
    text = _stands(parcel, shipment.shipped_at, now)
    told = replace(told, title=text.title, next_step=text.next_step, sentence=sentence)
    told = replace(told, line=sentences(sentence or str(text.title), *told.expected[:1]))
    return _with_news(told, parcel, about)


def each_once(journeys: list[Journey]) -> list[Journey]:
    """What was said of one parcel is not said again of the next in the same letter."""
    fresh = iter(told_once(row.parts for row in journeys if row.parts))
    return [_without_repeats(row, next(fresh)) if row.parts else row for row in journeys]


def _without_repeats(told: Journey, parts: FourParts) -> Journey:
    if told.own:
        return told
    return replace(told, opening=parts.empathy, done=parts.done, next_step=parts.may)


def _in_trouble(told: Journey, troubles: Troubles, parts: FourParts) -> Journey:
    told = replace(told, title=troubles.title, parts=parts, line=troubles.sentence)
    if parts.own:
        return replace(told, own=parts.own, tells_scans=tells_scan(troubles, parts, told.at))
    return replace(
        told,
        opening=parts.empathy,
        fact=parts.fact,
        tells_scans=tells_scan(troubles, parts, told.at),
        done=parts.done,
        next_step=parts.may,
    )


def tells_scan(troubles: Troubles, parts: FourParts | None, at: datetime | None) -> bool:
    """Whether the fact tells of the last scan, too: it is about scans, or names its day."""
    named = parts is not None and at is not None and formats.day(at) in parts.fact
    return named or troubles.tells_last_scan


def _with_news(told: Journey, parcel: Parcel, about: str) -> Journey:
    """What is not wrong: it goes on, or it has only just left."""
    unscanned = parcel.milestone in NOT_YET_SCANNED
    moves = about in STOOD_STILL and parcel.milestone in ON_THE_MOVE
    match told.what:
        case What.OVER if moves:
            return replace(told, title=MOVES_AGAIN, opening=IS_MOVING)
        case What.OVER if about == IncidentKind.SILENT and told.at:
            return replace(told, opening=IS_SCANNED)
        case What.OVER:
            return replace(told, opening=IS_OVER)
        case What.NUMBER:
            return replace(told, opening=HAS_ANOTHER_NUMBER)
        case What.POSTED if unscanned:
            steps = str(NO_SCAN_IS_NORMAL), str(MILESTONES[Milestone.IN_TRANSIT].next_step)
            left = str(LEFT_ON).format(day=formats.day(told.shipped_at))
            return replace(
                told, title=HAS_LEFT, fact=left, tells_scans=True, next_step=sentences(*steps)
            )
    return told


def _without_number(shipment: Shipment, what: str) -> Journey:
    left = str(LEFT_WITHOUT_NUMBER).format(day=formats.day(shipment.shipped_at))
    return Journey(
        carrier=carriers.called(shipment.carrier),
        number="",
        title=HAS_LEFT,
        next_step=CANNOT_SEE,
        shipped_at=shipment.shipped_at,
        fact=left,
        tells_scans=True,
        what=what,
        line=left,
    )


def _stands(parcel: Parcel, shipped_at: datetime, now: datetime) -> Text:
    """The words of its milestone. Whether a first scan is late, the watch says of those
    that were handed over."""
    if parcel.milestone == Milestone.ANNOUNCED and parcel.handed_over_at:
        return MILESTONES[Milestone.ANNOUNCED]
    return stands_at(parcel.milestone, parcel.milestone_at or shipped_at, now)
