"""Choosing again: what the buyer chose instead is sold out before it could be sent. The buyer
takes another kind of it, or the money."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from returns import variants
from returns.codes import GOODS_KINDS, ResolutionKind, Wish
from returns.ledger import Obstacle, Problem, Refused
from returns.models.event import Actor, EventKind
from returns.models.exchanging import SENDS_GOODS
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.return_base import ReturnBase
from returns.states import OPEN, SETTLED, IllegalTransition, ResolutionState, Status

if TYPE_CHECKING:
    from returns.models.resolution import Resolution

ZERO = Decimal(0)
# For the desk, where the resolution says why it was not sent.
SOLD_OUT = "Sold out. The buyer was asked to choose again."
STILL_TO_SEND = frozenset({ResolutionState.PENDING, ResolutionState.FAILED})


class ChoosingAgain(ReturnBase):
    class Meta:
        abstract = True

    @property
    def may_be_asked_again(self) -> bool:
        """Goods are wished for, and have not left."""
        if self.wish not in SENDS_GOODS or self.variant_gone_at is not None:
            return False
        if self.status in OPEN and not self.sent_goods:
            return True
        return self.status == Status.RESOLVED and any(
            row.kind in GOODS_KINDS and row.state in STILL_TO_SEND for row in self.resolutions.all()
        )

    def ask_to_choose_again(self, *, by: Actor, now: datetime | None = None) -> None:
        """It is sold out: nobody else may choose it, and the buyer is told, who may take
        another kind or the money."""
        now = now or timezone.now()
        if not self.may_be_asked_again:
            raise IllegalTransition(self.status, self.status)
        with self._changing(Q(variant_gone_at=None), variant_gone_at=now):
            self._take_off_the_list()
            for row in self._goods_to_send():
                if row.state == ResolutionState.PENDING:
                    row.record_failed(SOLD_OUT, by=by, now=now)
            Promise.objects.open().filter(authorization=self._me, kind=PromiseKind.GOODS).let_go(
                now
            )
            self._tell(EventKind.VARIANT_GONE, by, now, NoticeKind.VARIANT_GONE)

    def _take_off_the_list(self) -> None:
        from returns.models.variant import Variant

        rows = self.lines.select_related("line")
        again = self.wish == Wish.REPLACEMENT
        skus = {row.line.sku if again else row.variant.get("sku", "") for row in rows}
        mine = Variant.objects.filter(store=self.order.store_id, sku__in=skus - {""})
        mine.update(available=False)

    def choose_again(
        self, chosen: Mapping[int, str], *, by: Actor, now: datetime | None = None
    ) -> None:
        """Another kind: line's id → its SKU, for every line that has to be chosen for. Raises
        Refused when one of them may not be chosen (any more)."""
        now = now or timezone.now()
        with self._changing(
            Q(variant_gone_at__isnull=False), variant_gone_at=None, wish=Wish.EXCHANGE
        ):
            order = self.order.with_goods()
            rows = {row.line_id: row for row in self.lines.select_related("line")}
            lines = [line for line in order.lines.all() if line.pk in rows]
            offered = variants.of_lines(order, lines)
            for line_id, sku in chosen.items():
                found = next((one for one in offered.get(line_id, ()) if one.sku == sku), None)
                if found is None:
                    raise Refused([Problem(Obstacle.VARIANT_GONE, line_id)])
                rows[line_id].variant = variants.snapshot(found)
                rows[line_id].save(update_fields=["variant"])
            if gone := variants.gone(self._me):
                raise Refused([Problem(Obstacle.VARIANT_GONE, row.line_id) for row in gone])
            for row in self._goods_to_send():
                # What was to be the same again is another kind of it now.
                type(row).objects.filter(pk=row.pk).update(kind=ResolutionKind.EXCHANGE)
                row.kind = ResolutionKind.EXCHANGE
                if row.state == ResolutionState.FAILED:
                    row.try_again()
                self._promise_goods(by, now)
            self._tell(EventKind.VARIANT_CHOSEN, by, now)

    def take_money(self, *, by: Actor, now: datetime | None = None) -> None:
        """The money instead of what is sold out: at once where the goods are dealt with, else
        when they are back, like every refund. Nothing is taken off: that it is sold out is not
        the buyer's fault."""
        from returns.models.settling import Award

        now = now or timezone.now()
        with self._changing(
            Q(variant_gone_at__isnull=False),
            variant_gone_at=None,
            wish=Wish.REFUND,
            ahead_at=None,
        ):
            for row in self._goods_to_send():
                row.drop(by=by, now=now)
            self.lines.update(variant={})
            self._tell(EventKind.VARIANT_CHOSEN, by, now, money=True)
            if self.status not in SETTLED:
                total = min(self.value, self.order.with_goods().refundable(self))
                type(self)._default_manager.filter(pk=self.pk).update(estimated_total=total)
                self.estimated_total = total
            elif amount := min(
                sum((row.amount for row in self.lines.all()), ZERO), self._me.settlement().cap
            ):
                self._me.give_besides(Award(ResolutionKind.REFUND, amount), by=by, now=now)
            elif all(row.is_sent for row in self.resolutions.live()):
                self._me._close(now)

    def _goods_to_send(self) -> "list[Resolution]":
        """Under lock."""
        mine = self.resolutions.filter(kind__in=GOODS_KINDS, state__in=STILL_TO_SEND)
        return list(mine)

    def _promise_goods(self, by: Actor, now: datetime) -> None:
        from returns.models.settling import SENT_WITHIN

        due = self.order.store.calendar.close_of_working_day(now, SENT_WITHIN)
        self._promise(PromiseKind.GOODS, due, by, now)
