"""Resolution: what the buyer gets for a return, in one way; a return may have several."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum, Value
from django.utils import timezone

from returns import states
from returns.codes import (
    BESIDES_PAID,
    MONEY_KINDS,
    SENT_BY_SHOP,
    THROUGH_SHOP,
    PaymentMethod,
    ResolutionKind,
)
from returns.models.event import SHOP, Actor, ActorKind, Event, EventKind
from returns.models.reported import Reported
from returns.models.return_base import MONEY
from returns.models.shipping_goods import ShippingGoods
from returns.sources import RefundData, RefundState
from returns.states import IllegalTransition, ResolutionState

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.return_base import ReturnBase
    from returns.models.shop_refund import ShopRefund

ZERO = Decimal(0)
MADE_OF = F("goods") + F("postage") - F("fee") + F("difference")
# Less than the smallest amount of any currency.
LESS_THAN_ANY = Value(Decimal("0.0005"))


class TooMuch(Exception):
    """More money than was paid and not given back yet; `most` says how much there is."""

    def __init__(self, most: Decimal):
        self.most = most
        super().__init__(f"no more than {most} is left")


def new_key() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Parts:
    """What money was made of."""

    goods: Decimal
    postage: Decimal
    fee: Decimal


class ResolutionQuerySet(Reported, models.QuerySet["Resolution"]):
    def live(self) -> "ResolutionQuerySet":
        """Without those that came back or were not sent after all."""
        return self.exclude(state__in=states.VOID)

    def of_what_was_paid(self) -> "ResolutionQuerySet":
        """Those that give a part of what was paid for the order; vouchers and the buyer's own
        postage are given besides."""
        return self.live().exclude(kind__in=BESIDES_PAID)

    def parts_of(self, rma: "ReturnBase") -> Parts:
        """Goods, postage and fee of what this return gives by now."""
        names = ("goods", "postage", "fee")
        mine = self.of_what_was_paid().filter(authorization_id=rma.pk)
        found = mine.aggregate(**{name: Sum(name) for name in names})
        return Parts(**{name: found[name] or ZERO for name in names})

    def to_send(self) -> "ResolutionQuerySet":
        """The queue of what is decided and not sent yet, the failed ones too."""
        return self.filter(state__in=[ResolutionState.PENDING, ResolutionState.FAILED]).order_by(
            "decided_at", "pk"
        )


class Resolution(ShippingGoods):
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

    if TYPE_CHECKING:
        shop_refund: ShopRefund

    class Meta:
        ordering = ["decided_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="resolution_not_negative"),
            models.CheckConstraint(
                # SQLite reckons in binary fractions: 3.76 + 0.01 is not quite 3.77 there.
                condition=Q(amount__gt=MADE_OF - LESS_THAN_ANY)
                & Q(amount__lt=MADE_OF + LESS_THAN_ANY),
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
            ),
            models.Index(
                fields=["settled_at"],
                name="resolution_doubtful",
                condition=Q(state="succeeded") & ~Q(last_error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"

    @property
    def is_money(self) -> bool:
        return self.kind in MONEY_KINDS

    @property
    def is_sent(self) -> bool:
        return self.state == ResolutionState.SUCCEEDED

    @property
    def is_void(self) -> bool:
        """It came back, or was not sent after all."""
        return self.state in states.VOID

    @property
    def goes_through_shop(self) -> bool:
        """The shop itself can send it: a part of what was paid, back to where it came from."""
        return self.kind in SENT_BY_SHOP and self.method in THROUGH_SHOP and not self.in_shop

    @property
    def asked(self) -> "ShopRefund | None":
        """How far the shop is with it; None when it was never asked."""
        return getattr(self, "shop_refund", None)

    @property
    def is_asked_now(self) -> bool:
        """Somebody is having it refunded at this moment."""
        return self.asked is not None and self.asked.is_in_hand

    # --- verbs ----------------------------------------------------------------------------

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
        when the shop reported less than that, IllegalTransition while the shop is being asked.
        """
        now = now or timezone.now()
        values: dict[str, Any] = {"reference": reference, "last_error": ""}
        values |= {"method": method} if method else {}
        values |= {"in_shop": True} if in_shop else {}
        with transaction.atomic():
            rma = self._move(
                ResolutionState.SUCCEEDED, by=by, settled_at=now, settled_by=by.user, **values
            )
            if in_shop and rma.settlement().unexplained < 0:
                raise TooMuch(ZERO)
            rma.resolution_sent(self, by=by, now=now)

    def record_sent_after_all(self, *, by: Actor, **more: Any) -> None:
        """What could not be sent was sent all the same, by hand mostly. As `record_sent`."""
        with transaction.atomic():
            self._move(ResolutionState.PENDING, by=by)
            self.record_sent(by=by, **more)

    def drop(self, *, by: Actor, now: datetime | None = None) -> None:
        """It is not sent after all. What the buyer gets instead is whoever drops it to say."""
        with transaction.atomic():
            self._move(
                ResolutionState.DROPPED,
                by=by,
                settled_at=now or timezone.now(),
                settled_by=by.user,
            )

    def reverse(self, words: str = "", *, by: Actor, now: datetime | None = None) -> None:
        """The money came back to us: it counts as never given, and is owed again. words: why,
        for the buyer."""
        if not self.is_money:
            raise IllegalTransition(self.state, ResolutionState.REVERSED)
        now = now or timezone.now()
        with transaction.atomic():
            rma = self._move(ResolutionState.REVERSED, by=by, last_error=words[:2000])
            rma.resolution_reversed(self, words, by=by, now=now)

    def record_failed(self, error: str, *, by: Actor, now: datetime | None = None) -> None:
        """It could not be sent. The desk sees why; the buyer's promise goes on running."""
        now = now or timezone.now()
        with transaction.atomic():
            rma = self._move(ResolutionState.FAILED, by=by, last_error=error[:2000])
            Event.objects.note(
                rma.order,
                EventKind.RESOLUTION_FAILED,
                by=by,
                authorization=rma,
                at=now,
                words=error[:500],
            )

    def try_again(self, now: datetime | None = None) -> None:
        """To be sent again; where the shop does that, it is asked again."""
        from returns.models.shop_refund import ShopRefund

        with transaction.atomic():
            self._move(ResolutionState.PENDING)
            ShopRefund.objects.ask(self, now or timezone.now())

    def clear_doubt(self, *, by: Actor) -> None:
        """Somebody has looked at what was in doubt about it."""
        with transaction.atomic():
            self.authorization.order.locked()
            mine = Resolution.objects.filter(pk=self.pk, state=self.state).exclude(last_error="")
            if not mine.update(last_error="", settled_by=by.user):
                raise IllegalTransition(self.state, self.state)
        self.last_error = ""

    def begin(self) -> None:
        """It is being sent: from now on whoever does that says what became of it."""
        if self.state == ResolutionState.PENDING:
            self._move(ResolutionState.PROCESSING)

    # --- step by step ---------------------------------------------------------------------

    def _take_over(self, told: RefundData, now: datetime) -> None:
        """What the shop says of a refund under our key. Under the order's lock."""
        with suppress(IllegalTransition), transaction.atomic():
            left = told.state == RefundState.SENT and told.amount == self.amount
            values: dict[str, Any] = {"reference": told.source_id[:120], "now": now}
            if left and self.state in (ResolutionState.PENDING, ResolutionState.PROCESSING):
                self.record_sent(by=SHOP, **values)
            elif left and self.state == ResolutionState.FAILED:
                self.record_sent_after_all(by=SHOP, **values)
            # Only what we took for sent: another try may have a refund of its own.
            same = self.is_sent and self.reference == told.source_id
            if same and told.state == RefundState.FAILED:
                self.reverse(by=SHOP, now=now)

    def _move(self, new: str, by: Actor | None = None, **values: Any) -> "ReturnAuthorization":
        """Under the order's lock; the first writer wins. Returns the return, locked. by: a
        person takes it out of the shop's hands first, or has to wait while it is in them."""
        if new not in states.RESOLUTION_TRANSITIONS[self.state]:
            raise IllegalTransition(self.state, new)
        order = self.authorization.order.locked()
        rma = order.returns.get(pk=self.authorization_id)
        mine = Resolution.objects.filter(pk=self.pk, state=self.state)
        if not mine.update(state=new, **values):
            raise IllegalTransition(self.state, new)
        if by and by.kind != ActorKind.SHOP:
            self._take_back(new)
        for name, value in {"state": new, **values}.items():
            setattr(self, name, value)
        return rma

    def _take_back(self, new: str) -> None:
        """Out of the shop's hands, before it was asked or once nobody asks it any more."""
        from returns.models.shop_refund import ShopRefund

        if not ShopRefund.objects.take_back(self) and self.state == ResolutionState.PROCESSING:
            raise IllegalTransition(self.state, new)
