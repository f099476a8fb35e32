"""CarrierContact: one question that we asked a carrier, and its answer.

What pages and letters say we have asked, they say because such a row exists."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from returns.models.event import Actor, Event, EventKind
from tracking import carriers

if TYPE_CHECKING:
    from returns.models.case import Case
    from returns.models.document import Document


class Way(models.TextChoices):
    PHONE = "phone", "By telephone"
    EMAIL = "email", "By email"
    FORM = "form", "By its form or portal"
    CHAT = "chat", "By chat"


class CarrierContactQuerySet(models.QuerySet["CarrierContact"]):
    def ask(
        self,
        case: "Case",
        *,
        way: str,
        asked: str,
        by: Actor,
        at: datetime | None = None,
        is_visible: bool = True,
        answer: str = "",
        file: "Document | None" = None,
        now: datetime | None = None,
    ) -> "CarrierContact":
        """Notes that we asked. at: when, now if not said. answer: when it came at once. file:
        what it sent (Document.objects.keep_from_carrier)."""
        from returns.models.investigation import Investigation

        now = now or timezone.now()
        with transaction.atomic():
            order = case.order.locked()
            contact = self.create(
                case=case,
                carrier=case.parcel.carrier,
                way=way,
                asked=asked,
                asked_at=at or now,
                answer=answer,
                answered_at=now if answer else None,
                is_visible=is_visible,
                file=file,
                user=by.user,
            )
            case.order = order
            Investigation.objects.note_contact(contact)
            if is_visible:
                Event.objects.note(
                    order,
                    EventKind.CARRIER_ASKED,
                    by=by,
                    authorization=case.authorization,
                    at=at or now,
                    carrier=case.parcel.carrier,
                    way=way,
                )
            return contact


class CarrierContact(models.Model):
    case = models.ForeignKey("returns.Case", models.CASCADE, related_name="contacts")
    carrier = models.CharField(max_length=40, blank=True)
    way = models.CharField(max_length=10, choices=Way)
    asked = models.TextField("what we asked", max_length=2000)
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField("what it answered", max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    is_visible = models.BooleanField("the buyer may read it", default=True)
    file = models.ForeignKey(
        "returns.Document",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        help_text="What the carrier sent: a proof of delivery.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    # In memory: there is an answer, and whoever reads this page may not read it; the same of
    # what we asked.
    is_kept_back = False
    is_question_kept_back = False

    objects = CarrierContactQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]

    def __str__(self) -> str:
        return f"{self.carrier_name}, {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def carrier_name(self) -> str:
        return carriers.called(self.carrier)

    def note_answer(
        self,
        answer: str,
        *,
        by: Actor,
        file: "Document | None" = None,
        now: datetime | None = None,
    ) -> None:
        from returns.models.investigation import Investigation

        now = now or timezone.now()
        with transaction.atomic():
            order = self.case.order.locked()
            mine = CarrierContact.objects.filter(pk=self.pk, answer="")
            if not mine.update(answer=answer, answered_at=now, file=file or self.file):
                return
            self.answered_at, self.case.order = now, order
            Investigation.objects.note_contact(self)
            if self.is_visible:
                Event.objects.note(
                    order,
                    EventKind.CARRIER_ANSWERED,
                    by=by,
                    authorization=self.case.authorization,
                    at=now,
                    carrier=self.carrier,
                )
        self.answer, self.answered_at, self.file = answer, now, file or self.file
