"""The nearest thing that we said we would do for an order.

Pure functions over an Order loaded by `Order.objects.with_story()`, and `now`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from portal.order_page import words
from portal.order_page.deliveries import deliveries, delivery_back
from returns import formats, investigation_texts, routes
from returns.models.notice import Channel, NoticeKind
from returns.states import OPEN
from returns.texts import promise as promise_words
from returns.texts import promise_naming
from returns.wording import filled
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Order, Promise


HOW: dict[str, Words] = {
    Channel.EMAIL: _("By email, to {to}. Times on this page are {city} time."),
    Channel.SMS: _("By SMS, to {to}. Times on this page are {city} time."),
    Channel.WHATSAPP: _("By WhatsApp, to {to}. Times on this page are {city} time."),
    "": _("You will read it on this page. Times here are {city} time."),
}


@dataclass(frozen=True)
class Promised:
    """What we said we would do. text: a sentence with {when} in it."""

    due_at: datetime
    text: str
    note: str


def promised(order: "Order", now: datetime) -> Promised | None:
    """None when nothing is owed."""
    promise = order.nearest_promise
    if promise is None:
        return None
    text = words.LATE if promise.due_at < now else _words(order, promise, now)
    return Promised(promise.due_at, str(text), how(order, now))


def how(order: "Order", now: datetime) -> str:
    """Over which channel we write, and whose time the page tells."""
    to, channel = routes.of(order, NoticeKind.ORDER_UPDATE, "", now) or ("", "")
    shown = formats.mask_email(to) if channel == Channel.EMAIL else formats.mask_phone(to)
    return filled(HOW[channel], to=shown, city=formats.place(order.where))


def _words(order: "Order", promise: "Promise", now: datetime) -> object:
    """Where something is wrong with the parcel that it is about, we look at that again."""
    if promise.authorization_id is None:
        rows = [row for row in deliveries(order, now) if row.troubles.kind or not row.has_ended]
        troubles = {investigation_texts.promised(order, row.troubles) for row in rows}
        return promise_words(promise.kind, troubles=troubles)
    return _words_of_return(order, promise, now)


def _words_of_return(order: "Order", promise: "Promise", now: datetime) -> object:
    """With its number, where several are open."""
    returns = list(order.returns.all())
    rma = next((row for row in returns if row.pk == promise.authorization_id), None)
    if rma and rma.number and sum(row.status in OPEN for row in returns) > 1:
        return str(promise_naming(promise.kind, rma)).replace("{number}", rma.number)
    back = delivery_back(rma, now) if rma else None
    return promise_words(promise.kind, rma, troubles={back.troubles.kind} if back else ())
