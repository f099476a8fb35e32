"""Agreeing: the buyer takes what we offered in place of what was asked for."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils import timezone

from returns import ledger, policy, states
from returns.codes import LEAVES_UNITS, PAYS_BACK, Kind, Payer, Reason, Wish
from returns.models.deciding import PUT_RIGHT_WITHIN, SETTLES
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.resolution import TooMuch
from returns.models.return_base import ReturnBase
from returns.models.return_line import ReturnLine
from returns.states import IllegalTransition, Status

if TYPE_CHECKING:
    from returns.models.order import OrderLine

ZERO = Decimal(0)


class Agreeing(ReturnBase):
    class Meta:
        abstract = True

    @property
    def may_be_changed(self) -> bool:
        """Something else may still be agreed on: nothing was decided, or nothing posted."""
        to_post = (
            self.status == Status.APPROVED
            and not self.keeps_goods
            and self.kind != Kind.RETURN_TO_SENDER
            and not (self.posted_at or self.arrived_at or self.ahead_at)
        )
        return self.status in states.UNDECIDED or to_post

    def agree_on(
        self,
        wish: str,
        amount: Decimal,
        *,
        sends_back: bool = False,
        by: Actor,
        now: datetime | None = None,
    ) -> None:
        """`wish` is what the buyer gets in place of what was asked for, and it is approved with
        that. amount: of money, in the order's currency. sends_back: the goods have to come back
        first; a return that waits to be posted then goes on as it is. by: whoever offered it.

        Raises TooMuch, and IllegalTransition when it has gone too far for that.
        """
        now = now or timezone.now()
        if not self.may_be_changed:
            raise IllegalTransition(self.status, Status.APPROVED)
        old = self.status
        with self._changing(Q(posted_at=None, arrived_at=None), **self._agreed(wish, amount)):
            left = self.order.with_goods().refundable(self)
            if wish in PAYS_BACK - {Wish.VOUCHER} and amount > left:
                raise TooMuch(left)
            self._share(wish, amount)
            self._keep_or_send(sends_back)
            if old in states.UNDECIDED:
                self._me.approve(by=by, now=now)
            elif self.keeps_goods:
                self._need_not_post(by, now)
            if self.keeps_goods and self.status == Status.APPROVED:
                self._me.grant(by=by, now=now)

    def _agreed(self, wish: str, amount: Decimal) -> dict[str, Any]:
        return {
            "wish": wish,
            "payer": Payer.STORE,
            "estimated_fee": ZERO,
            "estimated_postage": ZERO,
            "estimated_total": amount if wish in PAYS_BACK else ZERO,
        }

    def _share(self, wish: str, amount: Decimal) -> None:
        """What each line gives of it, and what that comes to."""
        rows, currency = list(self.lines.all()), self.order.currency
        lines = {line.pk: line for line in self.order.with_goods().lines.all()}
        worth = [self._worth(row, lines[row.line_id]) for row in rows]
        if wish in PAYS_BACK - {Wish.VOUCHER}:
            worth = policy.allocate(min(amount, sum(worth, ZERO)), worth, currency)
        elif wish in LEAVES_UNITS:
            worth = [ZERO for _ in rows]
        for row, share in zip(rows, worth, strict=True):
            row.amount = share
        ReturnLine.objects.bulk_update(rows, ["amount"])
        self._set(value=sum(worth, ZERO))

    def _worth(self, row: ReturnLine, line: "OrderLine") -> Decimal:
        """What was paid for its units, as far as no other return of the line gives it back."""
        others = [other for other in line.return_lines.all() if other.pk != row.pk]
        paid = policy.share(
            line.paid_for_kept, line.kept, 0, ZERO, row.requested, self.order.currency
        )
        return max(min(paid, line.paid_for_kept - ledger.promised(others)), ZERO)

    def _keep_or_send(self, sends_back: bool) -> None:
        here = self.lines.exclude(reason__in=[Reason.MISSING, Reason.NEVER_CAME]).exists()
        self._set(keeps_goods=not (sends_back and here))

    def _need_not_post(self, by: Actor, now: datetime) -> None:
        """It was to be posted, and now it stays with the buyer."""
        self.lines.update(waived=F("approved"))
        mine = Promise.objects.open().filter(authorization=self._me)
        mine.filter(kind__in=[PromiseKind.REMINDER, PromiseKind.DEADLINE]).let_go(now)
        due = self.order.store.calendar.close_of_working_day(now, PUT_RIGHT_WITHIN)
        self._promise(SETTLES[self.wish], due, by, now)
        self._tell(EventKind.RETURN_APPROVED, by, now, NoticeKind.RETURN_APPROVED)

    def _set(self, **values: Any) -> None:
        type(self)._default_manager.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)
