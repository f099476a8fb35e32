"""EvidencePack: one PDF and one ZIP about an order, made in the background, once.

A worker that is killed has made nothing: another makes it again, and what the first one left
in the store of files goes with the daily tidying.
"""

import logging
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import files
from returns.evidence.audience import READS, Audience, Reads
from returns.models.access import Throttle, TooOften
from returns.models.event import Actor, ActorKind, Event, EventKind
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from returns.evidence.making import Made
    from returns.models.authorization import ReturnAuthorization
    from returns.models.case import Case
    from returns.models.order import Order

logger = logging.getLogger(__name__)
# It holds whole addresses and photos: no longer than a claim desk takes to fetch it.
KEPT_FOR = timedelta(days=30)
# Of one order: each takes some seconds of the machine, and room on its disk.
BY_BUYER = ((3, timedelta(days=1)), (10, timedelta(days=30)))
AT_ONCE = 200


class LeaseLost(Exception):
    """Another worker has it in hand by now."""


class Step(models.TextChoices):
    """What is being done; the words for buyers: returns/evidence/words.py."""

    WAITING = "waiting", "Waits for its turn"
    COLLECTING = "collecting", "Collecting the files"
    WRITING = "writing", "Writing the document"
    PACKING = "packing", "Packing"
    READY = "ready", "Ready"
    EXPIRED = "expired", "Deleted, its time is over"


class EvidencePackQuerySet(LeasedQuerySet["EvidencePack"]):
    def ask(
        self,
        order: "Order",
        *,
        audience: str,
        language: str,
        by: Actor,
        key: str,
        authorization: "ReturnAuthorization | None" = None,
        case: "Case | None" = None,
        now: datetime | None = None,
    ) -> "EvidencePack":
        """Has a pack made. key: the form's own; the same form sent twice is one pack.
        authorization, case: about that return, or that parcel, alone. Raises TooOften when a
        buyer asks too often."""
        from returns import tasks

        now = now or timezone.now()
        with transaction.atomic():
            order.locked()
            if known := self.filter(order=order, form_key=key).first():
                return known
            if by.is_buyer and Throttle.objects.admit(f"pack:{order.pk}", BY_BUYER, now):
                raise TooOften
            pack = self.create(
                order=order,
                authorization=authorization,
                case=case,
                audience=audience,
                language=language,
                form_key=key,
                asked_by=by.kind,
                user=by.user,
                asked_at=now,
                due_at=now,
            )
            transaction.on_commit(tasks.ring_packs, robust=True)
        return pack

    def of_buyer(self, order: "Order") -> "EvidencePackQuerySet":
        """Those that the buyer asked for, the newest first."""
        return self.filter(order=order, audience=Audience.BUYER, asked_by=ActorKind.BUYER)

    def work(self) -> bool:
        """Makes the one that waits longest. Whether there was one."""
        for pack in self.claim(1):
            pack.make()
            return True
        return False

    def expired(self, now: datetime | None = None) -> "EvidencePackQuerySet":
        over = Q(expires_at__lte=now or timezone.now())
        return self.filter(over).exclude(step=Step.EXPIRED).order_by("pk")

    def forget(self, now: datetime | None = None) -> int:
        """The files of those whose time is over go; that there was one stays."""
        count = 0
        for pack in self.expired(now)[:AT_ONCE]:
            names = [pack.pdf, pack.zip]
            count += self.filter(pk=pack.pk).update(pdf="", zip="", step=Step.EXPIRED)
            files.drop(names)
        return count


