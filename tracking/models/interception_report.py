"""InterceptionReport: one call of a gateway about a request, as it came.

Stored raw, acknowledged, and looked into afterwards by a worker; a repeat is the same row.
"""

import hashlib
import logging
import uuid
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from tracking import gateways
from tracking.gateways import Told
from tracking.interceptions import InterceptionStatus as Status
from tracking.models.gateway_account import GatewayAccount
from tracking.models.interception import LONGEST_REFERENCE, Interception
from tracking.models.parcel import plain
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

logger = logging.getLogger(__name__)
# A body may hold an address: it is kept no longer.
KEPT_FOR = timedelta(days=30)
# It may be told of a request before the answer to it, by a name that we learn from that.
TOO_EARLY = timedelta(minutes=15)
REPEAT = timedelta(minutes=1)
LONGEST_DELIVERY = 100


class InterceptionReportQuerySet(LeasedQuerySet["InterceptionReport"]):
    def keep(self, account: GatewayAccount, delivery: str, body: bytes) -> bool:
        """Whether it is new. One that comes again is looked into again when it was settled a
        while ago: some gateways say the same of every request about a parcel."""
        from tracking import tasks

        name = delivery or hashlib.sha256(body).hexdigest()
        if len(name) > LONGEST_DELIVERY:
            name = hashlib.sha256(name.encode()).hexdigest()
        now = timezone.now()
        try:
            with transaction.atomic():
                self.create(gateway=account, delivery=name, body=body, received_at=now)
                tasks.ring_interceptions()
            return True
        except IntegrityError:
            same = self.filter(gateway=account, delivery=name, state=WorkState.DONE)
        with transaction.atomic():
            again = same.filter(done_at__lt=now - REPEAT)
            if again.update(state=WorkState.DUE, due_at=now, attempts=0, done_at=None):
                tasks.ring_interceptions()
        return False

    def stale(self) -> "InterceptionReportQuerySet":
        return self.filter(received_at__lt=timezone.now() - KEPT_FOR)


class InterceptionReport(LeasedRow):
    gateway = models.ForeignKey(GatewayAccount, models.CASCADE, related_name="reports")
    delivery = models.CharField(
        max_length=LONGEST_DELIVERY,
        help_text="The gateway’s own name of it, or the SHA-256 of its body.",
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
        try:
            account = self.gateway
            lines = [self._take(told) for told in account.adapter.parse(self.said, account.access)]
        except _NotYet:
            self.retry("It is told of a request that we do not know yet.")
        except gateways.Error as error:
            (self.dead if error.permanent else self.retry)(str(error))
        except Exception as error:
            # Its own words may hold what the call says about somebody.
            logger.error("interception report %s: %s", self.pk, place_of(error))
            self.retry(place_of(error))
        else:
            self.done(outcome="\n".join(lines) or "It says nothing about a request.")

    @property
    def said(self) -> bytes:
        return bytes(self.body)

    def _take(self, told: Told) -> str:
        found, in_doubt = self._about(told)
        if not found:
            if told.reference and timezone.now() - self.received_at < TOO_EARLY:
                raise _NotYet
            return f"{told.number or told.reference or told.key}: no request of ours."
        interception = found[0]
        number = interception.parcel.number
        if in_doubt or self._is_older_than(interception):
            why = "The gateway told a result, and not of which of several requests."
            interception.hand_to_desk(why)
            return f"{number}: it may be about another request."
        moved = interception.take(told.answer, self.received_at)
        verb = "now" if moved else "was already"
        return f"{number}: {verb} “{interception.get_status_display()}”."

    def _is_older_than(self, interception: Interception) -> bool:
        """The same was told before this one was asked for: about an earlier one."""
        asked_at = interception.asked_at
        return asked_at is not None and self.received_at < asked_at and interception.is_open

    def _about(self, told: Told) -> tuple[list[Interception], bool]:
        """By our key, else by their reference, else by the parcel's number, newest first; and
        whether that leaves it open. Never one that another account asked for, nor one that was
        not asked for yet."""
        asked = Interception.objects.filter(gateway=self.gateway, asked_at__isnull=False)
        asked = asked.select_related("parcel").order_by("-pk")
        if key := _uuid(told.key):
            return list(asked.filter(key=key)), False
        if told.reference:
            by_name = list(asked.filter(reference=told.reference[:LONGEST_REFERENCE])[:1])
            if by_name or not told.number:
                return by_name, False
        if not told.number:
            return [], False
        rows = list(asked.filter(parcel__plain_number=plain(told.number))[:10])
        # One that they call otherwise is not the one that they tell of.
        fitting = [row for row in rows if not (told.reference and row.reference)]
        # What a gateway has told the end of is not what it tells of now.
        waiting = [row for row in fitting or rows if not _is_told(row)]
        found = waiting or (fitting or rows)[:1]
        return found, len(found) > 1 or not fitting


class _NotYet(Exception):
    """It names a request of which we do not know the name yet."""


def _is_told(row: Interception) -> bool:
    return row.status in (Status.SUCCEEDED, Status.FAILED) and not (row.is_guess or row.is_proven)


def _uuid(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key) if key else None
    except ValueError:
        return None
