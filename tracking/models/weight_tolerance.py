"""WeightTolerance: by how much two scales may disagree before anybody should wonder."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tracking.watch import Tolerance

# What arrived longer ago is not looked at once more.
JUDGED_FOR = timedelta(days=30)


class WeightTolerance(models.Model):
    """Of one carrier, or of every carrier that has no row of its own. The larger of the two
    counts."""

    account = models.ForeignKey(
        "tracking.Account", models.CASCADE, related_name="weight_tolerances"
    )
    carrier = models.CharField(
        max_length=40, blank=True, help_text="A code of carriers.py. Empty: every carrier."
    )
    grams = models.PositiveIntegerField(default=100, validators=[MaxValueValidator(100_000)])
    percent = models.PositiveSmallIntegerField(
        default=10, validators=[MaxValueValidator(100)], help_text="Of what we weighed."
    )

    class Meta:
        verbose_name_plural = "weight tolerances"
        ordering = ["carrier"]
        constraints = [
            models.UniqueConstraint(fields=["account", "carrier"], name="weight_tolerance_once"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="weight_tolerance_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier or 'every carrier'}: {self.grams} g or {self.percent} %"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self._judge_anew()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        self._judge_anew()
        return gone

    @property
    def tolerance(self) -> Tolerance:
        return Tolerance(self.grams, self.percent / 100)

    def _judge_anew(self) -> None:
        """What its parcels weigh is looked at once more, by the watch."""
        self.account.restamp()
        lately = Q(ended_at=None) | Q(ended_at__gt=timezone.now() - JUDGED_FOR)
        weighed = self.account.parcels.filter(lately, weight__gt=0, carrier_weight__gt=0)
        weighed.update(watch_at=timezone.now())


class Tolerances:
    """Those of one account, looked up many times."""

    def __init__(self, rows: Iterable[WeightTolerance]):
        self.rows = {row.carrier: row.tolerance for row in rows}

    def of(self, carrier: str) -> Tolerance:
        return self.rows.get(carrier) or self.rows.get("") or Tolerance()
