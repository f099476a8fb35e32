"""Promise: what we said we would do, and by when. A broken one is final."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.models.event import CLOCK, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order


class PromiseKind(models.TextChoices):
    """`returns/texts.py` has the sentence for each."""

    ANSWER = "answer", "Answer the request"
    UPDATE = "update", "Write again about the parcel"
    REMINDER = "reminder", "Remind before the deadline"
    DEADLINE = "deadline", "Write when the time to post is over"
    REFUND = "refund", "Send the money"


class PromiseState(models.TextChoices):
    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    BROKEN = "broken", "Broken"
    SUPERSEDED = "superseded", "Replaced"


# What the clock keeps by itself, by sending what was promised; the rest needs a person,
# or the verb that makes it moot.
KEPT_BY_CLOCK = frozenset({PromiseKind.UPDATE})


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        return self.filter(state=PromiseState.OPEN)

    def due(self, now: datetime | None = None) -> "PromiseQuerySet":
        return self.open().filter(due_at__lte=now or timezone.now())

    def make(
        self, order: "Order", kind: str, due_at: datetime, *, by: Actor,
        authorization: "ReturnAuthorization | None" = None,
        follows: "Promise | None" = None, now: datetime | None = None,
    ) -> "Promise":
        """Makes a promise; an open one of the same kind is replaced by it."""
        now = now or timezone.now()
        self.open().filter(order=order, kind=kind, authorization=authorization).update(
            state=PromiseState.SUPERSEDED, settled_at=now
        )
        return self.create(
            order=order, kind=kind, authorization=authorization, due_at=due_at, made_at=now,
            made_by=by.kind, follows=follows,
        )

    def of_update(
        self, order: "Order", *, by: Actor, now: datetime | None = None
    ) -> "Promise | None":
        """While goods are on their way: we write again, even if nothing has changed."""
        now = now or timezone.now()
        if not order.is_on_its_way:
            return None
        due = order.store.calendar.close_of_working_day(now, order.store.update_days)
        return self.make(order, PromiseKind.UPDATE, due, by=by, now=now)

    def keep(
        self, order: "Order", kind: str, *, authorization: "ReturnAuthorization | None" = None,
        now: datetime | None = None,
    ) -> int:
        """Keeps the open promise of this kind: what was promised happened."""
        return self.open().filter(order=order, kind=kind, authorization=authorization).update(
            state=PromiseState.KEPT, settled_at=now or timezone.now()
        )

    def release(
        self, authorization: "ReturnAuthorization", now: datetime | None = None
    ) -> int:
        """Ends a return's open promises whose subject is gone (cancelled, declined)."""
        return self.open().filter(authorization=authorization).update(
            state=PromiseState.SUPERSEDED, settled_at=now or timezone.now()
        )


class Promise(models.Model):
    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="promises")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, null=True, blank=True,
        related_name="promises",
    )
    kind = models.CharField(max_length=12, choices=PromiseKind)
    state = models.CharField(max_length=10, choices=PromiseState, default=PromiseState.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=8)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    follows = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="successor",
        help_text="The broken promise that this one renews.",
    )

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"], name="promise_open_once_per_order",
                condition=Q(state=PromiseState.OPEN, authorization=None),
            ),
            models.UniqueConstraint(
                fields=["authorization", "kind"], name="promise_open_once_per_return",
                condition=Q(state=PromiseState.OPEN, authorization__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="promise_due", condition=Q(state="open"))
        ]

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
            promise = Promise.objects.due(now).filter(pk=self.pk).first()
            if promise is None:
                return
            if promise.kind in KEPT_BY_CLOCK:
                promise._keep_by_writing(order, now)
            elif promise.due_at + timedelta(minutes=5) <= now:
                # The verbs that keep it run in the same minute; let them go first.
                promise._break(order, now)

    def _keep_by_writing(self, order: "Order", now: datetime) -> None:
        self._settle(PromiseState.KEPT, now)
        if not order.is_on_its_way:
            return
        Event.objects.note(order, EventKind.UPDATE_SENT, by=CLOCK, at=now)
        Promise.objects.of_update(order, by=CLOCK, now=now)
        Notice.objects.write(order, NoticeKind.ORDER_UPDATE, event=f"promise-{self.pk}")

    def _break(self, order: "Order", now: datetime) -> None:
        """Says honestly that we are late, with a new time; the old one counts as broken."""
        self._settle(PromiseState.BROKEN, now)
        due = order.store.calendar.due(now, order.store.answer_hours)
        Event.objects.note(
            order, EventKind.PROMISE_BROKEN, by=CLOCK, authorization=self.authorization, at=now,
            kind=self.kind,
        )
        Promise.objects.make(
            order, self.kind, due, by=CLOCK, authorization=self.authorization, follows=self,
            now=now,
        )
        Notice.objects.write(
            order, NoticeKind.PROMISE_LATE, authorization=self.authorization,
            event=f"promise-{self.pk}", promise=self.kind, due_at=due.isoformat(),
        )

    def _settle(self, state: str, now: datetime) -> None:
        self.state, self.settled_at = state, now
        self.save(update_fields=["state", "settled_at"])
