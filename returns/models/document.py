"""Document: a file that is not a photograph: the label that the merchant made for a return,
and the papers that the buyer sends for customs, or the carrier as its answer, which belong to
the order."""

import uuid
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import files, papers
from returns.codes import PAPERS, DocumentKind
from returns.labels import Label
from returns.models.access import Throttle, TooOften
from returns.models.event import Actor, ActorKind, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.photo import TooMany
from returns.states import IllegalTransition, Status

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg"}
MOST_OF_BUYER = 10
# Of one order: a photo costs a second of the machine, also when nothing comes of it.
UPLOADS = ((40, timedelta(hours=1)), (120, timedelta(days=1)))


class DocumentQuerySet(models.QuerySet["Document"]):
    def from_buyers(self) -> "DocumentQuerySet":
        """What buyers sent for customs, the newest first."""
        return self.filter(sent_by=ActorKind.BUYER).order_by("-added_at", "-pk")

    def add_label(
        self,
        rma: "ReturnAuthorization",
        data: bytes,
        content_type: str,
        sha256: str,
        *,
        by: Actor,
    ) -> "Document":
        """Keeps the merchant's label (checked before: returns/labels.py); an earlier one is
        replaced. The buyer needs to write nothing on the parcel then."""
        name = files.keep("documents", EXTENSIONS[content_type], data)
        try:
            with transaction.atomic():
                order = rma.order.locked()
                fresh = order.returns.get(pk=rma.pk)
                if fresh.status not in {Status.APPROVED, Status.IN_TRANSIT}:
                    raise IllegalTransition(fresh.status, fresh.status)
                old = self.filter(authorization=rma, kind=DocumentKind.LABEL)
                dropped = list(old.values_list("file", flat=True))
                old.delete()
                document = self.create(
                    authorization=rma,
                    kind=DocumentKind.LABEL,
                    file=name,
                    content_type=content_type,
                    sha256=sha256,
                    sent_by=by.kind,
                    user=by.user,
                )
                event = Event.objects.note(order, EventKind.LABEL_ADDED, by=by, authorization=fresh)
                if fresh.posted_at is None:
                    # The instructions once more: they say something else from now on.
                    Notice.objects.write(
                        order,
                        NoticeKind.RETURN_APPROVED,
                        event=f"event-{event.pk}",
                        authorization=fresh,
                        label=document.pk,
                    )
                transaction.on_commit(lambda: files.drop(dropped), robust=True)
                return document
        except BaseException:
            files.drop([name])
            raise

    def take(self, order: "Order", kind: str, data: bytes, *, by: Actor) -> "Document":
        """Keeps what is in `data` (the bytes of one upload) as a paper for customs.

        The same file sent twice is one document. Raises papers.Unusable when it is no paper
        that can be kept, photos.Unusable when the disk is full, TooMany, or TooOften; then
        nothing is kept.
        """
        known = self.filter(order=order, sha256=sha256(data).hexdigest()).first()
        if known:
            return known
        if by.is_buyer and Throttle.objects.admit(f"paper:{order.pk}", UPLOADS):
            raise TooOften
        # Before the work, and once more under the lock.
        self._check_room(order, by)
        return self._keep(order, kind, papers.check(data), by=by)

    def _keep(
        self,
        order: "Order",
        kind: str,
        paper: Label,
        *,
        by: Actor,
        now: datetime | None = None,
    ) -> "Document":
        now = now or timezone.now()
        name = files.keep("documents", EXTENSIONS[paper.content_type], paper.data)
        try:
            with transaction.atomic():
                fresh = order.locked()
                known = self.filter(order=fresh, sha256=paper.sha256).first()
                if known is None:
                    self._check_room(fresh, by)
                    document = self.create(
                        order=fresh,
                        kind=kind,
                        file=name,
                        content_type=paper.content_type,
                        sha256=paper.sha256,
                        added_at=now,
                        sent_by=by.kind,
                        user=by.user,
                    )
                    Event.objects.note(fresh, EventKind.PAPERS_ADDED, by=by, at=now, paper=kind)
                    if by.is_buyer:
                        fresh.owe_word_about_papers(now)
                    return document
        except BaseException:
            files.drop([name])
            raise
        files.drop([name])
        return known

    def keep_from_carrier(
        self, order: "Order", paper: Label, *, by: Actor, now: datetime | None = None
    ) -> "Document":
        """What a carrier sent us about a parcel of the order (checked before: papers.check). The
        same file twice is one document. Raises photos.Unusable when the disk is full; then
        nothing is kept."""
        name = files.keep("documents", EXTENSIONS[paper.content_type], paper.data)
        try:
            with transaction.atomic():
                fresh = order.locked()
                known = self.filter(order=fresh, sha256=paper.sha256).first()
                if known is None:
                    return self.create(
                        order=fresh,
                        kind=DocumentKind.CARRIER,
                        file=name,
                        content_type=paper.content_type,
                        sha256=paper.sha256,
                        added_at=now or timezone.now(),
                        sent_by=by.kind,
                        user=by.user,
                    )
        except BaseException:
            files.drop([name])
            raise
        files.drop([name])
        return known

    def _check_room(self, order: "Order", by: Actor) -> None:
        theirs = self.filter(order=order, sent_by=ActorKind.BUYER)
        if by.is_buyer and theirs.count() >= MOST_OF_BUYER:
            raise TooMany(MOST_OF_BUYER)


