"""How a change of address stands: what its page shows, and what the order's page says of it.

Functions over an AddressChange, or an Order, loaded by `portal.address_page.reading`; they speak
the active language. Without a fresh code no more of an address is told than the town.
"""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.access import OrderRequest
from portal.address_page import places
from portal.address_page.places import carrier_of
from portal.address_page.reading import read
from portal.address_page.steps import steps
from portal.order_page.actions import Action
from portal.order_page.promised import Promised, how
from portal.order_page.words import LATE
from portal.thread import Secrets
from returns import address_texts, addresses, formats
from returns.address_policy import AGAIN
from returns.address_states import ChangeStatus
from returns.models.promise import Promise, PromiseKind
from returns.postal.address import PostalAddress
from returns.postal.formats import lines
from returns.texts import promise as promise_words
from tracking.gateways import Aim, Failure

if TYPE_CHECKING:
    from returns.models import AddressChange, Order

# The end of a change stays on the order's page for so long.
NEWS_FOR = timedelta(days=14)
# It is nowhere on its way any more.
OVER = frozenset({Failure.DELIVERED, Failure.WENT_BACK})


def heading(change: "AddressChange") -> str:
    return address_texts.heading(change, carrier=carrier_of(change.shipment))


def standing(request: OrderRequest, change: "AddressChange", now: datetime) -> dict[str, Any]:
    """The context of its page."""
    carrier = carrier_of(change.shipment)
    promised = _promised(change, now)
    title = heading(change)
    following = address_texts.following(change, carrier=carrier, promise_when="")
    story = steps(change, promised.due_at if promised else None)
    goes_to = destination(change)
    told = [title, *following, *(entry.text for entry in story)]
    told += [str(promised and promised.due_at), str(change.can_be_withdrawn)]
    return {
        "change": change,
        "title": title,
        "next": following,
        "steps": story,
        "promised": promised,
        "quote": _quote(request, change),
        "lines": shown(goes_to, whole=request.has_fresh_code) if goes_to else [],
        "is_masked": not request.has_fresh_code,
        "instead": _instead(change, now),
        "seen": hashlib.sha256("|".join(told).encode()).hexdigest()[:12],
        "here": addresses.order_page(change.order, "address_status", pk=change.pk),
    }


def _promised(change: "AddressChange", now: datetime) -> Promised | None:
    """By when we tell what became of it."""
    if not change.is_open or change.aim == AGAIN:
        return None
    promise = Promise.objects.open().filter(
        order=change.order, kind=PromiseKind.ADDRESS, authorization=None
    )
    found = promise.order_by("due_at").first()
    if found is None:
        return None
    text = LATE if found.due_at < now else promise_words(found.kind)
    return Promised(found.due_at, str(text), how(change.order, now))


def _quote(request: OrderRequest, change: "AddressChange") -> str:
    """What one of us wrote, unless it names what a link must not tell."""
    if not change.words or request.has_fresh_code:
        return change.words
    return "" if Secrets(change.order).are_told_by(change.words) else change.words


def _instead(change: "AddressChange", now: datetime) -> list[Action]:
    """Where it did not work: what is possible now."""
    if change.status not in (ChangeStatus.FAILED, ChangeStatus.DECLINED):
        return []
    order = change.order
    read(order)
    mine = [row for row in order.outbound if row.pk == change.shipment_id]
    if not mine and not places.waits_here(order):
        return [see_address(order)]
    one = places.place(order, mine[0] if mine else None, now)
    return [*places.rows(order, one), *places.instead(order, one)]


def see_address(order: "Order") -> Action:
    """To the page with all that is possible."""
    words = _("What is possible now, for each parcel")
    return Action(addresses.order_page(order, "address"), "pin", _("See the address"), words)


def destination(change: "AddressChange") -> PostalAddress | None:
    """Where it goes as the change stands; None where that is no address, or it is over."""
    is_wanted = change.is_open and not change.withdraw_wanted_at
    if is_wanted or change.status == ChangeStatus.SUCCEEDED:
        if change.aim in (Aim.REDIRECT, AGAIN):
            return change.wanted
        return change.was_before if change.aim == Aim.RESCHEDULE else None
    return None if change.failure in OVER else change.was_before


def shown(address: PostalAddress, *, whole: bool) -> list[str]:
    """As the label reads; else as much as a forwarded link may tell."""
    if whole:
        return lines(address)
    parts = [formats.mask_name(address.name), address.city.strip()]
    return [part for part in (*parts, formats.country(address.country)) if part] or ["•••"]


# --- On the page of the order -------------------------------------------------------------------


def news(order: "Order", now: datetime) -> list["AddressChange"]:
    """The changes that are under way or ended lately, the latest first."""
    return [
        change
        for change in order.address_changes.all()
        if change.is_open or (change.ended_at and change.ended_at > now - NEWS_FOR)
    ]


def rows(order: "Order", now: datetime) -> tuple[Action, ...]:
    """One for each, with where it stands."""
    return tuple(places.change_row(order, change) for change in news(order, now))


def facts(order: "Order", now: datetime) -> tuple[str, ...]:
    """What the letter of the order says besides, while a change is under way."""
    under_way = [change for change in news(order, now) if change.is_open]
    several = len(order.outbound) + places.waits_here(order) > 1
    found = []
    for change in under_way:
        said = heading(change)
        if several and change.shipment:
            said = _of_parcel(order, change, said)
        found.append(said)
    return tuple(dict.fromkeys(found))


def _of_parcel(order: "Order", change: "AddressChange", said: str) -> str:
    titles = places.titles(order)
    title = titles.get(change.shipment_id or 0)
    if not title:
        return said
    return pgettext("of one parcel of several", "{parcel}: {words}").format(
        parcel=title, words=said
    )


# --- Is it right? -------------------------------------------------------------------------------


def confirming(order: "Order") -> dict[str, Any]:
    """The context of the page that asks."""
    asked = order.asked_address
    return {
        "lines": shown(PostalAddress.of(order), whole=False),
        "asks": order.waits_for_confirmation,
        "confirmed_at": asked.confirmed_at if asked else None,
    }
