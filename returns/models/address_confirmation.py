"""AddressConfirmation: that we asked a buyer whether the address is right, and the answer.

Nothing waits for it: silence is no answer, and the order is sent as it stands.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from returns.models.event import Actor
from returns.models.notice import Notice, NoticeKind
from returns.models.shipment import Shipment
from returns.models.store import AsksAddress, Store
from returns.postal.address import PostalAddress
from tracking.terms import Terms, terms_of

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.postal.checking import Doubt

# Whoever ordered longer ago has been waiting for a parcel, not for a question.
LATELY = timedelta(days=2)
# So many of a store's last parcels say which carriers it ships with.
LAST_PARCELS = 50


class How(models.TextChoices):
    PAGE = "page", "By the buyer, on the page"
    DESK = "desk", "By the desk, for the buyer"


class AddressConfirmationQuerySet(models.QuerySet["AddressConfirmation"]):
    def ask(self, store: Store, orders: Sequence["Order"], now: datetime) -> None:
        """Asks the buyers of these new orders of `store`, each once, where the store wants it
        and there is still something to send. Under their locks, or as they are written."""
        if store.asks_address == AsksAddress.OFF:
            return
        new = [order for order in orders if _is_new(order, now)]
        terms = strictest_terms(store) if new else None
        for order in new:
            found = doubts(PostalAddress.of(order), terms)
            if found or store.asks_address == AsksAddress.ALWAYS:
                self._ask(order, [doubt.code for doubt in found], now)

    def _ask(self, order: "Order", codes: list[str], now: datetime) -> None:
        notice = Notice.objects.write(
            order, NoticeKind.ADDRESS_QUESTION, event=f"address-question-{order.pk}", now=now
        )
        if notice is None:  # nobody can be asked
            return
        address = PostalAddress.of(order)
        self.get_or_create(
            order=order,
            defaults={
                "notice": notice,
                "asked_at": now,
                "doubts": codes,
                "fingerprint": fingerprint(address),
            },
        )


class AddressConfirmation(models.Model):
    """doubts: their codes (of returns.postal.checking), [] when all looked well. fingerprint:
    of the address that was asked about; another one is not confirmed by the answer."""

    order = models.OneToOneField(
        "returns.Order", models.CASCADE, related_name="address_confirmation"
    )
    notice = models.ForeignKey(
        "returns.Notice", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    doubts = models.JSONField(default=list, blank=True)
    fingerprint = models.CharField(max_length=64, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField("how confirmed", max_length=8, choices=How, blank=True)

    objects = AddressConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.order_id}: {'confirmed' if self.confirmed_at else 'asked'}"

    def is_about(self, address: PostalAddress) -> bool:
        """Whether this is the very address that the buyer was shown."""
        return self.fingerprint == fingerprint(address)

    def confirm(self, *, by: Actor, now: datetime) -> None:
        """Under the order's lock."""
        self.confirmed_at, self.how = now, How.DESK if by.is_staff else How.PAGE
        self.save(update_fields=["confirmed_at", "how"])


def fingerprint(address: PostalAddress) -> str:
    """Tells one address from another; blanks at the ends do not."""
    parts = [value.strip() for value in address.order_values().values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def doubts(address: PostalAddress, terms: Terms | None = None) -> "list[Doubt]":
    """What may be wrong with it, in the active language; what is only slight is not worth a
    letter."""
    from returns.postal import checking

    return [doubt for doubt in checking.doubts(address, carrier_terms=terms) if not doubt.is_slight]


def strictest_terms(store: Store) -> Terms | None:
    """Of the carriers that it ships with, those of one that refuses PO boxes, if any does."""
    sent = Shipment.objects.filter(order__store=store, is_return=False, parcel__isnull=False)
    last = sent.order_by("-pk").values_list("parcel__carrier", flat=True)[:LAST_PARCELS]
    terms = (terms_of(carrier) for carrier in sorted(set(last)))
    return next((one for one in terms if not one.takes_po_boxes), None)


def _is_new(order: "Order", now: datetime) -> bool:
    """A history that is read in is no news, and without a street there is nothing to ask."""
    lately = order.placed_at > now - LATELY
    return lately and bool(order.street.strip()) and order.awaits_dispatch(now)
