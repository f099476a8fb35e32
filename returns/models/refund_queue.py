"""The refunds that shops are asked for: which are due, and whose turn it is."""

from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Self

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from returns.models.shop_account import ShopAccount
from returns.states import ResolutionState
from tracking.work import LeasedQuerySet, WorkState

if TYPE_CHECKING:
    from returns.models.resolution import Resolution
    from returns.models.shop_refund import ShopRefund

# Seconds after which a round ends; one more refund may take some forty.
LONGEST_ROUND = 10.0
# Trying goes on, but from then on a person sees that it does not get through.
PATIENCE = timedelta(hours=1)


class ShopRefundQuerySet(LeasedQuerySet["ShopRefund"]):
    def ask(self, resolution: "Resolution", now: datetime) -> "ShopRefund | None":
        """Under the order's lock: has the shop refund it. None where it does not do that, or
        the money travels another way: then a person sends it."""
        from returns import tasks

        if not resolution.goes_through_shop or resolution.state != ResolutionState.PENDING:
            return None
        order = resolution.authorization.order
        account = ShopAccount.objects.for_refund(order)
        if account is None:
            return None
        fresh = {
            "account": account,
            "state": WorkState.DUE,
            "due_at": now,
            "written_at": now,
            "attempts": 0,
            "lease_until": None,
            "lease_owner": "",
            "done_at": None,
            "is_left": False,
        }
        row, _ = self.update_or_create(resolution=resolution, defaults=fresh)
        resolution.shop_refund = row
        transaction.on_commit(tasks.ring_refunds, robust=True)
        return row

    def take_back(self, resolution: "Resolution") -> bool:
        """Under the order's lock: nobody asks the shop for it any more. False while a worker
        has it in hand."""
        now = timezone.now()
        mine = self.filter(resolution=resolution)
        free = Q(state=WorkState.DUE) | Q(state=WorkState.CLAIMED, lease_until__lte=now)
        mine.filter(free).update(
            state=WorkState.DROPPED,
            done_at=now,
            lease_until=None,
            lease_owner="",
            last_error="A person took it over.",
        )
        return not mine.filter(state=WorkState.CLAIMED).exists()

    def late(self, now: datetime | None = None) -> Self:
        """Those that do not get through: nobody knows yet what became of them."""
        until = (now or timezone.now()) - PATIENCE
        return self.filter(state__in=[WorkState.DUE, WorkState.CLAIMED], written_at__lte=until)

    def due(self, now: datetime | None = None) -> Self:
        """Those of an order one after the other: each is judged by what the last one left."""
        now = now or timezone.now()
        others = self.model._base_manager.filter(
            resolution__authorization__order=OuterRef("resolution__authorization__order"),
            state=WorkState.CLAIMED,
            lease_until__gt=now,
        )
        return super().due(now).exclude(Exists(others.exclude(pk=OuterRef("pk"))))

    def work(self, limit: int = 20, seconds: float = LONGEST_ROUND) -> int:
        """Has shops refund what is due, one at a time, as long as there is time; returns how
        many. A shop that is out of order is left alone for the rest of the round."""
        from returns import tasks

        until = monotonic() + seconds
        down: set[int | None] = set()
        done = 0
        while done < limit and (claimed := self.exclude(account__in=down).claim(1)):
            if not claimed[0].send():
                down.add(claimed[0].account_id)
            done += 1
            if monotonic() > until:
                tasks.ring_refunds()
                break
        self.leave_lost_ones()
        return done

    def lost(self) -> Self:
        """Those whose every worker was lost were given up without a word to anybody."""
        return self.filter(state=WorkState.DEAD, is_left=False)

    def leave_lost_ones(self, now: datetime | None = None) -> None:
        for row in self.lost().select_related("resolution__authorization__order"):
            with transaction.atomic():
                row.order.locked()
                row._leave(row.last_error, now or timezone.now())
