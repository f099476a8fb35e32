"""Promise: what we said we would do, and by when. A broken one is final."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from returns.models.event import CLOCK, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind

logger = logging.getLogger(__name__)
# Rows that one sweep takes; the next comes in a minute.
AT_ONCE = 500

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order


class PromiseKind(models.TextChoices):
    """`returns/texts.py` has the sentence for each."""

    ANSWER = "answer", "Answer the request"
    UPDATE = "update", "Write again about the parcel"
    REMINDER = "reminder", "Remind before the deadline"
    DEADLINE = "deadline", "Write when the time to post is over"
    INSPECTION = "inspection", "Look inside and write"
    REFUND = "refund", "Send the money"
    CREDIT = "credit", "Give the credit"
    GOODS = "goods", "Send new goods"


class PromiseState(models.TextChoices):
    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    BROKEN = "broken", "Broken"
    SUPERSEDED = "superseded", "Replaced"


# What can only be kept by writing: not promised to a buyer whose address we do not have.
KEPT_BY_WRITING = frozenset({PromiseKind.UPDATE, PromiseKind.REMINDER, PromiseKind.DEADLINE})
# The clock ticks each minute and a sweep takes its time; that is not being late.
GRACE = timedelta(minutes=5)


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        return self.filter(state=PromiseState.OPEN)

    def due(self, now: datetime | None = None) -> "PromiseQuerySet":
        return self.open().filter(due_at__lte=now or timezone.now())

    def late(self, now: datetime | None = None) -> "PromiseQuerySet":
        """What the desk owes somebody: its hour has passed, or passed once before and was
        renewed with an apology. `late_since`: the hour that was not kept."""
        renewed = Q(follows__isnull=False) & ~Q(kind=PromiseKind.UPDATE)
        late = self.open().filter(Q(due_at__lte=now or timezone.now()) | renewed)
        since = Coalesce("follows__due_at", "due_at")
        return late.annotate(late_since=since).order_by("late_since", "pk")

    def make(
        self,
        order: "Order",
        kind: str,
        due_at: datetime,
        *,
        by: Actor,
        authorization: "ReturnAuthorization | None" = None,
        follows: "Promise | None" = None,
        now: datetime | None = None,
    ) -> "Promise | None":
        """Makes a promise, under the order's lock; an open one of the same kind is replaced
        by it. None when it could not be kept, because nobody can be written to."""
        now = now or timezone.now()
        if kind in KEPT_BY_WRITING and not order.email:
            return None
        self.open().filter(order=order, kind=kind, authorization=authorization).update(
            state=PromiseState.SUPERSEDED, settled_at=now
        )
        return self.create(
            order=order,
            kind=kind,
            authorization=authorization,
            due_at=due_at,
            made_at=now,
            made_by=by.kind,
            follows=follows,
        )

    def of_update(
        self,
        order: "Order",
        *,
        by: Actor,
        follows: "Promise | None" = None,
        now: datetime | None = None,
    ) -> "Promise | None":
        """While goods are on their way: we write again, even if nothing has changed. An
        open one stays as it is, whatever becomes of the other parcels: its time was said."""
        now = now or timezone.now()
        due = order.store.calendar.close_of_working_day(now, order.store.update_days)
        if not order.on_its_way(due):  # by then there is nothing left to tell
            return None
        standing = self.open().filter(order=order, kind=PromiseKind.UPDATE).first()
        return standing or self.make(
            order, PromiseKind.UPDATE, due, by=by, follows=follows, now=now
        )

    def keep(
        self,
        order: "Order",
        kind: str,
        *,
        authorization: "ReturnAuthorization | None" = None,
        now: datetime | None = None,
    ) -> int:
        """What was promised happened: the open promise of this kind is kept, or broken when
        it happened too late."""
        now = now or timezone.now()
        in_time = When(due_at__gte=now - GRACE, then=Value(PromiseState.KEPT))
        return (
            self.open()
            .filter(order=order, kind=kind, authorization=authorization)
            .update(state=Case(in_time, default=Value(PromiseState.BROKEN)), settled_at=now)
        )

    def release(self, authorization: "ReturnAuthorization", now: datetime | None = None) -> int:
        """Ends a return's open promises whose subject is gone (cancelled, declined)."""
        return (
            self.open()
            .filter(authorization=authorization)
            .update(state=PromiseState.SUPERSEDED, settled_at=now or timezone.now())
        )

    def come_due(self, now: datetime | None = None) -> None:
        """Each due one in a transaction of its own; one that fails does not hold up the rest."""
        for promise in self.due(now).select_related("order")[:AT_ONCE]:
            try:
                promise.come_due(now)
            except Exception:
                logger.exception("promise %s could not come due", promise.pk)


