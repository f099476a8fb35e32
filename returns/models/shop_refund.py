"""ShopRefund: one refund that a shop is asked for, once, whatever happens on the way.

    PENDING ──claimed──▶ PROCESSING ──▶ SUCCEEDED | FAILED      (the Resolution that it sends)

That the shop is about to be asked is written down before it is, under the order's lock, and
taken back only when it is certain that nothing was paid. As long as it stands there, whoever
comes next looks in the shop for our key before anything else: what is there was refunded, and
is recorded; what is not there after so long that no server can still be at it, is asked for
again. Where the shop does not say, a person looks. So an answer that was lost, a worker that
was killed and two workers at once leave one refund.

The state of the resolution says who may act, and every change of it is made under the order's
lock: a person takes it out of the shop's hands unless a worker has it at this moment.
"""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from returns import formats, policy
from returns.models.event import SHOP
from returns.models.refund_queue import ShopRefundQuerySet
from returns.models.resolution import Resolution
from returns.models.shop_account import ShopAccount
from returns.shops import Error, NoAccess, TooFast
from returns.shops.refunding import NOTHING_PAID, RefundAnswer, RefundAsk, Refunded
from returns.states import IllegalTransition, ResolutionState
from tracking.work import LeasedRow, WorkState, lease_indexes, place_of

if TYPE_CHECKING:
    from returns.models.order import Order

logger = logging.getLogger(__name__)
# After so long no server of a shop can still be at work on what we asked for.
SETTLES_WITHIN = timedelta(minutes=5)
ZERO = Decimal(0)
UNSENT = (ResolutionState.PENDING, ResolutionState.PROCESSING)
NOT_CONNECTED = "The shop is not connected any more, or makes no refunds."
TWICE = "The shop refunded it all the same ({reference}). Look whether it was paid twice."


