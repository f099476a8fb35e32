"""Parcel: one waybill at one carrier. Scan: one report about it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.db.models.functions import Replace, Upper
from django.utils import timezone

from tracking import milestones
from tracking.carriers import CARRIERS
from tracking.milestones import Milestone
from tracking.reports import ScanReport
from tracking.signals import milestone_reached


@dataclass(frozen=True)
class Story:
    """A parcel as we first hear of it: `at` it was announced, `reports` came since."""

    number: str
    carrier: str
    at: datetime
    reports: tuple[ScanReport, ...] = ()


# Sisters that shops and providers take for each other: the same number means the same parcel.
SISTERS = (
    frozenset({"china-post", "ems"}),
    frozenset({"dhl", "dhl-paket", "dhl-ecommerce", "deutsche-post"}),
)


def plain(number: str) -> str:
    """A tracking number as it is compared (`Parcel.plain_number` is the same of ours):
    people, shops and carriers write one with blanks, with dashes or in small letters."""
    return re.sub(r"[\s._-]+", "", unicodedata.normalize("NFKC", number)).upper()


# The same in the database.
PLAIN = Upper(
    Replace(Replace(Replace(Replace("number", Value(" ")), Value(".")), Value("_")), Value("-"))
)


class ParcelQuerySet(models.QuerySet["Parcel"]):
    def numbered(self, account_id: int, number: str) -> "list[Parcel]":
        """The account's parcels with this number, whatever their carriers."""
        return list(self.filter(account_id=account_id, plain_number=plain(number)).order_by("pk"))

    def announce(self, account, number: str, carrier: str, at: datetime | None = None) -> "Parcel":
        """The parcel with this number at this carrier, made when it is new."""
        parcel, _ = self.get_or_create(
            account=account,
            carrier=carrier,
            number=number,
            defaults={"announced_at": at or timezone.now()},
        )
        return parcel

    def announce_all(
        self, account, stories: Iterable[Story]
    ) -> "dict[tuple[str, str], tuple[Parcel, bool]]":
        """Many at once: (carrier, number) → the parcel, and whether it is new.

        New ones begin with the reports of their story. That is how we meet them, not
        news of them, so no signal is sent. Known ones are left as they are.
        """
        told = {(story.carrier, story.number): story for story in stories}
        mine = self.filter(account=account, number__in={number for _, number in told})
        before = {(parcel.carrier, parcel.number) for parcel in mine.all()}
        made: list[Parcel] = []
        scans: dict[tuple[str, str], dict[tuple, Scan]] = {}
        for key, story in told.items():
            if key in before:
                continue
            parcel = Parcel(
                account=account,
                carrier=story.carrier,
                number=story.number,
                announced_at=story.at,
                checked_at=max((r.at for r in story.reports), default=None),
            )
            scans[key] = {
                scan.identity: scan
                for scan in (Scan.of(parcel, report) for report in story.reports)
            }
            parcel.milestone, parcel.milestone_at = _where(scans[key].values())
            made.append(parcel)
        # Somebody else may announce the same ones at this moment; one row is made.
        Parcel.objects.bulk_create(made, ignore_conflicts=True)
        found = {(parcel.carrier, parcel.number): parcel for parcel in mine.all()}
        rows = []
        for key, known in scans.items():
            for scan in known.values():
                scan.parcel = found[key]
                rows.append(scan)
        Scan.objects.bulk_create(rows, ignore_conflicts=True)
        return {key: (found[key], key not in before) for key in told}


