"""Incident: something that is wrong with a parcel, from when to when.

`tracking/watch.py` says what is wrong; this keeps it, once per kind while it lasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tracking.incidents import IncidentKind
from tracking.watch import Finding

if TYPE_CHECKING:
    from tracking.models.parcel import Parcel

GRAVEST = 99


class IncidentQuerySet(models.QuerySet["Incident"]):
    def news(self) -> "IncidentQuerySet":
        """Opened, changed or cleared, and nobody left of this package has taken it up."""
        return self.filter(is_news=True).order_by("updated_at", "pk")

    def taken_up(self, incident: "Incident") -> bool:
        """As it was read; one that has changed since stays news."""
        mine = self.filter(pk=incident.pk, updated_at=incident.updated_at, is_news=True)
        return bool(mine.filter(cleared_at=incident.cleared_at).update(is_news=False))

    def open(self) -> "IncidentQuerySet":
        return self.filter(cleared_at=None)


class Incident(models.Model):
    """since: when the trouble began, by the scans. level: how grave, from 1; rises while it
    lasts. detail: what the words need (place, country, code, attempts …)."""

    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="incidents")
    kind = models.CharField(max_length=24, choices=IncidentKind)
    level = models.PositiveSmallIntegerField(default=1)
    since = models.DateTimeField()
    detail = models.JSONField(default=dict, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    cleared_at = models.DateTimeField(null=True, blank=True)
    is_news = models.BooleanField(default=True, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "kind"], name="incident_open_once", condition=Q(cleared_at=None)
            )
        ]
        indexes = [
            models.Index(
                fields=["kind", "since"], name="incident_open", condition=Q(cleared_at=None)
            ),
            models.Index(fields=["updated_at"], name="incident_news", condition=Q(is_news=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, since {self.since:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.cleared_at is None

    def is_as(self, finding: Finding) -> bool:
        return (self.level, self.since, self.detail) == (
            _level(finding),
            finding.since,
            dict(finding.detail),
        )


def _level(finding: Finding) -> int:
    return min(finding.level, GRAVEST)


@dataclass
class Changes:
    """What came of one look at a parcel's troubles."""

    opened: list[Incident] = field(default_factory=list)
    updated: list[Incident] = field(default_factory=list)
    cleared: list[Incident] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.opened or self.updated or self.cleared)


def compared(
    parcel: "Parcel", known: Mapping[str, Incident], found: Mapping[str, Finding], now: datetime
) -> Changes:
    """How the open incidents must change to say what was found; nothing is written here."""
    changes = Changes()
    for kind, finding in found.items():
        incident = known.get(kind)
        if incident is None:
            changes.opened.append(
                Incident(
                    parcel=parcel,
                    kind=kind,
                    level=_level(finding),
                    since=finding.since,
                    detail=dict(finding.detail),
                    opened_at=now,
                    updated_at=now,
                )
            )
        elif not incident.is_as(finding):
            incident.level, incident.since = _level(finding), finding.since
            incident.detail, incident.updated_at = dict(finding.detail), now
            incident.is_news = True
            changes.updated.append(incident)
    for kind, incident in known.items():
        if kind not in found:
            incident.cleared_at, incident.is_news = now, True
            changes.cleared.append(incident)
    return changes