class Document(models.Model):
    """`file` is a name in the store of files (returns/files.py), never an address. A label
    belongs to a return, a paper to an order."""

    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="documents",
    )
    order = models.ForeignKey(
        "returns.Order", models.CASCADE, null=True, blank=True, related_name="documents"
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=DocumentKind)
    file = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was sent to us.")
    added_at = models.DateTimeField(default=timezone.now)
    sent_by = models.CharField(max_length=8, choices=ActorKind, default=ActorKind.STAFF)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    looked_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the desk opened it first; from then on the buyer cannot take it away.",
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["authorization"],
                name="one_label_per_return",
                condition=models.Q(kind="label"),
            ),
            models.UniqueConstraint(fields=["order", "sha256"], name="paper_once_per_order"),
            models.CheckConstraint(
                condition=Q(kind="label", authorization__isnull=False, order=None)
                | Q(
                    kind__in=[str(kind) for kind in (*PAPERS, DocumentKind.CARRIER)],
                    authorization=None,
                    order__isnull=False,
                ),
                name="label_of_a_return_or_paper_of_an_order",
            ),
        ]
        indexes = [
            models.Index(fields=["-added_at"], name="papers_newest", condition=Q(sent_by="buyer"))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.authorization_id or self.order_id}"

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.content_type]

    @property
    def is_paper(self) -> bool:
        """For customs, and so with more about the buyer than a label has."""
        return self.order_id is not None

    @property
    def is_buyers(self) -> bool:
        return self.sent_by == ActorKind.BUYER

    def note_look(self, now: datetime | None = None) -> None:
        """The desk opened it: it is part of the case from now on."""
        mine = Document.objects.filter(pk=self.pk, looked_at=None)
        mine.update(looked_at=now or timezone.now())

    def take_away(self, *, by: Actor) -> bool:
        """The buyer's own paper, until the desk has looked at it; the file goes with it.
        False when the desk was faster; what is gone already is gone."""
        assert self.order is not None
        with transaction.atomic():
            order = self.order.locked()
            mine = Document.objects.filter(pk=self.pk)
            gone, _ = mine.filter(sent_by=ActorKind.BUYER, looked_at=None).delete()
            if not gone:
                return not mine.exists()
            Event.objects.note(order, EventKind.PAPERS_REMOVED, by=by, paper=self.kind)
            transaction.on_commit(lambda: files.drop([self.file]), robust=True)
            return True
