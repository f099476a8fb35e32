"""Where each parcel of an order goes, and what has not left yet, with what may be done about it.

Functions over an Order loaded by `portal.address_page.reading.read`, and `now`; they speak the
active language. What is possible, and on which terms, `order.address_offers` says.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.address_page.reading import parcels_of, running
from portal.order_page.actions import Action
from portal.order_page.deliveries import hotline
from returns import address_texts, addresses
from returns.address_policy import AGAIN, Instead, Offers, until_day
from returns.codes import ProblemKind
from returns.models.addressing import FOR_BUYERS
from returns.postal import formats as postal_formats
from tracking.gateways import Aim

if TYPE_CHECKING:
    from returns.models import AddressChange, Order, Shipment
    from returns.postal.address import PostalAddress

SYMBOLS: dict[str, str] = {
    Aim.REDIRECT: "pin",
    Aim.HOLD: "house",
    Aim.RESCHEDULE: "clock",
    Aim.RETURN: "back",
    AGAIN: "box",
}


@dataclass(frozen=True)
class Place:
    """shipment: None for what has not left us yet. contents: what is in it, where an order
    goes in several parts. lines: of the address, as a label reads. change: the one under way.
    """

    key: str
    title: str
    contents: tuple[str, ...]
    shipment: "Shipment | None"
    address: "PostalAddress"
    offers: Offers
    change: "AddressChange | None"

    @property
    def lines(self) -> list[str]:
        return postal_formats.lines(self.address)

    @property
    def carrier(self) -> str:
        return carrier_of(self.shipment)

    @property
    def until(self) -> date | None:
        parcel = self.shipment.parcel if self.shipment else None
        return until_day(parcel.expected) if parcel else None

    @property
    def aims(self) -> list[str]:
        """What the page offers, and takes."""
        return [aim for aim in SYMBOLS if self.takes(aim)]

    def takes(self, aim: str) -> bool:
        offer = self.offers.by_aim.get(aim)
        return offer is not None and offer.is_possible and aim in FOR_BUYERS

    @property
    def why_not(self) -> str:
        """Why it cannot go to another address, where that is so."""
        obstacle = self.offers[Aim.REDIRECT].obstacle
        return address_texts.why_not(obstacle, carrier=self.carrier) if obstacle else ""


def carrier_of(shipment: "Shipment | None") -> str:
    """Our code of it; '' where nobody knows it."""
    parcel = shipment.parcel if shipment else None
    return parcel.carrier if parcel else ""


def places(order: "Order", now: datetime) -> list[Place]:
    """What has not left yet first, then its parcels, oldest first."""
    parcels = parcels_of(order)
    found = [place(order, None, now)] if waits_here(order) else []
    return found + [place(order, row, now) for row in parcels]


def waits_here(order: "Order") -> bool:
    """Whether something of it has yet to leave us, as far as is known."""
    return not order.outbound or any(line.to_ship for line in order.lines.all())


def place(order: "Order", shipment: "Shipment | None", now: datetime) -> Place:
    change = running(order, shipment)
    return Place(
        key=f"parcel-{shipment.pk}" if shipment else "rest",
        title=_title(order, shipment),
        contents=_contents(order, shipment),
        shipment=shipment,
        address=order.destination_of(shipment),
        offers=order.address_offers(shipment, now),
        change=change,
    )


def _title(order: "Order", shipment: "Shipment | None") -> str:
    if shipment is not None:
        return titles(order)[shipment.pk]
    return _("What has not left us yet") if order.outbound else _("Delivery address")


def titles(order: "Order") -> dict[int, str]:
    """Shipment → how its parcel is called."""
    parcels = parcels_of(order)
    if len(parcels) == 1:
        return {row.pk: _("Your parcel") for row in order.outbound}
    words = _("Parcel {number} of {total}")
    found = {
        parcel.pk: words.format(number=number, total=len(parcels))
        for number, parcel in enumerate(parcels, start=1)
    }
    first = {row.parcel_id: row.pk for row in reversed(parcels) if row.parcel_id}
    return {row.pk: found[first.get(row.parcel_id, row.pk)] for row in order.outbound}


def _contents(order: "Order", shipment: "Shipment | None") -> tuple[str, ...]:
    """Nothing where all of it goes one way."""
    if len(parcels_of(order)) + waits_here(order) < 2:
        return ()
    if shipment is None:
        units = [(line.to_ship, line.title) for line in order.lines.all()]
    else:
        titles = {line.pk: line.title for line in order.lines.all()}
        parts = [part for row in _together(order, shipment) for part in row.lines.all()]
        units = [(part.quantity, titles.get(part.line_id, "")) for part in parts]
    return tuple(f"{many} × {title}" if many > 1 else title for many, title in units if many)


def _together(order: "Order", shipment: "Shipment") -> "list[Shipment]":
    """All that travels in the same parcel."""
    same = [row for row in order.outbound if row.parcel_id == shipment.parcel_id]
    return same if shipment.parcel_id else [shipment]


# --- Rows of the page ---------------------------------------------------------------------------


def rows(order: "Order", one: Place) -> tuple[Action, ...]:
    """What may be done, each with its terms; first of all the way to what is under way."""
    if one.change:
        return (change_row(order, one.change),)
    stands_below = AGAIN if Instead.SEND_AGAIN in one.offers.instead else ""
    return tuple(_row(order, one, aim) for aim in one.aims if aim != stands_below)


def _row(order: "Order", one: Place, aim: str) -> Action:
    return Action(
        way_to(order, aim, one.shipment),
        SYMBOLS[aim],
        str(address_texts.AIM_TITLES[aim]),
        address_texts.short_terms(one.offers[aim]),
    )


def change_row(order: "Order", change: "AddressChange") -> Action:
    """To the page of one change, with where it stands."""
    url = addresses.order_page(order, "address_status", pk=change.pk)
    heading = address_texts.heading(change, carrier=carrier_of(change.shipment))
    return Action(
        url, SYMBOLS.get(change.aim, "pin"), heading, str(address_texts.AIM_TITLES[change.aim])
    )


def way_to(order: "Order", aim: str, shipment: "Shipment | None") -> str:
    """The page on which it is asked for."""
    if aim != Aim.REDIRECT:
        assert shipment is not None
        return addresses.order_page(order, "address_turn", aim=aim, shipment=shipment.pk)
    more = {"shipment": shipment.pk} if shipment else {}
    return addresses.order_page(order, "address_change", **more)


def instead(order: "Order", one: Place) -> tuple[Action, ...]:
    """What may be done where it is too late, or not possible; nothing while a change of it is
    under way."""
    if one.change:
        return ()
    found = (_instead(order, one, code) for code in one.offers.instead)
    return tuple(row for row in found if row)


def _instead(order: "Order", one: Place, code: str) -> Action | None:
    words = address_texts.instead(code, carrier=one.carrier, country=one.address.country)
    title, sentence = str(words.title), str(words.sentence)
    match code:
        case Instead.COLLECT:
            return Action("", "house", title, sentence)
        case Instead.CALL_CARRIER:
            _name, phone = hotline(one.shipment.parcel if one.shipment else None)
            if not phone:
                return None
            return Action(f"tel:{phone.replace(' ', '')}", "phone", title, sentence)
        case Instead.SEND_AGAIN:
            return Action(way_to(order, AGAIN, one.shipment), "box", title, sentence)
        case Instead.SEND_BACK:
            return Action(addresses.order_page(order, "return_items"), "back", title, sentence)
        case Instead.NOT_RECEIVED:
            url = addresses.order_page(order, "problem_kind", kind=ProblemKind.NOT_HERE)
            query = f"?parcel={one.shipment.pk}" if one.shipment else ""
            return Action(f"{url}{query}", "house", title, sentence)
        case _:
            return Action(addresses.order_page(order, "messages"), "ask", title, sentence)
