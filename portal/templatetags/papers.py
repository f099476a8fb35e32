"""`{% load papers %}`: what `templates/portal/_papers.html` shows on other pages."""

from typing import TYPE_CHECKING

from django import template
from django.utils import timezone

from portal.papers import asked, needs_invoice, value_url
from returns import addresses

if TYPE_CHECKING:
    from returns.models import Order, ReturnAuthorization

register = template.Library()


@register.simple_tag
def customs_asks(order: "Order") -> bool:
    """Whether customs asks for papers of a parcel to the buyer. Reads no database."""
    return asked(order, timezone.now())


@register.simple_tag
def customs_paper(order: "Order", rma: "ReturnAuthorization | str | None") -> str:
    """Address of what we print for customs: on the page of a return its invoice, elsewhere
    the proof of value of the order. '' where nothing passes customs. Reads no database."""
    if not rma or isinstance(rma, str):
        return value_url(order, timezone.now())
    return addresses.return_page(rma, "return_invoice") if needs_invoice(rma) else ""
