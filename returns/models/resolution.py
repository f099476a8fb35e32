"""Resolution: what the buyer gets for a return, in one way; a return may have several."""

import secrets
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from returns import states
from returns.codes import MONEY_KINDS, THROUGH_SHOP, PaymentMethod, ResolutionKind
from returns.models.event import Actor, Event, EventKind
from returns.models.return_base import MONEY
from returns.states import IllegalTransition, ResolutionState

if TYPE_CHECKING:
    from returns.models.order import Order

ZERO = Decimal(0)


class TooMuch(Exception):
    """More money than was paid and not given back yet; `most` says how much there is."""

    def __init__(self, most: Decimal):
        self.most = most
        super().__init__(f"no more than {most} is left")


def new_key() -> str:
    return secrets.token_hex(16)


class ResolutionQuerySet(models.QuerySet["Resolution"]):
    def to_send(self) -> "ResolutionQuerySet":
        """The queue of what is decided and not sent yet, the failed ones too."""
        return self.filter(state__in=[ResolutionState.PENDING, ResolutionState.FAILED]).order_by(
            "decided_at", "pk"
        )

    def reported(self, order: "Order", grown: Decimal) -> None:
        """The shop tells of `grown` more refunded than before. One that was sent through it,
        of exactly that amount, is counted there from now on. Under the order's lock.

        Nothing else is guessed: another refund of the shop must not hide money that went
        out another way. What stays counted twice leaves too little to give, never too much,
        and the desk can say which one it is (`record_sent`).
        """
        sent = self.filter(
            authorization__order=order,
            in_shop=False,
            state=ResolutionState.SUCCEEDED,
            kind__in=MONEY_KINDS - {ResolutionKind.STORE_CREDIT},
            method__in=THROUGH_SHOP,
            amount=grown,
        )
        first = sent.order_by("settled_at", "pk").first() if grown > 0 else None
        if first:
            self.filter(pk=first.pk).update(in_shop=True)


class Resolution(models.Model):
    """amount = goods + postage − fee + goodwill, in the order's currency; 0 for goods."""

    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="resolutions"
    )
    key = models.CharField(
        max_length=32,
        unique=True,
        default=new_key,
        editable=False,
        help_text="Goes with every attempt to send it, so that none is made twice.",
    )
    kind = models.CharField(max_length=12, choices=ResolutionKind)
    state = models.CharField(
        max_length=10, choices=ResolutionState, default=ResolutionState.PENDING
    )
    amount = models.DecimalField(**MONEY)
    goods = models.DecimalField(help_text="Share of the price as paid.", **MONEY)
    postage = models.DecimalField(help_text="Original postage given back.", **MONEY)
    fee = models.DecimalField(help_text="Return postage taken off.", **MONEY)
    difference = models.DecimalField(
        help_text="What the desk gives more, or less, than these add up to.", **MONEY
    )
    method = models.CharField(max_length=10, choices=PaymentMethod, default=PaymentMethod.ORIGINAL)
    words = models.TextField(blank=True, max_length=2000, help_text="What the buyer is told.")
    reference = models.CharField(
        max_length=120, blank=True, help_text="The shop's or bank's number of it."
    )
    in_shop = models.BooleanField(
        default=False,
        help_text="Part of what the shop reports as refunded: counted there, not here.",
    )
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_error = models.TextField(blank=True)

    objects = ResolutionQuerySet.as_manager()

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="resolution_not_negative"),
            models.CheckConstraint(
                condition=Q(amount=F("goods") + F("postage") - F("fee") + F("difference")),
                name="resolution_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(MONEY_KINDS), amount__gt=0)
                | (~Q(kind__in=sorted(MONEY_KINDS)) & Q(amount=0)),
                name="resolution_amount_fits_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state="succeeded") | Q(settled_at__isnull=False),
                name="sent_resolution_has_a_moment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["decided_at"],
                name="resolution_to_send",
                condition=Q(state__in=["pending", "failed"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"

    @property
    def is_money(self) -> bool:
        return self.kind in MONEY_KINDS

    @property
    def is_sent(self) -> bool:
        return self.state == ResolutionState.SUCCEEDED

    def record_sent(
        self,
        *,
        by: Actor,
        reference: str = "",
        method: str = "",
        in_shop: bool = False,
        now: datetime | None = None,
    ) -> None:
        """It was sent (by hand, in the shop, at the bank): the buyer is told, the promise is
        kept, and with the last one the return is closed.

        in_shop: the refund that the shop has reported already is this one. Raises TooMuch
        when the shop reported less than that.
        """
        now = now or timezone.now()
        values: dict[str, Any] = {"reference": reference, "last_error": ""}
        values |= {"method": method} if method else {}
        values |= {"in_shop": True} if in_shop else {}
        with transaction.atomic():
            rma = self._move(
                ResolutionState.SUCCEEDED, settled_at=now, settled_by=by.user, **values
            )
            if in_shop and rma.settlement().unexplained < 0:
                raise TooMuch(ZERO)
            rma.resolution_sent(self, by=by, now=now)

    def record_failed(self, error: str, *, by: Actor, now: datetime | None = None) -> None:
        """It could not be sent. The desk sees why; the buyer's promise goes on running."""
        now = now or timezone.now()
        with transaction.atomic():
            rma = self._move(ResolutionState.FAILED, last_error=error[:2000])
            Event.objects.note(
                rma.order,
                EventKind.RESOLUTION_FAILED,
                by=by,
                authorization=rma,
                at=now,
                words=error[:500],
            )

    def try_again(self) -> None:
        with transaction.atomic():
            self._move(ResolutionState.PENDING)

    def _move(self, new: str, **values):
        """Under the order's lock; the first writer wins. Returns the return, locked."""
        if new not in states.RESOLUTION_TRANSITIONS[self.state]:
            raise IllegalTransition(self.state, new)
        order = self.authorization.order.locked()
        rma = order.returns.get(pk=self.authorization_id)
        mine = Resolution.objects.filter(pk=self.pk, state=self.state)
        if not mine.update(state=new, **values):
            raise IllegalTransition(self.state, new)
        for name, value in {"state": new, **values}.items():
            setattr(self, name, value)
        return rma
