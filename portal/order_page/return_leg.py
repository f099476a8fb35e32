"""The leg of the returns: what was asked, decided, found and paid.

Functions over an Order loaded by `Order.objects.with_story()` and `read_outcomes`, and
`now`; they speak the active language.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.order_page import words
from portal.order_page.legs import Entry, Leg, event_entry, folded, is_told, listed
from returns import formats
from returns.codes import Kind
from returns.models.event import ActorKind, EventKind
from returns.models.promise import PromiseKind
from returns.states import Status
from returns.texts import Standing, of_event, outcome, standing

if TYPE_CHECKING:
    from returns.models import Event, Order, Receipt, ReturnAuthorization

# The promises of a return that say when its next step is done.
OURS_TO_DO = frozenset(
    {PromiseKind.INSPECTION, PromiseKind.REFUND, PromiseKind.CREDIT, PromiseKind.GOODS}
)
# What comes next of a return, by where it stands; the road is told by its parcel.
AHEAD_OF_RETURN: dict[str, str] = {
    Status.APPROVED: "post",
    Standing.POSTED_WITHOUT_NUMBER: "reach_us",
    Standing.ARRIVED: "open",
    Standing.ARRIVED_AFTER_END: "open",
    Status.RECEIVED: "look",
    Standing.RECEIVED_AFTER_END: "look",
    Standing.SHORT: "look",
    Status.INSPECTED: "decide",
    Status.RESOLVED: "send",
    Standing.NOT_SENT: "send",
}
# The parcel's own leg tells these, by its reports; after a correction they would be another's.
TOLD_BY_THE_PARCEL = frozenset({EventKind.RETURN_SCANNED, EventKind.RETURN_ARRIVED})
PHOTOS = frozenset({EventKind.PHOTO_ADDED, EventKind.PHOTO_REMOVED})


def read_outcomes(order: "Order") -> None:
    """Loads what was found and what was decided, for the returns that have come so far; an
    order without such a return costs nothing."""
    returns = list(order.returns.all())
    opened = [rma for rma in returns if rma.received_at]
    decided = [rma for rma in returns if rma.resolved_at or rma.ahead_at]
    prefetch_related_objects(opened, "lines", "receipts__lines", "receipts__surplus")
    prefetch_related_objects(decided, "resolutions")
    for rma in opened:
        rows = {row.pk: row for row in rma.lines.all()}
        for receipt in rma.receipts.all():
            for part in receipt.lines.all():
                part.return_line = rows[part.return_line_id]


def returns_leg(order: "Order", now: datetime, only: "ReturnAuthorization | None" = None) -> Leg:
    """What happened to the returns of the order, or to `only` this one."""
    returns = {rma.pk: rma for rma in ([only] if only else order.returns.all())}
    several = len(returns) > 1
    entries = []
    events = [event for event in order.events.all() if event.authorization_id in returns]
    for rma, alike in _alike(events, returns):
        entry = _photos(alike) if alike[0].kind in PHOTOS else _event_of_return(alike[0], rma)
        if entry:
            entries.append(replace(entry, place=rma.number if several else ""))
    for rma in returns.values():
        if ahead := _ahead_of_return(order, rma, now):
            entries.insert(0, replace(ahead, place=rma.number if several else ""))
    title = ngettext("About your return", "About your returns", max(len(returns), 1))
    if returns and all(rma.kind == Kind.CLAIM for rma in returns.values()):
        return Leg("leg-returns", "ask", _("What was wrong"), *folded(entries))
    return Leg("leg-returns", "back", title, *folded(entries))


def _alike(
    events: "list[Event]", returns: "dict[int, ReturnAuthorization]"
) -> "Iterable[tuple[ReturnAuthorization, list[Event]]]":
    """The events that are told, photos that came one after the other together."""
    told = [
        event
        for event in events
        if event.kind in PHOTOS or (is_told(event) and event.kind not in TOLD_BY_THE_PARCEL)
    ]

    def run(event: "Event") -> tuple[object, ...]:
        alone = () if event.kind in PHOTOS else (event.pk,)
        return event.authorization_id, event.actor, *alone

    for _run, group in groupby(told, run):
        alike = list(group)
        yield returns[alike[0].authorization_id or 0], alike


def _photos(events: "list[Event]") -> Entry | None:
    """So many photos, less those that were taken away at once."""
    added = [event for event in events if event.kind == EventKind.PHOTO_ADDED]
    count = 2 * len(added) - len(events)
    if count <= 0:
        return None
    if count == 1:
        return Entry(added[0].at, of_event(added[0]))
    ours = added[0].actor == ActorKind.STAFF
    text = words.PHOTOS_TAKEN if ours else words.PHOTOS_ADDED
    return Entry(added[0].at, words.say_counted(text, count=count))


def _event_of_return(event: "Event", rma: "ReturnAuthorization") -> Entry:
    """With what was in the parcel, and with the money, where it tells of them."""
    entry = event_entry(event)
    data = event.data if isinstance(event.data, dict) else {}
    made = list(rma.resolutions.all()) if rma.resolved_at or rma.ahead_at else []
    kept = [row for row in made if not row.is_void]
    match event.kind:
        case EventKind.NUMBER_GIVEN | EventKind.NUMBER_CORRECTED if data.get("doubt"):
            return replace(entry, more=(str(words.IN_DOUBT),))
        case EventKind.RETURN_RECEIVED:
            found = [row for row in rma.receipts.all() if row.pk == data.get("receipt")]
            return replace(entry, more=_counted(found[0], rma.order) if found else ())
        case EventKind.RETURN_RESOLVED:
            return replace(entry, more=tuple(outcome(row, sent=False) for row in kept))
        case EventKind.RETURN_PUT_RIGHT:
            return replace(entry, more=tuple(outcome(row, sent=True) for row in kept))
        case EventKind.RESOLUTION_DONE | EventKind.REPLACEMENT_SENT:
            sent = [row for row in made if row.pk == data.get("resolution")]
            if sent:
                label = _("Reference:") if sent[0].is_money else _("Tracking number:")
                more = (f"{label} {sent[0].reference}",) if sent[0].reference else ()
                return replace(entry, text=outcome(sent[0], sent=True), more=more)
    return entry


def _counted(receipt: "Receipt", order: "Order") -> tuple[str, ...]:
    """What was in one parcel."""
    if receipt.was_empty:
        return (str(words.WAS_EMPTY),)
    titles = {line.pk: line.full_title for line in order.lines.all()}
    here = [
        f"{part.quantity} × {titles.get(part.return_line.line_id, '')}"
        for part in receipt.lines.all()
    ]
    besides = [f"{row.quantity} × {row.title}" for row in receipt.surplus.all()]
    parts = ((words.COUNTED, here), (words.BESIDES if here else words.COUNTED, besides))
    return tuple(words.say(text, things=listed(things)) for text, things in parts if things)


def _ahead_of_return(order: "Order", rma: "ReturnAuthorization", now: datetime) -> Entry | None:
    """With the last day to post it, or the day by which we said that we do it."""
    code = AHEAD_OF_RETURN.get(standing(rma))
    if code is None:
        return None
    promised = [
        row.due_at
        for row in order.promises.all()
        if row.is_open and row.authorization_id == rma.pk and row.kind in OURS_TO_DO
    ]
    due_at = rma.post_by if code == "post" else min(promised, default=None)
    when = _("Next")
    if due_at and due_at > now:
        when = _("By {day}").format(day=formats.day(due_at))
    return Entry(None, str(words.AHEAD[code]), when=when, state="ahead")