class EvidencePack(LeasedRow):
    """pdf, zip: names in the store of files. percent: how far it is, 0 to 100."""

    MAX_ATTEMPTS = 5
    # It takes its time, and nobody's word hangs on it.
    IS_PROMPT = False

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="evidence_packs")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="evidence_packs",
        help_text="About this return alone.",
    )
    case = models.ForeignKey(
        "returns.Case",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="evidence_packs",
        help_text="About the parcel of this case alone.",
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    form_key = models.CharField(max_length=64, editable=False)
    audience = models.CharField("for whom", max_length=12, choices=Audience)
    language = models.CharField(max_length=12)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=8, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    percent = models.PositiveSmallIntegerField(default=0, editable=False)
    step = models.CharField(max_length=12, choices=Step, default=Step.WAITING, editable=False)
    pdf = models.CharField(max_length=200, blank=True, editable=False)
    zip = models.CharField(max_length=200, blank=True, editable=False)
    pdf_sha256 = models.CharField("SHA-256 of the PDF", max_length=64, blank=True)
    zip_sha256 = models.CharField("SHA-256 of the ZIP", max_length=64, blank=True)
    pdf_bytes = models.PositiveBigIntegerField(default=0)
    zip_bytes = models.PositiveBigIntegerField(default=0)
    file_count = models.PositiveIntegerField("files in it", default=0)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = EvidencePackQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        permissions = [("make_evidence", "Can make and fetch evidence packs")]
        constraints = [
            models.UniqueConstraint(fields=["order", "form_key"], name="pack_once_per_form"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="pack_percent"),
        ]
        indexes = [
            *lease_indexes("evidence_pack"),
            models.Index(
                fields=["expires_at"],
                name="evidence_pack_expires",
                condition=Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_audience_display()}"

    @property
    def reads(self) -> Reads:
        return READS[self.audience]

    @property
    def is_ready(self) -> bool:
        return self.state == WorkState.DONE and bool(self.zip)

    @property
    def is_under_way(self) -> bool:
        return self.state in (WorkState.DUE, WorkState.CLAIMED)

    @property
    def has_failed(self) -> bool:
        return self.state == WorkState.DEAD

    @property
    def who(self) -> Actor:
        """Who asked for it, and so made it."""
        user: User | None = self.user
        return Actor(self.asked_by, user)

    # --- verbs ----------------------------------------------------------------------------

    def make(self) -> bool:
        """Makes this claimed row's files and settles it; False when it was not to be."""
        from returns.evidence import making

        try:
            made = making.make(self)
        except LeaseLost:
            return False
        except Exception as error:
            # Its own words may hold what somebody wrote.
            logger.error("evidence pack %s: %s", self.pk, place_of(error))
            self.retry(place_of(error))
            return False
        return self._keep(made)

    def note_progress(self, percent: int, step: str) -> None:
        """How far it is. Raises LeaseLost when somebody else makes it by now."""
        mine = EvidencePack.objects.filter(
            pk=self.pk, state=WorkState.CLAIMED, lease_owner=self.lease_owner
        )
        if not mine.update(percent=percent, step=step):
            raise LeaseLost
        self.percent, self.step = percent, step

    def _keep(self, made: "Made", now: datetime | None = None) -> bool:
        """Both files are there: the row says so, and history who made it."""
        now = now or timezone.now()
        values = {
            "pdf": made.pdf,
            "zip": made.zip,
            "pdf_sha256": made.pdf_sha256,
            "zip_sha256": made.zip_sha256,
            "pdf_bytes": made.pdf_bytes,
            "zip_bytes": made.zip_bytes,
            "file_count": made.file_count,
            "percent": 100,
            "step": Step.READY,
            "expires_at": now + KEPT_FOR,
        }
        try:
            with transaction.atomic():
                order = self.order.locked()
                kept = self.done(**values)
                if kept:
                    Event.objects.note(
                        order,
                        EventKind.EVIDENCE_MADE,
                        by=self.who,
                        authorization=self.authorization,
                        at=now,
                        pack=self.pk,
                        audience=self.audience,
                        sha256=made.zip_sha256,
                    )
        except BaseException:
            files.drop([made.pdf, made.zip])
            raise
        if not kept:
            files.drop([made.pdf, made.zip])
        return kept
