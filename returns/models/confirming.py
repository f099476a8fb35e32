"""Confirming: that the address of an order is right, as verbs and questions of the order."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.utils import timezone

from returns.models.address_confirmation import AddressConfirmation
from returns.models.event import Actor, Event, EventKind
from returns.postal.address import PostalAddress

if TYPE_CHECKING:
    from returns.models.order import Order


class Confirming(models.Model):
    class Meta:
        abstract = True

    @property
    def asked_address(self) -> AddressConfirmation | None:
        """Our question about the address as it is now; None where nothing was asked, or it
        is another one by now."""
        me = cast("Order", self)
        asked = AddressConfirmation.objects.filter(order=me).first()
        return asked if asked and asked.is_about(PostalAddress.of(me)) else None

    @property
    def waits_for_confirmation(self) -> bool:
        """Whether our question still makes sense: it was not answered, nothing has changed
        nor shall change, and something has yet to be sent. Nothing waits for the answer."""
        me, asked = cast("Order", self), self.asked_address
        if asked is None or asked.confirmed_at:
            return False
        changing = me.address_changes.open().filter(was_shipped=False).exists()
        return not changing and me.awaits_dispatch(timezone.now())

    def confirm_address(self, *, by: Actor, now: datetime | None = None) -> bool:
        """The buyer says that the address which we asked about is right. Whether it is
        confirmed; False where that was not asked, is another one by now, or has left."""
        now = now or timezone.now()
        with transaction.atomic():
            order = cast("Order", self).locked()
            asked = order.asked_address
            if asked is None:
                return False
            if asked.confirmed_at:
                return True
            if not order.awaits_dispatch(now):
                return False
            asked.confirm(by=by, now=now)
            Event.objects.note(order, EventKind.ADDRESS_CONFIRMED, by=by, at=now)
        return True
