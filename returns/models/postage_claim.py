"""PostageClaim: the buyer paid the postage that is ours, and shows the receipt."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import policy
from returns.codes import DocumentKind, Payer, Payment, PhotoKind, ResolutionKind
from returns.models.event import RULE, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.photo import Photo
from returns.models.promise import Promise, PromiseKind
from returns.models.return_base import MONEY
from returns.models.settling import Award
from returns.states import IllegalTransition

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.store import CarrierAdvice

ZERO = Decimal(0)


class PostageState(models.TextChoices):
    ASKED = "asked", "To be looked at"
    REPAID = "repaid", "Repaid"
    DECLINED = "declined", "Declined"


class PostageClaimQuerySet(models.QuerySet["PostageClaim"]):
    def waiting(self) -> "PostageClaimQuerySet":
        return self.filter(state=PostageState.ASKED)

    def ask(
        self,
        rma: "ReturnAuthorization",
        paid: Decimal,
        data: bytes,
        *,
        by: Actor,
        key: str,
        now: datetime | None = None,
    ) -> "PostageClaim":
        """The buyer paid so much, in the order's currency. data: the bytes of a photo of the
        receipt. key: the form's own: the same once more gives what it made.

        Raises ValueError for what cannot be paid, photos.Unusable, TooMany and TooOften as a
        photo does, and IllegalTransition where we owe nothing, or it was asked for already.
        """
        now = now or timezone.now()
        if made := self.filter(authorization=rma, form_key=key).first():
            return made
        if paid <= 0 or paid != paid.quantize(policy.unit(rma.order.currency)):
            raise ValueError(f"{paid} cannot be paid back")
        _check(rma)
        photo = Photo.objects.take(rma, PhotoKind.POSTAGE, data, by=by)
        with transaction.atomic():
            order = rma.order.locked()
            if made := self.filter(authorization=rma, form_key=key).first():
                return made
            fresh = order.returns.get(pk=rma.pk)
            _check(fresh)
            claim = self.create(
                authorization=fresh, form_key=key, paid=paid, photo=photo, asked_at=now
            )
            Event.objects.note(order, EventKind.POSTAGE_CLAIMED, by=by, authorization=fresh, at=now)
            due = order.store.answer_by(now)
            Promise.objects.make(
                order, PromiseKind.POSTAGE, due, by=RULE, authorization=fresh, now=now
            )
        return claim


class PostageClaim(models.Model):
    """paid: what the buyer typed. repaid: what we give back of it, 0 until then. Both in the
    order's currency."""

    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="postage_claims"
    )
    form_key = models.CharField(max_length=64, editable=False)
    paid = models.DecimalField(help_text="By the buyer’s word.", **MONEY)
    photo = models.ForeignKey(
        "returns.Photo", models.PROTECT, related_name="+", help_text="Of the receipt."
    )
    state = models.CharField(max_length=8, choices=PostageState, default=PostageState.ASKED)
    repaid = models.DecimalField(**MONEY)
    words = models.TextField(blank=True, max_length=2000, help_text="What the buyer is told.")
    resolution = models.OneToOneField(
        "returns.Resolution", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = PostageClaimQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "form_key"], name="postage_once_per_form"
            ),
            # After a no the buyer may show a better photo.
            models.UniqueConstraint(
                fields=["authorization"],
                name="postage_once_per_return",
                condition=~Q(state="declined"),
            ),
            models.CheckConstraint(condition=Q(paid__gt=0), name="postage_paid_some"),
            models.CheckConstraint(
                condition=Q(state="repaid", repaid__gt=0) | (~Q(state="repaid") & Q(repaid=0)),
                name="postage_repaid_fits_state",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="postage_waiting", condition=Q(state="asked"))
        ]

    def __str__(self) -> str:
        return f"Postage of {self.authorization_id}"

    @property
    def is_open(self) -> bool:
        return self.state == PostageState.ASKED

    @property
    def proposed(self) -> Decimal:
        """What the receipt says, as far as we said that we repay it."""
        most = most_repaid(self.authorization)
        return self.paid if most is None else min(self.paid, most)

    def repay(
        self, amount: Decimal, words: str = "", *, by: Actor, now: datetime | None = None
    ) -> None:
        """So much of it is given back. words: why it is another amount, for the buyer. Raises
        ValueError above what we said that we repay, IllegalTransition when it was decided."""
        now, most = now or timezone.now(), most_repaid(self.authorization)
        if amount <= 0 or (most is not None and amount > most):
            raise ValueError(f"{amount} cannot be repaid")
        with transaction.atomic():
            rma = self._decide(PostageState.REPAID, by, now, words=words, repaid=amount)
            award = Award(ResolutionKind.POSTAGE, amount, words=words)
            self.resolution = rma.give_besides(award, by=by, now=now)
            self.save(update_fields=["resolution"])
            self._tell(rma, by, now)

    def decline(self, words: str, *, by: Actor, now: datetime | None = None) -> None:
        """words: why, for the buyer. Raises IllegalTransition when it was decided."""
        now = now or timezone.now()
        if not words.strip():
            raise ValueError("the buyer has to be told why")
        with transaction.atomic():
            rma = self._decide(PostageState.DECLINED, by, now, words=words)
            self._tell(rma, by, now)

    def _decide(
        self, state: str, by: Actor, now: datetime, **values: str | Decimal
    ) -> "ReturnAuthorization":
        """Under the order's lock; the first writer wins."""
        order = self.authorization.order.locked()
        found = {"state": state, "decided_at": now, "decided_by": by.user, **values}
        if not PostageClaim.objects.waiting().filter(pk=self.pk).update(**found):
            raise IllegalTransition(self.state, state)
        for name, value in found.items():
            setattr(self, name, value)
        rma = order.returns.get(pk=self.authorization_id)
        rma.order = order
        return rma

    def _tell(self, rma: "ReturnAuthorization", by: Actor, now: datetime) -> None:
        order = rma.order
        Promise.objects.keep(order, PromiseKind.POSTAGE, authorization=rma, now=now)
        Event.objects.note(order, EventKind.POSTAGE_DECIDED, by=by, authorization=rma, at=now)
        Notice.objects.write(
            order,
            NoticeKind.RETURN_POSTAGE,
            event=f"postage-{self.pk}",
            authorization=rma,
            postage=self.pk,
            now=now,
        )


