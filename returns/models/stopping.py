"""Stopping: what was withdrawn before it left is not to leave; and the money of a withdrawal
does not wait for the goods once it is proved that they were posted."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from returns.codes import Kind, Payer, PhotoKind, ResolutionKind
from returns.models.event import SHOP, Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.resolution import Resolution, TooMuch
from returns.models.return_base import ReturnBase
from returns.models.settling import Award
from returns.states import SETTLED, IllegalTransition, Status
from returns.withdrawal_states import WithdrawalNews

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order
    from returns.models.return_line import ReturnLine

ZERO = Decimal(0)
PAID_AFTER_PROOF = 2  # working days, where the law's own hour is over
# With these the carrier or we know that the goods are on their way back.
SEEN = (Status.IN_TRANSIT, Status.RECEIVED, Status.INSPECTED)


class Stopping(ReturnBase):
    class Meta:
        abstract = True

    # --- it is not to leave ---------------------------------------------------------------

    def remember_cancelled(self, before: Mapping[int, int]) -> None:
        """How many units of each line (its id) the shop had taken out, or was to take out for
        others, when these were withdrawn."""
        for row in self.lines.all():
            row.cancelled_before = before[row.line_id]
            row.save(update_fields=["cancelled_before"])

    def note_stopped(self, *, by: Actor, now: datetime | None = None) -> None:
        """It stays here: the money is decided. Where the shop has sent it back already, that is
        noted; what cannot be given in one piece waits for a person."""
        now = now or timezone.now()
        with self._changing(self._unstopped(), stopped_at=now):
            try:
                self._me.grant(by=by, now=now)
            except TooMuch:
                self._paid_in_shop(by, now)

    def _paid_in_shop(self, by: Actor, now: datetime) -> None:
        with suppress(TooMuch):
            self._me.put_right(by=by, now=now)

    def note_left(self, *, by: Actor, now: datetime | None = None) -> None:
        """It had left: what was to stay is a return now, with instructions, at our cost."""
        now = now or timezone.now()
        values: dict[str, Any] = self._me._term(now, self._me._post_by(now))
        values |= {"keeps_goods": False, "stopped_at": now, "left_at": now, "payer": Payer.STORE}
        with self._changing(self._unstopped(), **values):
            self.lines.update(waived=0)
            Promise.objects.open().filter(authorization=self._me, kind=PromiseKind.REFUND).let_go(
                now
            )
            self._promise(PromiseKind.REMINDER, self.remind_at, by, now)
            self._tell(EventKind.LEFT_ALL_THE_SAME, by, now, NoticeKind.RETURN_APPROVED)

    def _unstopped(self) -> Q:
        if not self.waits_for_stop:
            raise IllegalTransition(self.status, self.status)
        return Q(status=Status.APPROVED, keeps_goods=True, stopped_at=None)

    def _note_left_late(self, now: datetime) -> None:
        """It left after it was stopped, and the money is decided: a person asks it back."""
        with self._changing(Q(left_at=None), left_at=now):
            self._tell(
                EventKind.LEFT_ALL_THE_SAME,
                SHOP,
                now,
                NoticeKind.WITHDRAWAL_NEWS,
                news=WithdrawalNews.LEFT_LATE,
            )

    def _give_up(self, counts: Mapping[int, int]) -> None:
        """Some of it left all the same: it is no part of this one any more. Line's id → units."""
        for row in self.lines.all():
            if not (gone := counts.get(row.line_id, 0)):
                continue
            worth = row.worth(row.approved - gone, self.order.currency)
            less = row.amount - worth
            if gone == row.requested:
                row.delete()
            else:
                row.requested, row.approved = row.requested - gone, row.approved - gone
                row.waived, row.amount = row.waived - gone, worth
                row.save(update_fields=["requested", "approved", "waived", "amount"])
            self.value, self.estimated_total = self.value - less, self.estimated_total - less
        self.estimated_total = max(self.estimated_total, ZERO)
        self.save(update_fields=["value", "estimated_total"])

    # --- the money does not wait ----------------------------------------------------------

    def promise_money(self, *, by: Actor, now: datetime | None = None) -> None:
        """It is proved that the goods come: the money is due, whatever we find in the parcel."""
        now = now or timezone.now()
        with self._changing(Q(pk__in=proved(promised=False).values("pk"))):
            self._promise(PromiseKind.REFUND, self._paid_by(now), by, now)

    @property
    def may_be_paid_on_proof(self) -> bool:
        return proved(promised=True).filter(pk=self.pk).exists()

    def pay_on_proof(self, *, by: Actor, now: datetime | None = None) -> Resolution:
        """The whole of it, before we have looked. Raises TooMuch, IllegalTransition."""
        now = now or timezone.now()
        with self._changing(Q(pk__in=proved(promised=True).values("pk"))):
            settlement = self._me.settlement()
            goods = sum((row.amount for row in self.lines.all()), ZERO)
            worth = replace(settlement, goods=goods, postage=self.estimated_postage, fee=ZERO)
            total = min(goods + self.estimated_postage, settlement.cap)
            if total <= 0:
                raise TooMuch(settlement.cap)
            made = self._me._award(Award(ResolutionKind.REFUND, total), worth, by, now)
            Promise.objects.sooner(
                self.order,
                PromiseKind.REFUND,
                self._paid_by(now),
                by=by,
                authorization=self._me,
                now=now,
            )
        return made

    def _paid_by(self, now: datetime) -> datetime:
        soon = self.order.store.calendar.close_of_working_day(now, PAID_AFTER_PROOF)
        return max(self.money_by or soon, soon)


