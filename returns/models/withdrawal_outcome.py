"""WithdrawalOutcome: what became of a withdrawal: whose order it is about, whether it comes
from the buyer, and what followed.

The page that takes a withdrawal only stores it. This row is the work that is left: a worker
finds the order, so that neither the page nor its time tells whether there is one. What has an
effect on goods and money happens only once it is known to come from the buyer.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import links
from returns.codes import Kind
from returns.ledger import Refused
from returns.models.access import Limit, Throttle, spellings
from returns.models.event import BUYER, RULE, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.states import IllegalTransition
from returns.withdrawal_states import (
    MAY_TAKE_EFFECT,
    OPEN,
    TRANSITIONS,
    Verified,
    WhyNot,
    WithdrawalNews,
    WithdrawalStatus,
)
from tracking.work import LeasedQuerySet, LeasedRow, lease_indexes, place_of

if TYPE_CHECKING:
    from returns.models.order import Order

logger = logging.getLogger(__name__)
S = WithdrawalStatus
# So many letters that ask "was it you?" go to the contact of one order.
LETTERS: tuple[Limit, ...] = ((3, timedelta(days=1)), (6, timedelta(days=14)))
# In what was typed an order's number may stand between other words; so many are tried.
MOST_WORDS = 8


class WithdrawalOutcomeQuerySet(LeasedQuerySet["WithdrawalOutcome"]):
    def work(self, limit: int = 20) -> None:
        """Finds the orders of those that came in; one that fails holds up no other."""
        while rows := self.claim(limit):
            for row in rows:
                try:
                    row.judge()
                except Exception as error:
                    # Its own words may hold what somebody typed.
                    logger.error("withdrawal %s: %s", row.withdrawal_id, place_of(error))
                    row.retry(place_of(error))

    def open(self) -> "WithdrawalOutcomeQuerySet":
        return self.filter(status__in=OPEN)


class WithdrawalOutcome(LeasedRow):
    """lines: id of an order's line → units; {}: all. why: of WhyNot, words: what the buyer is
    told with it. asked_at: when the contact on the order was asked whether it was them."""

    withdrawal = models.OneToOneField(
        "returns.Withdrawal", models.CASCADE, related_name="outcome", primary_key=True
    )
    status = models.CharField(max_length=10, choices=S, default=S.NEW)
    order = models.ForeignKey(
        "returns.Order", models.SET_NULL, null=True, blank=True, related_name="withdrawals"
    )
    lines = models.JSONField(default=dict, blank=True)
    verified_how = models.CharField(max_length=10, choices=Verified, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_note = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=14, choices=WhyNot, blank=True)
    words = models.TextField(blank=True, max_length=2000)
    ended_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = WithdrawalOutcomeQuerySet.as_manager()

    class Meta:
        indexes = [
            *lease_indexes("withdrawal_outcome"),
            models.Index(
                fields=["status"],
                name="withdrawal_open",
                condition=Q(status__in=["new", "unknown", "unverified", "outside"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.withdrawal}: {self.get_status_display()}"

    # --- what is known --------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_verified(self) -> bool:
        return bool(self.verified_how)

    @property
    def wanted(self) -> dict[int, int] | None:
        """Line's id → units, None for all of it."""
        return {int(pk): int(count) for pk, count in self.lines.items()} or None

    @property
    def has_to_choose(self) -> bool:
        """It names a part in free words: which lines that means, the buyer says once more."""
        return bool(self.withdrawal.parts) and not self.lines

    # --- verbs ----------------------------------------------------------------------------

    def judge(self, now: datetime | None = None) -> None:
        """Finds the order of this claimed row, and does what can be done."""
        now = now or timezone.now()
        if self.status != S.NEW:
            self.done()
            return
        order = self.order or self._match()
        with transaction.atomic():
            if order is None:
                self._move(S.UNKNOWN)
            else:
                self.take_up(order, by=BUYER, now=now)
            self.done()

    def take_up(self, order: "Order", *, by: Actor, now: datetime | None = None) -> None:
        """It is about this order: it takes effect when it is known to come from the buyer, else
        the contact on the order is asked."""
        now = now or timezone.now()
        with transaction.atomic():
            order = order.locked()
            self._note(order, EventKind.WITHDRAWAL_RECEIVED, BUYER, self.withdrawal.received_at)
            why = order.with_goods().why_not_withdraw(self.withdrawal.received_at, now)
            if why:
                self._lie_outside(order, why, now)
            elif self.is_verified:
                self._take_effect(order, by, now)
            else:
                asked = self._ask(order, now)
                self._move(S.UNVERIFIED, order=order, asked_at=now if asked else None)

    def confirm(
        self, lines: Mapping[int, int] | None = None, *, now: datetime | None = None
    ) -> None:
        """The buyer says on the page of the order that it was them. lines: what it is about,
        where free words left that open. Whoever is late finds it confirmed: IllegalTransition.
        """
        now = now or timezone.now()
        self._verify(lines, Verified.CONFIRMED, "", BUYER, now, only=frozenset({S.UNVERIFIED}))

    def verify(
        self,
        lines: Mapping[int, int] | None = None,
        *,
        note: str,
        by: Actor,
        order: "Order | None" = None,
        now: datetime | None = None,
    ) -> None:
        """The desk made sure, and it takes effect, whatever the period says. note: how. order:
        where none had been found. Raises Refused when nothing is left of it."""
        now = now or timezone.now()
        with transaction.atomic():
            if order is not None and self.order_id != order.pk:
                self.order = order
            self._verify(lines, Verified.DESK, note, by, now, only=MAY_TAKE_EFFECT)

    def answer(self, why: str, words: str, *, by: Actor, now: datetime | None = None) -> None:
        """It has no effect: the buyer is told why, and what is possible all the same."""
        now = now or timezone.now()
        assert self.order
        with transaction.atomic():
            order = self.order.locked()
            self._move(S.ANSWERED, why=why, words=words, ended_at=now, decided_by=by.user)
            Promise.objects.keep(order, PromiseKind.ANSWER, now=now)
            event = self._note(order, EventKind.WITHDRAWAL_SET_ASIDE, by, now)
            self._write(order, WithdrawalNews.ANSWER, f"event-{event.pk}", now)

    def set_aside(self, why: str, words: str, *, by: Actor, now: datetime | None = None) -> None:
        """It is nobody's: no order of ours, or not from the buyer. Nobody is written to, so
        that nobody learns by it what orders there are."""
        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked() if self.order else None
            self._move(S.SET_ASIDE, why=why, words=words, ended_at=now, decided_by=by.user)
            if order:
                Promise.objects.open().filter(
                    order=order, kind=PromiseKind.ANSWER, authorization=None
                ).let_go(now)

    def ask_again(self, *, now: datetime | None = None) -> bool:
        """Once more, whether it was them. False when that was asked often enough."""
        now = now or timezone.now()
        assert self.order
        with transaction.atomic():
            order = self.order.locked()
            if self.status != S.UNVERIFIED or not self._ask(order, now):
                return False
            WithdrawalOutcome.objects.filter(pk=self.pk).update(asked_at=now)
        self.asked_at = now
        return True

    # --- step by step ---------------------------------------------------------------------

    def _verify(
        self,
        lines: Mapping[int, int] | None,
        how: str,
        note: str,
        by: Actor,
        now: datetime,
        *,
        only: frozenset[str],
    ) -> None:
        assert self.order
        with transaction.atomic():
            order = self.order.locked()
            known = WithdrawalOutcome.objects.filter(pk=self.pk, status__in=only)
            values: dict[str, Any] = {"verified_how": how, "verified_at": now}
            values |= {"verified_note": note, "order": order}
            values |= {"lines": {str(pk): n for pk, n in lines.items()}} if lines else {}
            if not known.update(**values):
                raise IllegalTransition(self.status, S.EFFECTIVE)
            for name, value in values.items():
                setattr(self, name, value)
            why = order.with_goods().why_not_withdraw(self.withdrawal.received_at, now)
            if why and by.is_buyer:
                self._lie_outside(order, why, now)
            else:
                self._take_effect(order, by, now)

    def _take_effect(self, order: "Order", by: Actor, now: datetime) -> None:
        """Under the order's lock."""
        self._move(S.EFFECTIVE, order=order, ended_at=now, decided_by=by.user)
        self._note(order, EventKind.WITHDRAWAL_VERIFIED, by, now)
        Promise.objects.keep(order, PromiseKind.ANSWER, now=now)
        try:
            with transaction.atomic():
                order.withdraw(self.wanted, withdrawal=self.withdrawal, by=by, now=now)
        except Refused:
            if by.is_staff:
                raise
            self._lie_outside(order, WhyNot.NOTHING_LEFT, now, only=frozenset({S.EFFECTIVE}))

    def _lie_outside(
        self, order: "Order", why: str, now: datetime, only: frozenset[str] = OPEN
    ) -> None:
        """The law gives no such right here, as far as we can tell: the desk answers. What was
        declared twice has had its effect."""
        withdrawn = order.returns.filter(kind=Kind.WITHDRAWAL)
        if why == WhyNot.NOTHING_LEFT and withdrawn.exists():
            self._set(S.REPEATED, only, order=order, ended_at=now)
            return
        self._set(S.OUTSIDE, only, order=order, why=why, ended_at=None)
        if self.is_verified:
            Promise.objects.sooner(
                order, PromiseKind.ANSWER, order.store.answer_by(now), by=RULE, now=now
            )

    def _ask(self, order: "Order", now: datetime) -> bool:
        """Asks the contact whom we trust about money, not the address that was typed."""
        contact = order.contact(sensitive=True, now=now)
        if not contact or Throttle.objects.admit(f"withdrawal:{order.pk}", LETTERS, now):
            return False
        event = f"withdrawal-{self.pk}-{now.timestamp():.6f}"
        self._write(order, WithdrawalNews.CONFIRM, event, now, recipient=contact)
        return True

    def _write(
        self, order: "Order", news: str, event: str, now: datetime, recipient: str = ""
    ) -> None:
        Notice.objects.write(
            order,
            NoticeKind.WITHDRAWAL_NEWS,
            event=event,
            recipient=recipient,
            now=now,
            news=news,
            withdrawal=self.pk,
        )

    def _note(self, order: "Order", kind: str, by: Actor, at: datetime) -> Event:
        number = self.withdrawal.number
        return Event.objects.note(order, kind, by=by, at=at, number=number)

    def _move(self, new: str, **values: Any) -> None:
        """The first writer wins; the loser gets IllegalTransition."""
        only = frozenset(old for old, reached in TRANSITIONS.items() if new in reached)
        self._set(new, only, **values)

    def _set(self, new: str, only: frozenset[str], **values: Any) -> None:
        mine = WithdrawalOutcome.objects.filter(pk=self.pk, status__in=only)
        if not mine.update(status=new, **values):
            raise IllegalTransition(self.status, new)
        for name, value in {"status": new, **values}.items():
            setattr(self, name, value)

    def _match(self) -> "Order | None":
        """The order that what was typed names; without a number the only one of that email."""
        from returns.models.order import Order

        withdrawal = self.withdrawal
        orders = Order.objects.select_related("store").filter(store=withdrawal.store)
        words = withdrawal.contract.split()
        tried = [withdrawal.contract, *(word for word in words if any(map(str.isdigit, word)))]
        for text in tried[:MOST_WORDS]:
            refs = {links.order_ref(found) for found in spellings(text.strip(".,;:#()")) if found}
            if order := orders.filter(ref__in=refs).first():
                return order
        if any(map(str.isdigit, withdrawal.contract)):
            return None
        mine = list(orders.filter(email__iexact=withdrawal.email)[:2])
        return mine[0] if len(mine) == 1 else None
