"""The thread of an order as its buyer reads it: rows → entries, oldest first.

Functions over messages loaded by `read`; they speak the active language.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import access
from portal.order_page import words
from portal.order_page.discretion import Private
from returns import addresses
from returns.discreet import names_somebody
from returns.models import Promise, PromiseKind
from returns.models.event import EventKind
from returns.models.thread import Way
from returns.texts import PROMISES, of_event
from tracking.texts import Words

if TYPE_CHECKING:
    from portal.access import OrderRequest
    from returns.models import Order
    from returns.models.thread import Message, MessagePhoto

# Where it was not written on this page.
BY: dict[str, Words] = {
    Way.EMAIL: gettext_lazy("by email"),
    Way.SMS: gettext_lazy("by SMS"),
    Way.WHATSAPP: gettext_lazy("by WhatsApp"),
}
WORDS = frozenset({EventKind.MESSAGE_WRITTEN, EventKind.MESSAGE_ANSWERED})


@dataclass(frozen=True)
class Picture:
    """what: it shows. url, small: addresses of the photo and of its thumbnail; '' where this
    reader may not see it."""

    photo: "MessagePhoto"
    what: str
    url: str
    small: str


@dataclass(frozen=True)
class Entry:
    """One message. who: wrote it. by: over which channel it came, or ''. text: '' where it
    has none or this reader may not read it (`is_hidden`). awaits: nobody has answered it,
    and it is the last."""

    message: "Message"
    who: str
    by: str
    text: str
    is_hidden: bool
    pictures: tuple[Picture, ...]
    awaits: bool = False

    @property
    def hides(self) -> bool:
        """Some of it may be seen after a code."""
        return self.is_hidden or any(not picture.url for picture in self.pictures)


def read(order: "Order") -> "list[Message]":
    """What both sides may read, in a fixed number of queries."""
    rows = order.messages.shared().select_related("user")
    return list(rows.prefetch_related("pictures"))


def entries(request: "OrderRequest", rows: "Iterable[Message]") -> list[Entry]:
    rows, secrets = list(rows), Secrets(request.order)
    return [_entry(request, row, secrets, is_last=row is rows[-1]) for row in rows]


def _entry(
    request: "OrderRequest", message: "Message", secrets: "Secrets", *, is_last: bool
) -> Entry:
    is_hidden = not access.owns(request, message) and secrets.are_told_by(message.text)
    return Entry(
        message,
        who=_who(request.order, message),
        by=str(BY.get(message.way, "")) if message.is_buyers else "",
        text="" if is_hidden else message.text,
        is_hidden=is_hidden,
        pictures=tuple(
            _picture(request, photo, number)
            for number, photo in enumerate(message.pictures.all(), 1)
        ),
        awaits=is_last and message.is_buyers and message.answered_at is None,
    )


class Secrets:
    """What pages mask until a code was entered, and whatever may name somebody else."""

    def __init__(self, order: "Order") -> None:
        self.order = order

    def are_told_by(self, text: str) -> bool:
        if self._private.is_told_by(text):
            return True
        return names_somebody(text) and names_somebody(text, self._shown)

    @cached_property
    def _private(self) -> Private:
        """Without the name with which every page greets."""
        order = self.order
        private, greeted = Private.of(order), re.findall(r"\w+", order.first_name.casefold())
        names = {*greeted, " ".join(greeted)}
        parts = tuple(row for row in private.parts if row.strip() not in names)
        return replace(private, parts=parts)

    @cached_property
    def _shown(self) -> set[str]:
        """Numbers that stand on the pages of the order. Asked for where one may be meant."""
        shipments = self.order.shipments.values_list("number", "parcel__number")
        returns = self.order.returns.values_list("number", flat=True)
        found = {number for pair in shipments for number in pair if number}
        return {self.order.number, *found, *filter(None, returns)}


def _who(order: "Order", message: "Message") -> str:
    if message.is_buyers:
        return _("You")
    name = message.user.first_name.strip() if message.user else ""
    if not name:
        return order.store.name
    return _("%(names)s, %(shop)s") % {"names": name, "shop": order.store.name}


def _picture(request: "OrderRequest", photo: "MessagePhoto", number: int) -> Picture:
    order, sees = request.order, access.owns(request, photo)
    page = addresses.order_page
    return Picture(
        photo,
        what=_("Photo {number}").format(number=number),
        url=page(order, "message_photo", key=photo.key) if sees else "",
        small=page(order, "message_photo_small", key=photo.key) if sees else "",
    )


# --- What we owe ------------------------------------------------------------------------------


def promised(order: "Order") -> "Promise | None":
    """That a person answers, while it is owed."""
    return Promise.objects.open().filter(order=order, kind=PromiseKind.REPLY).first()


def promise_words(promise: "Promise", now: datetime) -> str:
    """A sentence with {when} in it."""
    return str(words.LATE if promise.due_at < now else PROMISES[PromiseKind.REPLY])


# --- On the page of the order -----------------------------------------------------------------


@dataclass(frozen=True)
class LastWord:
    at: datetime
    text: str


def read_writers(order: "Order") -> None:
    """Loads who of us answered; an order without an answer costs nothing."""
    answers = [row for row in order.events.all() if row.kind == EventKind.MESSAGE_ANSWERED]
    prefetch_related_objects(answers, "user")


def last_word(order: "Order") -> LastWord | None:
    """Who wrote last, and when; of an order loaded by `Order.objects.with_story()`."""
    event = next((row for row in order.events.all() if row.kind in WORDS), None)
    return LastWord(event.at, of_event(event)) if event else None
