"""Document: a file of a return that is not a photograph (a label that the merchant made)."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from returns import files
from returns.codes import DocumentKind
from returns.models.event import Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.states import IllegalTransition, Status

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg"}


class DocumentQuerySet(models.QuerySet["Document"]):
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


class Document(models.Model):
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="documents"
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=DocumentKind)
    file = models.CharField(max_length=200)
    content_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was sent to us.")
    added_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["authorization"],
                name="one_label_per_return",
                condition=models.Q(kind="label"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.authorization_id}"

    @property
    def extension(self) -> str:
        return EXTENSIONS[self.content_type]
