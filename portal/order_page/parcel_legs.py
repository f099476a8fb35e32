"""The legs of the parcels: to the buyer, and back to us.

Pure functions over an Order loaded by `Order.objects.with_story()`; they speak the active
language.
"""

from dataclasses import replace
from datetime import timedelta
from datetime import timezone as fixed_zone
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.order_page import words
from portal.order_page.deliveries import Delivery, Stage, meets_customs
from portal.order_page.legs import Entry, Leg, folded, listed, moment
from returns import formats
from returns.exchange_texts import LEGS
from returns.reported import reported
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

if TYPE_CHECKING:
    from returns.models import Order, Shipment
    from tracking.models import Scan

DOES_NOT_GO_ON = frozenset(
    {IncidentKind.LOST, IncidentKind.REFUSED, IncidentKind.ADDRESS, IncidentKind.WRONG_WAY}
)


def parcel_leg(order: "Order", parcel: Delivery, index: int, count: int) -> Leg:
    several = count > 1
    title = _("Your parcel")
    if parcel.brings:
        title = str(LEGS[parcel.brings])
    elif several:
        title = _("Parcel {number} of {total}").format(number=index, total=count)
    contents = tuple(
        f"{units} × {line.title}" if units > 1 else line.title for line, units in parcel.contents
    )
    return _leg(parcel, title, _ahead(order, parcel), contents if several else ())


def leg_to_buyer(order: "Order", parcel: Delivery) -> Leg:
    """The leg of one parcel to the buyer, on the page of a return that it belongs to."""
    return parcel_leg(order, parcel, 1, 1)


def leg_of_return(order: "Order", parcel: Delivery) -> Leg:
    """The leg of a parcel to us; named after its return where there are several."""
    returns = list(order.returns.all())
    mine = {row.authorization_id for row in order.shipments.all() if _brings(parcel, row)}
    its_own = [rma for rma in returns if rma.pk in mine]
    leg = back_leg(order, parcel, is_opened=any(rma.received_at for rma in its_own))
    if len(returns) < 2:
        return leg
    numbers = [_("Return {number}").format(number=rma.number) for rma in its_own]
    return replace(leg, note=listed(numbers))


def _brings(parcel: Delivery, shipment: "Shipment") -> bool:
    if not shipment.is_return:
        return False
    if parcel.parcel:
        return shipment.parcel_id == parcel.parcel.pk
    return shipment.parcel_id is None and shipment.number == parcel.number


def back_leg(order: "Order", parcel: Delivery, *, is_opened: bool = False) -> Leg:
    """The way of one parcel to us. is_opened: we have it, whatever the carrier reports."""
    ahead = "" if is_opened else _ahead_of_parcel_back(order, parcel)
    return _leg(parcel, _("Your parcel to us"), ahead, ())


def _ahead_of_parcel_back(order: "Order", parcel: Delivery) -> str:
    if parcel.parcel is None or parcel.has_ended or parcel.has_turned or _nobody_knows(parcel):
        return ""
    if _wants_papers(parcel):
        return str(words.AHEAD["papers_to_us"])
    customs = meets_customs(order, parcel) and not parcel.customs_seen
    next_of: dict[str, str] = {
        Milestone.UNKNOWN: "reach_us",
        Milestone.ANNOUNCED: "collect",
        Milestone.ACCEPTED: "customs" if customs else "reach_us",
        Milestone.IN_TRANSIT: "customs" if customs else "reach_us",
        Milestone.CUSTOMS: "onwards_to_us",
    }
    return str(words.AHEAD[next_of.get(parcel.milestone, "reach_us")])


def _leg(parcel: Delivery, title: str, ahead: str, contents: tuple[str, ...]) -> Leg:
    entries = [_scan(scan, back=parcel.is_return) for scan in parcel.scans]
    if not (parcel.is_return and entries):  # with the number its return's own leg begins
        # The shop may have told it after the carrier's first report.
        entries = sorted([*entries, _sent(parcel)], key=moment, reverse=True)
    shown, older = folded(entries)
    if ahead:
        shown = (Entry(None, ahead, when=_("Next"), state="ahead"), *shown)
    return Leg(
        parcel.key,
        "back" if parcel.is_return or parcel.has_turned else "truck",
        title,
        shown,
        older,
        parcel.carrier,
        parcel.number,
        parcel.page,
        *parcel.last_mile,
        contents,
    )


def _scan(scan: "Scan", *, back: bool) -> Entry:
    return Entry(
        scan.at,
        reported(scan, back=back),
        place=scan.place,
        there=_there(scan),
        original=scan.words.strip(),
        original_lang=scan.language,
        original_in=_called(scan.language),
    )


def _there(scan: "Scan") -> str:
    """The hour by the clocks of the place, with the day where that is another one too."""
    here = timezone.localtime(scan.at)
    if scan.utc_offset is None or abs(scan.utc_offset) >= 24 * 60:
        return ""
    there = scan.at.astimezone(fixed_zone(timedelta(minutes=scan.utc_offset)))
    if there.utcoffset() == here.utcoffset():
        return ""
    clock = f"{there:%H:%M}"
    if there.date() == here.date():
        return _("({clock} there)").format(clock=clock)
    return _("({day}, {clock} there)").format(day=formats.short_day(there.date()), clock=clock)


def _called(code: str) -> str:
    """What the reader calls a language; '' for the reader's own, and where nobody knows it."""
    first = code.replace("_", "-").split("-")[0].lower()
    if first == formats.language():
        return ""
    return formats.babel_locale().languages.get(first, "")


def _sent(parcel: Delivery) -> Entry:
    more: tuple[str, ...] = ()
    if parcel.is_return:
        text = _("You gave us the number of your parcel.")
        more = () if parcel.parcel else (str(words.IN_DOUBT),)
    elif parcel.parcel is None:
        text = _("We sent it, without a tracking number.")
    elif parcel.waits_for_carrier:
        text = _("We packed it, and it got its number.")
    else:
        text = _("It left us, with its number.")
    return Entry(parcel.shipped_at, text, more=more)


def _ahead(order: "Order", parcel: Delivery) -> str:
    """What comes next for sure or hardly otherwise, without a date; '' when we cannot tell."""
    customs = meets_customs(order, parcel) and not parcel.customs_seen
    next_of: dict[str, str] = {
        Stage.SENT: "collect",
        Milestone.ANNOUNCED: "collect",
        Milestone.ACCEPTED: "customs" if customs else "to_the_door",
        Milestone.IN_TRANSIT: "customs" if customs else "to_the_door",
        Stage.LAST_SEEN: "customs" if customs else "to_the_door",
        Milestone.CUSTOMS: "onwards",
        Milestone.OUT_FOR_DELIVERY: "at_the_door",
        Milestone.READY_FOR_PICKUP: "pick_up",
        Milestone.RETURNING: "come_back",
    }
    code = "" if _nobody_knows(parcel) else next_of.get(parcel.stage)
    if _wants_papers(parcel) and not (parcel.has_ended or parcel.has_turned):
        code = "papers"
    return str(words.AHEAD[code]) if code else ""


def _wants_papers(parcel: Delivery) -> bool:
    return parcel.troubles.kind == IncidentKind.CUSTOMS_DOCUMENTS


def _nobody_knows(parcel: Delivery) -> bool:
    """Something is wrong, and it does not simply go on."""
    return parcel.troubles.kind in DOES_NOT_GO_ON
