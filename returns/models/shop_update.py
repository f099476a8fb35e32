"""ShopUpdate: one new address that the shop is told, at least once, under one key.

Of one order there is one at a time: what an earlier one had yet to say is no longer said, and
one that is being told at this moment is waited for. So an older address never reaches the
shop after a newer one.
"""

import logging
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from returns.models.shop_account import ShopAccount
from returns.postal.address import PostalAddress
from returns.shops import Answer, Error, NoAccess, Outcome, TooFast, Update
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

if TYPE_CHECKING:
    from returns.models.address_change import AddressChange
    from returns.models.order import Order

logger = logging.getLogger(__name__)
# Seconds after which a round ends; one more call may take some ten.
LONGEST_ROUND = 10.0
# Trying goes on, but a warehouse may pack at any moment: a person is told of the outage.
PATIENCE = timedelta(minutes=15)
# Who was overtaken by another worker looks again after so long.
GIVES_WAY_FOR = timedelta(seconds=5)
REPLACED = "Replaced by a later one."


class ShopUpdateQuerySet(LeasedQuerySet["ShopUpdate"]):
    def ask(
        self, change: "AddressChange", address: PostalAddress, now: datetime
    ) -> "ShopUpdate | None":
        """Under the order's lock. What an earlier one had yet to say is no longer said. None
        when no interface reaches the shop: a person tells it."""
        from returns import tasks

        self.forget(change.order, now)
        account = ShopAccount.objects.for_order(change.order)
        if account is None:
            change.leave_to_desk(now)
            return None
        transaction.on_commit(tasks.ring, robust=True)
        return self.create(change=change, account=account, address=address.to_json(), due_at=now)

    def take_back(self, change: "AddressChange", now: datetime) -> "ShopUpdate | None":
        """Under the order's lock: the old address again, where the shop may have heard of the
        new one. Of an order that was cancelled nothing is told any more."""
        may_know = self.filter(change=change).exclude(attempts=0).exists()
        if not may_know or change.order.is_cancelled:
            self.forget(change.order, now)
            return None
        return self.ask(change, change.was_before, now)

    def forget(self, order: "Order", now: datetime) -> None:
        """Under the order's lock: what is not on its way yet is told no more."""
        self.of(order).filter(state=WorkState.DUE).update(
            state=WorkState.DROPPED, done_at=now, last_error=REPLACED
        )

    def of(self, order: "Order") -> Self:
        return self.filter(change__order=order)

    def due(self, now: datetime | None = None) -> Self:
        """Those of an order one after the other: `tell` makes sure, this spares it."""
        now = now or timezone.now()
        earlier = ShopUpdate.objects.filter(
            change__order=OuterRef("change__order"),
            pk__lt=OuterRef("pk"),
            state=WorkState.CLAIMED,
            lease_until__gt=now,
        )
        return super().due(now).exclude(Exists(earlier))

    def work(self, limit: int = 20, seconds: float = LONGEST_ROUND) -> int:
        """Tells shops what is due, one at a time, as long as there is time; returns how many.
        A shop that is out of order is left alone for the rest of the round."""
        from returns import tasks

        until = monotonic() + seconds
        down: set[int | None] = set()
        done = 0
        while done < limit and (claimed := self.exclude(account__in=down).claim(1)):
            if not claimed[0].tell():
                down.add(claimed[0].account_id)
            done += 1
            if monotonic() > until:
                tasks.ring()
                break
        self.leave_lost_ones()
        return done

    def leave_lost_ones(self, now: datetime | None = None) -> None:
        """Those whose every worker was lost were given up without a word to anybody."""
        for row in self.filter(state=WorkState.DEAD, is_left=False).select_related("change__order"):
            with transaction.atomic():
                row.change.order.locked()
                row._leave(now or timezone.now())