def proved(*, promised: bool) -> "models.QuerySet[ReturnAuthorization]":
    """Withdrawals whose goods were posted by what can be shown (Article 13: a number, a photo of
    the receipt, a scan, the parcel itself), and for which nothing is decided yet. promised: also
    those of which the buyer knows when the money comes."""
    from returns.models.authorization import ReturnAuthorization
    from returns.models.photo import Photo
    from returns.models.shipment import Shipment

    receipt = Photo.objects.filter(authorization=OuterRef("pk"), kind=PhotoKind.WAYBILL)
    number = Shipment.objects.filter(authorization=OuterRef("pk"), is_return=True)
    decided = Resolution.objects.live().filter(authorization=OuterRef("pk"))
    posted = Q(status=Status.APPROVED) & (Exists(number.exclude(number="")) | Exists(receipt))
    found = ReturnAuthorization.objects.filter(
        Q(status__in=SEEN) | posted,
        kind=Kind.WITHDRAWAL,
        keeps_goods=False,
        money_by__isnull=False,
        withdrawal__isnull=False,
    ).exclude(Exists(decided))
    if promised:
        return found
    word = Promise.objects.open().filter(authorization=OuterRef("pk"), kind=PromiseKind.REFUND)
    return found.exclude(Exists(word))


def follow_stops(order: "Order", now: datetime) -> None:
    """What the shop says of units that were not to leave: taken out of the order, or sent all
    the same. Under the order's lock, after its news was written."""
    if not _withdrawn_of(order).exists():
        return
    for rma in _withdrawn_of(order):
        _note_cancelled(rma)
    _note_sent(order, now)
    for rma in _withdrawn_of(order):
        if rma.waits_for_stop and (order.is_cancelled or _all_cancelled(rma)):
            rma.note_stopped(by=SHOP, now=now)


# --- Step by step ---------------------------------------------------------------------------


def _withdrawn_of(order: "Order") -> "models.QuerySet[ReturnAuthorization]":
    """What was not to leave, the oldest first."""
    mine = order.returns.filter(
        kind=Kind.WITHDRAWAL, keeps_goods=True, stop_wanted_at__isnull=False, left_at=None
    )
    return mine.order_by("stop_wanted_at", "pk").prefetch_related("lines__line")


def _note_cancelled(rma: "ReturnAuthorization") -> None:
    """The shop took units out: for these, and not for those withdrawn before them."""
    for row in rma.lines.all():
        taken = row.line.cancelled - (row.cancelled_before or 0)
        taken = min(max(taken, row.cancelled), row.approved)
        if taken != row.cancelled:
            row.cancelled = taken
            row.save(update_fields=["cancelled"])


def _all_cancelled(rma: "ReturnAuthorization") -> bool:
    """What needs no parcel was never in anybody's way."""
    return all(row.cancelled >= row.approved for row in rma.lines.all() if row.line.needs_shipping)


def _note_sent(order: "Order", now: datetime) -> None:
    """More left than was to leave: the latest that were withdrawn have become returns."""
    lines = {line.pk: line for line in order.with_goods().lines.all()}
    too_many = {pk: line.shipped - max(line.kept - line.withdrawn, 0) for pk, line in lines.items()}
    for rma in reversed(_withdrawn_of(order)):
        gone = _gone(rma.lines.all(), too_many)
        if not gone:
            continue
        for pk, count in gone.items():
            too_many[pk] -= count
        if rma.status in SETTLED or not rma.waits_for_stop:
            rma._note_left_late(now)
        elif all(gone.get(row.line_id) == row.approved for row in rma.lines.all()):
            rma.note_left(by=SHOP, now=now)
        else:
            _split(rma, gone, now)


def _gone(rows: "Iterable[ReturnLine]", too_many: Mapping[int, int]) -> dict[int, int]:
    found = {
        row.line_id: min(row.approved - row.cancelled, too_many.get(row.line_id, 0)) for row in rows
    }
    return {pk: count for pk, count in found.items() if count > 0}


def _split(rma: "ReturnAuthorization", gone: Mapping[int, int], now: datetime) -> None:
    """Part of it left: that part comes back as a return of its own."""
    rma.order = rma.order.locked()
    rma._give_up(gone)
    rma.order._open_withdrawal(
        gone,
        stays=False,
        key=f"left-{rma.pk}-{now.timestamp():.0f}",
        by=SHOP,
        now=now,
        withdrawal=rma.withdrawal,
        left=True,
    )
