"""Settling: what the buyer gets for a return, within what was paid, and that it was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from returns.codes import (
    MONEY_KINDS,
    PaymentMethod,
    ResolutionKind,
    Wish,
)
from returns.models.deciding import SETTLES
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import PromiseKind
from returns.models.resolution import Resolution, TooMuch
from returns.models.return_base import ReturnBase
from returns.settlement import Settlement
from returns.states import SETTLED, IllegalTransition, ResolutionState, Status

ZERO = Decimal(0)
SENT_WITHIN = 2  # working days
# What we promise for a resolution until it is sent.
PROMISED: dict[str, str] = {
    ResolutionKind.REFUND: PromiseKind.REFUND,
    ResolutionKind.PART_REFUND: PromiseKind.REFUND,
    ResolutionKind.REPAIR: PromiseKind.REFUND,
    ResolutionKind.STORE_CREDIT: PromiseKind.CREDIT,
    ResolutionKind.EXCHANGE: PromiseKind.GOODS,
    ResolutionKind.REPLACEMENT: PromiseKind.GOODS,
}
# What a wish becomes when it is granted.
GRANTS: dict[str, str] = {
    Wish.REFUND: ResolutionKind.REFUND,
    Wish.STORE_CREDIT: ResolutionKind.STORE_CREDIT,
    Wish.EXCHANGE: ResolutionKind.EXCHANGE,
    Wish.REPLACEMENT: ResolutionKind.REPLACEMENT,
}


@dataclass(frozen=True)
class Award:
    """One thing that the buyer gets. amount: for money, in the order's currency. in_shop:
    it was refunded in the shop before, which counts it already."""

    kind: str
    amount: Decimal = ZERO
    method: str = PaymentMethod.ORIGINAL
    words: str = ""
    in_shop: bool = False


class Settling(ReturnBase):
    class Meta:
        abstract = True

    def settlement(self, waived: Mapping[int, int] | None = None) -> Settlement:
        """What the inspected goods are worth to the buyer; waived: return line's id →
        units that did not come and are made good all the same."""
        rows = list(self.lines.all())
        return Settlement.of(self, rows, waived or {}, self.order.with_goods().refundable(self))

    def resolve(
        self,
        awards: Sequence[Award],
        *,
        by: Actor,
        waived: Mapping[int, int] | None = None,
        now: datetime | None = None,
    ) -> list[Resolution]:
        """Decides what the buyer gets: at least one award, of kind NONE when nothing.

        Raises TooMuch when it is more than was captured and not given back or promised
        elsewhere, ValueError when an award does not make sense; nothing is written then.
        """
        now = now or timezone.now()
        waived = waived or {}
        if not awards:
            raise ValueError("nothing was decided")
        with self._moving(
            Status.RESOLVED, only={Status.INSPECTED}, resolved_at=now, decided_by=by.user
        ):
            settlement = self.settlement(waived)
            self._check(awards, settlement)
            self._write_off(waived, settlement)
            type(self)._default_manager.filter(pk=self.pk).update(
                estimated_postage=settlement.postage
            )
            self.estimated_postage = settlement.postage
            made = [
                self._award(award, settlement if number == 0 else None, by, now)
                for number, award in enumerate(awards)
            ]
            self._keep(PromiseKind.INSPECTION, now)
            for row in made:
                if not row.is_sent:
                    due = self.order.store.calendar.close_of_working_day(now, SENT_WITHIN)
                    self._promise(PROMISED[row.kind], due, by, now)
            self._tell(EventKind.RETURN_RESOLVED, by, now, NoticeKind.RETURN_RESOLVED)
            if all(row.is_sent for row in made):
                self._close(now)
        return made

    def _check(self, awards: Sequence[Award], settlement: Settlement) -> None:
        for award in awards:
            if (award.kind in MONEY_KINDS) != (award.amount > 0):
                raise ValueError("money without an amount, or an amount without money")
            settlement.check_unit(award.amount)
        outside = sum((award.amount for award in awards if not award.in_shop), ZERO)
        if outside > settlement.cap:
            raise TooMuch(settlement.cap)
        inside = sum((award.amount for award in awards if award.in_shop), ZERO)
        if inside > settlement.in_shop_left:
            raise TooMuch(settlement.in_shop_left)
        if outside + inside > settlement.never_more:
            raise TooMuch(settlement.never_more)

    def _write_off(self, waived: Mapping[int, int], settlement: Settlement) -> None:
        """The ledger's side of it: which units are dealt with, and what each line is worth."""
        for row in self.lines.all():
            more = waived.get(row.pk, 0)
            if not 0 <= more <= row.approved - row.received:
                raise ValueError(f"line {row.pk}: {more} units cannot be waived")
            row.waived = more
            row.resolved = row.accepted + more
            row.amount = settlement.goods_of[row.pk]
            row.save(update_fields=["waived", "resolved", "amount"])

    def _award(
        self, award: Award, settlement: Settlement | None, by: Actor, now: datetime
    ) -> Resolution:
        """The first award of money is shown to be made of goods, postage and fee."""
        money = award.kind in MONEY_KINDS
        goods = settlement.goods if settlement and money else ZERO
        postage = settlement.postage if settlement and money else ZERO
        fee = settlement.fee if settlement and money else ZERO
        done = award.kind == ResolutionKind.NONE
        return Resolution.objects.create(
            authorization_id=self.pk,
            kind=award.kind,
            state=ResolutionState.SUCCEEDED if done else ResolutionState.PENDING,
            settled_at=now if done else None,
            amount=award.amount,
            goods=goods,
            postage=postage,
            fee=fee,
            difference=award.amount - (goods + postage - fee) if money else ZERO,
            method=award.method,
            words=award.words,
            in_shop=award.in_shop,
            decided_at=now,
            decided_by=by.user,
        )

    def resolution_sent(self, resolution: Resolution, *, by: Actor, now: datetime) -> None:
        """One of its resolutions was sent: told, and with the last one all is done. Called
        under the order's lock (Resolution.record_sent)."""
        promised = PROMISED[resolution.kind]
        left = [row for row in self.resolutions.all() if not row.is_sent]
        if not any(PROMISED.get(row.kind) == promised for row in left):
            self._keep(promised, now)
        self._tell(
            EventKind.RESOLUTION_DONE,
            by,
            now,
            NoticeKind.RETURN_SETTLED,
            resolution=resolution.pk,
        )
        if not left:
            self._close(now)

    def _close(self, now: datetime) -> None:
        with self._moving(Status.CLOSED, only={Status.RESOLVED}, ended_at=now):
            pass

    @property
    def owes_goods(self) -> bool:
        """Goods that we could not take are still here and are to go back to the buyer."""
        return self.status in SETTLED and any(row.to_send_back for row in self.lines.all())

    def send_back(self, *, by: Actor, now: datetime | None = None) -> None:
        """What we could not take has left for the buyer: it is theirs again, and counts as
        never sent back. Until then nobody can ask for it once more."""
        now = now or timezone.now()
        with self._changing(Q()):
            rows = [row for row in self.lines.all() if row.to_send_back]
            if self.status not in SETTLED or not rows:
                raise IllegalTransition(self.status, self.status)
            for row in rows:
                row.sent_back = row.received - row.accepted
                row.save(update_fields=["sent_back"])
            self._tell(EventKind.GOODS_SENT_BACK, by, now)

    def put_right(self, *, by: Actor, now: datetime | None = None) -> None:
        """What we owed for goods that stay with the buyer has been sent or paid: decided
        and finished in one."""
        now = now or timezone.now()
        with transaction.atomic():
            with self._moving(
                Status.RESOLVED,
                only={Status.APPROVED},
                where=Q(keeps_goods=True),
                decided_by=by.user,
                resolved_at=now,
            ):
                self.lines.update(resolved=F("waived"))
                self._sent_without_parcel(by, now)
                self._keep(SETTLES[self.wish], now)
                letter = NoticeKind.RETURN_PUT_RIGHT
                self._tell(EventKind.RETURN_PUT_RIGHT, by, now, letter)
            self._close(now)

    def _sent_without_parcel(self, by: Actor, now: datetime) -> None:
        kind, amount = GRANTS[self.wish], self.estimated_total
        if kind in MONEY_KINDS and not amount:
            return  # it was worth nothing, and nothing was sent
        settlement = self.settlement()
        # Usually there is still so much to give. If not, the shop has sent it and says so.
        in_shop = amount > settlement.cap
        if in_shop and amount > settlement.in_shop_left:
            raise TooMuch(settlement.cap)
        Resolution.objects.create(
            authorization_id=self.pk,
            kind=kind,
            state=ResolutionState.SUCCEEDED,
            amount=amount,
            goods=amount - self.estimated_postage + self.estimated_fee,
            postage=self.estimated_postage,
            fee=self.estimated_fee,
            in_shop=in_shop,
            decided_at=now,
            decided_by=by.user,
            settled_at=now,
            settled_by=by.user,
        )
