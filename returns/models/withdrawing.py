"""Withdrawing from an order: whether that is possible, and what follows from it.

What was declared stands in returns/models/withdrawal.py; here is its effect on the goods. What
has not left is stopped by a person (ReturnAuthorization.waits_for_stop), what has left comes
back. One ledger for all of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from returns import ledger, policy, withdrawal_policy
from returns.codes import Kind, Payer, Reason, Wish
from returns.ledger import Obstacle, Problem, Refused
from returns.models.access import Throttle, TooOften
from returns.models.event import Actor
from returns.models.outstanding import UNNUMBERED_FOR
from returns.models.promise import Promise, PromiseKind
from returns.models.shipment import ON_ITS_WAY_FOR, Shipment
from returns.outlook import Outlook, postage_due
from returns.policy import Chosen
from returns.withdrawal_states import WhyNot
from tracking.calendars import days_of, end_of_day
from tracking.milestones import TURNED

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order, OrderLine, Wanted
    from returns.models.withdrawal import Withdrawal

ZERO = Decimal(0)
# So often a buyer may take back what has not left: each is work for a person.
CANCELS = ((5, timedelta(days=1)), (20, timedelta(days=30)))


class Withdrawing(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    # --- whether it is possible -----------------------------------------------------------

    @property
    def has_withdrawal(self) -> bool:
        """Its buyer has the right by the law of the country where the goods go."""
        store = self._me.store
        country = self._me.country or store.country
        return store.offers_withdrawal and country in withdrawal_policy.COUNTRIES

    def withdrawal_ends(self, now: datetime) -> datetime | None:
        """The last second to withdraw; None while it has not begun to run."""
        me, store = self._me, self._me.store
        self._read_parcels()
        came = [_came(row, now) for row in me.outbound if not row.resolution_id]
        if any(line.to_ship for line in me.lines.all()):
            came.append(None)
        return withdrawal_policy.period_end(
            came,
            me.placed_at,
            days=store.withdrawal_days,
            was_told=store.tells_of_withdrawal,
            zone=me.where,
            holidays=days_of(me.country or store.country),
        )

    def may_withdraw(self, now: datetime) -> bool:
        """Whether its pages lead to the withdrawal: the whole period through, whatever is left
        of it. Costs nothing where the store does not offer it."""
        if not self.has_withdrawal or self._me.is_cancelled:
            return False
        end = self.withdrawal_ends(now)
        return end is None or now <= end

    def why_not_withdraw(self, at: datetime, now: datetime) -> str:
        """Why a withdrawal declared at `at` has no effect (of WhyNot); '' when it has one. The
        order is loaded with its goods."""
        me = self._me
        if me.is_cancelled:
            return WhyNot.CANCELLED
        if not self.has_withdrawal:
            return WhyNot.ELSEWHERE
        end = self.withdrawal_ends(now)
        if end is not None and at > end:
            return WhyNot.OVER
        left = [line for line in me.lines.all() if line.withdrawable]
        if not left:
            return WhyNot.NOTHING_LEFT
        return "" if any(not self.is_exempt(line) for line in left) else WhyNot.EXEMPT

    def is_exempt(self, line: "OrderLine") -> bool:
        return withdrawal_policy.is_exempt(line.sku, self._me.store.no_withdrawal_skus)

    @cached_property
    def withdrawn(self) -> Mapping[int, int]:
        """Line's id → units that were withdrawn before they left and are not to leave."""
        from returns.models.return_line import ReturnLine

        lines = list(self._me.lines.all())
        if all(_is_read(line, "return_lines") for line in lines):
            return ledger.withdrawn(row for line in lines for row in line.return_lines.all())
        rows = ReturnLine.objects.filter(
            authorization__order=self._me,
            authorization__kind=Kind.WITHDRAWAL,
            authorization__keeps_goods=True,
        )
        return ledger.withdrawn(rows.select_related("authorization"))

    def _read_parcels(self) -> None:
        """For pages that loaded the order alone: two or three questions more."""
        parcels = models.Prefetch("shipments", Shipment.objects.select_related("parcel"))
        wanted = ["lines"] if not _is_read(self._me, "lines") else []
        if not _is_read(self._me, "shipments"):
            prefetch_related_objects([self._me], *wanted, parcels, "shipments__lines")
        elif wanted:
            prefetch_related_objects([self._me], *wanted)

    # --- what it brings -------------------------------------------------------------------

    def outlook_of_withdrawal(self, chosen: list[Chosen], *, keeps_goods: bool) -> Outlook:
        """All that was paid for these goods, no fee; and with the last of them the postage, but
        no more than the usual delivery costs (Article 13). The postage back is the buyer's,
        unless the shop pays it for whoever changed their mind."""
        me = self._me
        chosen = [replace(item, rules=_lawful(item.rules)) for item in chosen]
        postage = postage_due(me, chosen, always=True)
        standard = me.store.standard_postage
        # In another currency that amount means something else.
        if standard is not None and me.currency == me.store.currency:
            postage = min(postage, standard.quantize(policy.unit(me.currency)))
        found = policy.estimate(chosen, me.currency, cap=me.refundable(), postage=postage)
        ours = all(item.rules.payer(Reason.CHANGED_MIND) == Payer.STORE for item in chosen)
        return Outlook(
            chosen=chosen,
            goods=found.goods,
            value=sum(found.goods.values(), ZERO),
            postage=found.postage,
            fee=ZERO,
            total=found.total,
            payer=Payer.STORE if ours or keeps_goods else Payer.BUYER,
            keeps_goods=keeps_goods,
            automatic=True,
        )

    def money_by(self, declared_at: datetime) -> datetime:
        """The last moment to pay it back: the end of the fourteenth day, in working hours."""
        me = self._me
        day = (declared_at + withdrawal_policy.MONEY_WITHIN).astimezone(ZoneInfo(me.where)).date()
        last, calendar = end_of_day(day, me.where), me.store.calendar
        closes = (calendar.close_of_working_day(declared_at, number) for number in range(1, 15))
        # A shop that is closed all the time pays by the law's own hour.
        return max((moment for moment in closes if moment <= last), default=last)

    # --- verbs ----------------------------------------------------------------------------

    def withdraw(
        self,
        wanted: Mapping[int, int] | None,
        *,
        withdrawal: "Withdrawal",
        by: Actor,
        now: datetime,
    ) -> "list[ReturnAuthorization]":
        """The effect of a withdrawal that is known to be the buyer's. Under the order's lock.

        wanted: line's id → units; None: all of it. What is gone by now, or is left out by the
        law, is left out; Refused when that is everything.
        """
        order = self._me.with_goods()
        units = _possible(order, wanted)
        if not units:
            raise Refused([Problem(Obstacle.ALL_BACK)])
        lines = {line.pk: line for line in order.lines.all()}
        unsent = {pk: min(count, lines[pk].unsent) for pk, count in units.items()}
        back = {pk: count - unsent[pk] for pk, count in units.items()}
        made = []
        for counts, name, stays in ((unsent, "unsent", True), (back, "back", False)):
            if any(counts.values()):
                key = f"withdrawal-{withdrawal.pk}-{name}"
                made.append(
                    self._open_withdrawal(
                        counts, stays=stays, key=key, by=by, now=now, withdrawal=withdrawal
                    )
                )
        return made

    def cancel_unshipped(
        self,
        wanted: "Sequence[Wanted] | None",
        *,
        by: Actor,
        key: str,
        now: datetime | None = None,
    ) -> "ReturnAuthorization":
        """The buyer changed their mind before it left. wanted: all that has not left when None.

        A person has to stop it; when it leaves all the same, it becomes a return. The same key
        gives what it made the first time. Raises Refused, TooOften.
        """
        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            made = order.returns.filter(form_key=key).first()
            if made:
                return made
            if by.is_buyer and Throttle.objects.admit(f"cancel:{order.pk}", CANCELS, now):
                raise TooOften
            fresh = order.with_goods()
            return order._open_withdrawal(
                _asked(fresh, wanted), stays=True, key=key, by=by, now=now, withdrawal=None
            )

    def _open_withdrawal(
        self,
        counts: Mapping[int, int],
        *,
        stays: bool,
        key: str,
        by: Actor,
        now: datetime,
        withdrawal: "Withdrawal | None",
        left: bool = False,
    ) -> "ReturnAuthorization":
        """Under the order's lock. stays: it has not left, and is not to leave. left: it did
        all the same, so that we pay for its way back."""
        from returns.models.authorization import ReturnAuthorization
        from returns.models.order import Wanted

        order = self._me.with_goods()
        wanted = [
            Wanted(pk, count, Reason.WITHDRAWN) for pk, count in sorted(counts.items()) if count
        ]
        chosen = ledger.check(order, wanted, wish=Wish.REFUND, now=now, kind=Kind.WITHDRAWAL)
        lines = {line.pk: line for line in order.lines.all()}
        has_to_stop = stays and any(lines[item.line_id].needs_shipping for item in chosen)
        declared_at = withdrawal.received_at if withdrawal else now
        before = {pk: line.cancelled + line.withdrawn for pk, line in lines.items()}
        outlook = order.outlook_of_withdrawal(chosen, keeps_goods=stays)
        rma = ReturnAuthorization.objects.open_for(
            order,
            wanted,
            replace(outlook, payer=Payer.STORE) if left else outlook,
            wish=Wish.REFUND,
            by=by,
            key=key,
            note="",
            kind=Kind.WITHDRAWAL,
            now=now,
            withdrawal=withdrawal,
            money_by=order.money_by(declared_at),
            stop_wanted_at=now if has_to_stop else None,
            left_at=now if left else None,
        )
        if has_to_stop:
            rma.remember_cancelled(before)
        self._let_go_of_dispatch(now)
        return rma

    def _let_go_of_dispatch(self, now: datetime) -> None:
        if not self._me.with_goods().awaits_dispatch(now):
            mine = Promise.objects.open().filter(order=self._me, kind=PromiseKind.DISPATCH)
            mine.let_go(now)


