"""Scan: one report about a parcel, as it was told."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import models

from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.reports import ScanReport, Signed

if TYPE_CHECKING:
    from tracking.models.parcel import Parcel

Identity = tuple[datetime, str, str, str]

LONGEST_CODE, LONGEST_PLACE = 60, 120


def identity_of(report: ScanReport, provider: str) -> Identity:
    """`Scan.identity` of what a report would become."""
    at = report.at.astimezone(UTC)
    return at, report.code[:LONGEST_CODE], report.place[:LONGEST_PLACE], provider


class Scan(models.Model):
    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="scans")
    provider = models.CharField(max_length=20, blank=True, help_text="Empty: the shop.")
    at = models.DateTimeField()
    utc_offset = models.SmallIntegerField(null=True, blank=True, help_text="Minutes.")
    milestone = models.CharField(max_length=20, choices=Milestone)
    code = models.CharField(max_length=LONGEST_CODE, blank=True)
    place = models.CharField(max_length=LONGEST_PLACE, blank=True)
    country = models.CharField(max_length=2, blank=True)
    carrier = models.CharField(max_length=40, blank=True)
    incident = models.CharField(max_length=24, choices=IncidentKind, blank=True)
    signed = models.CharField(max_length=8, choices=Signed, blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "at", "code", "place", "provider"], name="scan_is_recorded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.milestone} {self.place}".strip()

    @classmethod
    def of(cls, parcel: "Parcel", report: ScanReport, provider: str = "") -> "Scan":
        # In UTC, because in the hour that clocks repeat, equal moments of two zones
        # compare as different; cut, because carriers know no limits.
        return cls(
            parcel=parcel,
            provider=provider,
            at=report.at.astimezone(UTC),
            milestone=report.milestone,
            code=report.code[:LONGEST_CODE],
            place=report.place[:LONGEST_PLACE],
            country=report.country,
            carrier=report.carrier[:40],
            incident=report.incident,
            signed=report.signed,
            words=report.words,
            language=report.language[:12],
            utc_offset=report.utc_offset,
        )

    @property
    def identity(self) -> Identity:
        """What makes it the same scan when it is reported again, in whatever words."""
        return self.at, self.code, self.place, self.provider


def merged(scans: "list[Scan]") -> "list[Scan]":
    """The scans as one story, newest first: what two providers tell of the same minute and
    milestone is one scan, told by whoever says more."""
    told: dict[tuple[datetime, str], Scan] = {}
    for scan in sorted(scans, key=lambda scan: (scan.at, scan.provider, scan.code, scan.place)):
        key = scan.at.replace(second=0, microsecond=0), scan.milestone
        other = told.get(key)
        if other is None or (other.provider != scan.provider and _says_more(scan, other)):
            told[key] = scan
        elif other.provider == scan.provider:
            # One provider means two things when it says two things.
            told[(scan.at, f"{scan.milestone} {scan.code} {scan.place}")] = scan
    return sorted(told.values(), key=lambda scan: (scan.at, scan.pk or 0), reverse=True)


def _says_more(scan: Scan, other: Scan) -> bool:
    return _weight(scan) > _weight(other)


def _weight(scan: Scan) -> tuple[bool, ...]:
    """What went wrong counts before words."""
    return bool(scan.incident), bool(scan.signed), bool(scan.words), bool(scan.place)