class ShopUpdate(LeasedRow):
    MAX_ATTEMPTS = 12

    change = models.ForeignKey("returns.AddressChange", models.CASCADE, related_name="shop_updates")
    account = models.ForeignKey(ShopAccount, models.SET_NULL, null=True, related_name="+")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address = models.JSONField(default=dict)
    words = models.CharField(max_length=500, blank=True, help_text="The shop’s own.")
    written_at = models.DateTimeField(default=timezone.now)
    version = models.DateTimeField(
        null=True, blank=True, help_text="When the shop changed its order, by its own clock."
    )
    is_left = models.BooleanField("left to a person", default=False)

    objects = ShopUpdateQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = [
            *lease_indexes("shop_update"),
            models.Index(
                fields=["written_at"],
                name="shop_update_lost",
                condition=Q(state=WorkState.DEAD, is_left=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.get_state_display()}"

    @property
    def told(self) -> PostalAddress:
        return PostalAddress.from_json(self.address)

    @property
    def is_wanted(self) -> bool:
        """It tells what the change wants; else it takes that back."""
        return self.told == self.change.wanted

    @property
    def may_arrive(self) -> bool:
        return self.state in (WorkState.DUE, WorkState.CLAIMED)

    # --- verbs ----------------------------------------------------------------------------

    def tell(self, now: datetime | None = None) -> bool:
        """Tells the shop and settles this claimed row. Whether the shop is in order, as far
        as we know. What follows from its answer is written together with it: who is killed in
        between has not told it, and another worker tells it again."""
        now = now or timezone.now()
        if not self._may_go(now):
            return True
        account = self.account
        if account is None or not account.is_active:
            self._give_up("The shop is not connected any more.", now)
            return True
        try:
            answer = account.adapter.tell(self._update, account.access)
        except NoAccess as error:
            self._give_up(str(error), now)
            return False
        except TooFast as error:
            self._come_again(str(error), now, error.after)
            return False
        except Error as error:
            if error.permanent:
                self._give_up(str(error), now)
            else:
                self._come_again(str(error), now)
            return error.permanent
        except Exception as error:
            # A flaw of ours; its own words may hold an address.
            logger.error("shop update %s: %s", self.pk, place_of(error))
            self._come_again(place_of(error), now)
            return True
        self._note(answer, now)
        return True

    # --- step by step ---------------------------------------------------------------------

    @property
    def _update(self) -> Update:
        order, address = self.change.order, self.told
        # Without a phone of its own the label keeps the buyer's.
        address = replace(address, phone=address.phone or order.phone)
        return Update(self.key.hex, order.source_id, order.number, address)

    def _may_go(self, now: datetime) -> bool:
        """Whether it is still to be told, and now. Decided under the order's lock: whoever
        writes a later one holds it, too, and so does whoever is about to tell one."""
        with transaction.atomic():
            self.change.order = self.change.order.locked()
            self.change.refresh_from_db(fields=["status"])
            if self.is_wanted and not self.change.still_counts:
                # Taken back at the moment when this was claimed, before anybody was told.
                self.drop("It is not wanted any more.")
                return False
            others = ShopUpdate.objects.of(self.change.order).exclude(pk=self.pk)
            if others.filter(pk__gt=self.pk).exists():
                self.drop(REPLACED)
                return False
            before = others.filter(
                pk__lt=self.pk, state=WorkState.CLAIMED, lease_until__gt=timezone.now()
            )
            if before.exists():
                # It was not tried, so this is no attempt.
                attempts = max(self.attempts - 1, 0)
                self.settle(WorkState.DUE, due_at=now + GIVES_WAY_FOR, attempts=attempts)
                return False
            # Its lease may have run out meanwhile: then it is another worker's.
            return ShopUpdate.objects.filter(
                pk=self.pk, state=WorkState.CLAIMED, lease_owner=self.lease_owner
            ).exists()

    def _note(self, answer: Answer, now: datetime) -> None:
        """What the shop said, and what the change learns by it, in one go."""
        if answer.outcome == Outcome.REFUSED:
            self._give_up(answer.words or "The shop refused it.", now)
            return
        with transaction.atomic():
            self.change.order.locked()
            if not self.done(words=answer.words[:500], version=answer.version):
                return
            if not self._is_last:
                return
            if answer.outcome == Outcome.TOLD and self.is_wanted and self.change.is_open:
                self.change.note_asked_shop(now)
            else:
                self.change.note_in_shop(at=answer.version, now=now)

    def _come_again(self, why: str, now: datetime, after: float | None = None) -> None:
        with transaction.atomic():
            self.change.order.locked()
            if after is not None and self.attempts < self.MAX_ATTEMPTS:
                due_at = timezone.now() + timedelta(seconds=after)
                settled = self.settle(WorkState.DUE, due_at=due_at, last_error=why)
            else:
                settled = self.retry(why)
            late = now - self.written_at > PATIENCE
            if settled and (late or self.state == WorkState.DEAD):
                self._leave(now)

    def _give_up(self, why: str, now: datetime) -> None:
        with transaction.atomic():
            self.change.order.locked()
            if self.dead(why):
                self._leave(now)

    def _leave(self, now: datetime) -> None:
        """Under the order's lock: a person tells the shop, unless it need not know any more."""
        if self.is_left:
            return
        self.is_left = True
        ShopUpdate.objects.filter(pk=self.pk).update(is_left=True)
        self.change.refresh_from_db(fields=["status"])
        if self._is_last and self._is_awaited:
            self.change.leave_to_desk(now)

    @property
    def _is_awaited(self) -> bool:
        change = self.change
        if not self.is_wanted:
            return not change.is_in_force
        return change.was_shipped or (change.is_in_force and change.is_open)

    @property
    def _is_last(self) -> bool:
        return not ShopUpdate.objects.of(self.change.order).filter(pk__gt=self.pk).exists()
