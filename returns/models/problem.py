"""Problem: the buyer (or the desk for them) says that something is wrong. What follows from it
hangs on it: a claim, a recall, an investigation, a conversation."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.codes import ProblemKind
from returns.models.event import Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.rounds import in_time
from tracking.milestones import FINAL, Milestone

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.models.shipment import Shipment

logger = logging.getLogger(__name__)
# Rows that one round takes.
AT_ONCE = 200
# What is told of a parcel; of things there may be several problems at a time.
OF_PARCELS = (ProblemKind.LATE, ProblemKind.NOT_HERE, ProblemKind.CUSTOMS)


class ProblemQuerySet(models.QuerySet["Problem"]):
    def open_about(
        self, order: "Order", kind: str, shipment: "Shipment | None"
    ) -> "ProblemQuerySet":
        """What was told of this very parcel, and has not been taken back or put right."""
        if kind not in OF_PARCELS:
            return self.none()
        mine = self.filter(order=order, kind=kind, over_at=None)
        if shipment is None or shipment.parcel_id is None:
            return mine.filter(shipment=shipment)
        return mine.filter(shipment__parcel=shipment.parcel_id)


class Problem(models.Model):
    """answers: what the short path asked, code → answer (plain JSON, no free text). words: in
    the buyer's own. video: an address where a video lies, https only. over_at: the buyer said
    that it is all right after all."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="problems")
    kind = models.CharField(max_length=12, choices=ProblemKind)
    form_key = models.CharField(max_length=64, editable=False)
    shipment = models.ForeignKey(
        "returns.Shipment", models.SET_NULL, null=True, blank=True, related_name="problems"
    )
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="problems",
        help_text="The claim or recall that it led to.",
    )
    case = models.ForeignKey(
        "returns.Case", models.SET_NULL, null=True, blank=True, related_name="problems"
    )
    answers = models.JSONField(default=dict, blank=True)
    words = models.TextField(blank=True, max_length=2000)
    video = models.URLField(blank=True, max_length=500)
    told_at = models.DateTimeField(default=timezone.now)
    told_by = models.CharField(max_length=8)
    over_at = models.DateTimeField(null=True, blank=True)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        ordering = ["-told_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "form_key"], name="problem_once_per_form"),
            models.CheckConstraint(
                condition=Q(video="") | Q(video__startswith="https://"), name="problem_video_https"
            ),
        ]
        indexes = [models.Index(fields=["order", "kind"], name="problem_of_order")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.order}"

    def over(self, *, by: Actor, now: datetime | None = None) -> bool:
        """It is all right after all: what was begun for it ends. False when that was said
        before."""
        from returns.models.investigation import Investigation

        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked()
            if not Problem.objects.filter(pk=self.pk, over_at=None).update(over_at=now):
                return False
            self.order, self.over_at = order, now
            Event.objects.note(order, EventKind.PROBLEM_OVER, by=by, at=now, problem=self.kind)
            parcel = self.shipment.parcel if self.shipment else None
            if parcel is None:
                return True
            if self.kind == ProblemKind.NOT_HERE and not self._is_missed_by_others():
                parcel.undispute(now)
            for row in Investigation.objects.filter(order=order, parcel=parcel):
                row.order = order
                row.is_there(by, now)
            if self.case and self.case.is_open:
                self.case.close("The buyer says that all is well.", by=by, now=now)
        return True

    def _is_missed_by_others(self) -> bool:
        """The same parcel may bring several orders."""
        others = Problem.objects.filter(kind=self.kind, over_at=None).exclude(pk=self.pk)
        assert self.shipment is not None
        return others.filter(shipment__parcel=self.shipment.parcel_id).exists()


class ProblemReminderQuerySet(models.QuerySet["ProblemReminder"]):
    def due(self, now: datetime) -> "ProblemReminderQuerySet":
        return self.filter(done_at=None, remind_at__lte=now).order_by("remind_at", "pk")

    def come_due(self, now: datetime | None = None) -> None:
        """Each in a transaction of its own; one that fails does not hold up the rest."""
        now = now or timezone.now()
        for reminder in in_time(self.due(now).select_related("order")[:AT_ONCE]):
            try:
                reminder.send(now)
            except Exception:
                logger.exception("reminder %s could not be sent", reminder.pk)


class ProblemReminder(models.Model):
    """The buyer wants to hear when a problem can be reported that cannot be yet. One per kind
    and parcel; sent once, and not when it has been reported or is over by then."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="problem_reminders")
    kind = models.CharField(max_length=12, choices=ProblemKind)
    shipment = models.ForeignKey(
        "returns.Shipment", models.CASCADE, null=True, blank=True, related_name="+"
    )
    remind_at = models.DateTimeField()
    asked_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = ProblemReminderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind", "shipment"],
                name="problem_reminder_once_per_parcel",
                condition=Q(done_at=None, shipment__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["order", "kind"],
                name="problem_reminder_once",
                condition=Q(done_at=None, shipment=None),
            ),
        ]
        indexes = [
            models.Index(fields=["remind_at"], name="problem_to_remind", condition=Q(done_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.order}, {self.remind_at:%Y-%m-%d %H:%M}"

    def send(self, now: datetime | None = None) -> None:
        """Once; and not when there is nothing left to tell."""
        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked()
            if not ProblemReminder.objects.filter(pk=self.pk, done_at=None).update(done_at=now):
                return
            self.order = order
            if not self.is_news:
                return
            Notice.objects.write(
                order,
                NoticeKind.PROBLEM_REMINDER,
                event=f"problem-reminder-{self.pk}",
                now=now,
                reminder=self.pk,
                problem=self.kind,
            )

    @property
    def is_news(self) -> bool:
        """It has not been told, and may be so still."""
        if self.order.is_cancelled:
            return False
        told = self.order.problems.filter(kind=self.kind, told_at__gte=self.asked_at)
        if told.exists() or Problem.objects.open_about(self.order, self.kind, self.shipment):
            return False
        milestone = self.shipment.parcel.milestone if self.shipment and self.shipment.parcel else ""
        if self.kind == ProblemKind.NOT_HERE:
            return milestone in ("", Milestone.DELIVERED)
        return not (self.kind == ProblemKind.LATE and milestone in FINAL)
