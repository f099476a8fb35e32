"""Lane: how long one carrier usually takes from one country to another."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from tracking import expectations
from tracking.expectations import Usual
from tracking.milestones import Milestone
from tracking.watch import Patience

# What parcels took lately says more than what they took a year ago.
LEARNS_FROM = timedelta(days=180)
MOST_PARCELS = 50_000
# Beyond, a carrier's clock is wrong or its number is used again.
LONGEST_JOURNEY = timedelta(days=365)
COUNTRY = RegexValidator(r"^[A-Z]{2}$", "Two capitals: DE.")
DAYS = [MinValueValidator(1), MaxValueValidator(120)]
HOURS = [MinValueValidator(24), MaxValueValidator(24 * 30)]


class LaneQuerySet(models.QuerySet["Lane"]):
    def learn(self, account_id: int, now: datetime | None = None) -> int:
        """Takes the usual days of every lane from the parcels that have arrived; returns
        how many lanes changed by it. Lanes that nobody configured are made."""
        from tracking.models.parcel import Parcel

        now = now or timezone.now()
        arrived = Parcel.objects.filter(
            account=account_id,
            milestone=Milestone.DELIVERED,
            ended_at__gt=now - LEARNS_FROM,
            started_at__isnull=False,
        ).order_by("-ended_at")
        took: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        rows = arrived.values_list("origin", "destination", "carrier", "started_at", "ended_at")
        for origin, destination, carrier, started, ended in rows[:MOST_PARCELS]:
            if not (origin and destination and started and ended):
                continue
            if timedelta(0) <= ended - started <= LONGEST_JOURNEY:
                took[origin, destination, carrier].append((ended - started).days)
        changed = 0
        before = {
            (row.origin, row.destination, row.carrier): row.usual
            for row in self.filter(account=account_id)
        }
        for (origin, destination, carrier), days in took.items():
            if len(days) < expectations.ENOUGH:
                continue
            median, late = expectations.learned(days)
            lane, _ = self.update_or_create(
                account_id=account_id,
                origin=origin,
                destination=destination,
                carrier=carrier,
                defaults={
                    "median_days": median,
                    "late_days": late,
                    "learned_from": len(days),
                    "learned_at": now,
                },
            )
            changed += lane.usual != before.get((origin, destination, carrier))
        return changed


class Lane(models.Model):
    """What is configured here counts; else what was learned; else the defaults of
    `tracking/expectations.py`. Days are calendar days from the first scan."""

    account = models.ForeignKey("tracking.Account", models.CASCADE, related_name="lanes")
    origin = models.CharField(max_length=2, validators=[COUNTRY])
    destination = models.CharField(max_length=2, validators=[COUNTRY])
    carrier = models.CharField(
        max_length=40, blank=True, help_text="A code of carriers.py. Empty: every carrier."
    )
    days_from = models.PositiveSmallIntegerField(null=True, blank=True, validators=DAYS)
    days_to = models.PositiveSmallIntegerField(null=True, blank=True, validators=DAYS)
    silent_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=HOURS, help_text="Without a first scan. Empty: 48."
    )
    stalled_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=HOURS, help_text="Without movement. Empty: 48."
    )
    answer_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text="Working days until the carrier answers a question about a lost parcel. Empty: "
        "as the store says.",
    )
    signature_service = models.CharField(
        max_length=80, blank=True, help_text="What to book for a signature: Adult Signature."
    )
    appointment_service = models.CharField(
        max_length=80, blank=True, help_text="What to book for delivery by appointment."
    )
    median_days = models.PositiveSmallIntegerField(null=True, editable=False)
    late_days = models.PositiveSmallIntegerField("90 of 100 within", null=True, editable=False)
    learned_from = models.PositiveIntegerField("parcels", default=0, editable=False)
    learned_at = models.DateTimeField(null=True, editable=False)

    objects = LaneQuerySet.as_manager()

    class Meta:
        ordering = ["origin", "destination", "carrier"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "origin", "destination", "carrier"], name="lane_once"
            ),
            models.CheckConstraint(
                condition=Q(days_from=None) | Q(days_to=None) | Q(days_from__lte=F("days_to")),
                name="lane_days_from_to",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} to {self.destination}, {self.carrier or 'every carrier'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.account.restamp()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        gone = super().delete(*args, **kwargs)
        self.account.restamp()
        return gone

    def clean(self) -> None:
        if (self.days_from is None) != (self.days_to is None):
            raise ValidationError({"days_to": "Give both days, or neither."})
        if self.days_from and self.days_to and self.days_to < self.days_from:
            raise ValidationError({"days_to": "That is sooner than the first day."})

    @property
    def usual(self) -> Usual | None:
        """Calendar days from the first scan to the door; None when this lane does not know."""
        return self.configured or self.learned

    @property
    def configured(self) -> Usual | None:
        if self.days_from is None or self.days_to is None:
            return None
        return Usual(self.days_from, self.days_to)

    @property
    def learned(self) -> Usual | None:
        """Never a single day: that one more is no delay."""
        if self.median_days is None or self.late_days is None:
            return None
        median = max(1, self.median_days)
        return Usual(median, max(median + 1, self.late_days))

    @property
    def patience(self) -> Patience:
        own = {
            name: value
            for name in ("silent_hours", "stalled_hours")
            if (value := getattr(self, name)) is not None
        }
        return replace(Patience(), **own)


class Lanes:
    """The lanes of one account, looked up many times."""

    def __init__(self, rows: Iterable[Lane]):
        self.rows = {(row.origin, row.destination, row.carrier): row for row in rows}

    def _of(self, origin: str, destination: str, carrier: str) -> list[Lane]:
        keys = ((origin, destination, carrier), (origin, destination, ""))
        return [self.rows[key] for key in keys if key in self.rows]

    def usual(self, origin: str, destination: str, carrier: str) -> Usual:
        """What somebody typed in, for the carrier or else for every one; then what was
        learned; then the default."""
        lanes = self._of(origin, destination, carrier)
        known = [*(lane.configured for lane in lanes), *(lane.learned for lane in lanes)]
        found = next((usual for usual in known if usual), None)
        return found or expectations.usual_for(origin, destination)

    def patience(self, origin: str, destination: str, carrier: str) -> Patience:
        found = self._of(origin, destination, carrier)
        return found[0].patience if found else Patience()

    def answer_days(self, origin: str, destination: str, carrier: str) -> int | None:
        """Working days until the carrier answers; None where nobody typed it in."""
        found = self._of(origin, destination, carrier)
        return next((lane.answer_days for lane in found if lane.answer_days), None)

    def service(self, wanted: str, origin: str, destination: str, carrier: str) -> str:
        """What to book for `wanted` (signature, appointment), or ''."""
        found = self._of(origin, destination, carrier)
        return next((s for lane in found if (s := getattr(lane, f"{wanted}_service"))), "")
