"""Orders of the demo that are to go elsewhere, and how far that has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from returns.address_policy import AGAIN
from returns.models import BUYER, AddressChange, Notice, NoticeKind, Order
from returns.postal.address import PostalAddress
from tracking.gateways import Aim
from tracking.models import Interception
from tracking.work import WorkState


@dataclass(frozen=True)
class Detour:
    """hours: how long ago it was asked for. is_sent: whether the carrier was asked since; the
    worker of the running demo sees to the rest."""

    aim: str
    hours: float
    after: PostalAddress
    is_sent: bool = True


DETOURS: dict[str, Detour] = {
    "JP-20444": Detour(
        Aim.REDIRECT,
        1.5,
        PostalAddress(
            name="Fiona MacRae",
            company="c/o MacLeod",
            street="14 Kenneth Street",
            city="Inverness",
            postcode="IV3 5NP",
            country="GB",
            phone="+44 7700 900481",
        ),
    ),
    # Worth so much that a person looks first.
    "JP-20470": Detour(
        Aim.REDIRECT,
        3.0,
        PostalAddress(
            name="Katrin Vogel",
            street="Lindenallee 7",
            city="Potsdam",
            postcode="14467",
            country="DE",
        ),
        is_sent=False,
    ),
    "JP-20411": Detour(
        AGAIN,
        70.0,
        PostalAddress(
            name="Bram de Wit",
            street="Oudegracht 220",
            city="Utrecht",
            postcode="3511 NR",
            country="NL",
        ),
        is_sent=False,
    ),
}


def tell(order: Order, now: datetime) -> None:
    """Plays the detour of this order, if it has one."""
    detour = DETOURS.get(order.number)
    if detour is None:
        return
    at = now - timedelta(hours=detour.hours)
    shipment = order.with_goods().outbound[-1]
    offer = order.with_goods().address_offers(shipment, at)[detour.aim]
    change = order.change_address(
        detour.aim,
        shipment=shipment,
        after=detour.after,
        agreed_fee=offer.fee,
        key="demo",
        by=BUYER,
        now=at,
    )
    letters = Notice.objects.filter(order=order, kind=NoticeKind.ADDRESS_ASKED)
    letters.update(state=WorkState.DONE, attempts=1, done_at=at + timedelta(seconds=3))
    if not detour.is_sent:
        return
    AddressChange.objects.get(pk=change.pk).take_up(at + timedelta(seconds=4))
    for request in Interception.objects.claim(1):
        request.proceed(at + timedelta(seconds=6))
    AddressChange.objects.get(pk=change.pk).take_up(at + timedelta(seconds=7))
