"""Over which channels we write to a buyer, besides email, as the page tells and offers it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import routes
from returns.models import Channel, ContactPoint
from returns.models.contact_point import as_number
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Order

LABELS: dict[str, Words | str] = {Channel.SMS: _("SMS"), Channel.WHATSAPP: "WhatsApp"}


@dataclass(frozen=True)
class Offer:
    """One channel to the buyer's own number. since: when it was turned on or off, None when
    it never was. arrives: nothing has failed there. can_start: somebody carries it. is_ended:
    it was ended at the phone, and only a word from there begins it again; start_to: the number
    that takes this word, or ''."""

    channel: str
    label: str
    is_on: bool
    since: datetime | None
    arrives: bool
    can_start: bool
    is_ended: bool
    start_to: str


def number_of(order: "Order") -> str:
    """The one number that may be turned on, or ''."""
    return as_number(order.phone, order.country)


def offers(order: "Order") -> list[Offer]:
    """Of the channels that the shop has for this number; one that was turned on can be
    turned off for ever."""
    number = number_of(order)
    if not number:
        return []
    points = {
        point.channel: point
        for point in ContactPoint.objects.filter(
            store_id=order.store_id, channel__in=routes.SHORT_CHANNELS, address=number
        )
    }
    found = (
        _offer(order, channel, number, points.get(channel)) for channel in routes.SHORT_CHANNELS
    )
    return [offer for offer in found if offer.can_start or offer.is_on]


def _offer(order: "Order", channel: str, number: str, point: ContactPoint | None) -> Offer:
    is_on = point is not None and point.is_agreed
    since = (point.agreed_at if is_on else point.stopped_at) if point else None
    account = routes.account_for(order, channel, number)
    return Offer(
        channel=channel,
        label=str(LABELS[channel]),
        is_on=is_on,
        since=since,
        arrives=point is None or point.can_be_reached,
        can_start=account is not None,
        is_ended=point is not None and point.is_ended_at_the_number,
        start_to=as_number(account.sender, "") if account else "",
    )