def _came(shipment: Shipment, now: datetime) -> datetime | None:
    """When it reached the buyer. A parcel that can tell us nothing is taken as arrived after
    some weeks; one that turned round never came."""
    parcel = shipment.parcel
    if shipment.delivered_at or (parcel and parcel.milestone in TURNED):
        return shipment.delivered_at
    arrived = shipment.shipped_at + (ON_ITS_WAY_FOR if parcel else UNNUMBERED_FOR)
    return arrived if arrived <= now else None


def _is_read(row: models.Model, name: str) -> bool:
    return name in getattr(row, "_prefetched_objects_cache", {})


def _lawful(rules: policy.Rules) -> policy.Rules:
    """No fee for what the law allows, and no fewer days to post it."""
    days = max(rules.post_days, withdrawal_policy.POST_WITHIN)
    return replace(rules, fee=ZERO, post_days=days)


def _possible(order: "Order", wanted: Mapping[int, int] | None) -> dict[int, int]:
    """Line's id → units that a withdrawal reaches."""
    lines: Collection[OrderLine] = [line for line in order.lines.all() if not order.is_exempt(line)]
    asked = {
        line.pk: line.withdrawable if wanted is None else wanted.get(line.pk, 0) for line in lines
    }
    found = {line.pk: min(asked[line.pk], line.withdrawable) for line in lines}
    return {pk: count for pk, count in found.items() if count > 0}


def _asked(order: "Order", wanted: "Sequence[Wanted] | None") -> dict[int, int]:
    """What is to be stopped, each line once. Refused when more than has not left yet."""
    lines = {line.pk: line for line in order.lines.all()}
    if order.is_cancelled:
        raise Refused([Problem(Obstacle.ORDER_CANCELLED)])
    if wanted is None:
        counts = {pk: line.unsent for pk, line in lines.items()}
        if not any(counts.values()):
            raise Refused([Problem(Obstacle.ALL_BACK)])
        return counts
    counts = dict.fromkeys((item.line_id for item in wanted), 0)
    for item in wanted:
        counts[item.line_id] += item.quantity
    problems = [
        Problem(Obstacle.TOO_MANY, pk, limit=lines[pk].unsent)
        for pk, count in counts.items()
        if pk in lines and count > lines[pk].unsent
    ]
    if problems:
        raise Refused(problems)
    return counts
