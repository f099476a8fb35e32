"""Exchanging: whether the buyer of an order may have new goods before the old ones are back."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.db import models

from returns import trust
from returns.codes import Wish
from returns.trust import Trust

if TYPE_CHECKING:
    from returns.models.order import Order

# What can be sent before something else is back.
SENDS_GOODS = frozenset({Wish.EXCHANGE, Wish.REPLACEMENT})


class Exchanging(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    def may_have_ahead(self, wish: str, now: datetime) -> Trust | None:
        """Why new goods may go at once, where the store does that and trusts the buyer. Whoever
        agrees to it agrees that we charge for them when the old ones do not come."""
        from returns.models.trust_rule import TrustRule

        me = self._me
        if wish not in SENDS_GOODS or me.is_cancelled:
            return None
        if not TrustRule.objects.of(me.store).sends_ahead:
            return None
        found = trust.of(me, now)
        return found if found.is_trusted else None

    def agreed_ahead(self, wish: str, now: datetime) -> dict[str, Any]:
        """What a request writes down of it; nothing where it is not offered (any more)."""
        found = self.may_have_ahead(wish, now)
        return {"ahead_agreed_at": now, "trust": found.to_json()} if found else {}
