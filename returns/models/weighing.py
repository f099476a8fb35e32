"""Weighing: somebody at the warehouse is asked to weigh an opened parcel once more.

Evidence like the receipt that it belongs to: asked once, answered once, never changed."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.models.event import Actor, ActorKind, Event, EventKind
from returns.models.receipt import Receipt
from returns.states import IllegalTransition

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization


class WeighingQuerySet(models.QuerySet["Weighing"]):
    def open(self) -> "WeighingQuerySet":
        return self.filter(weighed_at=None, receipt__undone_at=None)

    def ask(self, receipt: Receipt, *, by: Actor, now: datetime | None = None) -> "Weighing":
        """Under the order's lock. One that is asked for already is not asked for twice."""
        asked = self.open().filter(receipt=receipt).first()
        return asked or self.create(
            receipt=receipt, asked_at=now or timezone.now(), asked_by=by.kind, asked_user=by.user
        )

    def ask_about(
        self, rma: "ReturnAuthorization", *, by: Actor, now: datetime | None = None
    ) -> "Weighing | None":
        """Of the last parcel of it that was opened, under the order's lock; None when none was,
        or when it was weighed twice already: a third time tells nothing new."""
        receipt = rma.receipts.filter(undone_at=None).order_by("received_at", "pk").last()
        if receipt is None or receipt.weighings.exclude(weighed_at=None).exists():
            return None
        return self.ask(receipt, by=by, now=now)


class Weighing(models.Model):
    """asked_by: of ActorKind; RULE where weights did not go together. grams: None when it could
    not be weighed any more; then the note says what was seen instead."""

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="weighings")
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=8, choices=ActorKind)
    asked_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    weighed_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    grams = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField(blank=True, max_length=2000, help_text="Only the desk reads it.")

    objects = WeighingQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["receipt"], name="weighing_open_once", condition=Q(weighed_at=None)
            ),
            models.CheckConstraint(
                condition=Q(weighed_at=None, grams=None)
                | Q(weighed_at__isnull=False, grams__isnull=False, grams__gt=0)
                | (Q(weighed_at__isnull=False, grams=None) & ~Q(note="")),
                name="weighing_tells_something",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="weighing_open", condition=Q(weighed_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.grams or '?'} g, asked {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.weighed_at is None

    def answer(
        self, grams: int | None, note: str = "", *, by: Actor, now: datetime | None = None
    ) -> None:
        """What the scales said this time, or what was seen instead. The first answer counts.
        ValueError when neither is told."""
        now = now or timezone.now()
        if not grams and not note.strip():
            raise ValueError("neither weighed nor looked at")
        values = {"weighed_at": now, "user": by.user, "grams": grams, "note": note.strip()}
        with transaction.atomic():
            rma = self.receipt.authorization
            order = rma.order.locked()
            mine = Weighing.objects.open().filter(pk=self.pk)
            if not mine.update(**values):
                raise IllegalTransition("weighed", "weighed")
            Event.objects.note(
                order, EventKind.WEIGHED_AGAIN, by=by, authorization=rma, at=now, grams=grams
            )
            if grams:
                self._tell_parcel(rma, grams, now)
        for name, value in values.items():
            setattr(self, name, value)

    def _tell_parcel(self, rma: "ReturnAuthorization", grams: int, now: datetime) -> None:
        """What is wrong with it by its weight is judged by what we know best."""
        shipment = rma.shipments.filter(is_return=True).select_related("parcel").first()
        parcel = shipment.parcel if shipment else None
        if parcel and parcel.received_at and rma.receipts.filter(undone_at=None).count() == 1:
            parcel.note_received(parcel.received_at, grams)
