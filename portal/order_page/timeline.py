"""The story so far: scans, decisions and facts of one order, in legs, newest first.

One leg per parcel, one for returns, one for the order itself. Pure functions over an Order
loaded by `Order.objects.with_story()`, and `now`; they speak the active language.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.order_page import words
from portal.order_page.deliveries import Delivery, Stage, deliveries, meets_customs
from returns import formats
from returns.models.event import HIDDEN_FROM_BUYER
from returns.states import Status
from returns.texts import DECLINED, EVENTS
from tracking.milestones import Milestone
from tracking.texts import MILESTONES

if TYPE_CHECKING:
    from returns.models import Event, Order
    from tracking.models import Scan

# So many reports of one leg stand open; older ones are folded away.
OPEN_ENTRIES = 12


@dataclass(frozen=True)
class Entry:
    """One line of the story.

    at: when it happened; None for what lies ahead, which has words in `when` instead.
    more: a second sentence of ours. quote: what you or we wrote. original: the carrier's
    own words, in `original_lang`. state: ahead, latest or ''.
    """

    at: datetime | None
    text: str
    when: str = ""
    place: str = ""
    more: str = ""
    quote: str = ""
    original: str = ""
    original_lang: str = ""
    state: str = ""


@dataclass(frozen=True)
class Leg:
    """events and older: newest first; `older` is folded away. page: the carrier's own
    tracking page, or ''. contents: what is in it, where an order has several parcels."""

    id: str
    icon: str
    title: str
    events: tuple[Entry, ...]
    older: tuple[Entry, ...] = ()
    carrier: str = ""
    number: str = ""
    page: str = ""
    contents: tuple[str, ...] = ()

    @property
    def newest(self) -> datetime:
        moments = [entry.at for entry in self.events if entry.at]
        return max(moments) if moments else datetime.min.replace(tzinfo=UTC)

    @property
    def fold(self) -> str:
        count = len(self.older)
        return ngettext("{count} earlier report", "{count} earlier reports", count).format(
            count=count
        )


@dataclass(frozen=True)
class Timeline:
    """checked_at: when a carrier was last asked about what is still on its way. told_at:
    when the shop told us, where no carrier was asked yet. At most one of them is set."""

    legs: tuple[Leg, ...]
    checked_at: datetime | None = None
    told_at: datetime | None = None


def timeline(order: "Order", now: datetime) -> Timeline:
    """The whole story: the leg in which something happened last stands first."""
    out, back = deliveries(order, now), deliveries(order, now, back=True)
    legs = [_parcel_leg(order, parcel, index, len(out)) for index, parcel in enumerate(out, 1)]
    legs += [_back_leg(parcel) for parcel in back]
    legs += [leg for leg in (_returns_leg(order), _order_leg(order)) if leg.events]
    # sorted() is stable: of legs with the same moment, the parcels stand first.
    legs = sorted(legs, key=lambda leg: leg.newest, reverse=True)
    return Timeline(tuple(_mark_latest(legs)), *_checked(order, [*out, *back]))


def _checked(order: "Order", parcels: list[Delivery]) -> tuple[datetime | None, datetime | None]:
    """The oldest check among parcels still on their way, so that it is true for each."""
    moving = [parcel.parcel for parcel in parcels if parcel.parcel and not parcel.has_ended]
    checks = [parcel.checked_at for parcel in moving if parcel.checked_at]
    if moving and len(checks) == len(moving):
        return min(checks), None
    return (None, order.source_version) if moving or not parcels else (None, None)


def _mark_latest(legs: list[Leg]) -> Iterable[Leg]:
    """The newest thing that happened is marked, once."""
    if not legs:
        return
    first, *others = legs
    entries = list(first.events)
    for index, entry in enumerate(entries):
        if entry.at:
            entries[index] = replace(entry, state="latest")
            break
    yield replace(first, events=tuple(entries))
    yield from others


# --- Parcels ----------------------------------------------------------------------------------


def _parcel_leg(order: "Order", parcel: Delivery, index: int, count: int) -> Leg:
    several = count > 1
    title = _("Your parcel")
    if several:
        title = _("Parcel {number} of {total}").format(number=index, total=count)
    contents = tuple(
        f"{units} × {line.title}" if units > 1 else line.title for line, units in parcel.contents
    )
    return _leg(parcel, title, _ahead(order, parcel), contents if several else ())


def _back_leg(parcel: Delivery) -> Leg:
    return _leg(parcel, _("Your parcel to us"), "", ())


def _leg(parcel: Delivery, title: str, ahead: str, contents: tuple[str, ...]) -> Leg:
    entries = [_scan(scan, back=parcel.is_return) for scan in parcel.scans]
    # The shop may have told it after the carrier's first report.
    entries = sorted([*entries, _sent(parcel)], key=_moment, reverse=True)
    shown, older = _folded(entries)
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
        contents,
    )


def _scan(scan: "Scan", *, back: bool) -> Entry:
    text = MILESTONES.get(scan.milestone, MILESTONES[Milestone.UNKNOWN]).sentence
    if back:
        text = words.BACK_TO_US.get(scan.milestone, text)
    return Entry(
        scan.at,
        str(text),
        place=scan.place,
        original=scan.words.strip(),
        original_lang=scan.language,
    )


def _sent(parcel: Delivery) -> Entry:
    if parcel.is_return:
        text = _("You gave us the number of your parcel.")
    elif parcel.parcel is None:
        text = _("We sent it, without a tracking number.")
    else:
        text = _("We packed it, and it got its number.")
    return Entry(parcel.shipped_at, text)


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
    code = next_of.get(parcel.stage)
    return str(words.AHEAD[code]) if code else ""


# --- Returns and the order itself -------------------------------------------------------------


def _returns_leg(order: "Order") -> Leg:
    returns = {rma.pk: rma for rma in order.returns.all()}
    several = len(returns) > 1
    entries = [
        _event(event, returns[event.authorization_id].number if several else "")
        for event in order.events.all()
        if event.authorization_id in returns and _is_told(event)
    ]
    for rma in returns.values():
        if rma.status == Status.APPROVED and rma.post_by:
            by = _("By {day}").format(day=formats.day(rma.post_by))
            ahead = Entry(
                None,
                str(words.AHEAD["post"]),
                when=by,
                state="ahead",
                place=rma.number if several else "",
            )
            entries.insert(0, ahead)
    title = ngettext("About your return", "About your returns", max(len(returns), 1))
    return Leg("leg-returns", "back", title, *_folded(entries))


def _order_leg(order: "Order") -> Leg:
    entries = [
        _event(event)
        for event in order.events.all()
        if event.authorization_id is None and _is_told(event)
    ]
    if order.paid_at:
        paid = _("We received your payment.")
        if order.paid_total:
            paid = _("We received your payment of {amount}.").format(
                amount=formats.money(order.paid_total, order.currency)
            )
        entries.append(Entry(order.paid_at, paid))
    entries.append(Entry(order.placed_at, _("You placed the order.")))
    entries.sort(key=_moment, reverse=True)
    return Leg("leg-order", "house", _("Your order"), *_folded(entries))


def _moment(entry: Entry) -> datetime:
    assert entry.at is not None  # only what lies ahead has none
    return entry.at


def _folded(entries: list[Entry]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """What stands open and what is folded away; folding a single entry would take more
    room than it saves."""
    if len(entries) <= OPEN_ENTRIES + 1:
        return tuple(entries), ()
    return tuple(entries[:OPEN_ENTRIES]), tuple(entries[OPEN_ENTRIES:])


def _is_told(event: "Event") -> bool:
    return event.kind in EVENTS and event.kind not in HIDDEN_FROM_BUYER


def _event(event: "Event", number: str = "") -> Entry:
    data = event.data if isinstance(event.data, dict) else {}
    more = DECLINED.get(str(data.get("reason", "")), "")
    quote = data.get("question") or data.get("answer") or data.get("words") or ""
    return Entry(event.at, str(EVENTS[event.kind]), place=number, more=str(more), quote=str(quote))
