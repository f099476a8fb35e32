"""Settling: what the buyer gets for a return, within what was paid, and that it was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from returns import policy
from returns.codes import (
    BESIDES_PAID,
    LEAVES_UNITS,
    MONEY_KINDS,
    PaymentMethod,
    ResolutionKind,
    Wish,
)
from returns.models.deciding import SETTLES
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.putting_away import PuttingAway
from returns.models.resolution import Resolution, TooMuch
from returns.models.reversing import OWES_AGAIN, Reversing
from returns.settlement import Settlement
from returns.states import SETTLED, IllegalTransition, ResolutionState, Status

ZERO = Decimal(0)
SENT_WITHIN = 2  # working days
# Nothing is given for a return that ended like this.
ENDS_WITHOUT = frozenset({Status.DECLINED, Status.CANCELLED, Status.EXPIRED})
# What we promise for a resolution until it is sent.
PROMISED: dict[str, str] = {
    ResolutionKind.REFUND: PromiseKind.REFUND,
    ResolutionKind.PART_REFUND: PromiseKind.REFUND,
    ResolutionKind.REPAIR: PromiseKind.REFUND,
    ResolutionKind.STORE_CREDIT: PromiseKind.CREDIT,
    ResolutionKind.VOUCHER: PromiseKind.CREDIT,
    ResolutionKind.POSTAGE: PromiseKind.REFUND,
    ResolutionKind.EXCHANGE: PromiseKind.GOODS,
    ResolutionKind.REPLACEMENT: PromiseKind.GOODS,
    ResolutionKind.PIECE: PromiseKind.GOODS,
}
# What a wish becomes when it is granted.
GRANTS: dict[str, str] = {
    Wish.REFUND: ResolutionKind.REFUND,
    Wish.STORE_CREDIT: ResolutionKind.STORE_CREDIT,
    Wish.EXCHANGE: ResolutionKind.EXCHANGE,
    Wish.REPLACEMENT: ResolutionKind.REPLACEMENT,
    Wish.PART_REFUND: ResolutionKind.PART_REFUND,
    Wish.PIECE: ResolutionKind.PIECE,
    Wish.REPAIR: ResolutionKind.REPAIR,
    Wish.VOUCHER: ResolutionKind.VOUCHER,
}
# The units of these were sent to the buyer in place of others.
REPLACES_UNITS = frozenset({ResolutionKind.EXCHANGE, ResolutionKind.REPLACEMENT})


@dataclass(frozen=True)
class Award:
    """One thing that the buyer gets. amount: for money, in the order's currency. in_shop:
    it was refunded in the shop before, which counts it already."""

    kind: str
    amount: Decimal = ZERO
    method: str = PaymentMethod.ORIGINAL
    words: str = ""
    in_shop: bool = False


class Settling(Reversing, PuttingAway):
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
        before = list(self.resolutions.live())
        if not awards and not before:
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
                    self._promise(PROMISED[row.kind], self._by_law(due, now), by, now)
            self._let_go_of_money([*before, *made], now)
            self._tell(EventKind.RETURN_RESOLVED, by, now, NoticeKind.RETURN_RESOLVED)
            if all(row.is_sent for row in [*before, *made]):
                self._close(now)
        return made

    def grant(self, *, by: Actor, now: datetime | None = None) -> list[Resolution]:
        """What was asked for is given and nothing comes back: decided in one go, and sent by
        the shop or by a person. The letter that approves says so; raises TooMuch."""
        now = now or timezone.now()
        with self._moving(
            Status.RESOLVED,
            only={Status.APPROVED},
            where=Q(keeps_goods=True),
            resolved_at=now,
            decided_by=by.user,
        ):
            self._deal_with_lines()
            kind, amount = GRANTS[self.wish], self.estimated_total
            if kind in MONEY_KINDS and not amount:
                kind = ResolutionKind.NONE
            besides = kind in BESIDES_PAID
            settlement = self.settlement()
            if kind in MONEY_KINDS and not besides and amount > settlement.cap:
                raise TooMuch(settlement.cap)
            done = kind == ResolutionKind.NONE
            postage, fee = self.estimated_postage, self.estimated_fee
            row = Resolution.objects.create(
                authorization_id=self.pk,
                kind=kind,
                state=ResolutionState.SUCCEEDED if done else ResolutionState.PENDING,
                settled_at=now if done else None,
                amount=amount if kind in MONEY_KINDS else ZERO,
                goods=amount - postage + fee if kind in MONEY_KINDS else ZERO,
                postage=postage if kind in MONEY_KINDS else ZERO,
                fee=fee if kind in MONEY_KINDS else ZERO,
                decided_at=now,
                decided_by=by.user,
            )
            self._ask_shop(row, now)
            rows = [row, *self._apologise(by, now)]
            self._tell(EventKind.RETURN_RESOLVED, by, now)
            if done:
                self._keep(SETTLES[self.wish], now)
            if all(one.is_sent for one in self.resolutions.live()):
                self._close(now)
        return rows

    def _apologise(self, by: Actor, now: datetime) -> list[Resolution]:
        """The voucher that goes with what was asked for, once."""
        given = self.resolutions.live().filter(kind=ResolutionKind.VOUCHER)
        if not self.voucher or given.exists():
            return []
        row = self._award(Award(ResolutionKind.VOUCHER, self.voucher), None, by, now)
        self._promise_to_send(row, by, now)
        return [row]

    def give_besides(self, award: Award, *, by: Actor, now: datetime | None = None) -> Resolution:
        """One more thing for a return that is settled, or under way: an apology, postage that
        the buyer had advanced, a part of the money. Raises TooMuch, ValueError for what makes
        no sense: nothing, or other goods for units that are dealt with."""
        now = now or timezone.now()
        if award.kind == ResolutionKind.NONE:
            raise ValueError("nothing is no gift")
        if award.kind in REPLACES_UNITS and self.status in SETTLED:
            raise ValueError("what became of the units is decided")
        with self._changing(Q(), **(OWES_AGAIN if self.status == Status.CLOSED else {})):
            if self.status in ENDS_WITHOUT:
                raise IllegalTransition(self.status, self.status)
            settlement = self.settlement()
            self._check([award], settlement)
            row = self._award(award, None, by, now)
            self._promise_to_send(row, by, now)
        return row

    def _promise_to_send(self, row: Resolution, by: Actor, now: datetime) -> None:
        """By when it is sent; what was promised of its kind stays promised."""
        due = self.order.store.calendar.close_of_working_day(now, SENT_WITHIN)
        Promise.objects.sooner(
            self.order, PROMISED[row.kind], due, by=by, authorization=self._me, now=now
        )

    def _ask_shop(self, row: Resolution, now: datetime) -> None:
        """Where the shop refunds by itself, it is asked for what it can send."""
        from returns.models.shop_refund import ShopRefund

        row.authorization = self._me
        ShopRefund.objects.ask(row, now)

    def _deal_with_lines(self) -> None:
        """Of goods that need not come back: they are dealt with, or stay as they were."""
        if self.wish not in LEAVES_UNITS:
            self.lines.update(resolved=F("accepted") + F("waived"))
            return
        self.lines.update(waived=0)
        # Only that part of what they are worth is gone.
        kind = GRANTS[self.wish]
        of_paid = kind in MONEY_KINDS and kind not in BESIDES_PAID
        given = self.estimated_total - self.estimated_postage if of_paid else ZERO
        rows = list(self.lines.all())
        weights = [row.amount for row in rows]
        shares = policy.allocate(max(given, ZERO), weights, self.order.currency)
        for row, share in zip(rows, shares, strict=True):
            row.amount = share
            row.save(update_fields=["amount"])

    def _check(self, awards: Sequence[Award], settlement: Settlement) -> None:
        for award in awards:
            self._check_way(award)
            if (award.kind in MONEY_KINDS) != (award.amount > 0):
                raise ValueError("money without an amount, or an amount without money")
            settlement.check_unit(award.amount)
        bounded = [award for award in awards if award.kind not in BESIDES_PAID]
        outside = sum((award.amount for award in bounded if not award.in_shop), ZERO)
        if outside > settlement.cap:
            raise TooMuch(settlement.cap)
        inside = sum((award.amount for award in bounded if award.in_shop), ZERO)
        if inside > settlement.in_shop_left:
            raise TooMuch(settlement.in_shop_left)
        if outside + inside > settlement.never_more:
            raise TooMuch(settlement.never_more)

    def _by_law(self, due: datetime, now: datetime) -> datetime:
        """No later than the law gives us after a withdrawal, as long as that can be kept."""
        return min(due, self.money_by) if self.money_by and self.money_by > now else due

    def _let_go_of_money(self, rows: Sequence[Resolution], now: datetime) -> None:
        """Money was promised before anybody had looked, and there is none to send."""
        owed = any(row.is_money and not row.is_sent for row in rows)
        if self.money_by and not owed:
            mine = Promise.objects.open().filter(authorization=self._me)
            mine.filter(kind=PromiseKind.REFUND).let_go(now)

    def _check_way(self, award: Award) -> None:
        """After a withdrawal the law lets money go only where it came from."""
        bounded = award.kind in MONEY_KINDS - BESIDES_PAID
        if self.withdrawal_id is None or not bounded:
            return
        if award.method != PaymentMethod.ORIGINAL or award.kind == ResolutionKind.STORE_CREDIT:
            raise ValueError("the money of a withdrawal goes back the way it came")

    def _write_off(self, waived: Mapping[int, int], settlement: Settlement) -> None:
        """The ledger's side of it: which units are dealt with, and what each line is worth."""
        for row in self.lines.all():
            more = waived.get(row.pk, 0)
            if not 0 <= more <= row.approved - row.received:
                raise ValueError(f"line {row.pk}: {more} units cannot be waived")
            row.waived = more
            row.resolved = row.accepted + more
            row.amount = settlement.goods_of[row.pk]
            row.stands_for = None
            row.save(update_fields=["waived", "resolved", "amount", "stands_for"])

    def _award(
        self, award: Award, settlement: Settlement | None, by: Actor, now: datetime
    ) -> Resolution:
        """The first award of money is shown to be made of goods, postage and fee, as far as
        what was given before is not made of them."""
        money = award.kind in MONEY_KINDS
        goods = postage = fee = ZERO
        if settlement and money:
            before = Resolution.objects.parts_of(self)
            goods = max(settlement.goods - before.goods, ZERO)
            postage = max(settlement.postage - before.postage, ZERO)
            fee = max(settlement.fee - before.fee, ZERO)
        done = award.kind == ResolutionKind.NONE
        row = Resolution.objects.create(
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
        self._ask_shop(row, now)
        return row

    def resolution_sent(self, resolution: Resolution, *, by: Actor, now: datetime) -> None:
        """One of its resolutions was sent: told, and with the last one all is done. Called
        under the order's lock (Resolution.record_sent)."""
        left = self._keep_unless_owed(PROMISED[resolution.kind], now)
        if resolution.kind in REPLACES_UNITS:
            self._replace(ahead=self.status not in SETTLED)
        kind, letter = self._me.told_of_sending(resolution)
        self._tell(kind, by, now, letter, resolution=resolution.pk)
        if not left and self.status == Status.RESOLVED:
            self._close(now)

    def _keep_unless_owed(self, promised: str, now: datetime) -> list[Resolution]:
        """The promise is kept with the last thing that it was made for. Returns what has yet
        to be sent, of whatever kind."""
        left = [row for row in self.resolutions.live() if not row.is_sent]
        if not any(PROMISED.get(row.kind) == promised for row in left):
            self._keep(promised, now)
        return left

    def _replace(self, *, ahead: bool) -> None:
        """Other units are with the buyer now; those may come back in their turn."""
        for row in self.lines.all():
            row.replaced = row.approved if ahead else row.resolved
            row.save(update_fields=["replaced"])

    def _close(self, now: datetime) -> None:
        with self._moving(Status.CLOSED, only={Status.RESOLVED}, ended_at=now):
            pass

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
                self._deal_with_lines()
                self._sent_without_parcel(by, now)
                self._keep_unless_owed(SETTLES[self.wish], now)
                letter = NoticeKind.RETURN_PUT_RIGHT
                self._tell(EventKind.RETURN_PUT_RIGHT, by, now, letter)
            if all(row.is_sent for row in self.resolutions.live()):
                self._close(now)

    def _sent_without_parcel(self, by: Actor, now: datetime) -> None:
        kind, amount = GRANTS[self.wish], self.estimated_total
        if kind in MONEY_KINDS and not amount:
            return  # it was worth nothing, and nothing was sent
        if kind in REPLACES_UNITS:
            self._replace(ahead=False)
        settlement = self.settlement()
        # Usually there is still so much to give. If not, the shop has sent it and says so.
        in_shop = kind not in BESIDES_PAID and amount > settlement.cap
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