# --- Whether, and how much ------------------------------------------------------------------------


def owes_postage(rma: "ReturnAuthorization") -> bool:
    """We said that we give the postage back: the reason makes it ours, or the way of sending it
    is one that the buyer pays first; and we made no label."""
    if not rma.repays_postage or _has_label(rma):
        return False
    rows = _ways(rma)
    ours = rma.payer == Payer.STORE and (not rows or any(_is_advanced(row) for row in rows))
    return ours or any(row.payment == Payment.REPAID for row in rows)


def most_repaid(rma: "ReturnAuthorization") -> Decimal | None:
    """How much of it at most, by what we said; None where we named no sum."""
    rows, shipment = _ways(rma), rma.parcel_back
    carrier = shipment.carrier if shipment else ""
    rows = [row for row in rows if carrier and row.carrier == carrier] or rows
    named = [row.repaid_up_to for row in rows if row.payment == Payment.REPAID]
    free = rma.payer == Payer.STORE and any(row.payment == Payment.BUYER for row in rows)
    return None if free or not named else max(most for most in named if most is not None)


def may_ask(rma: "ReturnAuthorization") -> bool:
    """Whether the buyer may ask for it now."""
    done = rma.postage_claims.exclude(state=PostageState.DECLINED).exists()
    return not done and owes_postage(rma)


def _check(rma: "ReturnAuthorization") -> None:
    if not may_ask(rma):
        raise IllegalTransition(rma.status, rma.status)


def _ways(rma: "ReturnAuthorization") -> "Sequence[CarrierAdvice]":
    return [row for row in rma.order.store.advice_for(rma.order) if not row.avoid]


def _is_advanced(row: "CarrierAdvice") -> bool:
    return row.payment in (Payment.BUYER, Payment.REPAID)


def _has_label(rma: "ReturnAuthorization") -> bool:
    return any(file.kind == DocumentKind.LABEL for file in rma.documents.all())