class ShopRefund(LeasedRow):
    """asked_at: when the shop was asked; empty while it has nothing of it, for certain.
    rounds: how often it refused: what is meant anew has a key of its own."""

    MAX_ATTEMPTS = 16  # some two days, with the waits between them
    IS_PROMPT = False  # it waits for shops, and for their payment services

    resolution = models.OneToOneField(Resolution, models.CASCADE, related_name="shop_refund")
    account = models.ForeignKey(ShopAccount, models.SET_NULL, null=True, related_name="+")
    rounds = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=500, blank=True, help_text="The shop’s own.")
    written_at = models.DateTimeField(default=timezone.now)
    is_left = models.BooleanField("left to a person", default=False)

    objects = ShopRefundQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = [
            *lease_indexes("shop_refund"),
            models.Index(
                fields=["written_at"],
                name="shop_refund_under_way",
                condition=Q(state__in=[WorkState.DUE, WorkState.CLAIMED]),
            ),
            models.Index(
                fields=["written_at"],
                name="shop_refund_lost",
                condition=Q(state=WorkState.DEAD, is_left=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.get_state_display()}"

    @property
    def order(self) -> "Order":
        return self.resolution.authorization.order

    @property
    def is_in_hand(self) -> bool:
        """A worker is asking the shop at this moment."""
        until = self.lease_until
        return self.state == WorkState.CLAIMED and until is not None and until > timezone.now()

    @property
    def is_under_way(self) -> bool:
        return self.state in (WorkState.DUE, WorkState.CLAIMED)

    @property
    def is_unclear(self) -> bool:
        """Nobody knows whether the shop has refunded it."""
        return self.asked_at is not None and not self.resolution.is_sent

    @property
    def key(self) -> str:
        key = self.resolution.key
        return f"{key}-{self.rounds}" if self.rounds else key

    # --- verbs ----------------------------------------------------------------------------

    def send(self, now: datetime | None = None) -> bool:
        """Has the shop refund it and settles this claimed row. Whether the shop is in order,
        as far as we know. What follows from its answer is written together with it."""
        now = now or timezone.now()
        may_be_there = self.asked_at is not None
        if not self._may_go(now):
            return True
        if may_be_there:
            seen = self._look(now)
            if seen is not None:
                return seen
            if not self._may_go(now, not_there=True):
                return True
        return self._ask(now)

    # --- step by step ---------------------------------------------------------------------

    def _look(self, now: datetime) -> bool | None:
        """Looks for our key in the shop; None when it is not there, and can no longer come."""
        account = self.account
        assert account is not None
        try:
            answer = account.refunding.find_refund(self._as_asked, account.access)
        except TooFast as error:
            self._come_again(str(error), now, error.after)
            return False
        except Error as error:
            self._come_again(str(error), now)
            return False
        except Exception as error:
            self._flaw(error, now)
            return True
        if answer is not None:
            self._note(answer, now)
            return True
        assert self.asked_at is not None
        if (wait := self.asked_at + SETTLES_WITHIN - now) > timedelta(0):
            self._come_again("The shop has nothing of it yet.", now, wait.total_seconds())
            return True
        return None

    def _ask(self, now: datetime) -> bool:
        account = self.account
        assert account is not None
        try:
            answer = account.refunding.refund(self._as_asked, account.access)
        except NOTHING_PAID as error:
            return self._nothing_paid(error, now)
        except Error as error:
            self._come_again(str(error), now)
            return False
        except Exception as error:
            self._flaw(error, now)
            return True
        self._note(answer, now)
        return True

    @property
    def _as_asked(self) -> RefundAsk:
        rma, order = self.resolution.authorization, self.order
        unit = policy.unit(order.currency)
        return RefundAsk(
            key=self.key,
            source_id=order.source_id,
            number=order.number,
            authorization=rma.number,
            amount=self.resolution.amount.quantize(unit),
            currency=order.currency,
        )

    def _may_go(self, now: datetime, *, not_there: bool = False) -> bool:
        """Whether the shop is still to be asked, or looked at first. Decided under the order's
        lock, which everybody holds who sends, fails or decides anything of this order; and
        what is to be asked for is noted before it is. not_there: it was looked for just now."""
        with transaction.atomic():
            order = self.order.locked()
            resolution = Resolution.objects.select_related("authorization").get(
                pk=self.resolution_id
            )
            resolution.authorization.order = order
            self.resolution = resolution
            mine = ShopRefund.objects.filter(
                pk=self.pk, state=WorkState.CLAIMED, lease_owner=self.lease_owner
            )
            if not mine.exists():  # its lease has run out: it is another worker's
                return False
            if resolution.state not in UNSENT:
                self.drop("It is not to be sent any more.")
                return False
            resolution.begin()
            account = ShopAccount.objects.filter(
                pk__in=[self.account_id], is_active=True, refunds=True
            ).first()
            if account is None:
                self._give_up(NOT_CONNECTED, now)
                return False
            self.account = account
            if self.asked_at and not not_there:
                return True
            if why := self._why_not():
                self._give_up(why, now)
                return False
            self.asked_at = now
            mine.update(asked_at=now)
        return True

    def _why_not(self) -> str:
        """Under lock, right before the shop is asked: never more than was captured, whatever
        was given back meanwhile."""
        resolution, order = self.resolution, self.order
        if resolution.in_shop:
            return "The shop reports it as refunded already. Look there, then press “It is sent”."
        others = Resolution.objects.of_what_was_paid().filter(
            authorization__order=order, in_shop=False
        )
        given = others.exclude(pk=resolution.pk).aggregate(total=Sum("amount"))["total"] or ZERO
        left = order.paid_total - order.refunded_total - given
        if resolution.amount <= left:
            return ""
        return f"Only {formats.money(max(left, ZERO), order.currency)} is left of what was paid."

    def _note(self, answer: RefundAnswer, now: datetime) -> None:
        """What the shop said, and what follows from it, in one go."""
        with transaction.atomic():
            self.order.locked()
            if answer.outcome == Refunded.DONE:
                self._note_sent(answer, now)
            elif answer.outcome == Refunded.TAKEN:
                self._come_again(answer.words, now)
            elif answer.outcome == Refunded.REFUSED:
                # Nothing was paid, and whoever means it anew means another one.
                self._give_up(answer.words, now, asked_at=None, rounds=self.rounds + 1)
            else:
                self._give_up(answer.words, now)

    def _note_sent(self, answer: RefundAnswer, now: datetime) -> None:
        """The money has left, whoever holds the row by now."""
        if not self.done(words=answer.words[:500]):
            ShopRefund.objects.filter(pk=self.pk).exclude(state=WorkState.DONE).update(
                state=WorkState.DONE, done_at=now, lease_until=None, lease_owner=""
            )
        resolution = Resolution.objects.get(pk=self.resolution_id)
        if resolution.is_sent and resolution.reference == answer.reference:
            return  # the shop told us by itself before
        try:
            resolution.record_sent(by=SHOP, reference=answer.reference, now=now)
        except IllegalTransition:
            # A person decided otherwise while nobody could know. It must be seen.
            words = TWICE.format(reference=answer.reference)
            Resolution.objects.filter(pk=resolution.pk).update(last_error=words)
            ShopRefund.objects.filter(pk=self.pk).update(words=words)
            logger.error("shop refund %s: %s", self.pk, words)

    def _nothing_paid(self, error: Error, now: datetime) -> bool:
        """For certain. Whether the shop is in order otherwise."""
        self.asked_at = None
        if isinstance(error, NoAccess):
            with transaction.atomic():
                self.order.locked()
                self._give_up(str(error), now, asked_at=None)
        else:
            self._come_again(str(error), now, getattr(error, "after", None), asked_at=None)
        return False

    def _come_again(
        self, why: str, now: datetime, after: float | None = None, **values: datetime | None
    ) -> None:
        with transaction.atomic():
            self.order.locked()
            if after is not None and self.attempts < self.MAX_ATTEMPTS:
                due_at = timezone.now() + timedelta(seconds=after)
                settled = self.settle(WorkState.DUE, due_at=due_at, last_error=why[:2000])
            else:
                settled = self.retry(why)
            if settled and values:
                ShopRefund.objects.filter(pk=self.pk).update(**values)
            if settled and self.state == WorkState.DEAD:
                self._leave(why, now)

    def _flaw(self, error: Exception, now: datetime) -> None:
        """A flaw of ours; its own words may hold what somebody wrote."""
        logger.error("shop refund %s: %s", self.pk, place_of(error))
        self._come_again(place_of(error), now)

    def _give_up(self, why: str, now: datetime, **values: datetime | int | None) -> None:
        """Under the order's lock: a person has to look."""
        if self.dead(why):
            if values:
                ShopRefund.objects.filter(pk=self.pk).update(**values)
                for name, value in values.items():
                    setattr(self, name, value)
            self._leave(why, now)

    def _leave(self, why: str, now: datetime) -> None:
        """Under the order's lock."""
        self.is_left = True
        ShopRefund.objects.filter(pk=self.pk).update(is_left=True)
        resolution = Resolution.objects.get(pk=self.resolution_id)
        if resolution.state in UNSENT:
            unclear = " Nobody knows whether it was refunded." if self.asked_at else ""
            resolution.record_failed(f"{why.rstrip('.')}.{unclear}", by=SHOP, now=now)