class Parcel(models.Model):
    account = models.ForeignKey("tracking.Account", models.PROTECT, related_name="parcels")
    carrier = models.CharField(max_length=40, blank=True, help_text="A code of carriers.py.")
    number = models.CharField("tracking number", max_length=60)
    plain_number = models.GeneratedField(
        expression=PLAIN,
        output_field=models.CharField(max_length=60),
        db_persist=True,
    )
    milestone = models.CharField(max_length=20, choices=Milestone, default=Milestone.ANNOUNCED)
    milestone_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = ParcelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "carrier", "number"], name="parcel_is_known_once"
            )
        ]
        indexes = [
            models.Index(fields=["number"], name="parcel_number"),
            models.Index(fields=["account", "plain_number"], name="parcel_plain_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.carrier or 'unknown carrier'})"

    @property
    def is_moving(self) -> bool:
        return self.milestone in milestones.MOVING and self.milestone not in milestones.FINAL

    def is_meant(self, carrier: str, *others: str) -> bool:
        """Whether news about our number at `carrier` (and further ones on its way) is about
        this parcel. A carrier that one of us does not know speaks against nothing."""
        if not carrier or self.carrier not in CARRIERS:
            return True
        named = {carrier, *others}
        return self.carrier in named or any(self.carrier in s and s & named for s in SISTERS)

    def learn_carrier(self, code: str) -> bool:
        """Takes the carrier over when we know none; not when that parcel is known already."""
        if self.carrier or not code:
            return False
        try:
            with transaction.atomic():
                mine = Parcel.objects.filter(pk=self.pk, carrier="")
                learned = bool(mine.update(carrier=code))
        except IntegrityError:
            return False
        if learned:
            self.carrier = code
        return learned

    def record(self, reports: Iterable[ScanReport], now: datetime | None = None) -> list["Scan"]:
        """Adds what is new among `reports`, in any order, and moves the milestone.

        Returns the new scans. A report that is already known (same moment, code and
        place, however worded) changes nothing. The milestone is read from all scans in
        order of time, so it does not matter in which order they arrived. Sends
        `milestone_reached` inside the transaction when the parcel moved on.
        """
        now = now or timezone.now()
        with transaction.atomic():
            me = Parcel.objects.select_for_update().get(pk=self.pk)
            scans = {scan.identity: scan for scan in me.scans.all()}
            fresh = []
            for report in sorted(reports, key=lambda report: report.at):
                scan = Scan.of(me, report)
                if scan.identity not in scans:
                    scans[scan.identity] = scan
                    fresh.append(scan)
            Scan.objects.bulk_create(fresh)
            before = me.milestone
            me.milestone, me.milestone_at = _where(scans.values())
            # Never earlier than before: what was told late, or is told again, is no look.
            me.checked_at = max(me.checked_at or now, now)
            me.save(update_fields=["milestone", "milestone_at", "checked_at"])
            if me.milestone != before:
                # Receivers write their rows in this same transaction: both or neither.
                milestone_reached.send(sender=Parcel, parcel=me, before=before)
        self.milestone, self.milestone_at = me.milestone, me.milestone_at
        self.checked_at = me.checked_at
        return fresh


def _where(scans: "Iterable[Scan]") -> tuple[str, datetime | None]:
    """The milestone that `scans` tell together, and when it was reached."""
    milestone, at = str(Milestone.ANNOUNCED), None
    for scan in sorted(scans, key=lambda scan: (scan.at, milestones.RANK[scan.milestone])):
        if milestones.follows(scan.milestone, milestone):
            milestone, at = scan.milestone, scan.at
    return milestone, at


class Scan(models.Model):
    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="scans")
    at = models.DateTimeField()
    utc_offset = models.SmallIntegerField(null=True, blank=True, help_text="Minutes.")
    milestone = models.CharField(max_length=20, choices=Milestone)
    code = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=120, blank=True)
    words = models.TextField(blank=True)
    language = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "at", "code", "place"], name="scan_is_recorded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.milestone} {self.place}".strip()

    @classmethod
    def of(cls, parcel: Parcel, report: ScanReport) -> "Scan":
        # In UTC, because in the hour that clocks repeat, equal moments of two zones
        # compare as different; cut, because carriers know no limits.
        return cls(
            parcel=parcel,
            at=report.at.astimezone(UTC),
            milestone=report.milestone,
            code=report.code[:60],
            place=report.place[:120],
            words=report.words,
            language=report.language[:12],
            utc_offset=report.utc_offset,
        )

    @property
    def identity(self) -> tuple[datetime, str, str]:
        """What makes it the same scan when it is reported again, in whatever words."""
        return self.at, self.code, self.place
