"""SignatureQuestion: a carrier says that somebody else took a parcel in, so whoever it was for
is asked before anybody is blamed: the buyer, or our own warehouse."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.codes import ProblemKind
from returns.models.event import RULE, Actor, ActorKind, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.states import IllegalTransition
from tracking.incidents import IncidentKind

if TYPE_CHECKING:
    from returns.models.case import Case
    from returns.models.order import Order
    from returns.models.shipment import Shipment


class Asked(models.TextChoices):
    BUYER = "buyer", "The buyer"
    WAREHOUSE = "warehouse", "Our warehouse"


class Told(models.TextChoices):
    """The words for buyers: returns/signature_texts.py."""

    HAVE = "have", "The buyer has it"
    WITH_ANOTHER = "with_another", "Somebody keeps it for the buyer"
    NOT_HERE = "not_here", "Nobody there has it"
    HERE = "here", "It is here"
    MISSING = "missing", "It is not here"


# Who may say what.
MAY_TELL: dict[str, tuple[Told, ...]] = {
    Asked.BUYER: (Told.HAVE, Told.WITH_ANOTHER, Told.NOT_HERE),
    Asked.WAREHOUSE: (Told.HERE, Told.MISSING),
}
# With these the question is answered, and nothing is wrong.
FOUND = frozenset({Told.HAVE, Told.WITH_ANOTHER, Told.HERE})
# Why its case is closed; the desk reads it.
CLOSED_WITH: dict[str, str] = {
    Told.HAVE: "The buyer has it.",
    Told.WITH_ANOTHER: "Somebody keeps it for the buyer.",
    Told.NOT_HERE: "The buyer does not have it, nor anybody there.",
    Told.HERE: "Our warehouse has it.",
    Told.MISSING: "Our warehouse does not have it.",
}


class SignatureQuestionQuerySet(models.QuerySet["SignatureQuestion"]):
    def open(self) -> "SignatureQuestionQuerySet":
        return self.filter(answered_at=None, ended_at=None)

    def of_warehouse(self) -> "SignatureQuestionQuerySet":
        """The queue of parcels that our own people are to look for."""
        return self.open().filter(asks=Asked.WAREHOUSE).order_by("asked_at", "pk")

    def follow(self, case: "Case", now: datetime) -> None:
        """Under the order's lock, whenever its case was taken up: asked while it is unclear who
        signed, and not any more once that is over."""
        if case.kind != IncidentKind.UNCLEAR_SIGNATURE:
            return
        if case.is_open:
            self.ask(case, by=RULE, now=now)
        else:
            self.open().filter(case=case).update(ended_at=now)

    def ask(self, case: "Case", *, by: Actor, now: datetime) -> "SignatureQuestion":
        """Once about a case, under the order's lock. The message that tells of the trouble asks
        it; a letter of its own is written only by hand (`write_letter`)."""
        asks = Asked.WAREHOUSE if case.authorization_id else Asked.BUYER
        question, made = self.get_or_create(
            case=case,
            defaults={
                "order_id": case.order_id,
                "authorization_id": case.authorization_id,
                "parcel_id": case.parcel_id,
                "asks": asks,
                "asked_at": now,
                "asked_by": by.kind,
            },
        )
        if made:
            Event.objects.note(
                case.order,
                EventKind.SIGNATURE_ASKED,
                by=by,
                authorization=case.authorization,
                at=now,
                asks=asks,
            )
        return question


class SignatureQuestion(models.Model):
    """asked_by, answered_by: of ActorKind. ended_at: nobody needs to know any more."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="signature_questions")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="signature_questions",
    )
    case = models.OneToOneField("returns.Case", models.CASCADE, related_name="signature_question")
    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="+")
    asks = models.CharField("who is asked", max_length=10, choices=Asked)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=8, choices=ActorKind)
    told = models.CharField("answer", max_length=12, choices=Told, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=8, choices=ActorKind, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SignatureQuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(told="", answered_at=None)
                | (~Q(told="") & Q(answered_at__isnull=False)),
                name="signature_told_with_its_moment",
            )
        ]
        indexes = [
            models.Index(
                fields=["asks", "asked_at"],
                name="signature_open",
                condition=Q(answered_at=None, ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_asks_display()}, {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.ended_at is None

    @property
    def may_be_told(self) -> tuple[Told, ...]:
        return MAY_TELL[self.asks]

    # --- verbs ----------------------------------------------------------------------------

    def answer(self, told: str, *, by: Actor, now: datetime | None = None) -> None:
        """Who has it. The first answer counts: the same once more changes nothing, another one
        raises IllegalTransition. ValueError for what whoever was asked cannot tell."""
        now = now or timezone.now()
        if told not in self.may_be_told:
            raise ValueError(f"{told!r} is no answer of {self.asks}")
        values = {"told": told, "answered_at": now, "answered_by": by.kind, "user": by.user}
        with transaction.atomic():
            order = self.order.locked()
            mine = SignatureQuestion.objects.open().filter(pk=self.pk)
            if not mine.update(**values):
                if SignatureQuestion.objects.filter(pk=self.pk, told=told).exists():
                    return
                raise IllegalTransition("answered", told)
            Event.objects.note(
                order,
                EventKind.SIGNATURE_ANSWERED,
                by=by,
                authorization=self.authorization,
                at=now,
                asks=self.asks,
                told=told,
            )
            self._carry_on(order, told, by, now)
        for name, value in values.items():
            setattr(self, name, value)

    def write_letter(self, *, by: Actor, now: datetime | None = None) -> Notice | None:
        """Asks the buyer once more, in a letter of its own; there is one of a question."""
        with transaction.atomic():
            order = self.order.locked()
            if self.asks != Asked.BUYER or not self._is_open_still:
                raise IllegalTransition("answered", "asked")
            return Notice.objects.write(
                order,
                NoticeKind.SIGNATURE_QUESTION,
                event=f"signature-{self.pk}",
                sent_by=by.user,
                now=now,
                question=self.pk,
            )

    # --- step by step ---------------------------------------------------------------------

    @property
    def _is_open_still(self) -> bool:
        return SignatureQuestion.objects.open().filter(pk=self.pk).exists()

    def _carry_on(self, order: "Order", told: str, by: Actor, now: datetime) -> None:
        """Under the order's lock. The case ends first: what is promised next is another word."""
        self.case.order = order
        self.case.close(CLOSED_WITH[told], by=by, now=now)
        if told in FOUND:
            self.parcel.note_found(now)
        elif told == Told.MISSING:
            self.parcel.dispute(now)
        else:
            order.report(
                ProblemKind.NOT_HERE,
                shipment=self.shipment,
                answers={"signature": told},
                by=by,
                key=f"signature-{self.pk}",
                now=now,
            )

    @property
    def shipment(self) -> "Shipment | None":
        """That its parcel belongs to, as far as this order goes."""
        mine = self.order.shipments.filter(parcel=self.parcel_id)
        return mine.filter(authorization=self.authorization_id).order_by("pk").first()
