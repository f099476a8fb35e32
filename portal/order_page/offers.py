"""What we offer the buyer of an order, as rows of its page."""

from datetime import datetime
from typing import TYPE_CHECKING

from portal.order_page.actions import Action
from returns import addresses, offer_texts
from returns.models.offer import Offer

if TYPE_CHECKING:
    from returns.models import Order


def offer_rows(order: "Order", now: datetime) -> tuple[Action, ...]:
    """A row for every offer that can still be answered, newest first. Order loaded with its
    returns."""
    if not getattr(order, "has_offers", True):
        return ()
    returns = {rma.pk: rma for rma in order.returns.all()}
    rows = []
    for offer in Offer.objects.open().filter(order=order):
        offer.order = order
        if offer.authorization_id:
            offer.authorization = returns[offer.authorization_id]
        if offer.stands(now):
            url = addresses.order_page(order, "offer", pk=offer.pk)
            until = offer_texts.until(offer, offer_texts.UNTIL)
            rows.append(Action(url, "mail", offer_texts.what(offer), until))
    return tuple(rows)
