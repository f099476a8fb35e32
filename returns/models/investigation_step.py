"""InvestigationStep: one step of the standard procedure, by whom and by when."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from returns.investigation_steps import StepKind


class InvestigationStepQuerySet(models.QuerySet["InvestigationStep"]):
    def to_do(self) -> "InvestigationStepQuerySet":
        return self.filter(done_at=None)


class InvestigationStep(models.Model):
    """owner: who does it; None for what the carrier does, and while nobody looks after the
    case. note: for ourselves."""

    investigation = models.ForeignKey("returns.Investigation", models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=20, choices=StepKind)
    position = models.PositiveSmallIntegerField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.TextField(max_length=2000, blank=True)

    objects = InvestigationStepQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["investigation", "kind"], name="step_once")]
        indexes = [models.Index(fields=["due_at"], name="step_to_do", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.investigation_id})"

    def is_late(self, now: datetime) -> bool:
        return self.done_at is None and self.due_at < now