class Promise(models.Model):
    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="promises")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="promises",
    )
    kind = models.CharField(max_length=12, choices=PromiseKind)
    state = models.CharField(max_length=10, choices=PromiseState, default=PromiseState.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=8)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    follows = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="successor",
        help_text="The broken promise that this one renews.",
    )

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                name="promise_open_once_per_order",
                condition=Q(state=PromiseState.OPEN, authorization=None),
            ),
            models.UniqueConstraint(
                fields=["authorization", "kind"],
                name="promise_open_once_per_return",
                condition=Q(state=PromiseState.OPEN, authorization__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="promise_due", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.state == PromiseState.OPEN

    def come_due(self, now: datetime | None = None) -> None:
        """What happens when its hour has come: sent if the clock can, else broken."""
        now = now or timezone.now()
        with transaction.atomic():
            # The order first, like every verb on it, so that two locks are never crossed.
            order = self.order.locked()
            promise = (
                Promise.objects.due(now).filter(pk=self.pk).select_related("authorization").first()
            )
            if promise is None:
                return
            if promise.kind == PromiseKind.UPDATE and promise.authorization:
                promise.authorization.order = order
                promise._keep_by_writing_of_return(promise.authorization, now)
            elif promise.kind == PromiseKind.UPDATE:
                promise.keep_by_writing(order, now)
            elif promise.is_late(now):
                promise._break(order, now)

    def is_late(self, now: datetime) -> bool:
        return self.due_at < now - GRACE

    def keep_by_writing(self, order: "Order", now: datetime) -> None:
        """Writes where the parcel is, as promised, and says when we write next."""
        late = self.is_late(now)
        if not order.awaits_delivery:  # it arrived meanwhile, which was news enough
            self._settle(PromiseState.SUPERSEDED, now)
            return
        notice = Notice.objects.write(
            order,
            NoticeKind.ORDER_UPDATE,
            event=f"promise-{self.pk}",
            late=late,
            due_at=self.due_at.isoformat(),
        )
        if notice is None:  # the address was taken away; nothing is left to promise
            self._settle(PromiseState.SUPERSEDED, now)
            return
        self._settle(PromiseState.BROKEN if late else PromiseState.KEPT, now)
        Event.objects.note(order, EventKind.UPDATE_SENT, by=CLOCK, at=now)
        Promise.objects.of_update(order, by=CLOCK, follows=self if late else None, now=now)

    def _keep_by_writing_of_return(self, rma: "ReturnAuthorization", now: datetime) -> None:
        """The same while goods come back to us."""
        late = self.is_late(now)
        order = rma.order
        notice = rma.awaits_arrival and Notice.objects.write(
            order,
            NoticeKind.RETURN_UPDATE,
            event=f"promise-{self.pk}",
            authorization=rma,
            late=late,
            due_at=self.due_at.isoformat(),
        )
        if not notice:  # it is here, or nobody can be written to
            self._settle(PromiseState.SUPERSEDED, now)
            return
        self._settle(PromiseState.BROKEN if late else PromiseState.KEPT, now)
        Event.objects.note(order, EventKind.UPDATE_SENT, by=CLOCK, authorization=rma, at=now)
        due = order.store.calendar.close_of_working_day(now, order.store.update_days)
        Promise.objects.make(
            order,
            PromiseKind.UPDATE,
            due,
            by=CLOCK,
            authorization=rma,
            follows=self if late else None,
            now=now,
        )

    def _break(self, order: "Order", now: datetime) -> None:
        """Says honestly that we are late, with a new time; the old one counts as broken."""
        self._settle(PromiseState.BROKEN, now)
        due = order.store.answer_by(now)
        Event.objects.note(
            order,
            EventKind.PROMISE_BROKEN,
            by=CLOCK,
            authorization=self.authorization,
            at=now,
            promise=self.kind,
        )
        Promise.objects.make(
            order,
            self.kind,
            due,
            by=CLOCK,
            authorization=self.authorization,
            follows=self,
            now=now,
        )
        Notice.objects.write(
            order,
            NoticeKind.PROMISE_LATE,
            authorization=self.authorization,
            event=f"promise-{self.pk}",
            promise=self.kind,
            due_at=due.isoformat(),
        )

    def _settle(self, state: str, now: datetime) -> None:
        self.state, self.settled_at = state, now
        self.save(update_fields=["state", "settled_at"])
