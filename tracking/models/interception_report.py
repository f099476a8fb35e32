"""InterceptionReport: one call of a gateway about a request, as it came.

Stored raw, acknowledged, and looked into afterwards by a worker; a repeat is the same row.
"""

import hashlib
import logging
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from tracking import gateways
from tracking.gateways import Told
from tracking.models.gateway_account import GatewayAccount
from tracking.models.interception import Interception
from tracking.models.parcel import plain
from tracking.work import LeasedQuerySet, LeasedRow, lease_indexes, place_of

logger = logging.getLogger(__name__)
# A body may hold an address: it is kept no longer.
KEPT_FOR = timedelta(days=30)


class InterceptionReportQuerySet(LeasedQuerySet["InterceptionReport"]):
    def keep(self, account: GatewayAccount, delivery: str, body: bytes) -> bool:
        """Whether it is new."""
        from tracking import tasks

        name = delivery[:100] or hashlib.sha256(body).hexdigest()
        try:
            with transaction.atomic():
                self.create(gateway=account, delivery=name, body=body)
                tasks.ring_interceptions()
        except IntegrityError:
            return False
        return True

    def stale(self) -> "InterceptionReportQuerySet":
        return self.filter(received_at__lt=timezone.now() - KEPT_FOR)


class InterceptionReport(LeasedRow):
    gateway = models.ForeignKey(GatewayAccount, models.CASCADE, related_name="reports")
    delivery = models.CharField(
        max_length=100, help_text="The gateway’s own name of it, or the SHA-256 of its body."
    )
    body = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.TextField(blank=True, help_text="What came of it.")

    objects = InterceptionReportQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "delivery"], name="interception_report_kept_once"
            )
        ]
        indexes = [
            models.Index(fields=["received_at"], name="interception_report_received"),
            *lease_indexes("interception_report"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway}, {self.received_at:%Y-%m-%d %H:%M:%S}"

    def process(self) -> None:
        """Takes over what this claimed call says, and settles it. The same again does no
        harm."""
        adapter = gateways.load(self.gateway.gateway)
        try:
            lines = [self._take(told) for told in adapter.parse(bytes(self.body))]
        except gateways.Error as error:
            (self.dead if error.permanent else self.retry)(str(error))
        except Exception as error:
            # Its own words may hold what the call says about somebody.
            logger.error("interception report %s: %s", self.pk, place_of(error))
            self.retry(place_of(error))
        else:
            self.done(outcome="\n".join(lines) or "It says nothing about a request.")

    def _take(self, told: Told) -> str:
        interception = self._about(told)
        if interception is None:
            return f"{told.number or told.reference or told.key}: no request of ours."
        moved = interception.take(told.answer, self.received_at)
        verb = "now" if moved else "was already"
        return f"{interception.parcel.number}: {verb} “{interception.get_status_display()}”."

    def _about(self, told: Told) -> Interception | None:
        """By our key, else by their reference, else the newest of the parcel's: an open one
        first. Never one that another account asked for."""
        mine = Interception.objects.filter(gateway=self.gateway).select_related("parcel")
        if told.key and len(told.key) == 32:
            return mine.filter(key=told.key).first()
        if told.reference and (found := mine.filter(reference=told.reference).first()):
            return found
        if not told.number:
            return None
        rows = list(mine.filter(parcel__plain_number=plain(told.number)).order_by("-pk")[:10])
        return next((row for row in rows if row.is_open), rows[0] if rows else None)
